package boundary

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"roomdesk/audit"
	"roomdesk/providers"
)

// recorder is a provider that notes what reaches it.
type recorder struct {
	can   providers.Capabilities
	err   error // of a sign-in
	calls []string
}

func (r *recorder) note(call string) { r.calls = append(r.calls, call) }

func (r *recorder) Capabilities(context.Context) (providers.Capabilities, error) { return r.can, r.err }

func (r *recorder) Identify(context.Context) (providers.Identity, error) {
	r.note("identify")
	return providers.Identity{Capabilities: r.can}, r.err
}

func (r *recorder) Rooms(context.Context, func([]providers.Room) error) (providers.Listing, error) {
	r.note("rooms")
	return providers.Listing{}, nil
}

func (r *recorder) People(context.Context, func([]providers.Person) error) (providers.Listing, error) {
	r.note("people")
	return providers.Listing{}, nil
}

func (r *recorder) Calendars(context.Context, providers.Address) ([]providers.Calendar, error) {
	r.note("calendars")
	return nil, nil
}

func (r *recorder) Changes(context.Context, providers.ChangesRequest, func(providers.ChangePage) error) error {
	r.note("changes")
	return nil
}

func (r *recorder) Availability(context.Context, []providers.Address, providers.Interval) ([]providers.Availability, error) {
	r.note("availability")
	return nil, nil
}

func (r *recorder) FindEvent(context.Context, providers.Address, string, providers.Interval) (providers.Event, bool, error) {
	r.note("find event")
	return providers.Event{}, false, nil
}

func (r *recorder) FindSeries(context.Context, providers.Address, string, time.Time) (providers.Event, bool, error) {
	r.note("find series")
	return providers.Event{}, false, nil
}

func (r *recorder) SeriesDates(context.Context, providers.Address, string, providers.Interval) ([]providers.Event, error) {
	r.note("series dates")
	return nil, nil
}

func (r *recorder) Event(context.Context, providers.Address, string) (providers.Event, error) {
	r.note("event")
	return providers.Event{}, nil
}

func (r *recorder) CreateEvent(context.Context, providers.EventDraft) (providers.Event, error) {
	r.note("create")
	return providers.Event{}, nil
}

func (r *recorder) ChangeEvent(context.Context, providers.Address, string, string, providers.EventChange) (providers.Event, error) {
	r.note("change")
	return providers.Event{}, nil
}

func (r *recorder) CancelEvent(context.Context, providers.Address, string, string) error {
	r.note("cancel")
	return nil
}

func (r *recorder) DeleteEvent(context.Context, providers.Address, string) error {
	r.note("delete")
	return nil
}

func (r *recorder) Close() error { return nil }

const desk providers.Address = "desk@contoso.example"

// each does everything that a tenant can be asked for, and gives the errors by name.
func each(ctx context.Context, t *Tenant) map[string]error {
	second := func(_ any, err error) error { return err }
	third := func(_ providers.Event, _ bool, err error) error { return err }
	return map[string]error{
		"rooms": second(t.Rooms(ctx, nil)), "people": second(t.People(ctx, nil)), "calendars": second(t.Calendars(ctx, desk)), "availability": second(t.Availability(ctx, nil, providers.Interval{})),
		"changes": t.Changes(ctx, providers.ChangesRequest{Mailbox: desk}, nil), "event": second(t.Event(ctx, desk, "x")), "find event": third(t.FindEvent(ctx, desk, "x", providers.Interval{})),
		"find series": third(t.FindSeries(ctx, desk, "x", time.Time{})), "series dates": second(t.SeriesDates(ctx, desk, "x", providers.Interval{})),
		"create": second(t.CreateEvent(ctx, providers.EventDraft{Organizer: desk})), "change": second(t.ChangeEvent(ctx, desk, "x", "", providers.EventChange{})),
		"cancel": t.CancelEvent(ctx, desk, "x", ""), "delete": t.DeleteEvent(ctx, desk, "x"),
	}
}

