package entra

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Application is an app registration together with its service principal in the
// tenant, as an administrator sees both in the portal.
type Application struct {
	ClientID    string // "Application (client) ID"
	ObjectID    string // of the service principal; the token's oid
	DisplayName string
	// Roles are the application permissions that an administrator has granted, for
	// example "Calendars.ReadWrite". Tokens carry what is granted when they are issued.
	Roles []string
	// Delegated marks a registration that got delegated permissions by mistake: its
	// tokens carry Roles as scp and no roles claim.
	Delegated bool
	Secrets   []Secret
	// Certificates may sign client assertions in place of a secret.
	Certificates []*x509.Certificate
	Disabled     bool
}

// Secret is one client secret. Only Value signs in; ID is the GUID that the portal
// shows beside it and that people paste by mistake.
type Secret struct {
	ID, Value string
	Expires   time.Time // zero: never
}

// Options describe a directory. TenantID is required, all else has defaults.
type Options struct {
	TenantID   string   // GUID
	TenantName string   // appears in error texts; default: Domain or the id
	Domain     string   // verified domain, accepted in place of the id
	Aliases    []string // further verified domains, for example name.onmicrosoft.com

	Applications []Application

	// AuthorityURL is where this directory is reached, without a tenant:
	// "https://127.0.0.1:8443". It is asked at each request, so the port may be
	// known late. The host in answers is the one that the client used, as MSAL
	// refuses an issuer on another host; the URL gives the path in front of the
	// tenant, and scheme and host where a request names none.
	AuthorityURL func() string
	// GraphAudience is the root of the simulated Graph without version:
	// "https://127.0.0.1:9443". Scopes for it and for the real Graph's name are
	// both understood, as many clients cannot be told another resource.
	GraphAudience func() string

	Now       func() time.Time // default time.Now
	TokenLife time.Duration    // default one hour less a second, as Entra's answer says
	// Key signs tokens. Nil makes a new one at first use, which takes about a tenth
	// of a second; tests that start many directories may share one.
	Key *rsa.PrivateKey
}

// Directory answers sign-in requests of one tenant. It is an [http.Handler] and
// safe for concurrent use.
type Directory struct {
	options Options
	key     func() (*rsa.PrivateKey, error)

	mu           sync.RWMutex
	applications map[string]*Application // by lower-case client id
	revokedAt    time.Time               // tokens issued before are refused; zero: none

	verified verifiedTokens
}

// New makes a directory. It fails for a tenant or client id that is no GUID and
// for two applications with the same client id.
func New(options Options) (*Directory, error) {
	options.TenantID = strings.ToLower(options.TenantID)
	if !isGUID(options.TenantID) {
		return nil, fmt.Errorf("entra: tenant id %q is no GUID", options.TenantID)
	}
	if options.TenantName == "" {
		options.TenantName = options.Domain
	}
	if options.TenantName == "" {
		options.TenantName = options.TenantID
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.TokenLife <= 0 {
		options.TokenLife = time.Hour - time.Second
	}
	d := &Directory{options: options, applications: map[string]*Application{}}
	for _, application := range options.Applications {
		id := strings.ToLower(application.ClientID)
		if !isGUID(id) {
			return nil, fmt.Errorf("entra: client id %q is no GUID", application.ClientID)
		}
		if d.applications[id] != nil {
			return nil, fmt.Errorf("entra: two applications have the client id %s", id)
		}
		d.applications[id] = cloneApplication(&application)
	}
	d.key = sync.OnceValues(func() (*rsa.PrivateKey, error) {
		if options.Key != nil {
			return options.Key, nil
		}
		return newKey()
	})
	return d, nil
}

// Prepare makes the signing key now instead of at the first token, so that a
// caller can do it beside other work.
func (d *Directory) Prepare() error {
	_, err := d.key()
	return err
}

// TenantID is the tenant's id, a lower-case GUID.
func (d *Directory) TenantID() string { return d.options.TenantID }

// ErrNoApplication says that a client id is not registered in the directory.
var ErrNoApplication = errors.New("entra: no such application")

// Update changes an application in place, for example to rotate a secret, to take
// a permission away or to disable it. Tokens already issued keep what they carry,
// as at the real service.
func (d *Directory) Update(clientID string, change func(*Application)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	id := strings.ToLower(clientID)
	application := d.applications[id]
	if application == nil {
		return fmt.Errorf("%w: %q", ErrNoApplication, clientID)
	}
	changed := cloneApplication(application)
	change(changed)
	changed.ClientID = application.ClientID
	d.applications[id] = changed
	return nil
}

// RevokeTokens makes every token issued so far unacceptable, as continuous access
// evaluation does after an incident.
func (d *Directory) RevokeTokens() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.revokedAt = d.options.Now()
	d.verified.clear()
}

// application finds a registration; the caller must not change it.
func (d *Directory) application(clientID string) *Application {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.applications[strings.ToLower(clientID)]
}

func cloneApplication(a *Application) *Application {
	c := *a
	c.Roles = slices.Clone(a.Roles)
	c.Secrets = slices.Clone(a.Secrets)
	c.Certificates = slices.Clone(a.Certificates)
	return &c
}

// audience is the simulated Graph's resource, or the real one's name while none is
// set.
func (d *Directory) audience() string {
	if d.options.GraphAudience != nil {
		if root := strings.TrimRight(d.options.GraphAudience(), "/"); root != "" {
			return root
		}
	}
	return realGraph
}

// authority is the address of this directory as the client of r sees it, without
// a tenant and without a slash at the end.
func (d *Directory) authority(r *http.Request) string {
	u := &url.URL{Scheme: "https", Host: "localhost"}
	if d.options.AuthorityURL != nil {
		if configured, err := url.Parse(d.options.AuthorityURL()); err == nil && configured.Host != "" {
			u = configured
		}
	}
	if r != nil && r.Host != "" {
		u.Host = r.Host
	}
	return strings.TrimRight(u.Scheme+"://"+u.Host+u.Path, "/")
}

var (
	guid   = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	domain = regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z][a-zA-Z0-9-]{0,61}[a-zA-Z0-9]$`)
)

func isGUID(s string) bool { return guid.MatchString(s) }

// tenantKind says what the first segment of a path names.
type tenantKind int

const (
	thisTenant    tenantKind = iota
	sharedTenant             // common, organizations, consumers
	unknownTenant            // well formed, but not ours
	invalidTenant            // neither GUID nor domain
)

func (d *Directory) tenant(segment string) tenantKind {
	lower := strings.ToLower(segment)
	switch {
	case lower == d.options.TenantID, d.options.Domain != "" && strings.EqualFold(lower, d.options.Domain):
		return thisTenant
	case slices.ContainsFunc(d.options.Aliases, func(alias string) bool { return strings.EqualFold(alias, lower) }):
		return thisTenant
	case lower == "common", lower == "organizations", lower == "consumers":
		return sharedTenant
	case isGUID(lower), domain.MatchString(lower):
		return unknownTenant
	}
	return invalidTenant
}
