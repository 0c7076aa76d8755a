package keystore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
)

// Simulated reads the throw-away credential of a simulated tenant from the
// endpoints.json that the tenant wrote. It works only while connection and
// endpoints name nothing but https on loopback addresses, so that neither a
// throw-away secret reaches a real service nor a real one comes to lie in a file.
type Simulated struct {
	// Path of endpoints.json.
	Path string
	// AuthorityURL and GraphURL are the connection's roots.
	AuthorityURL, GraphURL string
	// Server is the connection's Exchange server, in place of those; "": none.
	Server string
	// Application says that an application signs in to that server, by AuthorityURL, and
	// not an account with its password.
	Application bool
}

// roots are the services to which the credential goes.
func (s Simulated) roots() []string {
	switch {
	case s.Server != "" && s.Application:
		return []string{s.Server, s.AuthorityURL}
	case s.Server != "":
		return []string{s.Server}
	}
	return []string{s.AuthorityURL, s.GraphURL}
}

// Get implements [Store].
func (s Simulated) Get(ctx context.Context, key Key) (Secret, error) {
	fail := func(kind error, detail, remedy string, err error) (Secret, error) {
		return Secret{}, &Error{Kind: kind, Backend: "simulated", Op: "reading the credential of " + key.Connection,
			Detail: detail, Remedy: remedy, Err: err}
	}
	if err := ctx.Err(); err != nil {
		return Secret{}, err
	}
	const onlySimulated = "keystore = \"simulated\" is for a simulated tenant on this machine; for a real tenant use keyring"
	for _, root := range s.roots() {
		if err := LoopbackHTTPS(root); err != nil {
			return fail(ErrUnavailable, err.Error(), onlySimulated, err)
		}
	}
	file, err := os.Open(s.Path)
	if err != nil {
		return fail(ErrNotFound, plain(err.Error()), "start the simulated tenant again: roomdesk tenant --dir DIR", err)
	}
	defer file.Close() //nolint:errcheck // read only
	var endpoints struct {
		AuthorityURL string `json:"authority_url"`
		GraphURL     string `json:"graph_url"`
		ClientSecret string `json:"client_secret"`
		Server       string `json:"ews_url"`
		Password     string `json:"exchange_password"`
	}
	const limit = 1 << 20
	if err := json.NewDecoder(io.LimitReader(file, limit)).Decode(&endpoints); err != nil {
		return fail(ErrUnavailable, plain(s.Path+": "+err.Error()), "start the simulated tenant again: it writes the file anew", err)
	}
	for _, root := range []string{endpoints.AuthorityURL, endpoints.GraphURL} {
		if err := LoopbackHTTPS(root); err != nil {
			return fail(ErrUnavailable, plain(s.Path)+": "+err.Error(), onlySimulated, err)
		}
	}
	if s.Server != "" {
		if err := LoopbackHTTPS(endpoints.Server); err != nil {
			return fail(ErrUnavailable, plain(s.Path)+": "+err.Error(), onlySimulated, err)
		}
		if !s.Application {
			endpoints.ClientSecret = endpoints.Password
		}
	}
	if endpoints.ClientSecret == "" {
		return fail(ErrNotFound, plain(s.Path)+" has no credential for the connection", "start the simulated tenant again: it writes the file anew", nil)
	}
	secret := NewSecret(endpoints.ClientSecret)
	if err := checkSize("simulated", secret); err != nil {
		return Secret{}, err
	}
	return secret, nil
}

// Set implements [Store]; it always fails.
func (s Simulated) Set(_ context.Context, key Key, _ Secret) error {
	return s.readOnly("storing", key)
}

// Delete implements [Store]; it always fails.
func (s Simulated) Delete(_ context.Context, key Key) error { return s.readOnly("removing", key) }

func (s Simulated) readOnly(doing string, key Key) error {
	return &Error{Kind: ErrReadOnly, Backend: "simulated", Op: doing + " the credential of " + key.Connection,
		Remedy: "the simulated tenant writes its own throw-away credential"}
}

// Describe implements [Store].
func (s Simulated) Describe() Backend {
	return Backend{Name: "simulated", Where: "endpoints.json of a simulated tenant",
		Protection: "a throw-away credential, accepted for loopback addresses only", ReadOnly: true}
}

// LoopbackHTTPS reports nil only for an https URL whose host is this machine's
// loopback: a literal address, or the name localhost.
func LoopbackHTTPS(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("a service root is no URL")
	}
	if u.Scheme != "https" {
		return fmt.Errorf("%q is not https", plain(raw))
	}
	if u.User != nil {
		return errors.New("a service root carries a user name")
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); host == "localhost" || (ip != nil && ip.IsLoopback()) {
		return nil
	}
	return fmt.Errorf("%q is not a loopback address", plain(host))
}
