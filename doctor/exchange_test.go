package doctor_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/doctor"
	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/ews"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/exchange"
)

// onPremises is an organisation with an Exchange server, and a doctor before it.
type onPremises struct {
	t       *testing.T
	tenant  *simulator.Tenant
	options doctor.Options
	config  ews.Config
	behind  time.Duration // of the doctor's clock
}

func (p *onPremises) room(n int) providers.Address {
	return providers.Address(p.tenant.Rooms()[n].Mailbox)
}

func admitExchange(t *testing.T, o simulator.Options) *onPremises {
	t.Helper()
	o.SigningKey, o.Rooms, o.People, o.Seed, o.EventsPerMailbox, o.RoomAnswerDelay = key(), 8, 6, 7, 1, time.Millisecond
	if o.Exchange == "" {
		o.Exchange = simulator.ExchangeOnPremises
	}
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
	p := &onPremises{t: t, tenant: tenant}
	p.config = ews.Config{URL: at.EWSURL, User: at.ExchangeLogin, Account: providers.Address(at.ExchangeAccount), RootCAs: pool, Domains: []string{at.Domain}, UserAgent: "roomdesk",
		TestMailbox: providers.Address(at.TestMailbox)}
	p.options = doctor.Options{
		Connection: keystore.Connection{Name: "hq", Provider: keystore.ExchangeProvider, Tenant: ews.OrganisationID(at.Domain), Server: at.EWSURL, User: at.ExchangeLogin,
			Email: at.TestMailbox, Organizer: at.Organizer, TestMailbox: at.TestMailbox, Domains: []string{at.Domain}, Keystore: "memory"},
		Secret: func(context.Context) (keystore.Secret, error) { return keystore.NewSecret(at.ExchangePassword), nil },
		Wait: func(ctx context.Context, d time.Duration) error {
			tenant.Clock().Advance(4 * d)
			return ctx.Err()
		},
	}
	return p
}

// set changes what an administrator of the Exchange side decides.
func (p *onPremises) set(change func(*exchange.Settings)) {
	p.t.Helper()
	settings, _ := p.tenant.ExchangeSettings()
	change(&settings)
	if err := p.tenant.SetExchange(settings); err != nil {
		p.t.Fatal(err)
	}
}

// watchedServer writes as the console does.
type watchedServer struct {
	*ews.Probe
	p *ews.Provider
}

func (w watchedServer) Create(ctx context.Context, d providers.EventDraft) (providers.Event, error) {
	return w.p.CreateEvent(ctx, d)
}

func (w watchedServer) Change(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	return w.p.ChangeEvent(ctx, mailbox, id, etag, change)
}

func (w watchedServer) Cancel(ctx context.Context, mailbox providers.Address, id, comment string) error {
	return w.p.CancelEvent(ctx, mailbox, id, comment)
}

func (p *onPremises) examine() providers.Diagnosis {
	p.t.Helper()
	config, options := p.config, p.options
	config.Now = func() time.Time { return p.tenant.Clock().Now().Add(-p.behind) }
	options.Now = config.Now
	config.Basic = options.Connection.Basic
	config.Password = func(ctx context.Context) (string, error) {
		secret, err := options.Secret(ctx)
		return secret.Reveal(), err
	}
	provider, err := ews.New(config)
	if err != nil {
		options.SetUp = err
		return doctor.Run(context.Background(), options)
	}
	defer provider.Close()
	options.Server = watchedServer{provider.Probe(), provider}
	return doctor.Run(context.Background(), options)
}

// signIns counts the passwords that the service account was tried with.
func (p *onPremises) asked(operation string) int {
	n := 0
	for _, entry := range p.tenant.Ledger() {
		if entry.Operation == operation {
			n++
		}
	}
	return n
}

