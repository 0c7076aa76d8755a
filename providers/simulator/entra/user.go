package entra

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// User is a person's account as an administrator sees it.
type User struct {
	ObjectID    string
	Name        string // sign-in name (user principal name)
	DisplayName string
	Mail        string // "" is Name
	Password    string
	// DirectoryRoles are template ids, for example [GlobalAdministrator].
	DirectoryRoles []string

	Disabled, Locked, PasswordExpired bool
	// HomeTenant is the domain of the tenant that a guest belongs to; "" for a
	// member. A guest signs in with Mail.
	HomeTenant string
	// RequireMFA asks for a second factor at each fresh sign-in. MFACode is what
	// the person's authenticator shows; "" means that none is registered.
	RequireMFA bool
	MFACode    string

	found bool // by Options.FindUser, which goes on having a say
}

// Directory roles by template id: those that consent, exchange and places ask for.
const (
	GlobalAdministrator           = "62e90394-69f5-4237-9190-012177145e10"
	PrivilegedRoleAdministrator   = "e8611ab8-c189-46e8-94e1-60213ab1f814"
	ApplicationAdministrator      = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
	CloudApplicationAdministrator = "158c047a-c907-4556-b7ef-446551a6b5f7"
	ExchangeAdministrator         = "29232cdf-9323-42fd-ade2-1d097af3e4de"
)

func (u *User) holds(roles ...string) bool {
	return slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(u.DirectoryRoles, role) })
}

func (u *User) mail() string {
	if u.Mail != "" {
		return u.Mail
	}
	return u.Name
}

// user finds an account by sign-in name, mail address or object id; the caller
// gets a copy. Guests are found by their own address.
func (d *Directory) user(key string) *User {
	key = strings.ToLower(strings.TrimSpace(key))
	if key == "" {
		return nil
	}
	d.mu.RLock()
	known := d.users[key]
	d.mu.RUnlock()
	if known != nil && (!known.found || d.options.FindUser == nil) {
		u := *known
		return &u
	}
	if d.options.FindUser == nil {
		return nil
	}
	u, ok := d.options.FindUser(key)
	if !ok {
		return nil
	}
	if known == nil { // perhaps changed under another of its names
		d.mu.RLock()
		known = d.users[strings.ToLower(u.ObjectID)]
		d.mu.RUnlock()
	}
	if known != nil {
		changed := *known
		changed.Disabled = changed.Disabled || u.Disabled
		return &changed
	}
	u.found = true
	return &u
}

// foreign finds an account of another tenant.
func (d *Directory) foreign(name string) *User {
	for i := range d.options.Foreign {
		if strings.EqualFold(d.options.Foreign[i].Name, strings.TrimSpace(name)) {
			return &d.options.Foreign[i]
		}
	}
	return nil
}

func (d *Directory) keepUser(u User) {
	u.DirectoryRoles = slices.Clone(u.DirectoryRoles)
	for _, key := range []string{u.ObjectID, u.Name, u.Mail} {
		if key != "" {
			d.users[strings.ToLower(key)] = &u
		}
	}
}

// UpdateUser changes an account, for example to disable it or to give it a role.
// A new password ends the person's sessions. The id cannot be changed.
func (d *Directory) UpdateUser(name string, change func(*User)) error {
	u := d.user(name)
	if u == nil {
		return fmt.Errorf("%w: %q", ErrNoUser, name)
	}
	id, password := u.ObjectID, u.Password
	change(u)
	u.ObjectID = id
	d.mu.Lock()
	d.keepUser(*u)
	d.mu.Unlock()
	if u.Password != password {
		d.endSessions(id)
	}
	return nil
}

// RevokeSessions ends every session of a person: refresh tokens are refused from
// now on and browsers have to sign in again. Access tokens live on unless a
// [Disturbance] revokes them.
func (d *Directory) RevokeSessions(name string) error {
	u := d.user(name)
	if u == nil {
		return fmt.Errorf("%w: %q", ErrNoUser, name)
	}
	d.endSessions(u.ObjectID)
	return nil
}

func (d *Directory) endSessions(id string) {
	d.flows.mu.Lock()
	defer d.flows.mu.Unlock()
	for _, t := range d.flows.refresh {
		if t.user == id {
			t.revoked = true
		}
	}
	for _, b := range d.flows.browsers {
		b.remove(id)
	}
}

// maxAttempts wrong passwords lock an account for lockout.
const (
	maxAttempts = 10
	lockout     = time.Minute
)

// attempts counts wrong passwords of an account.
type attempts struct {
	wrong int
	until time.Time
}

// checkPassword signs a person in. The order is Entra's: what is wrong with the
// account is told only to who knows the password, except that it is locked.
// The caller holds d.flows.mu.
func (d *Directory) checkPassword(name, password string) (*User, *failure) {
	u := d.user(name)
	if u == nil {
		if f := d.foreign(name); f != nil && subtle.ConstantTimeCompare([]byte(f.Password), []byte(password)) == 1 {
			return nil, d.failForeign(f)
		}
		return nil, failed(http.StatusBadRequest, "invalid_grant", 50034,
			"The user account {EUII Hidden} does not exist in the %s directory. To sign into this application, the account must be added to the directory.", d.options.TenantID)
	}
	now := d.options.Now()
	tries := d.flows.attempts[u.ObjectID]
	if u.Locked || tries != nil && now.Before(tries.until) {
		return nil, failed(http.StatusBadRequest, "invalid_grant", 50053,
			"The account is locked, you've tried to sign in too many times with an incorrect user ID or password.")
	}
	if u.Password == "" || subtle.ConstantTimeCompare([]byte(u.Password), []byte(password)) != 1 {
		if tries == nil {
			tries = &attempts{}
			d.flows.attempts[u.ObjectID] = tries
		}
		if tries.wrong++; tries.wrong >= maxAttempts {
			*tries = attempts{until: now.Add(lockout)}
		}
		return nil, failed(http.StatusBadRequest, "invalid_grant", 50126, "Error validating credentials due to invalid username or password.")
	}
	delete(d.flows.attempts, u.ObjectID)
	if u.PasswordExpired {
		f := failed(http.StatusBadRequest, "invalid_grant", 50055, "The password is expired.")
		f.suberror = "user_password_expired"
		return nil, f
	}
	return u, d.usable(u)
}

// usable refuses an account that may not go on, however it proved itself.
func (d *Directory) usable(u *User) *failure {
	if u.Disabled {
		return failed(http.StatusBadRequest, "invalid_grant", 50057, "The user account is disabled.")
	}
	return nil
}

func (d *Directory) failForeign(u *User) *failure {
	_, home, _ := strings.Cut(u.Name, "@")
	return failed(http.StatusBadRequest, "invalid_grant", 50020,
		"User account '{EUII Hidden}' from identity provider 'https://sts.windows.net/%s/' does not exist in tenant '%s' and cannot access the application in that tenant. "+
			"The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active Directory user account.",
		home, d.options.TenantName)
}
