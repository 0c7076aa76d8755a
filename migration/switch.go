package migration

import (
	"context"
	"slices"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// exchange puts one side of a mailbox in the place of the other. Readers see the side that
// goes until the other one is there whole.
func (m *Mover) exchange(ctx context.Context, j providers.Migration, move store.Move, back, anyway bool, watch *freeWatch) error {
	from, to := m.o.From, m.o.To
	if back {
		from, to = to, from
	}
	release, err := m.claim(ctx, move.Mailbox)
	if err != nil {
		return err
	}
	defer release()
	freeze, err := m.o.Store.Freeze(ctx, move.Mailbox, freezeWithin)
	if providers.Is(err, providers.Conflict) {
		return &laterError{"somebody is writing to this calendar"}
	}
	if err != nil {
		return err
	}
	defer freeze.Thaw()
	m.at("frozen")
	held, bookings, err := m.o.Store.HeldIDs(ctx, move.Mailbox)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(bookings, inDoubt) {
		return &laterError{"a booking of this calendar is in doubt: it is looked up first, where it was sent"}
	}
	w := store.Switch{
		Mailbox: move.Mailbox, From: from.Provider, Freeze: freeze, Migration: j.ID, Pair: pairIDs, Same: Same,
		Home: providers.Home{Mailbox: move.Mailbox, Provider: to.Provider, Cause: providers.HomeMoved, Since: m.o.Now()},
	}
	mirrored := false
	for tries := 0; ; tries++ {
		var old store.Reading
		if old, mirrored, err = m.update(ctx, from, move.Mailbox); err != nil {
			return err
		}
		m.at("old side read")
		if w.Reading, err = m.reading(ctx, to, move.Mailbox, old, mirrored, back); err != nil {
			return err
		}
		m.at("new side read")
		var compared Comparison
		if compared, w.IDs, err = m.hold(ctx, from, to, move.Mailbox, old, w.Reading, mirrored, held); err != nil {
			return err
		}
		if compared.Counts.Whole() {
			break
		}
		// Somebody may have changed it between the two readings.
		if tries == 2 {
			if anyway {
				break
			}
			return &parityError{compared.Counts, compared.Entries}
		}
	}
	if !mirrored {
		w.Reading = nil
	}
	now := m.o.Now()
	w.Stamp = store.Stamp{At: now, Near: providers.Interval{Start: now, End: now.Add(12 * time.Hour)}, Next: func(bool) time.Time { return now }}
	w.Home.Since = now
	move.Chosen, move.Why, move.Home = "", "", to.Provider
	move.State, move.Moved = providers.MoveMoved, now
	if back {
		move.State = providers.MoveReturned
	}
	w.Move = move
	m.at("before the switch")
	out, err := m.o.Store.Switch(ctx, w)
	if err != nil {
		return err
	}
	m.at("after the switch")
	m.o.Moved(w.Home)
	watch.stop()
	seen := w.Move // as the switch stored it
	seen.Artefacts += out.Artefacts
	if out.Mirrored {
		seen.Events = out.Rows
	}
	watch.into(&seen.MailboxMove)
	if err := m.o.Store.SaveMoves(ctx, j.ID, seen); err != nil { // it is moved all the same
		m.log.Warn("how a mailbox's free/busy was while it moved could not be stored", "mailbox", move.Mailbox, "error", err)
	}
	if out.Real() {
		m.o.Changed(move.Mailbox)
	}
	m.log.Info("a mailbox was moved", "mailbox", move.Mailbox, "to", to.Provider, "entries", out.Rows, "changed", out.Changed, "added", out.Added, "gone", out.Gone,
		"artefacts", out.Artefacts, "ids", out.IDs)
	return nil
}

// update brings the mirror of the side that goes up to date, so that what others did on
// it is told as what it is, before the other side is read. Where it answers no more, the
// mirror is all there is.
func (m *Mover) update(ctx context.Context, from Side, mailbox providers.Address) (old store.Reading, mirrored bool, err error) {
	s := m.o.Store
	p, err := s.Position(ctx, mailbox)
	if err != nil || !p.Complete() {
		return store.Reading{}, false, err
	}
	if p.Unconfirmed > 0 {
		return store.Reading{}, false, &laterError{"many of its events disappeared at once: that is confirmed first"}
	}
	now := m.o.Now()
	stamp := store.Stamp{At: now, Near: providers.Interval{Start: now, End: now.Add(12 * time.Hour)}, Next: func(bool) time.Time { return now }}
	round, request := s.BeginChanges(mailbox, p.Cursor), providers.ChangesRequest{Mailbox: mailbox, Window: p.Window, Cursor: p.Cursor}
	h := newHeap(nil)
	cursor := ""
	if p.Cursor != "" {
		cursor, err = from.round(ctx, request, h)
	}
	if p.Cursor == "" || providers.Is(err, providers.Resync) {
		if err := s.ForgetCursor(ctx, mailbox); err != nil {
			return store.Reading{}, false, err
		}
		var all *store.Reading
		if all, err = from.whole(ctx, mailbox, p.Window); err == nil {
			round, h, cursor = s.BeginFull(mailbox, p.Window), newHeap(all.Events), all.Cursor
		}
	}
	switch {
	case unreachable(err), providers.Is(err, providers.SignedOut):
		m.log.Info("the old side of a mailbox cannot be read any more", "mailbox", mailbox, "error", err)
	case err != nil:
		return store.Reading{}, false, err
	default:
		applied, err := round.Following(p).Apply(ctx, providers.ChangePage{Events: h.events(), Removed: h.removed(), Cursor: cursor, Done: true}, stamp)
		if err != nil {
			return store.Reading{}, false, err
		}
		if applied.Visible {
			m.o.Changed(mailbox)
		}
		if applied.Held > 0 {
			return store.Reading{}, false, &laterError{"many of its events disappeared at once: that is confirmed first"}
		}
	}
	return s.Mirror(ctx, mailbox)
}

// reading reads the side that comes. On the way back that is what was kept of it with its
// changes, where it is young enough and still reaches as far ahead as is promised.
func (m *Mover) reading(ctx context.Context, to Side, mailbox providers.Address, old store.Reading, mirrored, back bool) (*store.Reading, error) {
	now := m.o.Now()
	promised := m.o.Window(now).End.Add(-48 * time.Hour)
	window := old.Window
	if !mirrored || window.End.Before(promised) {
		window = m.o.Window(now)
	}
	if back && mirrored {
		kept, ok, err := m.o.Store.KeptSide(ctx, mailbox, to.Provider)
		if err != nil {
			return nil, err
		}
		if ok && now.Sub(kept.At) < keptFor && !kept.Window.End.Before(promised) {
			r, err := to.since(ctx, mailbox, kept.Reading)
			if err == nil || !providers.Is(err, providers.Resync) {
				return r, err
			}
		}
	}
	return to.whole(ctx, mailbox, window)
}

// common is where two windows overlap.
func common(a, b providers.Interval) providers.Interval {
	if b.Start.After(a.Start) {
		a.Start = b.Start
	}
	if b.End.Before(a.End) {
		a.End = b.End
	}
	return a
}

// hold holds both sides against each other, also where bookings reach beyond the window,
// and names for the ids in those what they are called on the new side.
func (m *Mover) hold(ctx context.Context, from, to Side, mailbox providers.Address, old store.Reading, fresh *store.Reading, mirrored bool, held []store.HeldID) (Comparison, map[string]string, error) {
	var c Comparison
	known := map[string]bool{}
	if mirrored {
		c = Compare(mailbox, common(old.Window, fresh.Window), old.Events, fresh.Events)
		for _, e := range old.Events {
			known[e.ID] = true
		}
	}
	ids := map[string]string{}
	for _, h := range held {
		if known[h.ID] || h.Span.End.Before(m.o.Now().Add(-24*time.Hour)) {
			continue // nobody looks at what is over
		}
		window := providers.Interval{Start: h.Span.Start.Add(-24 * time.Hour), End: h.Span.End.Add(24 * time.Hour)}
		was, err := from.whole(ctx, mailbox, window)
		if err != nil {
			return c, nil, err
		}
		is, err := to.whole(ctx, mailbox, window)
		if err != nil {
			return c, nil, err
		}
		for a, b := range pairIDs(was.Events, is.Events) {
			ids[a] = b
		}
		for _, e := range was.Events {
			known[e.ID] = true
			if _, paired := ids[e.ID]; e.ID == h.ID && !paired {
				c.Counts.Missing++
				c.Entries = append(c.Entries, providers.ParityEntry{Mailbox: mailbox, Kind: providers.ParityMissing, ICalUID: e.ICalUID, Start: e.Start, Subject: e.Subject, Private: e.Private})
			}
		}
	}
	return c, ids, nil
}

// pairIDs names for the ids of one side those of the other, series included.
func pairIDs(old, fresh []providers.Event) map[string]string {
	ids := map[string]string{}
	var oldDates, freshDates []providers.Event
	masters := map[string]string{}
	for _, e := range whole(fresh) {
		if e.Type == providers.SeriesMaster {
			masters[seriesUID(e.ICalUID)] = e.ID
		} else {
			freshDates = append(freshDates, e)
		}
	}
	series := map[string]string{} // of the old side, by UID
	for _, e := range whole(old) {
		if e.Type == providers.SeriesMaster {
			series[seriesUID(e.ICalUID)] = e.ID
		} else {
			oldDates = append(oldDates, e)
		}
	}
	both, _, _ := pairs(oldDates, freshDates)
	for _, p := range both {
		ids[p.old.ID] = p.fresh.ID
		// A side that does not hand out masters names them in their dates.
		if p.old.SeriesMasterID != "" && p.fresh.SeriesMasterID != "" {
			ids[p.old.SeriesMasterID] = p.fresh.SeriesMasterID
		}
	}
	for uid, id := range series {
		if now, ok := masters[uid]; ok && uid != "" {
			ids[id] = now
		}
	}
	return ids
}

// inDoubt reports whether a booking may have been made without its id being known. It is
// looked up by the mark that the provider set to which it was sent, which the other
// does not see.
func inDoubt(b providers.Booking) bool {
	if b.State == providers.BookingCancelled || b.State == providers.BookingFailed {
		return false
	}
	if b.Series == nil {
		return b.EventID == "" && (b.Tries > 0 || !b.Sent.IsZero() || b.State == providers.BookingSending || b.State == providers.BookingUnknown)
	}
	for _, meeting := range b.Series.Meetings {
		if meeting.EventID == "" && meeting.Tries > 0 && !meeting.Gone {
			return true
		}
	}
	for _, date := range b.Series.Dates {
		if date.Own() && date.EventID == "" && date.Tries > 0 && date.Live() {
			return true
		}
	}
	return false
}
