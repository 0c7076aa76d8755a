package hybrid_test

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
	"roomdesk/providers/ews"
	"roomdesk/providers/graph"
	"roomdesk/providers/graph/typed"
	"roomdesk/providers/hybrid"
	"roomdesk/providers/providertest"
	"roomdesk/providers/simulator"
)

// signingKey is one for all tenants of a run: making one takes a moment.
var signingKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// start runs a tenant of which every second room and the last people are on premises.
func start(t testing.TB, o simulator.Options) *simulator.Tenant {
	t.Helper()
	checker := providertest.ContractIfPresent(t)
	o.Wrap = func(next http.Handler) http.Handler {
		checked := checker.Handler(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(strings.ToLower(r.URL.Path), "/ews/") { // of another contract
				next.ServeHTTP(w, r)
				return
			}
			checked.ServeHTTP(w, r)
		})
	}
	key, err := signingKey()
	if err != nil {
		t.Fatal(err)
	}
	o.SigningKey = key
	if o.RoomAnswerDelay == 0 {
		o.RoomAnswerDelay = time.Millisecond
	}
	o.Exchange = simulator.ExchangeHybrid
	if o.Rooms == 0 {
		o.Rooms = 20
	}
	if o.OnPremisesRooms == 0 {
		o.OnPremisesRooms = o.Rooms / 2
	}
	if o.OnPremisesPeople == 0 {
		o.OnPremisesPeople = 8
	}
	tenant, err := simulator.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	return tenant
}

// sides are the mailboxes of a tenant by where they live.
type sides struct {
	cloudRooms, localRooms, cloudPeople, localPeople []providers.Address
}

func sidesOf(tenant *simulator.Tenant, o simulator.Options) sides {
	var s sides
	rooms, people := tenant.Rooms(), tenant.People()
	for i, r := range rooms {
		if i < len(rooms)-o.OnPremisesRooms {
			s.cloudRooms = append(s.cloudRooms, providers.Address(r.Mailbox))
		} else {
			s.localRooms = append(s.localRooms, providers.Address(r.Mailbox))
		}
	}
	for i, p := range people {
		if i < len(people)-o.OnPremisesPeople {
			s.cloudPeople = append(s.cloudPeople, providers.Address(p.Mailbox))
		} else {
			s.localPeople = append(s.localPeople, providers.Address(p.Mailbox))
		}
	}
	return s
}

// connections are both parts of an organisation.
func connections(t testing.TB, tenant *simulator.Tenant, inside providers.Address) (cloud, local hybrid.Part) {
	t.Helper()
	at := tenant.Endpoints()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(at.CAPEM) {
		t.Fatal("the simulated tenant gives no CA")
	}
	g, err := graph.New(graph.Config{
		TenantID: at.TenantID, ClientID: at.ClientID, ClientSecret: func(context.Context) (string, error) { return at.ClientSecret, nil },
		Cloud: "custom", AuthorityURL: at.AuthorityURL, GraphURL: at.GraphURL, RootCAs: pool, Objects: typed.New,
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := ews.New(ews.Config{
		URL: at.EWSURL, Account: providers.Address(at.ExchangeAccount), User: at.ExchangeLogin, TestMailbox: inside, RootCAs: pool,
		Password: func(context.Context) (string, error) { return at.ExchangePassword, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return hybrid.Part{Provider: g, Name: "graph", Where: "in the cloud", Details: true, Cursor: graph.OwnCursor},
		hybrid.Part{Provider: e, Name: ews.Name, Where: "on premises", Cursor: ews.OwnCursor}
}

func compose(t testing.TB, tenant *simulator.Tenant, inside providers.Address, homes hybrid.Homes) *hybrid.Organisation {
	t.Helper()
	cloud, local := connections(t, tenant, inside)
	o := hybrid.New(hybrid.Options{First: cloud, Second: local, TenantID: tenant.Endpoints().TenantID, Homes: homes})
	t.Cleanup(func() { _ = o.Close() })
	return o
}

func facts(tenant *simulator.Tenant) func(context.Context, providers.Address, providers.Interval) ([]providertest.Fact, error) {
	return func(_ context.Context, mailbox providers.Address, window providers.Interval) ([]providertest.Fact, error) {
		truth, ok := tenant.Truth(string(mailbox), window.Start, window.End)
		if !ok {
			return nil, fmt.Errorf("%s is no mailbox", mailbox)
		}
		var out []providertest.Fact
		for _, e := range truth.Events {
			start, err := time.Parse(time.RFC3339, e.Start)
			if err != nil {
				return nil, err
			}
			end, err := time.Parse(time.RFC3339, e.End)
			if err != nil {
				return nil, err
			}
			out = append(out, providertest.Fact{ICalUID: e.ICalUID, Start: start, End: end, AllDay: e.AllDay, ShowAs: providers.ShowAs(e.ShowAs), Cancelled: e.Cancelled})
		}
		return out, nil
	}
}

func recurring(tenant *simulator.Tenant, mailbox providers.Address) bool {
	truth, _ := tenant.Truth(string(mailbox), time.Now(), time.Now().AddDate(0, 0, 28))
	return slices.ContainsFunc(truth.Events, func(e simulator.TruthEvent) bool { return e.Type == "occurrence" })
}