// A healthy organisation passes each rung that can be tried (S1, S18, L9, L11).
func TestHealthyExchangePassesEveryRung(t *testing.T) {
	p := admitExchange(t, simulator.Options{})
	outside := p.room(7)
	p.set(func(s *exchange.Settings) {
		for _, room := range p.tenant.Rooms()[:7] {
			s.Scope = append(s.Scope, room.Mailbox)
		}
		s.Scope = append(s.Scope, p.options.Connection.Organizer, p.options.Connection.TestMailbox)
		s.CalendarOnly = []string{p.options.Connection.TestMailbox}
		s.Permissions = map[string]string{string(outside): "FreeBusyTimeOnly"}
	})
	p.options.Outside, p.options.Write, p.options.Inbox, p.options.Mailboxes = outside, true, true, []providers.Address{p.room(0)}
	d := p.examine()
	for _, rung := range d.Rungs {
		if rung.Trouble != nil {
			t.Errorf("%s is %s: %s", rung.Name, rung.State, rung.Trouble.Sentence())
		}
		if rung.State == providers.RungNotRun && rung.Name != "teams" {
			t.Errorf("%s was not run: %s", rung.Name, rung.Seen)
		}
	}
	if len(d.Rungs) != len(doctor.ExchangeRungs()) || d.FirstLine() != "nothing is wrong: all that was tried works" {
		t.Errorf("%d rungs, %q", len(d.Rungs), d.FirstLine())
	}
	// L11: success names the mailbox opened and one calendar read.
	calendar, _ := d.Rung("calendar")
	if !strings.Contains(calendar.Seen, p.options.Connection.TestMailbox) || !strings.Contains(calendar.Seen, "read") {
		t.Errorf("the calendar read is told as %q", calendar.Seen)
	}
	// L8: its own mailbox stands there, and what is known of its licence (L7).
	if rung, _ := d.Rung("licence"); rung.State != providers.RungPassed || !strings.Contains(rung.Seen, "does not name the plan") {
		t.Errorf("licence: %s %s", rung.State, rung.Seen)
	}
	if t.Failed() || testing.Verbose() {
		t.Log(lines(d))
	}
}

// Nothing but calendars is asked for without a request, and no password leaves where the
// server does not take it (L4).
func TestExchangeDoctorStaysInCalendars(t *testing.T) {
	p := admitExchange(t, simulator.Options{})
	ledger := len(p.tenant.Ledger())
	d := p.examine()
	if d.Cause() != nil {
		t.Fatal(lines(d))
	}
	if rung, _ := d.Rung("inbox"); rung.State != providers.RungNotRun {
		t.Errorf("the inbox was asked for: %s", rung.Seen)
	}
	for _, entry := range p.tenant.Ledger()[ledger:] {
		if strings.Contains(strings.ToLower(fmt.Sprint(entry)), "inbox") || entry.Operation == "CreateItem" {
			t.Errorf("asked for more than calendars: %+v", entry)
		}
	}
	p.options.Inbox = true
	d = p.examine()
	if rung, _ := d.Rung("inbox"); rung.Trouble == nil || !rung.Trouble.Partly || !strings.Contains(rung.Trouble.What, "ApplicationImpersonation opens whole mailboxes") {
		t.Errorf("full access is no mail out of reach: %s\n%s", rung.Seen, lines(d))
	}
}

// exchangeMistake is one thing that is wrong, as the doctor must tell it.
type exchangeMistake struct {
	name   string
	number int // in the catalogue
	rung   string
	says   string // parts of the first line in their order, with * between
	where  string
	class  providers.Class
	waits  bool
	partly bool
	make   func(p *onPremises)
	scope  bool // it is made by the management scope
}