// C19, L1 to L5, L15: each role and level times everything that a tenant can be asked
// for: what is refused does not reach the provider.
func TestWhatReachesTheProvider(t *testing.T) {
	full := providers.Capabilities{Access: providers.FullAccess, Write: true, Teams: true}
	basic := providers.Capabilities{Access: providers.FreeBusyAccess, Teams: true}
	reading := providers.Capabilities{Access: providers.FullAccess, Teams: true}
	look := []string{"availability", "calendars", "people", "rooms"}
	read := []string{"changes", "event", "find event", "find series", "series dates"}
	write := []string{"cancel", "change", "create", "delete"}
	for name, c := range map[string]struct {
		can    providers.Capabilities
		limits Limits
		want   [][]string
	}{
		"administrator":         {full, Limits{Role: providers.RoleAdministrator}, [][]string{look, read, write}},
		"booker":                {full, Limits{Role: providers.RoleBooker}, [][]string{look, read, write}},
		"viewer":                {full, Limits{Role: providers.RoleViewer}, [][]string{look, read}},
		"no role":               {full, Limits{}, [][]string{look, read}},
		"restricted, chosen":    {full, Limits{providers.RoleBooker, providers.Restricted}, [][]string{look, read, write}},
		"free-busy, chosen":     {full, Limits{providers.RoleAdministrator, providers.FreeBusyAccess}, [][]string{look}},
		"free-busy":             {basic, Limits{Role: providers.RoleAdministrator}, [][]string{look}},
		"free-busy, full asked": {basic, Limits{providers.RoleAdministrator, providers.FullAccess}, [][]string{look}},
		"reading only":          {reading, Limits{Role: providers.RoleAdministrator}, [][]string{look, read}},
	} {
		to := &recorder{can: c.can}
		errs := each(t.Context(), New(to, func() Limits { return c.limits }, audit.Open(filepath.Join(t.TempDir(), "audit.jsonl"), audit.Actor{}, nil)))
		want := slices.Sorted(slices.Values(slices.Concat(c.want...)))
		if slices.Sort(to.calls); !slices.Equal(to.calls, want) {
			t.Errorf("%s: %q reached the provider, want %q", name, to.calls, want)
		}
		for call, err := range errs {
			class := providers.Class("")
			switch {
			case slices.Contains(want, call):
			case slices.Contains(write, call):
				class = providers.NotAllowed
			default:
				class = providers.Unsupported // the mailbox itself is not refused
			}
			if providers.ClassOf(err) != class {
				t.Errorf("%s: %s: %v, want class %q", name, call, err, class)
			}
		}
	}
}

// A role that is taken away holds at once, and nil limits are the least.
func TestLimitsAreAskedBeforeEachWrite(t *testing.T) {
	to := &recorder{can: providers.Capabilities{Access: providers.FullAccess, Write: true, Teams: true}}
	role := providers.RoleBooker
	tenant := New(to, func() Limits { return Limits{Role: role} }, audit.Open(filepath.Join(t.TempDir(), "audit.jsonl"), audit.Actor{}, nil))
	if err := tenant.CancelEvent(t.Context(), desk, "x", ""); err != nil {
		t.Fatal(err)
	}
	role = providers.RoleViewer
	if err := tenant.CancelEvent(t.Context(), desk, "x", ""); !providers.Is(err, providers.NotAllowed) {
		t.Errorf("after the role was taken away: %v", err)
	}
	if tenant.Access().Refuses(providers.VerbBook) == "" || tenant.Refuses(providers.VerbAdminister) == nil || tenant.Refuses(providers.VerbEvents) != nil {
		t.Error("what is told does not fit the role")
	}
	none := New(to, nil, audit.Open(filepath.Join(t.TempDir(), "audit.jsonl"), audit.Actor{}, nil))
	if err := none.CancelEvent(t.Context(), desk, "x", ""); !providers.Is(err, providers.NotAllowed) {
		t.Errorf("without limits: %v", err)
	}
}

// What is known of a level holds without asking, and where nobody can sign in nothing
// is concluded for a write: the provider says it itself.
func TestLevelsWithoutAnAnswer(t *testing.T) {
	to := &recorder{can: providers.Capabilities{Access: providers.FreeBusyAccess, Teams: true}}
	tenant := New(to, func() Limits { return Limits{Role: providers.RoleAdministrator} }, audit.Open(filepath.Join(t.TempDir(), "audit.jsonl"), audit.Actor{}, nil))
	if tenant.Access().Refuses(providers.VerbEvents) != "" {
		t.Error("something is concluded before anybody answered")
	}
	identity, err := tenant.Identify(t.Context())
	if err != nil || identity.Capabilities.Access != providers.FreeBusyAccess || tenant.Access().Refuses(providers.VerbEvents) == "" {
		t.Errorf("%+v %v %+v", identity, err, tenant.Access())
	}
	to.err = &providers.Error{Class: providers.Unreachable}
	if err := tenant.Permit(t.Context(), providers.VerbBook, desk); err != nil {
		t.Errorf("without an answer: %v", err)
	}
	if err := tenant.Changes(t.Context(), providers.ChangesRequest{}, nil); !providers.Is(err, providers.Unreachable) {
		t.Errorf("reading without a sign-in: %v", err)
	}
	chosen := New(to, func() Limits { return Limits{providers.RoleAdministrator, providers.FreeBusyAccess} }, audit.Open(filepath.Join(t.TempDir(), "audit.jsonl"), audit.Actor{}, nil))
	if err := chosen.Changes(t.Context(), providers.ChangesRequest{}, nil); !providers.Is(err, providers.Unsupported) {
		t.Errorf("a chosen level needs no answer: %v", err)
	}
}
