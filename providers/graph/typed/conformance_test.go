package typed_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/graph"
	"roomdesk/providers/graph/typed"
	"roomdesk/providers/providertest"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/entra"
)

// connect makes a connection to a simulated tenant.
func connect(t testing.TB, tenant *simulator.Tenant, change func(*graph.Config)) *graph.Provider {
	t.Helper()
	at := tenant.Endpoints()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(at.CAPEM) {
		t.Fatal("the simulated tenant gives no CA")
	}
	config := graph.Config{
		TenantID: at.TenantID, ClientID: at.ClientID,
		ClientSecret: func(context.Context) (string, error) { return at.ClientSecret, nil },
		Cloud:        "custom", AuthorityURL: at.AuthorityURL, GraphURL: at.GraphURL, RootCAs: pool,
		Objects: typed.New,
	}
	if change != nil {
		change(&config)
	}
	p, err := graph.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// oneKey signs the tokens of all tenants: making one takes a while.
var oneKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func start(t testing.TB, o simulator.Options) *simulator.Tenant {
	t.Helper()
	return startChecked(t, o, providertest.ContractIfPresent(t))
}

func startChecked(t testing.TB, o simulator.Options, checker *providertest.Checker) *simulator.Tenant {
	t.Helper()
	o.SigningKey, o.Wrap = oneKey(), func(next http.Handler) http.Handler { return checker.Handler(next) }
	if o.RoomAnswerDelay == 0 {
		o.RoomAnswerDelay = time.Millisecond
	}
	tenant, err := simulator.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	return tenant
}

func TestConformance(t *testing.T) {
	seen, checked := map[string]int{}, false
	providertest.Run(t, providertest.Harness{New: func(t testing.TB, setup providertest.Setup) providertest.Fixture {
		checker := providertest.ContractIfPresent(t)
		checked = checked || checker != nil
		t.Cleanup(func() {
			operations, _ := checker.Exchanges()
			for operation, times := range operations {
				seen[operation] += times
			}
		})
		tenant := startChecked(t, simulator.Options{Rooms: setup.Rooms, People: setup.People, Seed: 7}, checker)
		if setup.Without != "" {
			deny(t, tenant, setup.Without)
		}
		return fixture(t, tenant)
	}})
	if !checked {
		return
	}
	// What the contract check never saw it has not proven.
	for _, operation := range []string{
		"organization_ListOrganization", "place_ListAsRoom_docs", "user_ListUser", "user_ListCalendars", "user_ListCalendarView",
		"user.calendarView_delta_docs", "user.calendar_getSchedule", "user_CreateEvents", "user_GetEvents", "user_UpdateEvents", "user.event_cancel", "user_DeleteEvents", "user_ListEvents", "user.event_ListInstances",
	} {
		if seen[operation] == 0 {
			t.Errorf("the contract check saw no %s", operation)
		}
	}
	t.Logf("operations held against the contract: %v", seen)
}

func deny(t testing.TB, tenant *simulator.Tenant, permission providertest.Permission) {
	t.Helper()
	prefix := map[providertest.Permission]string{
		providertest.PlacesPermission: "Place.", providertest.PeoplePermission: "User.", providertest.CalendarsPermission: "Calendars.",
	}[permission]
	err := tenant.Directory().Update(tenant.Endpoints().ClientID, func(a *entra.Application) {
		a.Roles = slices.DeleteFunc(slices.Clone(a.Roles), func(role string) bool { return strings.HasPrefix(role, prefix) })
	})
	if err != nil {
		t.Fatal(err)
	}
}

func fixture(t testing.TB, tenant *simulator.Tenant) providertest.Fixture {
	t.Helper()
	at := tenant.Endpoints()
	f := providertest.Fixture{
		Provider: connect(t, tenant, nil), Organizer: providers.Address(at.Organizer), Now: time.Now,
		Nobody: providers.Address("nobody@" + at.Domain),
	}
	for _, room := range tenant.Rooms() {
		f.Rooms = append(f.Rooms, providers.Address(room.Mailbox))
	}
	f.Room = f.Rooms[0]
	window := providers.Interval{Start: time.Now(), End: time.Now().AddDate(0, 0, 28)}
	for _, person := range tenant.People() {
		f.People = append(f.People, providers.Address(person.Mailbox))
		if !person.Teams && f.WithoutTeams == "" {
			f.WithoutTeams = providers.Address(person.Mailbox)
		}
		truth, _ := tenant.Truth(person.Mailbox, window.Start, window.End)
		for _, e := range truth.Events {
			if e.Type == "occurrence" {
				f.Series = providers.Address(person.Mailbox)
			}
		}
	}
	f.Truth = func(_ context.Context, mailbox providers.Address, window providers.Interval) ([]providertest.Fact, error) {
		truth, ok := tenant.Truth(string(mailbox), window.Start, window.End)
		if !ok {
			return nil, fmt.Errorf("%s is no mailbox", mailbox)
		}
		var facts []providertest.Fact
		for _, e := range truth.Events {
			start, err := time.Parse(time.RFC3339, e.Start)
			if err != nil {
				return nil, err
			}
			end, err := time.Parse(time.RFC3339, e.End)
			if err != nil {
				return nil, err
			}
			facts = append(facts, providertest.Fact{ICalUID: e.ICalUID, Start: start, End: end, AllDay: e.AllDay, ShowAs: providers.ShowAs(e.ShowAs), Cancelled: e.Cancelled})
		}
		return facts, nil
	}
	f.Inject = func(trouble providertest.Trouble, mailbox providers.Address) (func(), bool) {
		fault, ok := map[providertest.Trouble]simulator.Fault{
			providertest.ShortRooms:    {Path: "/places/**/microsoft.graph.room", Page: "no_link"},
			providertest.NullItem:      {Path: "calendarView", Mailbox: string(mailbox), Garble: "null_value"},
			providertest.ExpiredCursor: {Path: "calendarView", Mailbox: string(mailbox), Delta: "expire", Times: 1},
			providertest.LostAnswer:    {Method: "POST", Path: "/events", Mailbox: string(mailbox), CommitThen: "reset", Times: 1},
			providertest.Unlicensed:    {Mailbox: string(mailbox), Fail: &simulator.Failure{Status: 404, Code: "MailboxNotEnabledForRESTAPI", Message: "REST API is not yet supported for this mailbox."}},
			providertest.EmptyPage:     {Path: "calendarView", Mailbox: string(mailbox), Page: "empty", Times: 1},
			providertest.Duplicates:    {Method: "GET", Mailbox: string(mailbox), Page: "dup"},
			providertest.LoopingLink:   {Path: "calendarView", Mailbox: string(mailbox), Page: "loop"},
			providertest.ForeignLink:   {Path: "calendarView", Mailbox: string(mailbox), Page: "foreign_link"},
			providertest.GhostRemoval:  {Path: "calendarView", Mailbox: string(mailbox), Delta: "ghost_removed"},
			providertest.Truncated:     {Path: "calendarView", Mailbox: string(mailbox), Truncate: 300, Times: 1},
			providertest.Busy:          {Path: "calendarView", Mailbox: string(mailbox), Fail: &simulator.Failure{Status: 503, Code: "ErrorServerBusy", RetryAfter: "0"}, Times: 2},
			providertest.Hang:          {Delay: simulator.Duration(time.Hour)},
			providertest.Portal:        {Path: "/v1.0", Garble: "html"},
			providertest.Forbidden:     {Mailbox: string(mailbox), Fail: &simulator.Failure{Status: 403, Code: "ErrorAccessDenied", Message: "Access to OData is disabled."}},
		}[trouble]
		if !ok {
			return nil, false
		}
		return tenant.Inject(fault), true
	}
	return f
}
