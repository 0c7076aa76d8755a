package store_test

import (
	"errors"
	"testing"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// What a re-reading delivers twice counts as it came last.
func TestALaterPageOverrulesAnEarlierOne(t *testing.T) { // F-007
	s := open(t)
	stored := meeting(aalto, 1)
	fill(t, s, aalto, []providers.Event{stored})
	older, newer := stored, stored
	older.Subject, newer.Subject = providers.Outside("older"), providers.Outside("newer")
	for _, pages := range [][][]providers.Event{{{older}, {newer}}, {{older}, {stored}}, {{older}, nil, {stored}, nil}} {
		fill(t, s, aalto, pages...)
		want := newer
		if len(pages) > 2 || pages[1][0].Subject == stored.Subject {
			want = stored
		}
		if events := must(s.Events(t.Context(), aalto, week))(t); len(events) != 1 || events[0].Subject != want.Subject {
			t.Errorf("%v, want %s", events, want.Subject)
		}
		fill(t, s, aalto, []providers.Event{stored})
	}
}

// A shared calendar's event may have one id in several mailboxes.
func TestOneIDInTwoMailboxesIsTwoEvents(t *testing.T) {
	s := open(t)
	const other = providers.Address("bauhaus@contoso.com")
	mine, theirs := meeting(aalto, 1), meeting(aalto, 1)
	theirs.Mailbox, theirs.Subject = other, providers.Outside("theirs")
	fill(t, s, aalto, []providers.Event{mine})
	fill(t, s, other, nil)
	apply(t, s.BeginChanges(other, "x"), true, "y", []providers.Event{theirs})
	apply(t, s.BeginChanges(aalto, "x"), true, "y", nil, "nobody")
	for mailbox, want := range map[providers.Address]providers.Event{aalto: mine, other: theirs} {
		if events := must(s.Events(t.Context(), mailbox, week))(t); len(events) != 1 || events[0].Subject != want.Subject {
			t.Errorf("%s: %v", mailbox, events)
		}
	}
	apply(t, s.BeginChanges(other, "y"), true, "z", nil, theirs.ID)
	if events := must(s.Events(t.Context(), aalto, week))(t); len(events) != 1 {
		t.Errorf("a removal in another mailbox: %v", events)
	}
}

// What one re-reading misses is kept; what two miss is gone.
func TestASecondReadingConfirms(t *testing.T) { // F-028, NODEL
	s := open(t)
	fill(t, s, aalto, meetings(aalto, -50, 50))
	if out := fill(t, s, aalto, meetings(aalto, 10, 50)); out.Held != 60 || out.Rows != 100 {
		t.Errorf("%+v", out)
	}
	if out := fill(t, s, aalto, meetings(aalto, 10, 50)); out.Held != 0 || out.Rows != 40 || out.Removed != 60 {
		t.Errorf("%+v", out)
	}
}

var errNoCommit = errors.New("no commit")

// The position is that of the rows: after an error both are as before, whichever
// commit it was.
func TestAPageThatIsNotStoredLeavesThePosition(t *testing.T) { // F-102, DURA
	for fails := 1; ; fails++ {
		armed, commits := false, 0
		s, err := store.Open(t.Context(), store.Options{Path: path(t), Tenant: tenant, Disturb: func() error {
			if armed {
				if commits++; commits >= fails {
					return errNoCommit
				}
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		fill(t, s, aalto, meetings(aalto, 0, 5))
		before := must(s.Position(t.Context(), aalto))(t)
		armed = true
		_, err = s.BeginChanges(aalto, before.Cursor).Apply(t.Context(), providers.ChangePage{Events: meetings(aalto, 5, 6), Cursor: "behind it", Done: true}, stamp)
		armed = false
		after := must(s.Position(t.Context(), aalto))(t)
		rows := len(must(s.Events(t.Context(), aalto, week))(t))
		if closing := s.Close(); closing != nil {
			t.Error(closing)
		}
		if err == nil {
			if fails == 1 || after.Cursor != "behind it" || rows != 6 {
				t.Errorf("stored: %d rows, %+v", rows, after)
			}
			return
		}
		if after.Cursor != before.Cursor || rows != 5 || !errors.Is(err, errNoCommit) {
			t.Errorf("commit %d fails: %d rows and position %q, %v", fails, rows, after.Cursor, err)
		}
	}
}
