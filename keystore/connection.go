package keystore

import (
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Connection is one configured connection to a tenant: the keys of
// [[connections]] in the configuration. It holds no secret.
type Connection struct {
	Name     string `toml:"name"`
	Provider string `toml:"provider"` // "graph" or "ews"
	// Beside is the name of the connection to whose organisation this one belongs: both
	// are opened as one, with that one's mirror, bookings and trail.
	Beside string `toml:"beside,omitempty"`
	// Tenant is the tenant's id or a verified domain; with Exchange an id that stands for
	// the organisation's domain.
	Tenant   string `toml:"tenant"`
	ClientID string `toml:"client_id,omitempty"`
	// Server is the address of Exchange Web Services, User the service account there, and
	// Email the mailbox that it acts for in tests. Basic sends the password itself.
	Server string `toml:"server,omitempty"`
	User   string `toml:"user,omitempty"`
	Email  string `toml:"email,omitempty"`
	Basic  bool   `toml:"basic,omitempty"`
	// Audience is the resource for which an application's tokens are made with Exchange;
	// "" follows from Server, see [Connection.TokenAudience].
	Audience string `toml:"audience,omitempty"`
	// Cloud is global, usgov, usgov-dod, china or custom; "" is custom where roots
	// are given and global otherwise, see [Connection.CloudName].
	Cloud        string   `toml:"cloud,omitempty"`
	AuthorityURL string   `toml:"authority_url,omitempty"` // for the custom cloud
	GraphURL     string   `toml:"graph_url,omitempty"`     // for the custom cloud
	CAFile       string   `toml:"ca_file,omitempty"`       // PEM; relative to the configuration file
	Organizer    string   `toml:"organizer,omitempty"`     // on whose behalf bookings are made
	TestMailbox  string   `toml:"test_mailbox,omitempty"`
	Domains      []string `toml:"domains,omitempty"`
	Keystore     string   `toml:"keystore,omitempty"` // "" is keyring
	// Account is the sign-in name of the person whose connection this is, AccountID
	// what the sign-in is kept under; both "" where an application signs in.
	Account   string `toml:"account,omitempty"`
	AccountID string `toml:"account_id,omitempty"`
	// AgeIdentity is the identity file of the store "age"; "" uses a passphrase.
	AgeIdentity string `toml:"age_identity,omitempty"`
	// Certificate is the public half of the certificate with which the application
	// signs in, DER in base64; "" where it has a client secret. Its key is in the
	// keystore.
	Certificate string `toml:"certificate,omitempty"`
	// SecretExpires is the day on which the client secret ends; nil: not known.
	SecretExpires *toml.LocalDate `toml:"secret_expires,omitempty"`
	// Slot tells this client secret from those before it; it grows with each exchange.
	Slot int `toml:"slot,omitempty"`
	// Spare says that a second credential exists beside the current one: "next" while
	// it is being put in place, "previous" until something was read with the new one.
	Spare            string          `toml:"spare,omitempty"`
	SpareSlot        int             `toml:"spare_slot,omitempty"`
	SpareCertificate string          `toml:"spare_certificate,omitempty"`
	SpareExpires     *toml.LocalDate `toml:"spare_expires,omitempty"`
	// People are the mailboxes whose calendars are mirrored besides the rooms'.
	People []string `toml:"people,omitempty"`
	// Disconnected is since when the connection is only what remains of one: its
	// mirror is shown as old, and nothing is sent. nil: it is connected.
	Disconnected *time.Time `toml:"disconnected,omitempty"`
	// Permissions are those that the token had when the connection was made, so that
	// what changed since can be told; empty: not known.
	Permissions []string `toml:"permissions,omitempty"`
	// Role is how far whoever uses this configuration may go: "viewer", "booker" or
	// "administrator"; "" is the last. Access lowers what is done to a level, whatever
	// the tenant allows: "full", "restricted" or "free-busy"; "" is the first.
	Role   string `toml:"role,omitempty"`
	Access string `toml:"access,omitempty"`
	// OnScreen, Today and Rest are the times within which mailboxes are read: what
	// somebody looks at, those with meetings in the hours ahead, all others. "" is
	// the default; see [Connection.Every].
	OnScreen string `toml:"on_screen,omitempty"`
	Today    string `toml:"today,omitempty"`
	Rest     string `toml:"rest,omitempty"`
}

// Clouds are the values of the key cloud.
func Clouds() []string { return []string{"global", "usgov", "usgov-dod", "china", "custom"} }

// CloudName is the cloud that holds, with the default filled in.
func (c Connection) CloudName() string {
	switch {
	case c.Cloud != "":
		return c.Cloud
	case c.AuthorityURL != "" || c.GraphURL != "":
		return "custom"
	}
	return "global"
}

// KeystoreKind is the kind of store that holds, with the default filled in.
func (c Connection) KeystoreKind() string {
	if c.Keystore == "" {
		return "keyring"
	}
	return c.Keystore
}

// SecretKey is the key of the connection's credential: its client secret, or the
// private key of its certificate.
func (c Connection) SecretKey() Key {
	if c.AccountID != "" {
		return Key{Connection: c.Name, Account: c.Tenant + "/" + c.ClientID + "/" + c.AccountID, Purpose: DataKey}
	}
	if leaf := c.leaf(); leaf != nil {
		return Key{Connection: c.Name, Account: c.ClientID + "/" + Thumbprint(leaf), Purpose: CertificateKey}
	}
	account := c.Tenant + "/" + c.ActsAs()
	if c.Slot > 0 {
		account += "/" + strconv.Itoa(c.Slot)
	}
	return Key{Connection: c.Name, Account: account, Purpose: ClientSecret}
}

// leaf is the connection's certificate; nil where it has none.
func (c Connection) leaf() *x509.Certificate {
	if c.Certificate == "" {
		return nil
	}
	leaf, err := DecodeCertificate(c.Certificate)
	if err != nil {
		return nil // Validate refuses it
	}
	return leaf
}

// Leaf is the certificate with which the application signs in, without its key;
// false where it has a client secret.
func (c Connection) Leaf() (*x509.Certificate, bool) {
	leaf := c.leaf()
	return leaf, leaf != nil
}

// Expires is the instant at which the credential ends: a certificate's own end, or
// the end of the client secret's day in UTC; zero where not known.
func (c Connection) Expires() time.Time {
	if leaf := c.leaf(); leaf != nil {
		return leaf.NotAfter.UTC()
	}
	if c.SecretExpires == nil {
		return time.Time{}
	}
	return c.SecretExpires.AsTime(time.UTC).AddDate(0, 0, 1)
}

// CredentialName names for people what the connection signs in with.
func (c Connection) CredentialName() string {
	if c.AccountID != "" {
		return "the sign-in of " + plain(c.Account)
	}
	if c.Certificate != "" {
		return "the certificate's key"
	}
	if c.ByPassword() {
		return "the password of " + plain(c.User)
	}
	return "the client secret"
}

// Every is the times within which mailboxes are read, of a valid connection: what
// somebody looks at, those with meetings in the hours ahead, all others; 0 is the
// default.
func (c Connection) Every() (onScreen, today, rest time.Duration) {
	parse := func(text string) time.Duration {
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0
		}
		return d
	}
	return parse(c.OnScreen), parse(c.Today), parse(c.Rest)
}

