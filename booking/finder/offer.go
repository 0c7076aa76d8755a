package finder

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"roomdesk/providers"
)

// explained is how many of the best candidates are looked at where every room shall
// say why it is not offered: nobody reads on to where a room would be the 300th.
const explained = 300

// offer asks for free/busy of the candidates, best first, until there are enough.
func (s *search) offer(ctx context.Context) error {
	from := 0
	for from < len(s.candidates) && (len(s.answer.Offers) < s.q.Limit || s.q.Explain && from < explained) {
		// The first few mostly suffice; only where they are taken the rest is read.
		n := chunk
		if from == 0 {
			n = max(s.q.Limit, chunk/2)
		}
		to := min(from+n, len(s.candidates))
		known, err := s.free(ctx, s.mailboxes(from, to), s.wide)
		if err != nil {
			return err
		}
		for _, c := range s.candidates[from:to] {
			s.look(c, known[s.rooms[c.room].Mailbox])
		}
		from = to
	}
	s.answer.More += len(s.candidates) - from
	for _, c := range s.candidates[from:] {
		s.withhold(&s.rooms[c.room], reason("may be free: not looked at, since enough rooms fit better", providers.UnknownCause))
	}
	slices.SortStableFunc(s.answer.Withheld, func(a, b providers.WithheldRoom) int { return cmp.Compare(len(a.Why), len(b.Why)) })
	return nil
}

func (s *search) mailboxes(from, to int) []providers.Address {
	list := make([]providers.Address, 0, to-from)
	for _, c := range s.candidates[from:to] {
		list = append(list, s.rooms[c.room].Mailbox)
	}
	return list
}

// look offers a candidate, or says what its calendar has against it.
func (s *search) look(c candidate, a providers.Availability) {
	r := &s.rooms[c.room]
	span, ok, why := s.fit(r, a)
	if !ok {
		if why.Proof == providers.UnknownCause {
			s.answer.Unknown++
		}
		s.withhold(r, why)
		return
	}
	if len(s.answer.Offers) >= s.q.Limit {
		s.answer.More++
		s.withhold(r, reason(fmt.Sprintf("free too, but %d rooms fit better", s.q.Limit), providers.Proven))
		return
	}
	if s.choice {
		if _, said := s.rulesAt(r, span); len(said) > 0 {
			c.notes = said
		}
	}
	o := providers.RoomOffer{Room: *r, Span: span, AsOf: a.AsOf, Old: s.q.Now.Sub(a.AsOf) > s.q.MaxAge || a.Problem != nil}
	if state, until := a.State(span.Start); state == providers.Free {
		o.Until = until
	}
	o.Why = s.reasons(c, *r, o)
	s.answer.Offers = append(s.answer.Offers, o)
}

// fit finds the span at which a room can be had. Guests who are taken at the wished
// span are told beside the offers; inside a window that leaves a choice, a span
// must suit them too.
func (s *search) fit(r *providers.Room, a providers.Availability) (providers.Interval, bool, providers.Reason) {
	span := s.answer.Span
	if !a.Known() || !a.Window.Covers(span) {
		words := "not known whether it is free"
		if a.Problem != nil {
			words += ": " + a.Problem.What()
		}
		return span, false, reason(words, providers.UnknownCause)
	}
	if !s.choice {
		if a.FreeFor(span) {
			return span, true, providers.Reason{}
		}
		return span, false, s.taken(a, span)
	}
	everybody := []providers.Availability{a}
	for _, g := range s.answer.Guests {
		if at := s.guestTimes[g.Mailbox]; at.Known() {
			everybody = append(everybody, at)
		}
	}
	allowed := func(span providers.Interval) bool {
		outcome, _ := s.rulesAt(r, span)
		return outcome != providers.RuleRefuses
	}
	if gap, ok := firstGap(span, s.q.Wish.Length, s.q.Now, allowed, everybody...); ok {
		return gap, true, providers.Reason{}
	}
	if _, ok := firstGap(span, s.q.Wish.Length, s.q.Now, allowed, a); ok {
		return span, false, reason("free only when somebody invited is not", providers.Proven)
	}
	if _, ok := firstGap(span, s.q.Wish.Length, s.q.Now, anyTime, a); ok {
		return span, false, reason("free only when its rules refuse", providers.Proven)
	}
	return span, false, s.taken(a, span)
}

