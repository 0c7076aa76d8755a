package hybrid

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

// organisation is one of two fakes with a clock.
type organisation struct {
	*Organisation
	cloud, local *fake
	homes        Homes
	now          time.Time
}

func newOrganisation(cloud, local *fake) *organisation {
	o := &organisation{cloud: cloud, local: local, homes: NewHomes(), now: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
	mark := func(prefix string) func(string) bool {
		return func(text string) bool { return strings.HasPrefix(text, prefix) || text == "next" }
	}
	o.Organisation = New(Options{
		First:  Part{Provider: cloud, Name: "graph", Where: "in the cloud", Details: true, Cursor: mark("g")},
		Second: Part{Provider: local, Name: "ews", Where: "on premises", Cursor: mark("e")},
		Homes:  o.homes, Now: func() time.Time { return o.now }, TenantID: "t",
	})
	return o
}

// everything asks all that names a mailbox, and gives what came of it by name.
func everything(ctx context.Context, p Provider, mailbox providers.Address) map[string]error {
	second := func(_ any, err error) error { return err }
	third := func(_ providers.Event, _ bool, err error) error { return err }
	return map[string]error{
		"calendars": second(p.Calendars(ctx, mailbox)), "changes": p.Changes(ctx, providers.ChangesRequest{Mailbox: mailbox}, func(providers.ChangePage) error { return nil }),
		"event": second(p.Event(ctx, mailbox, "x")), "find": third(p.FindEvent(ctx, mailbox, "x", providers.Interval{})), "find series": third(p.FindSeries(ctx, mailbox, "x", time.Time{})),
		"dates": second(p.SeriesDates(ctx, mailbox, "x", providers.Interval{})), "create": second(p.CreateEvent(ctx, providers.EventDraft{Organizer: mailbox})),
		"change": second(p.ChangeEvent(ctx, mailbox, "x", "", providers.EventChange{})), "cancel": p.CancelEvent(ctx, mailbox, "x", ""), "delete": p.DeleteEvent(ctx, mailbox, "x"),
	}
}

// P17: once a home is known nobody else is asked, whatever is asked.
func TestEverythingGoesToTheHome(t *testing.T) {
	for _, c := range []struct {
		provider    string
		asked, left func(*organisation) *fake
	}{
		{"graph", func(o *organisation) *fake { return o.cloud }, func(o *organisation) *fake { return o.local }},
		{"ews", func(o *organisation) *fake { return o.local }, func(o *organisation) *fake { return o.cloud }},
	} {
		o := newOrganisation(newFake(aalto), newFake(aalto)) // both would answer
		o.homes.Learn(providers.Home{Mailbox: aalto, Provider: c.provider, Cause: providers.HomeLearnt})
		results := everything(t.Context(), o, aalto)
		for call, err := range results {
			if err != nil {
				t.Errorf("%s: %s: %v", c.provider, call, err)
			}
		}
		if _, err := o.Availability(t.Context(), []providers.Address{aalto}, providers.Interval{}); err != nil {
			t.Error(err)
		}
		if asked, left := c.asked(o).asked(), c.left(o).asked(); len(asked) != len(results)+1 || len(left) != 0 {
			t.Errorf("%s: its home was asked %q, the other part %q", c.provider, asked, left)
		}
	}
}

// P17: a home is learnt with one question more, by whatever is asked first, and costs
// nothing from then on.
func TestHomesAreLearnt(t *testing.T) {
	for _, call := range []string{"calendars", "changes", "find", "find series", "create"} {
		o := newOrganisation(newFake(), newFake(aalto))
		ask := func() error { return only(t.Context(), o, call, aalto) }
		if err := ask(); err != nil {
			t.Errorf("%s: %v", call, err)
		}
		home, known := o.homes.Home(aalto)
		if !known || home.Provider != "ews" || home.Cause != providers.HomeLearnt || !home.Since.Equal(o.now) {
			t.Errorf("%s: learnt %+v", call, home)
		}
		o.cloud.asked()
		o.local.asked()
		if err := ask(); err != nil {
			t.Errorf("%s again: %v", call, err)
		}
		if cloud, local := o.cloud.asked(), o.local.asked(); len(cloud) != 0 || len(local) != 1 {
			t.Errorf("%s again: %q %q", call, cloud, local)
		}
	}
}

// only asks one thing.
func only(ctx context.Context, o *organisation, call string, mailbox providers.Address) (err error) {
	switch call {
	case "calendars":
		_, err = o.Calendars(ctx, mailbox)
	case "changes":
		err = o.Changes(ctx, providers.ChangesRequest{Mailbox: mailbox}, func(providers.ChangePage) error { return nil })
	case "find":
		_, _, err = o.FindEvent(ctx, mailbox, "x", providers.Interval{})
	case "find series":
		_, _, err = o.FindSeries(ctx, mailbox, "x", time.Time{})
	case "create":
		_, err = o.CreateEvent(ctx, providers.EventDraft{Organizer: mailbox})
	}
	return err
}

// A mailbox that neither part has is told as such and asked for at one of them only,
// until an hour later.
// While one question is on its way another one finds the mailbox at the other part: that
// is believed, and the mailbox is not taken for one that neither has.
func TestAHomeThatIsFoundMeanwhile(t *testing.T) {
	o := newOrganisation(newFake(), newFake(desk))
	o.cloud.during = func() {
		o.homes.Learn(providers.Home{Mailbox: desk, Provider: "ews", Cause: providers.HomeLearnt, Since: o.now})
	}
	for call, ask := range map[string]func() error{
		"calendars": func() error { _, err := o.Calendars(t.Context(), desk); return err },
		"changes": func() error {
			return o.Changes(t.Context(), providers.ChangesRequest{Mailbox: desk}, func(providers.ChangePage) error { return nil })
		},
	} {
		o.homes.Learn(providers.Home{Mailbox: desk, Provider: "graph", Cause: providers.HomeLearnt, Since: o.now})
		o.cloud.asked()
		if err := ask(); err != nil {
			t.Errorf("%s: %v", call, err)
		}
		if asked := o.cloud.asked(); len(asked) != 1 {
			t.Errorf("%s: the cloud was asked %v", call, asked)
		}
	}
	o.homes.Learn(providers.Home{Mailbox: desk, Provider: "graph", Cause: providers.HomeLearnt, Since: o.now})
	if err := o.CancelEvent(t.Context(), desk, "x", ""); !providers.Is(err, providers.Transient) {
		t.Errorf("an id of the cloud: %v", err)
	}
}

func TestNobodysMailboxIsNotSentToAndFro(t *testing.T) {
	o := newOrganisation(newFake(), newFake())
	if _, err := o.Calendars(t.Context(), nobody); !providers.Is(err, providers.NoMailbox) {
		t.Error(err)
	}
	if cloud, local := o.cloud.asked(), o.local.asked(); len(cloud) != 1 || len(local) != 1 {
		t.Errorf("asked %q %q", cloud, local)
	}
	for range 5 {
		if _, err := o.Calendars(t.Context(), nobody); !providers.Is(err, providers.NoMailbox) {
			t.Error(err)
		}
	}
	got, err := o.Availability(t.Context(), []providers.Address{nobody}, providers.Interval{})
	if err != nil || got[0].Known() || got[0].Problem.Class != providers.NoMailbox {
		t.Errorf("%+v %v", got, err)
	}
	if cloud, local := o.cloud.asked(), o.local.asked(); len(cloud) != 6 || len(local) != 0 {
		t.Errorf("within the hour: %q %q", cloud, local)
	}
	if _, known := o.homes.Home(nobody); known {
		t.Error("nobody has a home")
	}
	o.now = o.now.Add(vainFor)
	o.local.move(nobody, true)
	if _, err := o.Calendars(t.Context(), nobody); err != nil {
		t.Errorf("after an hour: %v", err)
	}
}

// Two parts that deny a mailbox in turn cost one question each, not two: a home that
// changed is believed for a while.
func TestFlipsHaveAPause(t *testing.T) {
	o := newOrganisation(newFake(), newFake(aalto))
	if _, err := o.Calendars(t.Context(), aalto); err != nil {
		t.Fatal(err)
	}
	swap := func(cloud bool) {
		o.cloud.move(aalto, cloud)
		o.local.move(aalto, !cloud)
	}
	swap(true)
	if _, err := o.Calendars(t.Context(), aalto); err != nil {
		t.Errorf("moved: %v", err)
	}
	swap(false)
	o.local.asked()
	if _, err := o.Calendars(t.Context(), aalto); !providers.Is(err, providers.NoMailbox) || len(o.local.asked()) != 0 {
		t.Errorf("moved back at once: %v", err)
	}
	o.now = o.now.Add(flipPause)
	if _, err := o.Calendars(t.Context(), aalto); err != nil {
		t.Errorf("after the pause: %v", err)
	}
	if home, _ := o.homes.Home(aalto); home.Provider != "ews" {
		t.Errorf("%+v", home)
	}
}

// F-132: while the first part is down, a mailbox of which nothing is known is looked for
// with the other; a meeting is only ever sent to one of them.
func TestAFirstPartThatIsDown(t *testing.T) {
	for _, call := range []string{"calendars", "changes", "find", "create"} {
		o := newOrganisation(newFake(aalto), newFake(bauer))
		o.cloud.fail(&providers.Error{Class: providers.Unreachable})
		if call == "changes" { // it is known to be down
			_, _ = o.Calendars(t.Context(), desk)
		}
		o.cloud.asked()
		if err := only(t.Context(), o, call, bauer); err != nil {
			t.Errorf("%s: %v", call, err)
		}
		if home, _ := o.homes.Home(bauer); home.Provider != "ews" {
			t.Errorf("%s: %+v", call, home)
		}
		for _, asked := range o.cloud.asked() {
			if strings.HasPrefix(asked, "create") {
				t.Errorf("the meeting went to both: %q", asked)
			}
		}
		if err := only(t.Context(), o, call, aalto); !providers.Is(err, providers.Unreachable) {
			t.Errorf("%s of one in the cloud: %v", call, err)
		}
	}
}

// What a migration moved stays where it is, whatever its provider says.
func TestMovedMailboxesStay(t *testing.T) {
	o := newOrganisation(newFake(), newFake(aalto))
	o.homes.Learn(providers.Home{Mailbox: aalto, Provider: "graph", Cause: providers.HomeMoved})
	for call, err := range everything(t.Context(), o, aalto) {
		if !providers.Is(err, providers.NoMailbox) {
			t.Errorf("%s: %v", call, err)
		}
	}
	o.homes.Learn(providers.Home{Mailbox: aalto, Provider: "ews", Cause: providers.HomeLearnt})
	if home, _ := o.homes.Home(aalto); home.Provider != "graph" || len(o.local.asked()) != 0 {
		t.Errorf("%+v", home)
	}
}

// Where the other part cannot be asked, nothing is concluded: the trouble is its own,
// which passes, and not that there is no mailbox.
func TestNothingIsLearntOfSilence(t *testing.T) {
	o := newOrganisation(newFake(), newFake(aalto))
	o.local.fail(&providers.Error{Class: providers.Unreachable})
	for call, err := range everything(t.Context(), o, aalto) {
		if !providers.Is(err, providers.Unreachable) {
			t.Errorf("%s: %v", call, err)
		}
	}
	if _, known := o.homes.Home(aalto); known {
		t.Error("a home was learnt")
	}
	o.local.fail(nil)
	o.now = o.now.Add(pauseMost)
	if _, err := o.Calendars(t.Context(), aalto); err != nil {
		t.Errorf("it is not asked again: %v", err)
	}
}

// A mailbox that moved is read anew: the position of the other provider goes nowhere.
// Its meetings have other ids there, so that none counts as gone.
func TestAMailboxThatMoves(t *testing.T) {
	o := newOrganisation(newFake(aalto), newFake())
	page := func(providers.ChangePage) error { return nil }
	request := providers.ChangesRequest{Mailbox: aalto, Cursor: "g1"}
	if err := o.Changes(t.Context(), request, page); err != nil {
		t.Fatal(err)
	}
	o.cloud.move(aalto, false)
	o.local.move(aalto, true)
	o.local.asked()
	if err := o.Changes(t.Context(), request, page); !providers.Is(err, providers.Resync) {
		t.Errorf("the round in which it is noticed: %v", err)
	}
	if asked := o.local.asked(); !slices.Equal(asked, []string{"calendars " + string(aalto)}) {
		t.Errorf("noticing costs %q", asked)
	}
	o.cloud.asked()
	if err := o.Changes(t.Context(), request, page); !providers.Is(err, providers.Resync) || len(o.local.asked())+len(o.cloud.asked()) != 0 {
		t.Errorf("a position of before: %v", err)
	}
	request.Cursor = ""
	if err := o.Changes(t.Context(), request, page); err != nil {
		t.Errorf("anew: %v", err)
	}
	for _, call := range []string{"event", "dates", "change", "cancel", "delete"} {
		o := newOrganisation(newFake(), newFake(aalto))
		if err := everything(t.Context(), o, aalto)[call]; err != nil && !providers.Is(err, providers.Transient) {
			t.Errorf("%s: %v", call, err)
		}
	}
	fresh := newOrganisation(newFake(), newFake(aalto))
	if err := fresh.CancelEvent(t.Context(), aalto, "g1", ""); !providers.Is(err, providers.Transient) {
		t.Errorf("cancelling under the other part's id: %v", err)
	}
	if asked := fresh.local.asked(); !slices.Equal(asked, []string{"calendars " + string(aalto)}) {
		t.Errorf("an id went to the other part: %q", asked)
	}
}

// What one part's level of access leaves out is refused there, and the other has all.
func TestLevelsOfParts(t *testing.T) {
	o := newOrganisation(newFake(aalto), newFake(bauer))
	o.homes.Learn(providers.Home{Mailbox: bauer, Provider: "ews", Cause: providers.HomeLearnt})
	o.local.can = providers.Capabilities{Access: providers.FreeBusyAccess, TeamsWhy: providers.Outside("none here"), MaxMailbox: 50}
	whole, err := o.Capabilities(t.Context())
	if err != nil || whole.Access != providers.FullAccess || !whole.Write || !whole.Teams || !whole.TeamsWhy.Empty() || whole.Delta || whole.MaxMailbox != 20 {
		t.Errorf("%+v %v", whole, err)
	}
	for call, err := range everything(t.Context(), o, bauer) {
		want := map[string]providers.Class{"calendars": "", "find": "", "find series": "", "changes": providers.Unsupported, "event": providers.Unsupported, "dates": providers.Unsupported}
		class, looks := want[call]
		if !looks {
			class = providers.NotAllowed
		}
		if providers.ClassOf(err) != class {
			t.Errorf("%s: %v, want %q", call, err, class)
		}
	}
	for call, err := range everything(t.Context(), o, aalto) {
		if err != nil {
			t.Errorf("in the cloud: %s: %v", call, err)
		}
	}
	o.parts[0].Level = func() providers.AccessLevel { return providers.FreeBusyAccess }
	if err := o.CancelEvent(t.Context(), aalto, "x", ""); !providers.Is(err, providers.NotAllowed) {
		t.Errorf("with a chosen level: %v", err)
	}
}

// A part without credentials leaves the other: it identifies, with the tenant of the
// first connection, and says what it can.
func TestOnePartIdentifies(t *testing.T) {
	o := newOrganisation(newFake(aalto), newFake(bauer))
	down := &providers.Error{Class: providers.Local}
	o.cloud.fail(down)
	who, err := o.Identify(t.Context())
	if err != nil || who.TenantID != "t" || who.Provider != "graph+ews" || who.Capabilities.Access != providers.FullAccess {
		t.Errorf("%+v %v", who, err)
	}
	o.local.fail(down)
	if _, err := o.Identify(t.Context()); !providers.Is(err, providers.Local) {
		t.Error(err)
	}
	if _, err := o.Capabilities(t.Context()); !providers.Is(err, providers.Local) {
		t.Error(err)
	}
}