// Demo reports whether the connection is one to a simulated tenant.
func (c Connection) Demo() bool { return c.Keystore == "simulated" }

// FieldError is a value that cannot be used, named by its configuration key.
type FieldError struct {
	Field   string // "client_id"
	Problem string // "is not a GUID"
	Remedy  string
}

func (e *FieldError) Error() string { return e.Field + " " + e.Problem }

var (
	namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)
	guidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	hostPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$`)
)

// LooksLikeGUID reports the shape of client ids, tenant ids and secret ids, and
// never of a client secret's value.
func LooksLikeGUID(s string) bool { return guidPattern.MatchString(strings.TrimSpace(s)) }

// Validate checks each value by itself and against the others, without any
// request. It returns a [*FieldError], or for the key keystore an [*Error].
func (c Connection) Validate() error {
	bad := func(field, problem, remedy string) error { return &FieldError{field, problem, remedy} }
	switch {
	case c.Name == "":
		return bad("name", "is missing", "give the connection a short name")
	case !namePattern.MatchString(c.Name) || strings.HasSuffix(c.Name, "."):
		return bad("name", fmt.Sprintf("%q cannot be used", plain(c.Name)), "use up to 63 letters, digits, dots, hyphens and underscores")
	case c.Provider == "":
		return bad("provider", "is missing", `write provider = "graph"`)
	case c.Provider != "graph" && !c.Exchange():
		return bad("provider", fmt.Sprintf("%q is unknown", plain(c.Provider)), `use provider = "graph" or "ews"`)
	case c.Exchange():
		if err := c.validateExchange(); err != nil {
			return err
		}
		return c.validateRest()
	case c.Server != "" || c.User != "" || c.Email != "" || c.Basic:
		return bad("server", "and user, email and basic are for Exchange", `remove them, or write provider = "ews"`)
	case c.Tenant == "":
		return bad("tenant", "is missing", "copy the Directory (tenant) ID from the app registration's overview")
	case !guidPattern.MatchString(c.Tenant) && !hostPattern.MatchString(c.Tenant):
		return bad("tenant", fmt.Sprintf("%q is neither a tenant id nor a domain", plain(c.Tenant)), "copy the Directory (tenant) ID from the app registration's overview")
	case c.ClientID == "":
		return bad("client_id", "is missing", "copy the Application (client) ID from the app registration's overview")
	case !guidPattern.MatchString(c.ClientID):
		return bad("client_id", fmt.Sprintf("%q is not a GUID", plain(c.ClientID)), "copy the Application (client) ID from the app registration's overview")
	case strings.EqualFold(c.ClientID, c.Tenant):
		return bad("client_id", "is the same as the tenant", "that is the Directory (tenant) ID; copy the Application (client) ID, which stands beside it")
	}
	if err := c.validateCloud(); err != nil {
		return err
	}
	return c.validateRest()
}

// validateRest checks what connections of all providers have.
func (c Connection) validateRest() error {
	bad := func(field, problem, remedy string) error { return &FieldError{field, problem, remedy} }
	if err := checkKind(c.KeystoreKind()); err != nil {
		return err
	}
	switch {
	case (c.Account == "") != (c.AccountID == ""):
		return bad("account", "and account_id belong together", "connect again")
	case c.Account != "" && (c.Certificate != "" || c.Spare != "" || c.SecretExpires != nil):
		return bad("account", "stands beside an application's credential", "connect again")
	case c.Spare != "" && c.Spare != SpareNext && c.Spare != SparePrevious:
		return bad("spare", fmt.Sprintf("%q is unknown", plain(c.Spare)), "roomdesk rotate writes this key: remove it and those that begin with spare_")
	case c.Spare == "" && (c.SpareSlot != 0 || c.SpareCertificate != "" || c.SpareExpires != nil):
		return bad("spare", "is missing beside the keys that begin with spare_", "roomdesk rotate writes these keys: remove them")
	case c.Slot < 0 || c.SpareSlot < 0:
		return bad("slot", "is negative", "roomdesk rotate writes this key: remove it")
	}
	if c.SpareCertificate != "" {
		if _, err := DecodeCertificate(c.SpareCertificate); err != nil {
			return bad("spare_certificate", "is no certificate", "roomdesk rotate writes this key: remove it and those that begin with spare")
		}
	}
	if c.AgeIdentity != "" && c.KeystoreKind() != "age" {
		return bad("age_identity", "is only for keystore = \"age\"", "remove it, or choose that keystore")
	}
	if c.Certificate != "" {
		leaf, err := DecodeCertificate(c.Certificate)
		if err != nil {
			return err
		}
		if _, isRSA := leaf.PublicKey.(*rsa.PublicKey); !isRSA {
			return bad("certificate", "is not of an RSA key", "the sign-in service takes RSA keys")
		}
		if c.SecretExpires != nil {
			return bad("secret_expires", "stands beside a certificate, which knows its own end", "remove it")
		}
	}
	if c.Keystore == "simulated" {
		roots := map[string]string{"authority_url": c.AuthorityURL, "graph_url": c.GraphURL}
		switch {
		case c.ByPassword():
			roots = map[string]string{"server": c.Server}
		case c.Exchange():
			roots = map[string]string{"server": c.Server, "authority_url": c.AuthorityURL}
		}
		for field, root := range roots {
			if err := LoopbackHTTPS(root); err != nil {
				return bad(field, err.Error(), `keystore = "simulated" is only for a simulated tenant on this machine`)
			}
		}
	}
	for field, address := range map[string]string{"organizer": c.Organizer, "test_mailbox": c.TestMailbox} {
		if address != "" && !looksLikeAddress(address) {
			return bad(field, fmt.Sprintf("%q is no e-mail address", plain(address)), "write it as name@domain")
		}
	}
	for _, every := range []struct {
		field, text string
		least       time.Duration
	}{{"on_screen", c.OnScreen, 5 * time.Second}, {"today", c.Today, 15 * time.Second}, {"rest", c.Rest, time.Minute}} {
		if every.text == "" {
			continue
		}
		d, err := time.ParseDuration(every.text)
		if err != nil {
			return bad(every.field, fmt.Sprintf("%q is no length of time", plain(every.text)), `write it as "15s", "1m" or "1h30m"`)
		}
		if d < every.least || d > 24*time.Hour {
			return bad(every.field, fmt.Sprintf("%q is not between %v and a day", plain(every.text), every.least), "the service slows down whoever asks too often; leave the key out for the default")
		}
	}
	for _, choice := range []struct {
		field, value string
		of           []string
	}{{"role", c.Role, []string{"viewer", "booker", "administrator"}}, {"access", c.Access, []string{"full", "restricted", "read-only", "free-busy"}}} {
		if choice.value != "" && !slices.Contains(choice.of, choice.value) {
			return bad(choice.field, fmt.Sprintf("%q is unknown", plain(choice.value)), "use "+strings.Join(choice.of, ", "))
		}
	}
	for _, person := range c.People {
		if !looksLikeAddress(person) {
			return bad("people", fmt.Sprintf("has %q, which is no e-mail address", plain(person)), "write each as name@domain")
		}
	}
	for _, domain := range c.Domains {
		if !hostPattern.MatchString(domain) {
			return bad("domains", fmt.Sprintf("has %q, which is no domain", plain(domain)), "write it as contoso.com")
		}
	}
	if c.SecretExpires != nil && c.SecretExpires.Year < 2000 {
		return bad("secret_expires", "lies before the year 2000", "write the date as 2027-05-31")
	}
	return nil
}

func (c Connection) validateCloud() error {
	bad := func(field, problem, remedy string) error { return &FieldError{field, problem, remedy} }
	if !slices.Contains(Clouds(), c.CloudName()) {
		return bad("cloud", fmt.Sprintf("%q is unknown", plain(c.Cloud)), "use "+strings.Join(Clouds(), ", "))
	}
	roots := []struct{ field, value string }{{"authority_url", c.AuthorityURL}, {"graph_url", c.GraphURL}}
	for _, root := range roots {
		if c.CloudName() != "custom" {
			if root.value != "" {
				return bad(root.field, "is only for cloud = \"custom\"", "remove it, or set cloud = \"custom\"")
			}
			continue
		}
		u, err := url.Parse(root.value)
		switch {
		case root.value == "":
			return bad(root.field, "is missing for the custom cloud", "give authority_url and graph_url")
		case err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
			return bad(root.field, fmt.Sprintf("%q is no https root", plain(root.value)), "write it as https://host or https://host:port")
		}
	}
	return nil
}

func looksLikeAddress(s string) bool {
	local, domain, found := strings.Cut(s, "@")
	return found && local != "" && domain != "" && len(s) <= 254 &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`"<>()[]\,;:/?%`, r) }) &&
		!strings.Contains(domain, "@")
}
