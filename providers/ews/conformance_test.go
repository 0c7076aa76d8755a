package ews_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/providers/providertest"
	"roomdesk/providers/simulator"
)

// signingKey is one key for all tests: making one takes longer than a test.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func start(t testing.TB, o simulator.Options) *simulator.Tenant {
	t.Helper()
	o.SigningKey = signingKey()
	if o.RoomAnswerDelay == 0 {
		o.RoomAnswerDelay = time.Millisecond
	}
	if o.Exchange == "" {
		o.Exchange = simulator.ExchangeOnPremises
	}
	tenant, err := simulator.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	return tenant
}

// connect signs in to a simulated Exchange organisation as its service account.
func connect(t testing.TB, tenant *simulator.Tenant, change func(*ews.Config)) *ews.Provider {
	t.Helper()
	at := tenant.Endpoints()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(at.CAPEM) {
		t.Fatal("the simulated tenant gives no CA")
	}
	config := ews.Config{
		URL: at.EWSURL, Account: providers.Address(at.ExchangeAccount), User: at.ExchangeLogin, TestMailbox: providers.Address(at.Organizer),
		Password: func(context.Context) (string, error) { return at.ExchangePassword, nil }, RootCAs: pool,
	}
	if change != nil {
		change(&config)
	}
	p, err := ews.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func TestConformance(t *testing.T) {
	wire := newTraffic()
	providertest.Run(t, providertest.Harness{New: func(t testing.TB, setup providertest.Setup) providertest.Fixture {
		wire.own()
		tenant := start(t, simulator.Options{Rooms: setup.Rooms, People: setup.People, Seed: 7, Wrap: wire.handler})
		if setup.Without != "" {
			deny(t, tenant, setup.Without)
		}
		f := fixture(t, tenant)
		inject := f.Inject
		f.Inject = func(trouble providertest.Trouble, mailbox providers.Address) (func(), bool) {
			wire.spoil()
			return inject(trouble, mailbox)
		}
		return f
	}})
	wire.check(t)
}

// The same over Exchange Online, by an application's token, as far as a part of the cases
// tells. ROOMDESK_EVERY_CASE=1 runs them all.
func TestConformanceOnline(t *testing.T) {
	every := 4
	if os.Getenv("ROOMDESK_EVERY_CASE") == "1" {
		every = 1
	}
	providertest.Run(t, providertest.Harness{Every: every, New: func(t testing.TB, setup providertest.Setup) providertest.Fixture {
		if setup.Without != "" {
			t.Skipf("Exchange Online grants %s with its one role", setup.Without)
		}
		tenant := start(t, simulator.Options{Rooms: setup.Rooms, People: setup.People, Seed: 7, Exchange: simulator.ExchangeOnline})
		f := fixture(t, tenant)
		f.Provider, _ = online(t, tenant, onlineAudience)
		return f
	}})
}

// deny takes away what an administrator of Exchange can take away.
func deny(t testing.TB, tenant *simulator.Tenant, permission providertest.Permission) {
	t.Helper()
	settings, _ := tenant.ExchangeSettings()
	switch permission {
	case providertest.CalendarsPermission:
		settings.Impersonation = false
	default:
		t.Skipf("Exchange grants %s to everybody with a mailbox", permission)
	}
	if err := tenant.SetExchange(settings); err != nil {
		t.Fatal(err)
	}
}

func fixture(t testing.TB, tenant *simulator.Tenant) providertest.Fixture {
	t.Helper()
	at := tenant.Endpoints()
	f := providertest.Fixture{
		Provider: connect(t, tenant, nil), Organizer: providers.Address(at.Organizer), Now: time.Now,
		Nobody: providers.Address("nobody@" + at.Domain), BareRooms: true, OneCalendar: true, OpenFreeBusy: true, Carried: ews.Carried,
	}
	for _, room := range tenant.Rooms() {
		f.Rooms = append(f.Rooms, providers.Address(room.Mailbox))
	}
	f.Room = f.Rooms[0]
	window := providers.Interval{Start: time.Now(), End: time.Now().AddDate(0, 0, 28)}
	for _, person := range tenant.People() {
		f.People = append(f.People, providers.Address(person.Mailbox))
		if f.Series != "" {
			continue
		}
		truth, _ := tenant.Truth(person.Mailbox, window.Start, window.End)
		if slices.ContainsFunc(truth.Events, func(e simulator.TruthEvent) bool { return e.Type == "occurrence" }) {
			f.Series = providers.Address(person.Mailbox)
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
		const service = "/EWS/Exchange.asmx"
		fault, ok := map[providertest.Trouble]simulator.Fault{
			providertest.ExpiredCursor: {Path: "SyncFolderItems", Mailbox: string(mailbox), Delta: "expire", Times: 1},
			providertest.LostAnswer:    {Path: "CreateItem", Mailbox: string(mailbox), CommitThen: "reset", Times: 1},
			providertest.Unlicensed:    {Mailbox: string(mailbox), Fail: &simulator.Failure{Status: 500, Code: "ErrorNonExistentMailbox", Message: "No mailbox with such guid."}},
			providertest.Duplicates:    {Mailbox: string(mailbox), Page: "dup"},
			providertest.LoopingLink:   {Path: "SyncFolderItems", Mailbox: string(mailbox), Page: "loop"},
			providertest.GhostRemoval:  {Path: "SyncFolderItems", Mailbox: string(mailbox), Delta: "ghost_removed"},
			providertest.Truncated:     {Path: "FindItem", Mailbox: string(mailbox), Truncate: 300, Times: 1},
			providertest.Busy:          {Path: "FindItem", Mailbox: string(mailbox), Fail: &simulator.Failure{Status: 503, Code: "ErrorServerBusy", RetryAfter: "0"}, Times: 2},
			providertest.Hang:          {Delay: simulator.Duration(time.Hour)},
			providertest.Portal:        {Path: service, Garble: "html"},
			providertest.Forbidden:     {Mailbox: string(mailbox), Fail: &simulator.Failure{Status: 500, Code: "ErrorImpersonateUserDenied", Message: "The account does not have permission to impersonate the requested user."}},
		}[trouble]
		if !ok {
			return nil, false
		}
		return tenant.Inject(fault), true
	}
	return f
}
