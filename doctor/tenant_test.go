package doctor_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"strings"
	"sync"
	"testing"
	"time"

	"roomdesk/doctor"
	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/graph"
	"roomdesk/providers/simulator"
)

// key is one signing key for all tests: making one takes a while.
var key = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// patient is a tenant with a doctor before it.
type patient struct {
	t       *testing.T
	tenant  *simulator.Tenant
	options doctor.Options
	config  graph.Config
	behind  time.Duration // of the doctor's clock
}

// Rooms by what is done to them: mistakes take the first five.
func (p *patient) room(n int) providers.Address {
	return providers.Address(p.tenant.Rooms()[n].Mailbox)
}

func admit(t *testing.T, o simulator.Options) *patient {
	t.Helper()
	o.SigningKey, o.Rooms, o.People, o.Seed = key(), 12, 8, 7
	o.RoomAnswerDelay = time.Millisecond
	o.EventsPerMailbox = 1
	tenant, err := simulator.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	at := tenant.Endpoints()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(at.CAPEM) {
		t.Fatal("the CA is no PEM")
	}
	p := &patient{t: t, tenant: tenant}
	p.config = graph.Config{TenantID: at.TenantID, ClientID: at.ClientID, Cloud: "custom", AuthorityURL: at.AuthorityURL, GraphURL: at.GraphURL, RootCAs: pool,
		ClientSecret: func(context.Context) (string, error) { return at.ClientSecret, nil }}
	p.options = doctor.Options{
		Connection: keystore.Connection{Name: "contoso", Provider: "graph", Tenant: at.TenantID, ClientID: at.ClientID, Cloud: "custom", AuthorityURL: at.AuthorityURL, GraphURL: at.GraphURL,
			Organizer: at.Organizer, TestMailbox: at.TestMailbox, Domains: []string{at.Domain}, Keystore: "memory"},
		Secret: func(context.Context) (keystore.Secret, error) { return keystore.NewSecret(at.ClientSecret), nil },
		// Waiting is the tenant's time, which the test moves.
		Wait: func(ctx context.Context, d time.Duration) error {
			tenant.Clock().Advance(4 * d)
			return ctx.Err()
		},
	}
	return p
}

// examine runs the doctor.
func (p *patient) examine() providers.Diagnosis {
	p.t.Helper()
	return p.examineBy(func(prober doctor.Prober) doctor.Prober { return prober })
}

// examineBy runs the doctor with a prober put before the tenant's.
func (p *patient) examineBy(put func(doctor.Prober) doctor.Prober) providers.Diagnosis {
	p.t.Helper()
	config, options := p.config, p.options
	now := func() time.Time { return p.tenant.Clock().Now().Add(-p.behind) }
	config.Now, options.Now = now, now
	config.Objects = objects
	provider, err := graph.New(config)
	if err != nil {
		p.t.Fatal(err)
	}
	defer provider.Close()
	options.Prober = put(provider.Probe())
	return doctor.Run(context.Background(), options)
}

// grantReading lets the application read what was granted.
func (p *patient) grantReading() {
	p.t.Helper()
	directory := p.tenant.Directory()
	directory.SetConsentDelay(0)
	if err := directory.Grant(p.tenant.Endpoints().ClientID, "Application.Read.All"); err != nil {
		p.t.Fatal(err)
	}
}

func lines(d providers.Diagnosis) string {
	var b strings.Builder
	for _, r := range d.Rungs {
		b.WriteString(r.Name + ": " + string(r.State) + " " + r.Seen)
		if r.Trouble != nil {
			b.WriteString(" | " + r.Trouble.Sentence())
		}
		b.WriteString("\n")
	}
	return b.String()
}

// A healthy tenant passes each rung that can be tried (S1, S18, L9).
func TestHealthyTenantPassesEveryRung(t *testing.T) {
	p := admit(t, simulator.Options{})
	p.tenant.SetAccessPolicy(simulator.AccessPolicy{Denied: []string{string(p.room(9))}})
	p.options.Outside = p.room(9)
	p.options.Write, p.options.Inbox = true, true
	d := p.examine()
	for _, rung := range d.Rungs {
		if rung.Trouble != nil {
			t.Errorf("%s is %s: %s", rung.Name, rung.State, rung.Trouble.Sentence())
		}
		if rung.State == providers.RungNotRun && rung.Name != "exchange" && rung.Name != "named mailboxes" && rung.Name != "room answers" {
			t.Errorf("%s was not run: %s", rung.Name, rung.Seen)
		}
	}
	if d.Cause() != nil || d.FirstLine() != "nothing is wrong: all that was tried works" {
		t.Errorf("the first line is %q", d.FirstLine())
	}
	if t.Failed() || testing.Verbose() {
		t.Log(lines(d))
	}
}

// errLocked is a keyring that nobody unlocked.
var errLocked = &keystore.Error{Kind: keystore.ErrLocked, Backend: "keyring", Remedy: "unlock it"}

// refuses reports whether a mailbox is refused now, asked over a connection of its
// own.
func (p *patient) refuses(mailbox providers.Address) bool {
	p.t.Helper()
	provider, err := graph.New(p.config)
	if err != nil {
		p.t.Fatal(err)
	}
	defer provider.Close()
	return providers.Is(provider.Probe().CanRead(providers.WithPriority(context.Background(), providers.Interactive), mailbox), providers.NotAllowed)
}

// written counts what stands in the calendars of the organizer and of a room and
// is not cancelled.
func (p *patient) written() int {
	p.t.Helper()
	now := p.tenant.Clock().Now()
	count := 0
	for _, mailbox := range []string{p.tenant.Endpoints().Organizer, string(p.room(0))} {
		truth, ok := p.tenant.Truth(mailbox, now.AddDate(0, 0, -1), now.AddDate(0, 0, 40))
		if !ok {
			p.t.Fatalf("%s has no calendar", mailbox)
		}
		for _, event := range truth.Events {
			if !event.Cancelled {
				count++
			}
		}
	}
	return count
}
