package exchange

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Settings are what an administrator of the Exchange side decides. They may change
// while the face runs.
type Settings struct {
	// OnPremises is a server of the company's own; else it is Exchange Online, which
	// knows OAuth only and ends EWS.
	OnPremises bool `json:"on_premises"`
	// Basic, NTLM and OAuth are the ways to sign in.
	Basic bool `json:"basic"`
	NTLM  bool `json:"ntlm"`
	OAuth bool `json:"oauth"`
	// ChannelBinding is Extended Protection set to Require: NTLM counts only with the
	// token that binds it to the TLS connection.
	ChannelBinding bool `json:"channel_binding"`

	// EWSEnabled is the organisation's switch; nil was never set, which is on for a
	// server of the company's own.
	EWSEnabled *bool `json:"ews_enabled,omitempty"`
	// AllowedApps are the applications that may still use EWS there.
	AllowedApps []string `json:"allowed_apps,omitempty"`

	// BlockedAgents is the other list, on premises: programs that may not use EWS, by
	// the beginning of their User-Agent; "*" is every one (EwsBlockList).
	BlockedAgents []string `json:"blocked_agents,omitempty"`

	// Service is the state of the service account.
	Service ServiceAccount `json:"service_account,omitzero"`
	// NoRoomLists: nobody made room lists.
	NoRoomLists bool `json:"no_room_lists,omitempty"`

	// Impersonation gives the service account the role ApplicationImpersonation.
	Impersonation bool `json:"impersonation"`
	// Scope limits impersonation to these mailboxes; nil is all.
	Scope []string `json:"scope,omitempty"`
	// CalendarOnly are mailboxes that show an impersonating account their calendar
	// and nothing else.
	CalendarOnly []string `json:"calendar_only,omitempty"`
	// Permissions are folder permissions of the service account on calendars, by
	// address: None, FreeBusyTimeOnly, FreeBusyTimeAndSubjectAndLocation, Reviewer,
	// Editor, Delegate. Who is not named has what everybody has.
	Permissions map[string]string `json:"permissions,omitempty"`

	// Enforce refuses what is over the limits; else they are only counted.
	Enforce bool   `json:"enforce"`
	Limits  Limits `json:"limits"`

	Autodiscover Autodiscover `json:"autodiscover"`
	// Heartbeat is how often a streaming connection says that it lives; 0 is 45 s.
	Heartbeat Duration `json:"heartbeat,omitempty"`
}

// Duration is a time.Duration that JSON writes as text, "45s".
type Duration time.Duration

// UnmarshalText reads "45s".
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}

// MarshalText writes "45s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Limits are a throttling policy. 0 is the default.
type Limits struct {
	Concurrency   int      `json:"concurrency,omitempty"`   // requests at once of an account: 27
	Hanging       int      `json:"hanging,omitempty"`       // open streaming connections: 10
	Subscriptions int      `json:"subscriptions,omitempty"` // of an account: 20 Online, 5000 on premises
	Find          int      `json:"find,omitempty"`          // entries of one Find call: 1000
	Requests      int      `json:"requests,omitempty"`      // in Window; 0: no limit
	Window        Duration `json:"window,omitempty"`        // 1 minute
}

// Autodiscover are the traps on the way to the server.
type Autodiscover struct {
	// JSON and POX switch a trap of that flavour on: "off" (404), "html" (a web page
	// with 200), "redirect" (to another address of the same host once), "loop",
	// "foreign" (to another host), "wrong" (an address that nothing answers at),
	// "error" (ProtocolNotSupported, or error code 500), "address" (POX only: a
	// redirectAddr to the mailbox's other address), "elsewhere" (the answer names a
	// service on another host).
	JSON string `json:"json,omitempty"`
	POX  string `json:"pox,omitempty"`
	// Server is the address of the service that clients are told, as an administrator
	// publishes it (ExternalUrl); "" is the one at which this tenant is reached.
	Server string `json:"server,omitempty"`
}

var trapWords = []string{"", "off", "html", "redirect", "loop", "foreign", "wrong", "error", "elsewhere", "address"}

