package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/exchange"
)

// newPasswordRotation is a connected Exchange server and what a machine keeps of the
// connection. The account is locked after three wrong passwords in a row.
func newPasswordRotation(t *testing.T, basic bool) *rotation {
	t.Helper()
	tenant, err := StartTenant(t.Context(), simulator.Options{Rooms: 2, People: 2, Seed: 7, Exchange: simulator.ExchangeOnPremises})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tenant.Close() })
	dir := t.TempDir()
	if err := tenant.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	e := tenant.Endpoints()
	r := &rotation{t: t, tenant: tenant, config: filepath.Join(dir, "own", "config.toml"), memory: &keystore.Memory{}}
	c := keystore.Connection{Name: "contoso", Provider: "ews", Tenant: e.TenantID, Server: e.EWSURL, User: e.ExchangeLogin, Email: e.TestMailbox, Organizer: e.Organizer,
		TestMailbox: e.TestMailbox, Basic: basic, CAFile: filepath.Join(dir, "ca.pem"), Keystore: "memory"}
	config := &keystore.Config{Path: r.config}
	if err := errors.Join(config.Add(c), config.Save(), r.memory.Set(t.Context(), c.SecretKey(), keystore.NewSecret(e.ExchangePassword))); err != nil {
		t.Fatal(err)
	}
	a, _ := r.process("")
	if err := os.MkdirAll(a.paths().ConnectionData(c.Name), 0o700); err != nil {
		t.Fatal(err)
	}
	r.exchange(func(s *exchange.Settings) { s.Basic, s.Service.LockAfter = basic, 3 })
	return r
}

func (r *rotation) exchange(change func(*exchange.Settings)) {
	r.t.Helper()
	settings, _ := r.tenant.ExchangeSettings()
	change(&settings)
	if err := r.tenant.SetExchange(settings); err != nil {
		r.t.Fatal(err)
	}
}

// newPassword changes the password in the directory, as its administrator does.
func (r *rotation) newPassword(password string) {
	r.exchange(func(s *exchange.Settings) { s.Service.Password = password })
}

func (r *rotation) wrong() int { return r.tenant.ExchangeSignIns().Refused }

// reads opens the connection in a process of its own, as any command does, and reads.
func (r *rotation) reads() error {
	r.t.Helper()
	a, _ := r.process("")
	c := r.connection()
	provider, _, err := a.openProvider(c, a.held(c, r.memory))
	if err != nil {
		r.t.Fatal(err)
	}
	defer provider.Close()
	_, err = provider.Identify(r.t.Context())
	return err
}

const springPassword, summerPassword = "Spring-2027-canary", "Summer-2027-canary"

// J7 over Exchange: the password is changed in the directory first, and rotate is killed
// at each of its steps. From the moment that the new one is stored the connection works
// with it; before, the old one is sent once, however many processes try, and not until
// the account is locked. The repeated command brings all to the same end.
func TestRotatePasswordKilledAtEachStep(t *testing.T) {
	steps := []string{"tested", "announced", "stored", "promoted", "read", "dropped"}
	var reached []string
	for _, at := range steps {
		t.Run(at, func(t *testing.T) {
			r := newPasswordRotation(t, false)
			if err := r.reads(); err != nil {
				t.Fatal(err)
			}
			old := r.connection()
			r.newPassword(springPassword)
			a, _ := r.process(springPassword + "\n")
			a.onStep = func(step string) {
				if step == at {
					panic(killed{at})
				}
			}
			func() {
				defer func() {
					if k, ok := recover().(killed); ok {
						reached = append(reached, k.at)
					}
				}()
				_ = a.rotate(t.Context(), "contoso", &connectFlags{passwordStdin: true})
			}()
			works := slices.Index(steps, at) >= slices.Index(steps, "stored")
			for n := range 5 { // commands, the console, a service
				err := r.reads()
				if (err == nil) != works {
					t.Errorf("process %d: %v", n, err)
				}
				if n > 0 && !works && (!errors.Is(err, errRefusedBefore) || !strings.Contains(explain(err).sentence(), "roomdesk rotate contoso --password-stdin")) {
					t.Errorf("process %d: %v", n, explain(err))
				}
			}
			if want := map[bool]int{true: 0, false: 1}[works]; r.wrong() != want {
				t.Errorf("%d wrong passwords were sent, of %d", r.wrong(), want)
			}
			wrong := r.wrong()
			a, errs := r.process(springPassword + "\n")
			if err := a.rotate(t.Context(), "contoso", &connectFlags{passwordStdin: true}); err != nil {
				t.Fatalf("repeated: %v; %s", err, errs)
			}
			c := r.connection()
			if kept := r.kept(); len(kept) != 1 || kept[c.Slot] != springPassword || c.Spare != "" {
				t.Errorf("after the repetition: %v, %+v", kept, c)
			}
			if err := r.reads(); err != nil || r.wrong() != wrong {
				t.Errorf("afterwards: %v, %d wrong passwords", err, r.wrong())
			}
			if _, err := r.memory.Get(t.Context(), old.SecretKey()); c.Slot != old.Slot && !errors.Is(err, keystore.ErrNotFound) {
				t.Errorf("the old password: %v", err)
			}
			if _, err := os.Stat(a.refusedPath(c)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("it is still noted that a password was refused: %v", err)
			}
		})
	}
	if !slices.Equal(reached, steps) {
		t.Errorf("killed at %v", reached)
	}
}