func exchangeMistakes() []exchangeMistake {
	const shell, directory = "Exchange Management Shell", "ActiveDirectory"
	settings := func(change func(s *exchange.Settings, p *onPremises)) func(*onPremises) {
		return func(p *onPremises) { p.set(func(s *exchange.Settings) { change(s, p) }) }
	}
	state := func(word string, told bool) func(*onPremises) {
		return settings(func(s *exchange.Settings, _ *onPremises) { s.Service.State, s.Service.Told = word, told })
	}
	off := false
	return []exchangeMistake{
		{"wrong password", 0, "sign-in", `does not accept user and password of*(or the account is locked or disabled*Get-ADUser*LockedOut*rotate hq --password-stdin`, directory, providers.SignedOut, false, false, func(p *onPremises) {
			p.options.Secret = func(context.Context) (keystore.Secret, error) { return keystore.NewSecret("Winter-2025"), nil }
		}, false},
		{"locked", 0, "sign-in", `does not accept user and password of*(or the account is locked*Get-ADUser -Identity 'svc-roomdesk'`, directory, providers.SignedOut, false, false, state("locked", false), false},
		{"disabled", 0, "sign-in", `is disabled*Enable-ADAccount -Identity 'svc-roomdesk'`, directory, providers.SignedOut, false, false, state("disabled", true), false},
		{"password expired", 0, "sign-in", `has expired*Set-ADAccountPassword`, directory, providers.SignedOut, false, false, state("expired", true), false},
		{"password must change", 0, "sign-in", `has to be changed*-ChangePasswordAtLogon $false`, directory, providers.SignedOut, false, false, state("must_change", true), false},
		{"Basic off", 0, "sign-in", `signs in by Basic and the server takes only*connect again without --basic`, shell, providers.SignedOut, false, false, func(p *onPremises) {
			p.options.Connection.Basic = true
			p.set(func(s *exchange.Settings) { s.Basic = false })
		}, false},
		{"NTLM off", 0, "sign-in", `signs in by NTLM and the server takes only Basic*-WindowsAuthentication $true*--basic`, shell, providers.SignedOut, false, false, settings(func(s *exchange.Settings, _ *onPremises) { s.NTLM = false }), false},
		{"no way in", 0, "server", `offers no way of signing in*Get-WebServicesVirtualDirectory`, shell, providers.Foreign, false, false, settings(func(s *exchange.Settings, _ *onPremises) { s.NTLM, s.Basic = false, false }), false},
		{"EWS off", 20, "service", `refuses it Exchange Web Services*Get-CASMailbox*Set-CASMailbox*-EwsEnabled $true`, shell, providers.NotAllowed, false, false, settings(func(s *exchange.Settings, _ *onPremises) { s.EWSEnabled = &off }), false},
		{"blocked program", 20, "service", `this program is not allowed*fl Ews*`, shell, providers.NotAllowed, false, false, settings(func(s *exchange.Settings, _ *onPremises) { s.BlockedAgents = []string{"roomdesk"} }), false},
		{"no own mailbox", 0, "own mailbox", `has no mailbox of its own*the list of rooms stays empty*Enable-Mailbox -Identity 'CONTOSO\svc-roomdesk'`, shell, providers.NoMailbox, false, false, settings(func(s *exchange.Settings, _ *onPremises) { s.Service.NoMailbox = true }), false},
		{"no room lists", 0, "room lists", `has no room lists*New-DistributionGroup -Name 'Rooms' -RoomList`, shell, providers.Gone, false, false, settings(func(s *exchange.Settings, _ *onPremises) { s.NoRoomLists = true }), false},
		{"role missing", 0, "impersonation", `may act for no mailbox that was tried: it has not the role ApplicationImpersonation*New-ManagementScope*New-ManagementRoleAssignment*'ApplicationImpersonation'`, shell, providers.NotAllowed, false, false, settings(func(s *exchange.Settings, _ *onPremises) { s.Impersonation = false }), false},
		{"test mailbox outside the scope", 9, "impersonation", `management scope of*leaves out the test mailbox*while*is inside*Set-ManagementScope`, shell, providers.NotAllowed, false, false, settings(func(s *exchange.Settings, p *onPremises) {
			s.Scope = []string{p.options.Connection.Organizer, string(p.room(0))}
		}), true},
		{"a room outside the scope", 9, "room calendars", `management scope of*leaves out room*Set-ManagementScope`, shell, providers.NotAllowed, false, true, settings(func(s *exchange.Settings, p *onPremises) {
			for _, room := range p.tenant.Rooms()[1:] {
				s.Scope = append(s.Scope, room.Mailbox)
			}
			s.Scope = append(s.Scope, p.options.Connection.Organizer, p.options.Connection.TestMailbox)
			s.Permissions = map[string]string{string(p.room(0)): "FreeBusyTimeOnly"}
		}), true},
		{"test mailbox in the cloud", 11, "impersonation", `the test mailbox*has moved to the cloud*roomdesk connect graph`, "Microsoft 365", providers.NoMailbox, false, false, func(p *onPremises) {
			if err := p.tenant.SetHosting(p.options.Connection.TestMailbox, simulator.HostedOnline); err != nil {
				p.t.Fatal(err)
			}
		}, false},
		{"a room in the cloud", 11, "room calendars", `room*has moved to the cloud`, "Microsoft 365", providers.NoMailbox, false, true, func(p *onPremises) {
			if err := p.tenant.SetHosting(string(p.room(2)), simulator.HostedOnline); err != nil {
				p.t.Fatal(err)
			}
		}, false},
		{"being moved", 0, "impersonation", `is being moved to another server just now*Get-MoveRequest`, "", providers.Transient, true, false, func(p *onPremises) {
			if err := p.tenant.SetHosting(p.options.Connection.TestMailbox, simulator.HostedMoving); err != nil {
				p.t.Fatal(err)
			}
		}, false},
		{"no such mailbox", 0, "impersonation", `there is no mailbox nobody@*not known here*correct the address`, "configuration", providers.NoMailbox, false, false, func(p *onPremises) {
			p.options.Connection.TestMailbox = "nobody@" + p.tenant.Endpoints().Domain
		}, false},
		{"calendar read-only", 0, "organizer", `can be read and not written*Set-MailboxFolderPermission*-AccessRights Editor`, shell, providers.NotAllowed, false, false, settings(func(s *exchange.Settings, p *onPremises) {
			s.Scope = []string{p.options.Connection.TestMailbox}
			for _, room := range p.tenant.Rooms() {
				s.Scope = append(s.Scope, room.Mailbox)
			}
			s.Permissions = map[string]string{p.options.Connection.Organizer: "Reviewer"}
		}), true},
		{"outside is open", 0, "outside", `opens as its owner although it should be outside*Get-ManagementRoleAssignment`, shell, providers.NotAllowed, false, true, func(p *onPremises) { p.options.Outside = p.room(6) }, false},
		{"throttled", 19, "own mailbox", `nothing is wrong: the service asked to wait*try again in`, "", providers.Throttled, true, false, settings(func(s *exchange.Settings, _ *onPremises) {
			s.Enforce, s.Limits.Requests, s.Limits.Window = true, 1, exchange.Duration(time.Hour)
		}), false},
		{"wrong address", 0, "server", `there are no Exchange Web Services at*Get-WebServicesVirtualDirectory`, "configuration", providers.Foreign, false, false, func(p *onPremises) {
			p.config.URL = strings.Replace(p.config.URL, "Exchange.asmx", "Elsewhere.asmx", 1)
		}, false},
		{"clock", 17, "clock", `this machine's clock is*behind the service's*set the clock`, "on this machine", providers.Local, false, false, func(p *onPremises) { p.behind = 2 * time.Hour }, false},
		{"CA unknown", 17, "tls", `this machine does not trust*--ca-file`, "in your network", providers.UntrustedHost, false, false, func(p *onPremises) { p.config.RootCAs = x509.NewCertPool() }, false},
		{"keyring locked", 18, "credential", `the keyring is locked*unlock it`, "on this machine", providers.SignedOut, false, false, func(p *onPremises) {
			p.options.Secret = func(context.Context) (keystore.Secret, error) { return keystore.Secret{}, errLocked }
		}, false},
		{"password empty", 0, "credential", `the stored password is empty*rotate hq --password-stdin`, "on this machine", providers.SignedOut, false, false, func(p *onPremises) {
			p.options.Secret = func(context.Context) (keystore.Secret, error) { return keystore.NewSecret(" "), nil }
		}, false},
	}
}