func anyTime(providers.Interval) bool { return true }

// taken says by what the span is taken.
func (s *search) taken(a providers.Availability, span providers.Interval) providers.Reason {
	for _, b := range a.Blocks {
		if !b.State.Taken() || !b.Overlaps(span) {
			continue
		}
		words := stateWords(b.State) + " " + s.clock(b.Start) + "–" + s.clock(b.End)
		switch {
		case b.Mine:
			words += " by a booking of yours"
		case b.Private:
			words += ", private"
		case b.Subject.Or("") != "":
			words += ", " + b.Subject.String()
		}
		return reason(words, providers.Proven)
	}
	return reason("taken", providers.Proven)
}

// firstGap is the first span of a length inside window at which all are free,
// starting on the raster or as soon as somebody becomes free, and allowed.
func firstGap(window providers.Interval, length time.Duration, now time.Time, allowed func(providers.Interval) bool, all ...providers.Availability) (providers.Interval, bool) {
	start := window.Start
	if start.Before(now) {
		start = now.Truncate(step)
		if start.Before(now) {
			start = start.Add(step)
		}
	}
	for {
		span := providers.Interval{Start: start, End: start.Add(length)}
		if span.End.After(window.End) {
			return span, false
		}
		next := time.Time{}
		for _, a := range all {
			if !a.Window.Covers(span) {
				return span, false
			}
			for _, b := range a.Blocks {
				if b.State.Taken() && b.Overlaps(span) && b.End.After(next) {
					next = b.End
				}
			}
		}
		if next.IsZero() {
			if allowed(span) {
				return span, true
			}
			next = start.Add(step)
		}
		if !next.After(start) { // a block without length
			next = start.Add(time.Minute)
		}
		start = next
	}
}

// reasons say why a room is offered.
func (s *search) reasons(c candidate, r providers.Room, o providers.RoomOffer) []providers.Reason {
	var why []providers.Reason
	add := func(proof providers.Proof, format string, args ...any) {
		why = append(why, reason(fmt.Sprintf(format, args...), proof))
	}
	switch {
	case s.choice:
		add(providers.Proven, "free %s–%s", s.clock(o.Span.Start), s.clock(o.Span.End))
	case o.Until.IsZero() || o.Until.Sub(o.Span.End) > 4*time.Hour:
		add(providers.Proven, "free")
	default:
		add(providers.Proven, "free until %s", s.clock(o.Until))
	}
	why = append(why, c.notes...)
	if r.Capacity > 0 {
		add(providers.Proven, "%s", plural(r.Capacity, "seat"))
		if c.hall {
			add(providers.Inferred, "large for %d", s.seats)
		}
	}
	switch {
	case s.q.Wish.Floor == "":
	case c.stages == 0:
		add(providers.Proven, "on floor %s", providers.Sanitise(s.q.Wish.Floor[1:]))
	case c.stages < farAway:
		add(providers.Proven, "%s from floor %s", plural(c.stages, "floor"), providers.Sanitise(s.q.Wish.Floor[1:]))
	default:
		add(providers.UnknownCause, "does not say on which floor it is")
	}
	for _, device := range c.proven {
		add(providers.Proven, "%s", device)
	}
	for _, tag := range c.guessed {
		add(providers.Inferred, "%s", tag)
	}
	if zone := s.zone(r.Zone); zone != nil {
		local := o.Span.Start.In(zone)
		if h := local.Hour(); h < 7 || h >= 19 {
			add(providers.Inferred, "it is %s there, outside usual hours", local.Format("15:04"))
		}
	}
	return why
}

// clock writes an instant in the wish's zone, with its day where that is another
// than the wish's.
func (s *search) clock(t time.Time) string {
	zone := s.q.Wish.Zone
	if zone == nil {
		zone = time.UTC
	}
	t = t.In(zone)
	if start := s.answer.Span.Start.In(zone); start.YearDay() != t.YearDay() || start.Year() != t.Year() {
		return t.Format("Mon 2 Jan 15:04")
	}
	return t.Format("15:04")
}