// J7: what an interrupted exchange left of the old password goes with the next read.
func TestOldPasswordGoesWithTheNextRead(t *testing.T) {
	r := newPasswordRotation(t, false)
	r.newPassword(springPassword)
	a, _ := r.process(springPassword + "\n")
	a.onStep = func(step string) {
		if step == "promoted" {
			panic(killed{step})
		}
	}
	func() {
		defer func() { _ = recover() }()
		_ = a.rotate(t.Context(), "contoso", &connectFlags{passwordStdin: true})
	}()
	if kept := r.kept(); len(kept) != 2 {
		t.Fatalf("kept %d", len(kept))
	}
	a, _ = r.process("")
	c := r.connection()
	provider, used, err := a.openProvider(c, a.held(c, r.memory))
	if err != nil {
		t.Fatal(err)
	}
	defer provider.Close()
	s := &session{app: a, connection: c, members: []part{{c, provider, used}}}
	s.settleRotation(t.Context())
	if kept := r.kept(); len(kept) != 2 {
		t.Error("the old password went before anything was read")
	}
	anew, ok := provider.(interface{ SignInAnew(context.Context) error })
	if !ok {
		t.Fatal("it cannot be signed in anew")
	}
	if err := anew.SignInAnew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := r.tenant.ExchangeSignIns(); n.Refused != 0 {
		t.Errorf("%+v", n)
	}
	s.settleRotation(t.Context())
	if kept := r.kept(); len(kept) != 1 || kept[1] != springPassword || r.connection().Spare != "" {
		t.Errorf("kept %v, %+v", kept, r.connection())
	}
}

