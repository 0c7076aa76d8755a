package exchange

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// ServiceAccount is the state of the service account and of its own mailbox.
type ServiceAccount struct {
	// NoMailbox: the account has no mailbox of its own. Exchange lists room lists and
	// rooms only to accounts with one; to others there are none (PRODUCT L8).
	NoMailbox bool `json:"no_mailbox,omitempty"`
	// State is "" (in order), "locked", "disabled", "expired" (its password) or
	// "must_change" (its password, at the next sign-in).
	State string `json:"state,omitempty"`
	// Told: the service says by a response code which of them it is. Else it answers
	// 401, as to a wrong password, which is what the web server before it is believed
	// to do. Who is locked out is never told.
	Told bool `json:"told,omitempty"`
	// Password replaces the one that was handed out, where somebody changed it.
	Password string `json:"password,omitempty"`
	// LockAfter locks the account after so many wrong passwords in a row; 0 is never.
	LockAfter int `json:"lock_after,omitempty"`
}

// accountStates and the response codes that tell of them.
var accountStates = map[string]string{
	"": "", "locked": "", "disabled": "ErrorAccountDisabled", "expired": "ErrorPasswordExpired", "must_change": "ErrorPasswordChangeRequired",
}

func (a ServiceAccount) validate() error {
	if _, known := accountStates[a.State]; !known {
		return fmt.Errorf("service_account: %q is no state of an account", a.State)
	}
	if a.LockAfter < 0 {
		return fmt.Errorf("service_account: lock_after is negative")
	}
	return nil
}

// servicePassword is the password of the service account as it is now.
func (s *Server) servicePassword() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.settings.Service.Password; p != "" {
		return p
	}
	return s.account.Password
}

// tried counts the wrong passwords of the service account; a right one forgets them.
func (s *Server) tried(right bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if right {
		s.wrong = 0
		s.signIns.Accepted++
		return
	}
	s.signIns.Refused++
	if s.wrong++; s.settings.Service.LockAfter > 0 && s.wrong >= s.settings.Service.LockAfter {
		s.settings.Service.State = "locked"
	}
}

// SignIns counts how often the service account's password was judged since the server
// began. What goes over a connection that NTLM signed in is not judged again.
type SignIns struct {
	Accepted int `json:"accepted"`
	Refused  int `json:"refused"` // a wrong password
}

// SignIns of the service account so far.
func (s *Server) SignIns() SignIns {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signIns
}

// barred is the answer to a service account that signed in and may not.
func (c *Call) barred() (Answer, bool) {
	state := c.s.Settings().Service // as the sign-in left it
	code := accountStates[state.State]
	switch {
	case !c.who.service || state.State == "":
		return Answer{}, false
	case code != "" && state.Told:
		return c.fault(fail(code)), true
	}
	a := c.challenge("")
	a.Status = http.StatusUnauthorized
	return a, true
}

// own is the service account's own mailbox: hidden from the address book, on this
// server, and with an empty calendar.
func (c *Call) own() (Principal, bool) {
	if c.settings.Service.NoMailbox {
		return Principal{}, false
	}
	return c.s.ownMailbox(c.settings.OnPremises), true
}

func (s *Server) ownMailbox(onPremises bool) Principal {
	return Principal{ID: "0f5a1c3e-5e7b-4b58-9c53-7a31d6f0acc7", Address: s.account.Address, UPN: s.account.Address, Name: s.account.Name, Kind: Person, OnPremises: onPremises}
}

// find looks a recipient up, the service account's own mailbox too, where it has one.
func (c *Call) find(key string) (Principal, bool) {
	if p, ok := c.own(); ok && (strings.EqualFold(key, p.Address) || strings.EqualFold(key, p.ID)) {
		return p, true
	}
	return c.s.model.Find(key)
}

// isOwn reports whether a mailbox is the service account's own.
func (c *Call) isOwn(p Principal) bool { return strings.EqualFold(p.Address, c.s.account.Address) }

// listed are the room lists as the caller sees them.
func (c *Call) listed() []Principal {
	if _, has := c.own(); c.settings.NoRoomLists || c.who.service && c.acting == nil && !has {
		return nil
	}
	return slices.Clone(c.s.model.RoomLists())
}
