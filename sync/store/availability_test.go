package store_test

import (
	"testing"
	"time"

	"roomdesk/providers"
)

func TestAvailabilityMerges(t *testing.T) { // STALE
	s := open(t)
	const asked, unknown, ahead = providers.Address("asked@contoso.com"), providers.Address("unknown@contoso.com"), providers.Address("ahead@contoso.com")
	declined, cancelled, free, elsewhere := meeting(aalto, 1), meeting(aalto, 2), meeting(aalto, 3), meeting(aalto, 4)
	declined.Response, cancelled.Cancelled, free.ShowAs, elsewhere.ShowAs = providers.ResponseDeclined, true, providers.ShowFree, providers.ShowWorkingElsewhere
	mine, odd := meeting(aalto, 5), meeting(aalto, 6)
	odd.ShowAs = providers.ShowUnknown
	fill(t, s, aalto, []providers.Event{declined, cancelled, free, elsewhere, mine, odd})
	fill(t, s, ahead, meetings(ahead, 1, 3))
	b := booking(1)
	b.ICalUID = mine.ICalUID
	if err := s.SaveBooking(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	block := func(at time.Time) providers.Block {
		return providers.Block{Interval: providers.Interval{Start: at, End: at.Add(time.Hour)}, State: providers.OutOfOffice, Subject: providers.Outside("x")}
	}
	long := providers.Interval{Start: week.Start, End: noon.Add(30 * 24 * time.Hour)}
	if err := s.SetAvailability(t.Context(), []providers.Availability{
		{Mailbox: asked, Window: long, AsOf: noon, Blocks: []providers.Block{block(noon), block(noon.Add(20 * 24 * time.Hour))}},
		{Mailbox: ahead, Window: long, AsOf: noon.Add(-time.Hour), Blocks: []providers.Block{block(noon.Add(20 * 24 * time.Hour))}},
		{Mailbox: unknown, Window: long, Problem: &providers.Problem{Class: providers.NoMailbox, Code: "ErrorMailRecipientNotFound"}},
	}); err != nil {
		t.Fatal(err)
	}
	const nobody = providers.Address("nobody@contoso.com")
	a := must(s.Availability(t.Context(), []providers.Address{aalto, asked, unknown, nobody, ahead}, week))(t)
	if len(a) != 5 {
		t.Fatalf("%d entries for 5 mailboxes", len(a))
	}
	if got := a[aalto]; len(got.Blocks) != 3 || got.Blocks[0].State != providers.WorkingElsewhere || !got.Blocks[1].Mine || got.Blocks[1].EventID != mine.ID ||
		got.Blocks[2].Mine || got.Blocks[2].State != providers.Unknown || !got.AsOf.Equal(noon) {
		t.Errorf("%+v", got)
	}
	if got := a[asked]; len(got.Blocks) != 1 || got.Blocks[0].State != providers.OutOfOffice || !got.Known() {
		t.Errorf("%+v", got)
	}
	for _, mailbox := range []providers.Address{unknown, nobody} {
		if got := a[mailbox]; got.Known() || got.FreeFor(providers.Interval{Start: noon, End: noon.Add(time.Hour)}) {
			t.Errorf("%s: %+v", mailbox, got)
		}
	}
	if a[unknown].Problem == nil || a[unknown].Problem.Code != "ErrorMailRecipientNotFound" {
		t.Errorf("%+v", a[unknown])
	}
	// Beyond the mirrored window the older answer that covers it is taken.
	far := providers.Interval{Start: noon.Add(19 * 24 * time.Hour), End: noon.Add(22 * 24 * time.Hour)}
	if got := must(s.Availability(t.Context(), []providers.Address{ahead, aalto}, far))(t); len(got[ahead].Blocks) != 1 || got[aalto].Known() {
		t.Errorf("%+v", got)
	}
	// A failing mailbox with a newer answer to a free/busy question shows that.
	if err := s.SetProblem(t.Context(), aalto, &providers.Problem{Class: providers.NotAllowed, Since: noon}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetAvailability(t.Context(), []providers.Availability{{Mailbox: aalto, Window: week, AsOf: noon.Add(time.Minute), Blocks: []providers.Block{block(noon)}}}); err != nil {
		t.Fatal(err)
	}
	if got := must(s.Availability(t.Context(), []providers.Address{aalto}, week))(t)[aalto]; len(got.Blocks) != 1 || !got.AsOf.Equal(noon.Add(time.Minute)) {
		t.Errorf("%+v", got)
	}
	// A free/busy question that failed keeps the earlier answer.
	if err := s.SetAvailability(t.Context(), []providers.Availability{{Mailbox: asked, Window: week, Problem: &providers.Problem{Class: providers.Transient}}}); err != nil {
		t.Fatal(err)
	}
	if got := must(s.Availability(t.Context(), []providers.Address{asked}, week))(t)[asked]; len(got.Blocks) != 1 || got.Problem == nil || !got.Known() {
		t.Errorf("%+v", got)
	}
}