// permissionRoles are the folder permissions by Outlook's and EWS's names.
var permissionRoles = map[string]Role{
	"none": None, "freebusytimeonly": FreeBusyTime, "availabilityonly": FreeBusyTime,
	"freebusytimeandsubjectandlocation": FreeBusyDetails, "limiteddetails": FreeBusyDetails,
	"reviewer": Reviewer, "editor": Editor, "delegate": Delegate, "owner": Owner,
}

// Validate refuses settings that mean nothing.
func (s Settings) Validate() error {
	var errs []error
	for address, word := range s.Permissions {
		if _, ok := permissionRoles[strings.ToLower(word)]; !ok {
			errs = append(errs, fmt.Errorf("permissions: %q of %s is no folder permission", word, address))
		}
	}
	if !slices.Contains(trapWords[:len(trapWords)-1], s.Autodiscover.JSON) || !slices.Contains(trapWords, s.Autodiscover.POX) {
		errs = append(errs, fmt.Errorf("autodiscover: a trap is none of %q", trapWords))
	}
	if err := s.Service.validate(); err != nil {
		errs = append(errs, err)
	}
	if !s.OnPremises && (s.Basic || s.NTLM) {
		errs = append(errs, errors.New("Exchange Online knows OAuth only"))
	}
	l := s.Limits
	if l.Concurrency < 0 || l.Hanging < 0 || l.Subscriptions < 0 || l.Find < 0 || l.Requests < 0 || l.Window < 0 || s.Heartbeat < 0 {
		errs = append(errs, errors.New("a limit is negative"))
	}
	return errors.Join(errs...)
}

func (s Settings) clone() Settings {
	s.AllowedApps, s.Scope, s.CalendarOnly = slices.Clone(s.AllowedApps), slices.Clone(s.Scope), slices.Clone(s.CalendarOnly)
	s.Permissions, s.BlockedAgents = maps.Clone(s.Permissions), slices.Clone(s.BlockedAgents)
	return s
}

func or(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

func (s Settings) concurrency() int { return or(s.Limits.Concurrency, 27) }
func (s Settings) hanging() int     { return or(s.Limits.Hanging, 10) }
func (s Settings) find() int        { return or(s.Limits.Find, 1000) }

func (s Settings) subscriptions() int {
	if s.OnPremises {
		return or(s.Limits.Subscriptions, 5000)
	}
	return or(s.Limits.Subscriptions, 20)
}

func (s Settings) window() time.Duration {
	if s.Limits.Window == 0 {
		return time.Minute
	}
	return time.Duration(s.Limits.Window)
}

func (s Settings) heartbeat() time.Duration {
	if s.Heartbeat == 0 {
		return 45 * time.Second
	}
	return time.Duration(s.Heartbeat)
}

// The end of EWS in Exchange Online: what was never set becomes off, then nothing
// is served any more.
var (
	switchedOff = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	shutDown    = time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC)
)

// ended reports whether EWS is closed to an application, and why.
func (s Settings) ended(now time.Time, app, agent string) (why string, closed bool) {
	listed := slices.ContainsFunc(s.AllowedApps, func(a string) bool { return strings.EqualFold(a, app) })
	switch {
	case s.OnPremises:
		shut := s.EWSEnabled != nil && !*s.EWSEnabled || slices.ContainsFunc(s.BlockedAgents, func(a string) bool {
			return a == "*" || strings.HasPrefix(strings.ToLower(agent), strings.ToLower(a))
		})
		return "", shut // the server says no more than 403
	case !now.Before(shutDown):
		return "EWS has been retired in Exchange Online.", true
	case s.EWSEnabled != nil && !*s.EWSEnabled, s.EWSEnabled == nil && !now.Before(switchedOff):
		return "EWS access is blocked by the tenant's settings", true
	case len(s.AllowedApps) > 0 && !listed, !now.Before(switchedOff) && !listed:
		return "EWS access is blocked by the tenant's settings: the application is not on the list of allowed applications", true
	}
	return "", false
}

// names reports whether an address is in a list.
func names(list []string, address string) bool {
	return slices.ContainsFunc(list, func(a string) bool { return strings.EqualFold(a, address) })
}
