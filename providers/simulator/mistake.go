package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"roomdesk/providers/simulator/entra"
)

// Mistake is one of the set-up mistakes of the product's catalogue, by its number
// there.
type Mistake struct {
	Number int    `json:"number"`
	What   string `json:"what"`
	// Shows is what a client sees of it.
	Shows string `json:"shows"`
	// Where is where it is made: "endpoints" changes what the tenant hands out,
	// "tenant" changes the tenant, "client" cannot be made by a tenant.
	Where string `json:"where"`
	// Mailbox is the room or person concerned, once it is switched on.
	Mailbox string `json:"mailbox,omitempty"`
	On      bool   `json:"on"`

	make func(t *Tenant) (mailbox string, err error)
}

// Places of a mistake.
const (
	inEndpoints = "endpoints"
	inTenant    = "tenant"
	atClient    = "client"
)

// Mistakes is the catalogue, by number.
func Mistakes() []Mistake {
	endpoint := func(change func(e *Endpoints, t *Tenant)) func(*Tenant) (string, error) {
		return func(t *Tenant) (string, error) {
			t.mistakes.endpoints = append(t.mistakes.endpoints, func(e *Endpoints) { change(e, t) })
			return "", nil
		}
	}
	app := func(change func(a *entra.Application)) func(*Tenant) (string, error) {
		return func(t *Tenant) (string, error) { return "", t.directory.Update(t.clientID, change) }
	}
	without := func(permission string) func(*entra.Application) {
		return func(a *entra.Application) {
			a.Roles = slices.DeleteFunc(a.Roles, func(have string) bool { return have == permission })
		}
	}
	room := func(n int, change func(t *Tenant, address string) error) func(*Tenant) (string, error) {
		return func(t *Tenant) (string, error) {
			address := t.world.rooms[n%len(t.world.rooms)].contact.address
			return address, change(t, address)
		}
	}
	return []Mistake{
		{1, "the Secret ID in place of the Value", "AADSTS7000215; the value is a GUID", inEndpoints, "", false, endpoint(func(e *Endpoints, _ *Tenant) { e.ClientSecret = e.SecretID })},
		{2, "an expired secret", "AADSTS7000222", inEndpoints, "", false, endpoint(func(e *Endpoints, _ *Tenant) { e.ClientSecret = e.ExpiredSecret })},
		{3, "the object id in place of the client id", "AADSTS700016", inEndpoints, "", false, endpoint(func(e *Endpoints, t *Tenant) { e.ClientID = t.objectID })},
		{4, "a tenant id with a typo", "AADSTS90002; no discovery document", inEndpoints, "", false, endpoint(func(e *Endpoints, _ *Tenant) { e.TenantID = typo(e.TenantID) })},
		{5, "delegated permissions in place of application permissions", "the token has scp and no roles", inTenant, "", false, app(func(a *entra.Application) { a.Delegated = true })},
		{6, "Calendars.ReadWrite added but not granted", "no such role in the token; calendars answer 403", inTenant, "", false, app(without("Calendars.ReadWrite"))},
		{7, "Calendars.ReadWrite granted a minute ago", "the grant is there, the token does not carry it for ten minutes", inTenant, "", false, grantedLate},
		{8, "no Place.Read.All", "only places answer 403", inTenant, "", false, app(func(a *entra.Application) {
			without("Place.Read.All")(a)
			a.Permissions = slices.DeleteFunc(a.Permissions, func(have string) bool { return have == "Place.Read.All" })
		})},
		{9, "a room outside the access policy", "403 ErrorAccessDenied for one mailbox", inTenant, "", false, room(0, func(t *Tenant, address string) error {
			t.SetAccessPolicy(AccessPolicy{Denied: []string{address}})
			return nil
		})},
		{10, "an access policy that was changed a moment ago", "the answer for one mailbox changes between probes for half an hour", inTenant, "", false, room(0, func(t *Tenant, address string) error {
			t.SetAccessPolicy(AccessPolicy{Denied: []string{address}, Delay: Duration(30 * time.Minute)})
			return nil
		})},
		{11, "a room on premises", "404 MailboxNotEnabledForRESTAPI for a room that is a place", inTenant, "", false, room(1, func(t *Tenant, address string) error { return t.SetHosting(address, HostedOnPremises) })},
		{12, "a person without a licence", "404 MailboxNotEnabledForRESTAPI for a user", inTenant, "", false, func(t *Tenant) (string, error) {
			return t.endpoints.TestMailbox, t.SetLicence(t.endpoints.TestMailbox, LicenceNone)
		}},
		{13, "a room hidden from address lists", "its mailbox can be read, places do not list it", inTenant, "", false, room(2, func(t *Tenant, address string) error { return t.HideRoom(address, true) })},
		{14, "a room that does not process requests", "the room never answers", inTenant, "", false, room(3, func(t *Tenant, address string) error {
			return t.changePolicy(address, func(p *RoomPolicy) { p.Name, p.Silent = "silent", true })
		})},
		{15, "a room that only some may book", "declined at once although it is free", inTenant, "", false, room(4, func(t *Tenant, address string) error {
			return t.changePolicy(address, func(p *RoomPolicy) { p.Name, p.BookersOnly = "certain bookers only", "Nobody" })
		})},
		{16, "an organiser without Teams", "allowedOnlineMeetingProviders is empty; the link is left out silently", inTenant, "", false, func(t *Tenant) (string, error) {
			return t.endpoints.Organizer, t.SetLicence(t.endpoints.Organizer, LicenceNoTeams)
		}},
		{17, "the client's clock is two hours behind", "Date and the token's times lie ahead; ForeignCA is the inspecting proxy", inTenant, "", false, func(t *Tenant) (string, error) {
			t.clock.Advance(2 * time.Hour)
			return "", nil
		}},
		{18, "a locked keyring", "made on the client's machine: no tenant can do it", atClient, "", false, nil},
		{19, "throttling", "429 with Retry-After on everything but signing in", inTenant, "", false, func(t *Tenant) (string, error) {
			t.Inject(Fault{Name: "mistake 19", Path: "/v1.0/", Fail: &Failure{Status: http.StatusTooManyRequests, Code: "ApplicationThrottled", Message: "Application is over its MailboxConcurrency limit.", RetryAfter: "30"}})
			return "", nil
		}},
		{20, "the tenant blocks EWS", "EWS answers 403 while Graph works: always so here", inTenant, "", false, func(*Tenant) (string, error) { return "", nil }},
	}
}

