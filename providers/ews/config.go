package ews

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"roomdesk/providers"
)

// Limits of requests in flight. Exchange allows 27 for an account by default and
// tells nobody; Microsoft advises ten at most (EWS throttling in Exchange).
const (
	defaultInFlight = 8
	maxInFlight     = 10
	perMailbox      = 2
)

// TokenSource gives OAuth tokens for the Exchange host.
type TokenSource interface {
	// Token gives a bearer token. refused is one that the host did not accept, "" at
	// first.
	Token(ctx context.Context, refused string) (string, error)
}

// Config describes one service account at one Exchange organisation.
type Config struct {
	// URL is the address of the service, https only:
	// "https://mail.example.com/EWS/Exchange.asmx". A bare host gets that path.
	URL string
	// Account is the service account's own mailbox; "" where it has none. Calls that
	// concern no mailbox are anchored there.
	Account providers.Address
	// User is the sign-in name: DOMAIN\user or user@domain. Password is asked at each
	// sign-in and never logged.
	User     string
	Password func(ctx context.Context) (string, error)
	// Judged is told of each sign-in with the password that the server accepted or refused;
	// what goes over a connection that is signed in already is none. It must be quick; nil:
	// nobody.
	Judged func(password string, accepted bool)
	// Basic sends user and password as they are, inside TLS, in place of NTLM.
	Basic bool
	// Token signs in with OAuth in place of User and Password.
	Token TokenSource
	// Audience is the resource that the tokens are for: "https://outlook.office365.com"
	// or the server's own root; "": not known. By it Exchange Online is recognised behind
	// another name.
	Audience string
	// TestMailbox is the mailbox by which the level of access is found out; "" is
	// Account. An application, which has no mailbox, acts as it where a call concerns none.
	TestMailbox providers.Address
	// TenantID is the GUID of the organisation's tenant where it has one; "" is one made
	// of the first domain.
	TenantID string
	// Domains are the organisation's, the default one first; none: that of Account, or of
	// TestMailbox.
	Domains []string
	// RedirectHosts are further hosts to which the service may send its callers.
	RedirectHosts []string
	// Online allows the address of Exchange Online, which ends on [EndOfOnline].
	Online bool
	// RootCAs are the certificate authorities to believe; nil: the system's.
	RootCAs *x509.CertPool
	// MaxInFlight is the number of requests at once, 8 where it is 0, at most 10.
	MaxInFlight int
	// Dial opens connections to the host or to the proxy; nil: the operating system.
	Dial      func(ctx context.Context, network, address string) (net.Conn, error)
	Logger    *slog.Logger // nil: no log
	UserAgent string       // "" is "roomdesk"
	// Audit is told of every attempt; it must not block.
	Audit func(Exchange)
	// Around goes around each transport, for tests that answer without a network;
	// nil: nothing.
	Around func(http.RoundTripper) http.RoundTripper
	// Now is the clock; nil: the system's.
	Now func() time.Time
}

// Exchange is the outcome of one attempt of a request.
type Exchange struct {
	Operation string            // "FindItem"
	Mailbox   providers.Address // "" where the request concerns none
	Folder    string            // the well-known folder that it names; "" where none
	Attempt   int               // from 1
	Status    int               // HTTP; 0: no answer
	Class     providers.Class   // "" for a success
	Code      string            // the service's
	RequestID string
	Start     time.Time
	Duration  time.Duration
	Bytes     int64 // of the body as it came
}

// EndOfOnline is when Exchange Online ends EWS for everybody; since BlockedOnline it
// answers only applications that the tenant has listed.
func EndOfOnline() time.Time   { return providers.EWSEnd() }
func BlockedOnline() time.Time { return providers.EWSBlocked() }

// IsOnline reports whether a host is Exchange Online, in any of its clouds.
func IsOnline(host string) bool { return providers.ExchangeOnline(host) }

// RefuseOnline is the refusal of an address of Exchange Online, with its date.
func RefuseOnline(host string) error {
	return &providers.Error{
		Class: providers.Unsupported, Cause: providers.CauseUseGraph, Op: "connecting to Exchange",
		Message: providers.Outside(host + " is Exchange Online, which has answered Exchange Web Services only for listed applications since " +
			BlockedOnline().Format(time.DateOnly) + " and ends them for everybody on " + EndOfOnline().Format(time.DateOnly)),
		Advice: "connect this tenant with Graph: roomdesk connect graph",
	}
}

const servicePath = "/EWS/Exchange.asmx"

// ServiceURL reads the address of the service as a person types it: a URL, or only a
// host.
func ServiceURL(raw string) (*url.URL, error) {
	raw = strings.TrimSpace(raw)
	if raw != "" && !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, badConfig("the server is not a host or a URL such as https://mail.example.com/EWS/Exchange.asmx")
	case u.Scheme != "https":
		return nil, badConfig("the server's URL must begin with https://")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Contains(u.Path, ".."):
		return nil, badConfig("the server's URL must be a host and perhaps a path, nothing else")
	}
	u.Host = strings.ToLower(u.Host)
	if strings.Trim(u.Path, "/") == "" {
		u.Path = servicePath
	}
	return u, nil
}

func (c Config) check() (*url.URL, error) {
	u, err := ServiceURL(c.URL)
	if err != nil {
		return nil, err
	}
	switch {
	case IsOnline(u.Hostname()) && !c.Online:
		return nil, RefuseOnline(u.Hostname())
	case c.Token == nil && (c.User == "" || c.Password == nil):
		return nil, badConfig("neither a user with a password nor a source of tokens is given")
	case c.Token != nil && c.Basic:
		return nil, badConfig("a token is not sent by Basic")
	case strings.ContainsAny(c.User, "\x00\r\n") || c.Basic && strings.Contains(c.User, ":"):
		return nil, badConfig("the user name holds characters that cannot be sent")
	case c.MaxInFlight < 0:
		return nil, badConfig("the number of requests in flight cannot be negative")
	}
	return u, nil
}

func badConfig(what string) error {
	return &providers.Error{Class: providers.Permanent, Op: "configuring the connection", Message: providers.Outside(what)}
}
