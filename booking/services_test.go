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
	ews   bool
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
	if s.ews {
		o.Exchange = simulator.ExchangeOnPremises
	}
	return o
}

// connect signs in as the program does. dial is nil for the operating system's network.
func (s service) connect(at simulator.Endpoints, ca []byte, dial func(context.Context, string, string) (net.Conn, error)) (connection, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, errors.New("no certificate authority")
	}
	if s.ews {
		return ews.New(ews.Config{
			URL: at.EWSURL, Account: providers.Address(at.ExchangeAccount), User: at.ExchangeLogin, TestMailbox: providers.Address(at.Organizer),
			Password: func(context.Context) (string, error) { return at.ExchangePassword, nil }, RootCAs: roots, Dial: dial,
		})
	}
	return graph.New(graph.Config{
		TenantID: at.TenantID, ClientID: at.ClientID, ClientSecret: func(context.Context) (string, error) { return at.ClientSecret, nil },
		Cloud: "custom", AuthorityURL: at.AuthorityURL, GraphURL: at.GraphURL, RootCAs: roots, Dial: dial,
		Objects: func(a graph.Authorised) graph.Objects { return objects{a} },
	})
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
