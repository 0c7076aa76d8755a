package graph

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

// Limits of requests in flight. Microsoft documents four at once for an
// application and a mailbox; across mailboxes the choice is the client's
// (throttling limits of the Outlook service).
const (
	defaultInFlight = 32
	maxInFlight     = 64
	perMailbox      = 4
)

// Config describes one connection to a tenant.
type Config struct {
	// TenantID is the directory's GUID or one of its verified domains.
	TenantID string
	// ClientID is the application's GUID.
	ClientID string
	// ClientSecret gives the secret's Value. It is asked when a token is first
	// needed and again after the secret was refused, so that a renewed secret
	// works without a restart. It is never logged.
	ClientSecret func(ctx context.Context) (string, error)
	// Credentials is asked in place of ClientSecret: the credentials of the
	// application, the newest first. One that is refused is followed by the next,
	// so that a new one may be in place before the service knows it everywhere. It
	// is asked when a token is first needed and whenever a credential was refused.
	Credentials func(ctx context.Context) ([]Credential, error)
	// Person signs a person in, in place of an application.
	Person *Person
	// Cloud is global, usgov, usgov-dod, china or custom; "" is global.
	Cloud string
	// AuthorityURL and GraphURL are the roots of a custom cloud, https only,
	// for example "https://127.0.0.1:8443".
	AuthorityURL, GraphURL string
	// RootCAs are the certificate authorities to believe; nil: the system's.
	RootCAs *x509.CertPool
	// MaxInFlight is the number of requests at once, 32 where it is 0, at most
	// 64. The service's answers lower it for a while.
	MaxInFlight int
	// Dial opens connections to the host or to the proxy; nil: the operating system.
	Dial      func(ctx context.Context, network, address string) (net.Conn, error)
	Logger    *slog.Logger // nil: no log
	UserAgent string       // "" is "roomdesk"
	// Objects makes the part that handles single objects. Without it nothing can
	// be written.
	Objects func(Authorised) Objects
	// Audit is told of every attempt; it must not block.
	Audit func(Exchange)
	// Around goes around the transport, for tests that answer without a network;
	// nil: nothing.
	Around func(http.RoundTripper) http.RoundTripper
	// Now is the clock; nil: the system's.
	Now func() time.Time
}

// Exchange is the outcome of one attempt of a request.
type Exchange struct {
	Method  string
	Path    string            // without query, as it was sent
	Mailbox providers.Address // "" where the request concerns none
	Attempt int               // from 1
	Status  int               // 0: no answer
	// Class is "" for a success.
	Class     providers.Class
	RequestID string // the service's
	Start     time.Time
	Duration  time.Duration // until the body was read
	Bytes     int64         // of the body as it came
}

// cloud is one row of the table of clouds.
type cloud struct {
	graph     string
	authority string
	// aliases are other sign-in hosts of the same cloud, which its discovery
	// document may name.
	aliases []string
}

// clouds has the roots of Microsoft's clouds (Microsoft's page on national cloud
// deployments).
func clouds(name string) (cloud, bool) {
	switch name {
	case "", "global":
		return cloud{"https://graph.microsoft.com", "https://login.microsoftonline.com", []string{"login.windows.net", "login.microsoft.com", "sts.windows.net"}}, true
	case "usgov":
		return cloud{"https://graph.microsoft.us", "https://login.microsoftonline.us", []string{"login.usgovcloudapi.net"}}, true
	case "usgov-dod":
		return cloud{"https://dod-graph.microsoft.us", "https://login.microsoftonline.us", []string{"login.usgovcloudapi.net"}}, true
	case "china":
		return cloud{"https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn", []string{"login.partner.microsoftonline.cn"}}, true
	}
	return cloud{}, false
}

// Authority is the root of the sign-in service of one of Microsoft's clouds; "" for a
// name that is none.
func Authority(cloudName string) string {
	named, _ := clouds(cloudName)
	return named.authority
}

// roots are the places that a connection may talk to.
type roots struct {
	graph     *url.URL // with path /v1.0
	authority *url.URL // with the tenant as its path
	aliases   []string
	scope     string
	custom    bool
}

func (c *Config) roots() (roots, error) {
	named, ok := clouds(c.Cloud)
	custom := c.Cloud == "custom"
	switch {
	case custom && (c.AuthorityURL == "" || c.GraphURL == ""):
		return roots{}, badConfig("a custom cloud needs both an authority URL and a Graph URL")
	case custom:
		named = cloud{graph: c.GraphURL, authority: c.AuthorityURL}
	case !ok:
		return roots{}, badConfig("the cloud is one of global, usgov, usgov-dod, china, custom")
	case c.AuthorityURL != "" || c.GraphURL != "":
		return roots{}, badConfig("authority and Graph URL belong to the cloud \"custom\" only")
	}
	graph, err := root("Graph URL", named.graph)
	if err != nil {
		return roots{}, err
	}
	authority, err := root("authority URL", named.authority)
	if err != nil {
		return roots{}, err
	}
	r := roots{aliases: named.aliases, custom: custom, scope: graph.Scheme + "://" + graph.Host + "/.default"}
	if !strings.HasSuffix(graph.Path, "/v1.0") {
		graph.Path += "/v1.0"
	}
	if !strings.HasSuffix(strings.ToLower(authority.Path), "/"+strings.ToLower(c.TenantID)) {
		authority.Path += "/" + c.TenantID
	}
	r.graph, r.authority = graph, authority
	return r, nil
}

// root reads one root URL: https, a plain host, no query, no trailing slash.
func root(what, raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(raw, "/"))
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, badConfig("the " + what + " is not a URL such as https://host")
	case u.Scheme != "https":
		return nil, badConfig("the " + what + " must begin with https://")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Contains(u.Path, ".."):
		return nil, badConfig("the " + what + " must be a scheme, a host and perhaps a path, nothing else")
	}
	u.Host = strings.ToLower(u.Host)
	return u, nil
}

func badConfig(what string) error {
	return &providers.Error{Class: providers.Permanent, Op: "configuring the connection", Message: providers.Outside(what)}
}
