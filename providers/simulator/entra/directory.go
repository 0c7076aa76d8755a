package entra

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Application is an app registration together with its service principal in the
// tenant, as an administrator sees both in the portal.
type Application struct {
	ClientID    string // "Application (client) ID"
	ObjectID    string // of the service principal; the token's oid
	DisplayName string
	// Permissions are the application permissions that the registration asks for
	// ("API permissions"); nothing is granted by that.
	Permissions []string
	// Roles are the application permissions that an administrator has granted, for
	// example "Calendars.ReadWrite". Tokens carry what is granted when they are
	// issued. [Directory.Grant] changes them with the delay of the real service.
	Roles []string
	// ExchangeRoles are application permissions of Office 365 Exchange Online that
	// were granted: another resource, with tokens of its own.
	ExchangeRoles []string
	// Scopes are the delegated permissions that the registration asks for;
	// TenantScopes are those that an administrator consented to for everybody,
	// UserScopes those that single people did, by object id.
	Scopes, TenantScopes []string
	UserScopes           map[string][]string
	// Public allows public client flows: device code, and passwords. RedirectURIs
	// are those of the platform "mobile and desktop", which needs no credential;
	// WebRedirectURIs those of the platform "web", which does.
	Public                        bool
	RedirectURIs, WebRedirectURIs []string
	// MultiTenant lets people sign in by way of /common and /organizations.
	MultiTenant bool
	// Delegated marks a registration that got delegated permissions by mistake: its
	// tokens carry Roles as scp and no roles claim.
	Delegated bool
	Secrets   []Secret
	// Certificates may sign client assertions in place of a secret.
	Certificates []*x509.Certificate
	Disabled     bool

	changes []roleChange // of Roles, that take effect later
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
	Users        []User
	// FindUser finds further accounts by sign-in name, mail address or object id in
	// lower case, so that a large company need not be listed. It must be safe for
	// concurrent use.
	FindUser func(key string) (User, bool)
	// Foreign are accounts of other tenants: people who are no guests here.
	Foreign []User
	// UserConsentDisabled leaves every consent to administrators.
	UserConsentDisabled bool

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
	// ContinuousLife is the life of tokens for clients that understand claims
	// challenges (cp1); 0 is TokenLife. The real service gives them up to 28 hours.
	ContinuousLife time.Duration
	RefreshLife    time.Duration // of a refresh token since its issue; default 90 days
	CodeLife       time.Duration // of an authorization code; default 10 minutes
	DeviceLife     time.Duration // of a device code; default 15 minutes
	DeviceInterval time.Duration // between two polls; default 5 seconds
	// ConsentDelay is how long a granted or revoked role takes to reach tokens.
	ConsentDelay time.Duration
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
	users        map[string]*User        // by lower-case name, mail and object id
	consentDelay time.Duration
	disturbances []*disturbance
	refusals     []*refusal

	serial   atomic.Uint64 // orders tokens and what is done to them
	flows    flows
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
	for _, life := range []struct {
		value *time.Duration
		usual time.Duration
	}{
		{&options.TokenLife, time.Hour - time.Second}, {&options.RefreshLife, 90 * 24 * time.Hour}, {&options.CodeLife, 10 * time.Minute},
		{&options.DeviceLife, 15 * time.Minute}, {&options.DeviceInterval, 5 * time.Second},
	} {
		if *life.value <= 0 {
			*life.value = life.usual
		}
	}
	if options.ContinuousLife <= 0 {
		options.ContinuousLife = options.TokenLife
	}
	d := &Directory{options: options, applications: map[string]*Application{}, users: map[string]*User{}, consentDelay: options.ConsentDelay, flows: newFlows()}
	for _, u := range options.Users {
		if !isGUID(u.ObjectID) || u.Name == "" {
			return nil, fmt.Errorf("entra: the account %q needs a name and a GUID as object id", u.Name)
		}
		d.keepUser(u)
	}
	for _, application := range options.Applications {
		if err := d.Register(application); err != nil {
			return nil, err
		}
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

// What is not in the directory.
var (
	ErrNoApplication = errors.New("entra: no such application")
	ErrNoUser        = errors.New("entra: no such user")
)

// Register adds an application. It fails for a client id that is no GUID or is
// taken.
func (d *Directory) Register(application Application) error {
	id := strings.ToLower(application.ClientID)
	if !isGUID(id) {
		return fmt.Errorf("entra: client id %q is no GUID", application.ClientID)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.applications[id] != nil {
		return fmt.Errorf("entra: two applications have the client id %s", id)
	}
	d.applications[id] = cloneApplication(&application)
	return nil
}

// Applications lists what is registered, by client id. Roles are those that
// tokens carry now; see [Directory.Grants] for what is granted.
func (d *Directory) Applications() []Application {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var out []Application
	for _, id := range slices.Sorted(maps.Keys(d.applications)) {
		a := cloneApplication(d.applications[id])
		a.Roles = a.rolesAt(d.options.Now())
		out = append(out, *a)
	}
	return out
}

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
	changed.settle(d.options.Now())
	change(changed)
	changed.ClientID = application.ClientID
	d.applications[id] = changed
	return nil
}

// application finds a registration; the caller must not change it.
func (d *Directory) application(clientID string) *Application {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.applications[strings.ToLower(clientID)]
}

func cloneApplication(a *Application) *Application {
	c := *a
	c.Permissions, c.Roles, c.changes = slices.Clone(a.Permissions), slices.Clone(a.Roles), slices.Clone(a.changes)
	c.Scopes, c.TenantScopes = slices.Clone(a.Scopes), slices.Clone(a.TenantScopes)
	c.RedirectURIs, c.WebRedirectURIs = slices.Clone(a.RedirectURIs), slices.Clone(a.WebRedirectURIs)
	c.UserScopes = make(map[string][]string, len(a.UserScopes))
	for user, scopes := range a.UserScopes {
		c.UserScopes[user] = slices.Clone(scopes)
	}
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
