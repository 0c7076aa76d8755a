package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// relocatePlan shows what would become of each meeting, and takes the decisions.
// Nothing moves that was not accepted here.
type relocatePlan struct {
	r       providers.Relocation
	taken   []bool // accepted
	title   string
	zone    *time.Location
	list    scroll
	sending bool
	refused string
}

func (p *relocatePlan) scope() scope                          { return scopeRelocating }
func (p *relocatePlan) typed(*Model, tea.KeyPressMsg) tea.Cmd { return nil }
func (p *relocatePlan) pasted(*Model, string) tea.Cmd         { return nil }
func (p *relocatePlan) step() *providers.RelocationStep       { return &p.r.Steps[p.list.at] }
func (p *relocatePlan) movable(s *providers.RelocationStep) bool {
	return s.EventID != "" && !s.Foreign
}

func (p *relocatePlan) size(_ *Model, w, h int) (int, int) {
	return min(w, 128), min(h, max(len(p.r.Steps)+11, 16))
}

// acceptAll takes every meeting that has a fitting room.
func (p *relocatePlan) acceptAll() {
	for n, s := range p.r.Steps {
		if s.State == providers.StepPlanned {
			p.taken[n] = true
		}
	}
	for n, s := range p.r.Steps { // on to what is still open
		if s.State == providers.StepUnsolved {
			p.list.at = n
			return
		}
	}
}

// accept takes the meeting that the bar is on with the room that is shown for it, and
// goes on to the next one that is open.
func (p *relocatePlan) accept() {
	s := p.step()
	if s.State == providers.StepUnsolved || s.State == providers.StepLeft {
		if !p.turn(0) {
			return
		}
	}
	p.taken[p.list.at] = true
	p.next()
}

// next goes to the next meeting that is not decided.
func (p *relocatePlan) next() {
	for by := 1; by < len(p.r.Steps); by++ {
		n := (p.list.at + by) % len(p.r.Steps)
		if s := p.r.Steps[n]; !p.taken[n] && s.State != providers.StepLeft {
			p.list.at = n
			return
		}
	}
}

// leave lets the meeting where it is.
func (p *relocatePlan) leave() {
	s := p.step()
	p.taken[p.list.at] = false
	if s.State == providers.StepPlanned {
		s.State = providers.StepLeft
	}
	p.next()
}

// turn takes the next choice, or the one before, that no other meeting of the plan
// needs then; 0 takes the present one if it can be had. It reports whether there is
// one.
func (p *relocatePlan) turn(by int) bool {
	s, n := p.step(), len(p.step().Choices)
	if n == 0 || !p.movable(s) {
		return false
	}
	at, first := s.At, by
	if s.State != providers.StepPlanned || by == 0 { // none is shown: the first
		at, first = s.At, 0
	}
	step := by
	if step == 0 {
		step = 1
	}
	for try := range n {
		i := ((at+first+try*step)%n + n) % n
		if p.r.Clash(p.list.at, s.Choices[i].Room) < 0 {
			s.At, s.State = i, providers.StepPlanned
			return true
		}
	}
	return false
}

func (p *relocatePlan) whyNotTurn() string {
	s := p.step()
	switch {
	case s.Foreign:
		return "its organiser is elsewhere: c copies a text for them"
	case !p.movable(s):
		return "it may not be changed from here: c copies a text for its organiser"
	case len(s.Choices) == 0:
		return "no other room is free: c copies a text for its organiser"
	}
	return ""
}

func (p *relocatePlan) whyNotApply() string {
	switch {
	case p.sending:
		return "it is being stored"
	case !slices.Contains(p.taken, true):
		return "nothing is accepted yet: a accepts all that have a fitting room"
	}
	return ""
}

// wanted is the plan as it was decided.
func (p *relocatePlan) wanted() providers.Relocation {
	r := p.r
	r.Steps = slices.Clone(r.Steps)
	for n := range r.Steps {
		s := &r.Steps[n]
		if s.State == providers.StepPlanned && !p.taken[n] {
			s.State = providers.StepLeft
		}
		if s.State == providers.StepPlanned { // the chosen room first, then the others that fit
			chosen := s.Choices[s.At]
			rest := slices.Delete(slices.Clone(s.Choices), s.At, s.At+1)
			s.Choices, s.At = append([]providers.RoomChoice{chosen}, rest...), 0
		}
	}
	return r
}

func (p *relocatePlan) apply(m *Model) tea.Cmd {
	ws, plan := m.ws, p.wanted()
	p.sending, p.refused = true, ""
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		r, err := ws.Relocate(ctx, plan)
		return relocateAnswer{p, r, err}
	})
}

type relocateAnswer struct {
	dialog *relocatePlan
	r      providers.Relocation
	err    error
}

func (a relocateAnswer) apply(m *Model) tea.Cmd {
	a.dialog.sending = false
	if a.err != nil {
		a.dialog.refused = problemText(a.err)
		return nil
	}
	if top, ok := topOf[*relocatePlan](m); ok && top == a.dialog {
		m.closeDialog()
		m.openDialog(newRelocationView(a.r))
	}
	return m.readRelocations()
}

// mailsReader names who gets how many mails.
func (p *relocatePlan) mailsReader(_ *Model) *reader {
	r := p.wanted()
	people, total := r.Mails()
	return &reader{title: "Who gets mail", aside: itoa(total) + " mails to " + itoa(len(people)) + " people", wide: 60, make: func(m *Model, w int) []string {
		var lines []string
		for _, c := range people {
			lines = append(lines, newLine(m.theme, onPanel, w).right(strong, itoa(c.Mails), 5).put(plain, "  "+m.people.nameOf(c.Mailbox)).done())
		}
		for _, s := range wrap("Besides them each meeting's organiser sees the new room, the new room is invited, and "+p.title+" is let go once that has accepted.", w) {
			lines = append(lines, newLine(m.theme, onPanel, w).put(dim, s).done())
		}
		return lines
	}}
}

// copyRelocationText copies the text for the organiser of a meeting.
func (m *Model) copyRelocationText(s *providers.RelocationStep) tea.Cmd {
	return m.copyText(s.Text, "a text for "+m.people.nameOf(s.Organizer))
}

func whyNoText(s *providers.RelocationStep) string {
	if s == nil || s.Text == "" {
		return "there is no text"
	}
	return ""
}

// reasonsText is why a room was chosen, in one line.
func reasonsText(all []providers.Reason) string {
	words := make([]string, 0, len(all))
	for _, r := range all {
		w := clean(r.Words)
		if r.Proof == providers.UnknownCause || r.Proof == providers.Inferred {
			w += "?"
		}
		words = append(words, w)
	}
	return strings.Join(words, ", ")
}
