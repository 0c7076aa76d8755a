package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"roomdesk/providers/simulator/entra"
)

// publicScopes are the delegated permissions that the application for people asks
// for; an administrator has consented to those that only one can.
var (
	publicScopes     = []string{"User.Read", "User.ReadBasic.All", "Calendars.ReadWrite", "Calendars.ReadWrite.Shared", "MailboxSettings.Read", "Place.Read.All"}
	consentedForAll  = []string{"User.Read", "User.ReadBasic.All", "Place.Read.All"}
	consentReturn    = "http://localhost"
	foreignDomain    = "fabrikam.example"
	foreignLocalPart = "visitor"
)

// people gives the directory's accounts their passwords: one for all, new at each
// start.
func (t *Tenant) people(e *Endpoints) error {
	password, err := newSecret()
	if err != nil {
		return err
	}
	e.UserPassword = password
	e.User, e.Admin = t.world.people[0].contact.address, t.world.people[len(t.world.people)-1].contact.address
	for _, m := range t.world.people[1:] {
		if m.person.department == "IT" {
			e.Admin = m.contact.address
			break
		}
	}
	e.OtherTenantUser = foreignLocalPart + "@" + foreignDomain
	return nil
}

// findAccount is a person's account for sign-in, by the state that the directory
// has now. Rooms have no password and cannot sign in.
func (t *Tenant) findAccount(key string) (entra.User, bool) {
	m := t.world.find(key)
	if m == nil {
		return entra.User{}, false
	}
	u := entra.User{ObjectID: m.id, Name: m.principalName(), Mail: m.mail(), DisplayName: m.displayName(), Disabled: !m.enabled()}
	if m.person != nil {
		u.Password = t.endpoints.UserPassword
	}
	if m.contact.address == t.endpoints.Admin {
		u.DirectoryRoles = []string{entra.GlobalAdministrator}
	}
	return u, true
}

// publicApplication is the registration with which people sign in.
func publicApplication(clientID, objectID string) entra.Application {
	return entra.Application{ClientID: clientID, ObjectID: objectID, DisplayName: "roomdesk for people", Public: true,
		RedirectURIs: []string{"http://localhost", "http://127.0.0.1"}, Scopes: publicScopes, TenantScopes: consentedForAll}
}

// note enters what a sign-in request was about into the ledger, without anything
// secret.
func (c *call) note(r *http.Request, a answer) {
	if r.PostForm != nil {
		c.entry.Caller = r.PostForm.Get("client_id")
	}
	if id, _, basic := r.BasicAuth(); basic && c.entry.Caller == "" { // each half is form encoded
		if decoded, err := url.QueryUnescape(id); err == nil {
			id = decoded
		}
		c.entry.Caller = id
	}
	if !strings.HasPrefix(a.kind, "application/json") {
		return
	}
	var said struct {
		Codes []int  `json:"error_codes"`
		Token string `json:"access_token"`
	}
	if json.Unmarshal(a.body, &said) != nil {
		return
	}
	if len(said.Codes) > 0 {
		c.entry.Code = fmt.Sprintf("AADSTS%d", said.Codes[0])
	}
	if said.Token != "" {
		c.entry.Effect, c.entry.Token = "issued token", entra.TokenHash(said.Token)
	}
}
