package hybrid_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/providertest"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/entra"
)

// P17: the suite that each provider passes, over both at once: rooms and people are in
// the cloud and on premises, the organizer in the cloud books a room on premises, and the
// series that is read belongs to somebody on premises.
func TestConformance(t *testing.T) {
	providertest.Run(t, providertest.Harness{New: func(t testing.TB, setup providertest.Setup) providertest.Fixture {
		o := simulator.Options{Rooms: max(setup.Rooms, 12), People: max(setup.People, 20), Seed: 7, OnPremisesPeople: 8}
		o.OnPremisesRooms = o.Rooms / 2
		tenant := start(t, o)
		if setup.Without != "" {
			deny(t, tenant, setup.Without)
		}
		return conformanceFixture(t, tenant, sidesOf(tenant, o))
	}})
}

// deny takes a permission away on both sides, where both have it.
func deny(t testing.TB, tenant *simulator.Tenant, permission providertest.Permission) {
	t.Helper()
	if permission != providertest.CalendarsPermission {
		t.Skipf("Exchange grants %s to everybody with a mailbox, and the list of one part stands", permission)
	}
	err := tenant.Directory().Update(tenant.Endpoints().ClientID, func(a *entra.Application) {
		a.Roles = slices.DeleteFunc(slices.Clone(a.Roles), func(role string) bool { return strings.HasPrefix(role, "Calendars.") })
	})
	if err != nil {
		t.Fatal(err)
	}
	settings, _ := tenant.ExchangeSettings()
	settings.Impersonation = false
	if err := tenant.SetExchange(settings); err != nil {
		t.Fatal(err)
	}
}

func conformanceFixture(t testing.TB, tenant *simulator.Tenant, s sides) providertest.Fixture {
	t.Helper()
	at := tenant.Endpoints()
	f := providertest.Fixture{
		Provider: compose(t, tenant, s.localPeople[0], nil), Organizer: providers.Address(at.Organizer), Now: time.Now,
		Rooms: slices.Concat(s.cloudRooms, s.localRooms), People: slices.Concat(s.cloudPeople, s.localPeople), Room: s.localRooms[0],
		Nobody: providers.Address("nobody@" + at.Domain), OpenFreeBusy: true, Truth: facts(tenant),
	}
	for _, person := range tenant.People() {
		if address := providers.Address(person.Mailbox); !person.Teams && f.WithoutTeams == "" && slices.Contains(s.cloudPeople, address) {
			f.WithoutTeams = address
		}
	}
	for _, person := range s.localPeople {
		if recurring(tenant, person) {
			f.Series = person
		}
	}
	if f.Series == "" {
		t.Fatal("nobody on premises has a series")
	}
	f.Inject = func(trouble providertest.Trouble, mailbox providers.Address) (func(), bool) {
		box := string(mailbox)
		both := map[providertest.Trouble][]simulator.Fault{
			providertest.ShortRooms:    {{Path: "/places/**/microsoft.graph.room", Page: "no_link"}},
			providertest.NullItem:      {{Path: "calendarView", Mailbox: box, Garble: "null_value"}},
			providertest.ExpiredCursor: {{Path: "calendarView", Mailbox: box, Delta: "expire", Times: 1}, {Path: "SyncFolderItems", Mailbox: box, Delta: "expire", Times: 1}},
			providertest.LostAnswer:    {{Method: "POST", Path: "/events", Mailbox: box, CommitThen: "reset", Times: 1}},
			providertest.Unlicensed: {{Path: "/users/", Mailbox: box, Fail: &simulator.Failure{Status: 404, Code: "MailboxNotEnabledForRESTAPI", Message: "REST API is not yet supported for this mailbox."}},
				{Path: "/EWS/Exchange.asmx", Mailbox: box, Fail: &simulator.Failure{Status: 500, Code: "ErrorNonExistentMailbox", Message: "No mailbox with such guid."}}},
			providertest.Duplicates:   {{Mailbox: box, Page: "dup"}},
			providertest.LoopingLink:  {{Path: "calendarView", Mailbox: box, Page: "loop"}, {Path: "SyncFolderItems", Mailbox: box, Page: "loop"}},
			providertest.GhostRemoval: {{Path: "calendarView", Mailbox: box, Delta: "ghost_removed"}, {Path: "SyncFolderItems", Mailbox: box, Delta: "ghost_removed"}},
			providertest.Truncated:    {{Path: "calendarView", Mailbox: box, Truncate: 300, Times: 1}, {Path: "FindItem", Mailbox: box, Truncate: 300, Times: 1}},
			providertest.Busy: {{Path: "calendarView", Mailbox: box, Fail: &simulator.Failure{Status: 503, Code: "ErrorServerBusy", RetryAfter: "0"}, Times: 2},
				{Path: "FindItem", Mailbox: box, Fail: &simulator.Failure{Status: 503, Code: "ErrorServerBusy", RetryAfter: "0"}, Times: 2}},
			providertest.Hang:      {{Delay: simulator.Duration(time.Hour)}},
			providertest.Portal:    {{Path: "/v1.0", Garble: "html"}, {Path: "/EWS/Exchange.asmx", Garble: "html"}},
			providertest.Forbidden: {{Mailbox: box, Fail: &simulator.Failure{Status: 403, Code: "ErrorAccessDenied", Message: "Access is denied."}}},
		}[trouble]
		var removes []func()
		for _, fault := range both {
			removes = append(removes, tenant.Inject(fault))
		}
		return func() {
			for _, remove := range removes {
				remove()
			}
		}, len(both) > 0
	}
	return f
}
