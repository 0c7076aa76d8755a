package entra

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// roleChange is a role that was granted or revoked and is on its way to tokens.
type roleChange struct {
	role    string
	revoked bool
	made    time.Time
	reaches time.Time // when tokens carry it
}

// RoleGrant is an application permission as an administrator sees it: granted at
// once. Tokens carry it from Effective on.
type RoleGrant struct {
	Role             string
	Since, Effective time.Time // zero: from the start
}

// rolesAt are the roles that a token issued now carries.
func (a *Application) rolesAt(now time.Time) []string {
	roles := slices.Clone(a.Roles)
	for _, c := range a.changes {
		if now.Before(c.reaches) {
			continue
		}
		roles = slices.DeleteFunc(roles, func(role string) bool { return role == c.role })
		if !c.revoked {
			roles = append(roles, c.role)
		}
	}
	return roles
}

// settle writes changes that took effect into Roles.
func (a *Application) settle(now time.Time) {
	a.Roles = a.rolesAt(now)
	a.changes = slices.DeleteFunc(a.changes, func(c roleChange) bool { return !now.Before(c.reaches) })
}

// Grant consents to application permissions on an administrator's behalf. Tokens
// carry them after the consent delay.
func (d *Directory) Grant(clientID string, roles ...string) error {
	return d.changeRoles(clientID, false, roles)
}

// Revoke takes application permissions away, with the same delay.
func (d *Directory) Revoke(clientID string, roles ...string) error {
	return d.changeRoles(clientID, true, roles)
}

// SetConsentDelay sets how long later grants and revocations take to reach tokens.
func (d *Directory) SetConsentDelay(delay time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.consentDelay = delay
}

func (d *Directory) changeRoles(clientID string, revoked bool, roles []string) error {
	d.mu.RLock()
	delay := d.consentDelay
	d.mu.RUnlock()
	now := d.options.Now()
	return d.Update(clientID, func(a *Application) {
		for _, role := range roles {
			a.changes = append(a.changes, roleChange{role: role, revoked: revoked, made: now, reaches: now.Add(delay)})
		}
		a.settle(now)
	})
}

// Grants lists what is granted to an application, whether tokens carry it already
// or not.
func (d *Directory) Grants(clientID string) ([]RoleGrant, error) {
	application := d.application(clientID)
	if application == nil {
		return nil, fmt.Errorf("%w: %q", ErrNoApplication, clientID)
	}
	var out []RoleGrant
	for _, role := range application.Roles {
		out = append(out, RoleGrant{Role: role})
	}
	for _, c := range application.changes {
		out = slices.DeleteFunc(out, func(g RoleGrant) bool { return g.Role == c.role })
		if !c.revoked {
			out = append(out, RoleGrant{Role: c.role, Since: c.made, Effective: c.reaches})
		}
	}
	return out, nil
}

// consentUser records a person's consent to delegated permissions.
func (d *Directory) consentUser(clientID, user string, scopes []string) error {
	return d.Update(clientID, func(a *Application) { a.UserScopes[user] = union(a.UserScopes[user], scopes) })
}

// consentTenant records an administrator's consent for everybody.
func (d *Directory) consentTenant(clientID string, scopes []string) error {
	return d.Update(clientID, func(a *Application) { a.TenantScopes = union(a.TenantScopes, scopes) })
}

// RevokeConsent takes consent to delegated permissions back: a person's, or for
// user "" everything that anybody consented to. No scopes means all.
func (d *Directory) RevokeConsent(clientID, user string, scopes ...string) error {
	drop := func(have []string) []string {
		return slices.DeleteFunc(have, func(name string) bool { return len(scopes) == 0 || slices.Contains(scopes, name) })
	}
	return d.Update(clientID, func(a *Application) {
		if user != "" {
			user = strings.ToLower(user)
			a.UserScopes[user] = drop(a.UserScopes[user])
			return
		}
		a.TenantScopes = drop(a.TenantScopes)
		for one, have := range a.UserScopes {
			a.UserScopes[one] = drop(have)
		}
	})
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