// grantedLate takes a permission away and grants it again so that tokens carry it
// after ten minutes.
func grantedLate(t *Tenant) (string, error) {
	const late = "Calendars.ReadWrite"
	t.directory.SetConsentDelay(0)
	if err := t.directory.Revoke(t.clientID, late); err != nil {
		return "", err
	}
	t.directory.SetConsentDelay(10 * time.Minute)
	return "", t.directory.Grant(t.clientID, late)
}

// typo changes the last digit of a GUID.
func typo(guid string) string {
	last := byte('0')
	if guid[len(guid)-1] == '0' {
		last = '1'
	}
	return guid[:len(guid)-1] + string(last)
}

func (t *Tenant) changePolicy(address string, change func(*RoomPolicy)) error {
	p, err := t.RoomPolicyOf(address)
	if err != nil {
		return err
	}
	change(&p)
	return t.SetRoomPolicy(address, p)
}

// MakeMistake switches a mistake of the catalogue on. Those that change what the
// tenant hands out can only be made by Options.Mistakes, before anybody has it.
func (t *Tenant) MakeMistake(number int) error { return t.makeMistake(number, false) }

func (t *Tenant) makeMistake(number int, starting bool) error {
	t.mistakes.mu.Lock()
	defer t.mistakes.mu.Unlock()
	i := slices.IndexFunc(t.mistakes.list, func(m Mistake) bool { return m.Number == number })
	if i < 0 {
		return fmt.Errorf("there is no mistake %d: they are numbered 1 to 20", number)
	}
	m := &t.mistakes.list[i]
	switch {
	case m.On:
		return nil
	case m.Where == atClient:
		return fmt.Errorf("mistake %d (%s) is %s", number, m.What, m.Shows)
	case m.Where == inEndpoints && !starting:
		return fmt.Errorf("mistake %d (%s) changes what the tenant hands out: start it with the mistake", number, m.What)
	}
	mailbox, err := m.make(t)
	if err != nil {
		return fmt.Errorf("mistake %d: %w", number, err)
	}
	m.On, m.Mailbox = true, mailbox
	return nil
}

// MistakesMade is the catalogue with what is switched on.
func (t *Tenant) MistakesMade() []Mistake {
	t.mistakes.mu.Lock()
	defer t.mistakes.mu.Unlock()
	return slices.Clone(t.mistakes.list)
}

// serveMistakes tells the catalogue, and switches on the mistakes of a POST:
// {"on": [8, 9]}.
func (t *Tenant) serveMistakes(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		t.writeControl(w, http.StatusOK, t.MistakesMade())
		return
	}
	var body struct {
		On []int `json:"on"`
	}
	t.answerControl(w, r, &body, func() (any, error) {
		for _, number := range body.On {
			if err := t.MakeMistake(number); err != nil {
				return nil, err
			}
		}
		return t.MistakesMade(), nil
	})
}

// spoilSetUp makes what Options say of mistakes and of rooms on premises.
func (t *Tenant) spoilSetUp() error {
	t.mistakes.list = Mistakes()
	rooms := t.world.rooms
	for _, m := range rooms[max(len(rooms)-max(t.options.OnPremisesRooms, 0), 0):] {
		if err := t.SetHosting(m.contact.address, HostedOnPremises); err != nil {
			return err
		}
	}
	for _, number := range t.options.Mistakes {
		if err := t.makeMistake(number, true); err != nil {
			return err
		}
	}
	return nil
}