// Each mistake over an Exchange server alone leads to its own first line, with the place
// and a command to be run (L7 to L9, C6 to C9, mistakes 9, 11, 17 to 20).
func TestEachExchangeMistakeAlone(t *testing.T) {
	said := map[string]string{}
	for _, row := range exchangeMistakes() {
		t.Run(row.name, func(t *testing.T) {
			p := admitExchange(t, simulator.Options{})
			row.make(p)
			d := p.examine()
			row.check(t, d)
			if cause := d.Cause(); cause != nil {
				if other := said[cause.What]; other != "" && row.name != "locked" && row.name != "blocked program" {
					t.Errorf("%s says the same as %s: %s", row.name, other, cause.What)
				}
				said[cause.What] = row.name
			}
		})
	}
}

// Of two mistakes the first line is about the one on the lower rung, and never about a
// consequence.
func TestExchangeMistakesInPairs(t *testing.T) {
	rungs, rows := doctor.ExchangeRungs(), exchangeMistakes()
	every := 6 // with ROOMDESK_ALL_PAIRS each pair is tried
	if os.Getenv("ROOMDESK_ALL_PAIRS") != "" {
		every = 1
	}
	tried := 0
	for i, a := range rows {
		for j, b := range rows[i+1:] {
			first, second := a, b
			if slices.Index(rungs, b.rung) < slices.Index(rungs, a.rung) {
				first, second = b, a
			}
			// What only waits is told after what failed; what is made by the same scope cannot be made twice.
			if first.rung == second.rung || first.waits || a.scope && b.scope || (i*31+j)%every != 0 {
				continue
			}
			tried++
			t.Run(first.name+" and "+second.name, func(t *testing.T) {
				p := admitExchange(t, simulator.Options{})
				second.make(p)
				first.make(p)
				first.check(t, p.examine())
			})
		}
	}
	t.Logf("%d pairs", tried)
}

