package finder

import (
	"context"
	"fmt"
	"strings"

	"roomdesk/providers"
)

// named is a person with the texts in which names are looked for.
type named struct {
	providers.Person
	name, address string
}

// guests finds the people that the wish names.
func (s *search) guests() {
	seen := map[providers.Address]bool{}
	for _, typed := range s.q.Wish.With {
		g, problem := s.guest(typed)
		if problem != "" {
			s.answer.Problems = append(s.answer.Problems, problem)
			continue
		}
		if !seen[g.Mailbox] {
			seen[g.Mailbox] = true
			s.answer.Guests = append(s.answer.Guests, g)
		}
	}
}

// guest finds one person: by address, by whole name, else by the beginning of a
// name's word or of the address. Two that fit equally are a question, not a guess.
func (s *search) guest(typed string) (providers.Guest, string) {
	safe := providers.Sanitise(typed)
	want := providers.FoldSearch(providers.Outside(typed))
	var fit []named
	best := 0
	for _, p := range s.people {
		rank := 0
		switch {
		case p.address == want:
			rank = 4
		case p.name == want:
			rank = 3
		case beginsWord(p.name, want):
			rank = 2
		case strings.HasPrefix(p.address, want):
			rank = 1
		}
		if rank == 0 || rank < best {
			continue
		}
		if rank > best {
			best, fit = rank, nil
		}
		fit = append(fit, p)
	}
	switch {
	case len(fit) == 1:
		return providers.Guest{Typed: safe, Mailbox: fit[0].Mailbox, Name: fit[0].Title()}, ""
	case len(fit) > 1:
		names := make([]string, 0, 4)
		for _, p := range fit[:min(len(fit), 3)] {
			names = append(names, fmt.Sprintf("%s (%s)", p.Title(), providers.Sanitise(p.Mailbox.Local())))
		}
		more := ""
		if len(fit) > 3 {
			more = fmt.Sprintf(" and %d more", len(fit)-3)
		}
		return providers.Guest{}, fmt.Sprintf("%q may be %s%s: type more of the name or the address", safe, strings.Join(names, ", "), more)
	}
	if address, ok := providers.ParseAddress(typed); ok {
		// Not of this directory; nobody here knows when they are free.
		return providers.Guest{Typed: safe, Mailbox: address, Name: safe}, ""
	}
	return providers.Guest{}, fmt.Sprintf("nobody is called %q", safe)
}

// beginsWord reports that want begins some word of text.
func beginsWord(text, want string) bool {
	if want == "" {
		return false
	}
	for from := 0; ; {
		at := strings.Index(text[from:], want)
		if at < 0 {
			return false
		}
		at += from
		if at == 0 || strings.IndexByte(" -.'(", text[at-1]) >= 0 {
			return true
		}
		from = at + 1
	}
}

// askGuests fills in how the guests' time is taken.
func (s *search) askGuests(ctx context.Context) error {
	if len(s.answer.Guests) == 0 {
		return nil
	}
	mailboxes := make([]providers.Address, len(s.answer.Guests))
	for i, g := range s.answer.Guests {
		mailboxes[i] = g.Mailbox
	}
	known, err := s.free(ctx, mailboxes, s.wide)
	if err != nil {
		return err
	}
	s.guestTimes = known
	for i := range s.answer.Guests {
		g := &s.answer.Guests[i]
		a := known[g.Mailbox]
		g.AsOf = a.AsOf
		g.State, g.Words = s.guestState(a)
	}
	return nil
}

// guestState is what a guest is in the wished span. In a window that leaves a
// choice, somebody is taken only where no span of the length is left.
func (s *search) guestState(a providers.Availability) (providers.FreeBusy, string) {
	span := s.answer.Span
	switch {
	case !a.Known() || !a.Window.Covers(span):
		if a.Problem != nil {
			return providers.Unknown, a.Problem.What()
		}
		return providers.Unknown, "not known here"
	case s.choice:
		if _, ok := firstGap(span, s.q.Wish.Length, s.q.Now, anyTime, a); !ok {
			return providers.Busy, "taken the whole time"
		}
		return providers.Free, "free at some of the time"
	case a.FreeFor(span):
		return providers.Free, "free"
	}
	for _, b := range a.Blocks {
		if b.State.Taken() && b.Overlaps(span) {
			return b.State, fmt.Sprintf("%s %s–%s", stateWords(b.State), s.clock(b.Start), s.clock(b.End))
		}
	}
	return providers.Unknown, "not known here"
}

func stateWords(state providers.FreeBusy) string {
	switch state {
	case providers.Tentative:
		return "tentative"
	case providers.OutOfOffice:
		return "out of office"
	case providers.Busy:
		return "busy"
	case providers.Free, providers.WorkingElsewhere, providers.Unknown:
	}
	return "unknown"
}
