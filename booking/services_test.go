package booking_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"roomdesk/booking"
	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/providers/graph"
	"roomdesk/providers/hybrid"
	"roomdesk/providers/simulator"
)

// connection is a provider as the stories use it.
type connection interface {
	booking.Tenant
	Rooms(context.Context, func([]providers.Room) error) (providers.Listing, error)
	Close() error
}

// service is one of the two services over which every story is told, with the same
// expectations (PRODUCT P9). What differs is here and nowhere else: how a tenant is
// made, what a write is called on the wire, and whether there is Teams.
type service struct {
	name  string
	teams bool // where not, a booking with Teams is refused before anything is sent
	ews   bool // what is written is written by Exchange Web Services
	// hybrid is a tenant of which half lives on premises, behind the composed provider;
	// the organizer lives where is written, and the booked room on the other side.
	hybrid bool
}

// organisations are hybrid tenants, by where the organizer lives: the service that every
// write is sent to. The stories of whole processes, which are killed or in contention,
// stay with the two services: what they look at is the desk and its store, which know no
// parts.
func organisations() []service {
	return []service{{name: "hybrid", teams: true, hybrid: true}, {name: "hybrid, organizer on premises", ews: true, hybrid: true}}
}

// overServicesAndHybrid tells a story over each service and in an organisation with an
// organizer in the cloud and a room on premises.
func overServicesAndHybrid(t *testing.T, story func(t *testing.T, s service)) {
	t.Helper()
	for _, s := range append(services(), organisations()[0]) {
		t.Run(s.name, func(t *testing.T) { story(t, s) })
	}
}

func services() []service {
	return []service{{name: "Graph", teams: true}, {name: "Exchange", ews: true}}
}

// serviceNamed finds a service by name, for processes that are told only that.
func serviceNamed(name string) service {
	for _, s := range services() {
		if s.name == name {
			return s
		}
	}
	return service{}
}

// overServices tells a story over each service.
func overServices(t *testing.T, story func(t *testing.T, s service)) {
	t.Helper()
	for _, s := range services() {
		t.Run(s.name, func(t *testing.T) { story(t, s) })
	}
}

// options make a tenant that answers this service.
func (s service) options(o simulator.Options) simulator.Options {
	o.SigningKey = oneKey()
	switch {
	case s.hybrid:
		o.Exchange, o.OnPremisesRooms, o.OnPremisesPeople = simulator.ExchangeHybrid, o.Rooms/2, o.People/2
	case s.ews:
		o.Exchange = simulator.ExchangeOnPremises
	}
	return o
}

// local reports whether a mailbox of a hybrid tenant lives on premises.
func (s service) local(tenant *simulator.Tenant, mailbox providers.Address) bool {
	hosted, _ := tenant.Hosting(string(mailbox))
	return s.hybrid && hosted == simulator.HostedOnPremises
}

// connect signs in as the program does; the test mailbox of a hybrid tenant is on premises. dial is nil for the operating system's network.
func (s service) connect(at simulator.Endpoints, ca []byte, dial func(context.Context, string, string) (net.Conn, error)) (connection, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, errors.New("no certificate authority")
	}
	local := func(inside providers.Address) (connection, error) {
		return ews.New(ews.Config{
			URL: at.EWSURL, Account: providers.Address(at.ExchangeAccount), User: at.ExchangeLogin, TestMailbox: inside,
			Password: func(context.Context) (string, error) { return at.ExchangePassword, nil }, RootCAs: roots, Dial: dial,
		})
	}
	if s.ews && !s.hybrid {
		return local(providers.Address(at.Organizer))
	}
	cloud, err := graph.New(graph.Config{
		TenantID: at.TenantID, ClientID: at.ClientID, ClientSecret: func(context.Context) (string, error) { return at.ClientSecret, nil },
		Cloud: "custom", AuthorityURL: at.AuthorityURL, GraphURL: at.GraphURL, RootCAs: roots, Dial: dial,
		Objects: func(a graph.Authorised) graph.Objects { return objects{a} },
	})
	if err != nil || !s.hybrid {
		return cloud, err
	}
	server, err := local(providers.Address(at.TestMailbox))
	if err != nil {
		return nil, err
	}
	return hybrid.New(hybrid.Options{TenantID: at.TenantID,
		First:  hybrid.Part{Provider: cloud, Name: "graph", Where: "in the cloud", Details: true, Cursor: graph.OwnCursor},
		Second: hybrid.Part{Provider: server.(hybrid.Provider), Name: ews.Name, Where: "on premises", Cursor: ews.OwnCursor}}), nil
}

// act is something that is asked of a service.
type act int

const (
	creating act = iota // an event
	changing
	deleting
	readingDates // of a series
)

// fault puts trouble on an act. Codes are Graph's; Exchange says them in its own words.
func (s service) fault(a act, f simulator.Fault) simulator.Fault {
	if !s.ews {
		f.Method = []string{http.MethodPost, http.MethodPatch, http.MethodDelete, http.MethodGet}[a]
		f.Path = []string{"**/events", "**/events/*", "**/events/*", "**/instances"}[a]
		return f
	}
	f.Path = "**/" + []string{"CreateItem", "UpdateItem", "DeleteItem", "FindItem"}[a]
	if f.Fail != nil {
		said := *f.Fail
		said.Status = http.StatusInternalServerError // of every SOAP fault
		if said.Code == "TooManyRequests" {
			said.Code = "ErrorServerBusy"
		}
		f.Fail = &said
	}
	return f
}

// anything puts trouble on whatever is asked, but for signing in.
func (s service) anything(f simulator.Fault) simulator.Fault {
	f.Path = "/v1.0/users/**"
	if s.ews {
		f.Path = "/EWS/**"
	}
	if s.ews && f.Fail != nil {
		said := *f.Fail
		said.Status, said.Code = http.StatusInternalServerError, "ErrorServerBusy"
		f.Fail = &said
	}
	return f
}

// everywhere puts trouble on whatever is asked: on both sides of a hybrid tenant.
func (s service) everywhere(f simulator.Fault) []simulator.Fault {
	if !s.hybrid {
		return []simulator.Fault{s.anything(f)}
	}
	return []simulator.Fault{service{}.anything(f), service{ews: true}.anything(f)}
}

// is reports whether a request was such an act; cancelling is none of them.
func (s service) is(a act, e simulator.Entry) bool {
	if s.ews {
		return e.Operation == []string{"CreateItem", "UpdateItem", "DeleteItem", "FindItem"}[a] && (a != creating || e.Effect == "" || strings.Contains(e.Effect, "created"))
	}
	return e.Method == []string{http.MethodPost, http.MethodPatch, http.MethodDelete, http.MethodGet}[a] && (a != creating || strings.HasSuffix(e.Path, "/events"))
}

// done counts the acts that were sent and those that had their effect.
func (s service) done(tenant *simulator.Tenant, a act, effect string) (sent []simulator.Entry, made int) {
	for _, e := range tenant.Ledger() {
		if s.is(a, e) {
			sent = append(sent, e)
			if strings.Contains(e.Effect, effect) {
				made++
			}
		}
	}
	return sent, made
}