// J7: at an Exchange server one password holds at a time, so that there is a gap from the
// change in the directory to rotate. Within it many reads go on side by side, by the
// minute, in several processes, for a working day: the account is never locked, and the
// next read after rotate succeeds.
func TestPasswordChangedBeforeRotate(t *testing.T) {
	for _, way := range []string{"NTLM", "Basic"} {
		t.Run(way, func(t *testing.T) {
			r := newPasswordRotation(t, way == "Basic")
			const processes, readers = 2, 6
			var later atomic.Int64
			now := func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
			open := func() []func(context.Context) error {
				var reads []func(context.Context) error
				for range processes {
					a, _ := r.process("")
					a.deps.Now = now
					c := r.connection()
					provider, _, err := a.openProvider(c, a.held(c, r.memory))
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { _ = provider.Close() })
					reads = append(reads, func(ctx context.Context) error {
						_, err := provider.Rooms(ctx, func([]providers.Room) error { return nil })
						return err
					})
				}
				return reads
			}
			// round has every process read several times at once.
			round := func(reads []func(context.Context) error) (failed int) {
				var mu sync.Mutex
				var all sync.WaitGroup
				for _, read := range reads {
					for range readers {
						all.Go(func() {
							if err := read(t.Context()); err != nil {
								mu.Lock()
								defer mu.Unlock()
								failed++
								if !providers.Is(err, providers.SignedOut) {
									t.Error(err)
								}
							}
						})
					}
				}
				all.Wait()
				return failed
			}
			reads := open()
			if failed := round(reads); failed > 0 {
				t.Fatalf("%d reads failed", failed)
			}
			// Time goes by; the password is changed; processes that were open go on, others
			// begin.
			later.Add(int64(time.Minute))
			r.newPassword(springPassword)
			fresh := open()
			if failed := round(fresh); failed != processes*readers {
				t.Errorf("%d of %d reads failed with the old password", failed, processes*readers)
			}
			// Two processes may begin in the same moment; after that they know of each other.
			if r.wrong() > processes {
				t.Errorf("%d wrong passwords for %d reads at once", r.wrong(), processes*readers)
			}
			first := r.wrong()
			r.exchange(func(s *exchange.Settings) { s.Service.LockAfter = 5 })
			recent := []int{r.wrong()}
			for minute := range 8 * 60 {
				later.Add(int64(time.Minute))
				if minute%5 == 0 {
					round(fresh)
				}
				recent = append(recent, r.wrong())
				if n := len(recent); n > 10 && recent[n-1]-recent[n-11] > processes {
					t.Fatalf("%d wrong passwords within ten minutes", recent[n-1]-recent[n-11])
				}
			}
			if more := r.wrong() - first; more > processes*10 { // once after 10 and 30 minutes, then by the hour
				t.Errorf("%d wrong passwords in eight hours", more)
			}
			t.Logf("%s: %d wrong passwords by %d reads at once, %d more in eight hours", way, first, processes*readers, r.wrong()-first)
			r.exchange(func(s *exchange.Settings) { s.Service.State = "" }) // a lockout ends by itself
			before := r.wrong()
			if f, said := r.rotatePassword(springPassword); f != nil {
				t.Fatalf("%v; %s", f, said)
			}
			if failed := round(fresh); failed > 0 || r.wrong() != before {
				t.Errorf("after rotate %d reads failed, with %d wrong passwords", failed, r.wrong()-before)
			}
			if failed := round(reads); failed > 0 || r.wrong() != before {
				t.Errorf("after rotate %d reads of those that were open failed, with %d wrong passwords", failed, r.wrong()-before)
			}
		})
	}
}

func (r *rotation) rotatePassword(password string) (*failure, string) {
	a, errs := r.process(password + "\n")
	var result *failure
	if err := a.rotate(r.t.Context(), "contoso", &connectFlags{passwordStdin: true}); err != nil {
		result = explain(err)
	}
	return result, errs.String()
}

// A refusal is noted without anything of the password, and goes with the connection.
func TestRefusedPasswordIsNotedByItsPlace(t *testing.T) {
	r := newPasswordRotation(t, false)
	r.newPassword(summerPassword)
	if err := r.reads(); err == nil {
		t.Fatal("the old password is accepted")
	}
	a, _ := r.process("")
	a.log = slog.New(slog.DiscardHandler)
	c := r.connection()
	text, err := os.ReadFile(a.refusedPath(c))
	if err != nil || !strings.HasPrefix(string(text), `{"0":{"times":1,"at":"`) || len(text) > 100 {
		t.Fatalf("%s %v", text, err)
	}
	if info, err := os.Stat(a.refusedPath(c)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if state, detail := a.credential(t.Context(), c); state != "refused" || !strings.Contains(detail, "is not sent again before") {
		t.Errorf("%s: %s", state, detail)
	}
	// A damaged note, and one from a clock that was set back, stop nobody.
	for _, note := range []string{"{", fmt.Sprintf(`{"0":{"times":3,"at":%q}}`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))} {
		if err := os.WriteFile(a.refusedPath(c), []byte(note), 0o600); err != nil {
			t.Fatal(err)
		}
		if found, err := a.held(c, r.memory)(t.Context()); err != nil || len(found) != 1 {
			t.Errorf("%s: %d %v", note, len(found), err)
		}
	}
}