func (m exchangeMistake) check(t *testing.T, d providers.Diagnosis) {
	t.Helper()
	mistake{m.number, m.rung, m.says, m.where, m.waits, m.partly, m.class, nil}.check(t, d)
}

// A password that is refused was sent once: directories lock accounts.
func TestExchangePasswordIsTriedOnce(t *testing.T) {
	for _, basic := range []bool{false, true} {
		p := admitExchange(t, simulator.Options{})
		p.set(func(s *exchange.Settings) { s.Service.LockAfter = 2 })
		right := p.options.Secret
		p.options.Connection.Basic = basic
		p.options.Secret = func(context.Context) (keystore.Secret, error) { return keystore.NewSecret("Winter-2025"), nil }
		if d := p.examine(); d.Cause() == nil || d.Cause().Class != providers.SignedOut {
			t.Fatal(lines(d))
		}
		p.options.Secret = right
		if d := p.examine(); d.Cause() != nil {
			t.Errorf("Basic %v: one examination with a wrong password locked the account:\n%s", basic, lines(d))
		}
	}
}

// Where the way of signing in is not offered the password does not leave.
func TestExchangePasswordIsNotSentInVain(t *testing.T) {
	p := admitExchange(t, simulator.Options{})
	p.options.Connection.Basic = true
	p.set(func(s *exchange.Settings) { s.Basic = false })
	if d := p.examine(); d.Cause() == nil {
		t.Fatal("Basic is off and nothing is wrong")
	}
	if n := p.asked("GetServerTimeZones"); n != 0 {
		t.Errorf("%d requests carried the password", n)
	}
}

// What the doctor does not know stands there as it came.
func TestUnknownExchangeTrouble(t *testing.T) {
	p := admitExchange(t, simulator.Options{})
	fault := simulator.Fault{Path: "/EWS/Exchange.asmx/GetRoomLists", Fail: &simulator.Failure{Status: http.StatusInternalServerError, Code: "ErrorNobodyKnows", Message: "Something odd."}}
	p.tenant.Inject(fault)
	d := p.examine()
	cause := d.Cause()
	if cause == nil || !cause.Unknown || cause.Code != "ErrorNobodyKnows" || cause.RequestID == "" || !strings.Contains(cause.Raw.Or(""), "odd") {
		t.Errorf("%+v\n%s", cause, lines(d))
	}
}

// A connection that was disconnected sends nothing.
func TestExchangeDisconnected(t *testing.T) {
	p := admitExchange(t, simulator.Options{})
	since := p.tenant.Clock().Now()
	p.options.Connection.Disconnected = &since
	p.options.Secret = func(context.Context) (keystore.Secret, error) { return keystore.Secret{}, errors.New("gone") }
	before := len(p.tenant.Ledger())
	if d := doctor.Run(context.Background(), p.options); !strings.Contains(d.FirstLine(), "is disconnected since") || !strings.Contains(d.FirstLine(), "roomdesk connect ews") {
		t.Error(d.FirstLine())
	}
	if len(p.tenant.Ledger()) != before {
		t.Error("something was sent")
	}
}
