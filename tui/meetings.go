package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// meetings are the entries of one mailbox around the chosen day: of what is under
// the bar. They are read one at a time; an answer for another mailbox or day than
// is chosen by then is dropped.
type meetings struct {
	of      providers.Address
	window  providers.Interval
	read    bool
	old     bool
	reading bool
	events  []providers.Event
	err     error
}

// changed marks the entries as old where the change names their mailbox.
func (d *meetings) changed(c Changes) {
	if c.All || slices.Contains(c.Mailboxes, d.of) {
		d.old = true
	}
}

// about gives the meetings where they are of that mailbox and day.
func (d *meetings) about(mailbox providers.Address, window providers.Interval) *meetings {
	if d.of == mailbox && d.window == window && d.read {
		return d
	}
	return nil
}

type meetingsAnswer struct {
	view    viewID
	mailbox providers.Address
	window  providers.Interval
	events  []providers.Event
	err     error
}

// detailOf is the pane whose chosen mailbox's meetings are shown.
func (m *Model) detailOf(v viewID) (*meetings, providers.Address) {
	switch v {
	case viewRooms:
		return &m.rooms.detail, m.rooms.chosen
	case viewPeople:
		return &m.people.detail, m.people.chosen
	}
	return nil, ""
}

// detailWindow is the chosen day and the next.
func (m *Model) detailWindow() providers.Interval {
	w := m.day.window()
	y, mo, d := m.day.start.Date()
	w.End = time.Date(y, mo, d+2, 0, 0, 0, 0, m.day.zone)
	return w
}

func (m *Model) readDetail() tea.Cmd {
	d, mailbox := m.detailOf(m.view)
	if d == nil || mailbox == "" || d.reading {
		return nil
	}
	window := m.detailWindow()
	if d.about(mailbox, window) != nil && !d.old {
		return nil
	}
	d.reading, d.old = true, false
	ws, view := m.ws, m.view
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		events, err := ws.Events(ctx, mailbox, window)
		return meetingsAnswer{view, mailbox, window, events, err}
	})
}

func (a meetingsAnswer) apply(m *Model) tea.Cmd {
	d, mailbox := m.detailOf(a.view)
	if d == nil {
		return nil
	}
	d.reading = false
	if a.mailbox != mailbox || a.window != m.detailWindow() {
		return nil
	}
	*d = meetings{of: a.mailbox, window: a.window, read: true, events: a.events, err: a.err, old: d.old}
	return nil
}

// entry is a meeting as the detail shows it.
type entry struct {
	when    providers.Interval
	allDay  bool
	subject string
	rest    string // who, how many, Teams
	look    role
	teams   bool
	event   *providers.Event // nil for a block of free/busy
}

// entries are the meetings within a window; where the mailbox's entries are not
// mirrored, the blocks of its free/busy.
func (m *Model) entries(d *meetings, k *known, window providers.Interval) (list []entry, why string) {
	if d != nil && d.err == nil {
		for i := range d.events {
			e := &d.events[i]
			span := providers.Interval{Start: e.Start, End: e.End}
			if e.Cancelled || !overlapsOrAt(span, window) {
				continue
			}
			list = append(list, entryOf(e))
		}
		return list, ""
	}
	if d != nil && d.err != nil {
		why = errorWords(d.err)
	}
	if k == nil || !k.Known() {
		return nil, why
	}
	for i := range k.Blocks {
		b := &k.Blocks[i]
		if !b.Overlaps(window) {
			continue
		}
		_, _, word, _ := stateLook(b.State)
		subject := shown(b.Subject, word)
		if b.Private {
			subject = "private"
		}
		list = append(list, entry{when: b.Interval, subject: subject, look: plain})
	}
	return list, why
}

// overlapsOrAt also holds for an entry without length inside the window.
func overlapsOrAt(i, window providers.Interval) bool {
	return i.Overlaps(window) || i.Start.Equal(i.End) && window.Contains(i.Start)
}

func entryOf(e *providers.Event) entry {
	out := entry{when: providers.Interval{Start: e.Start, End: e.End}, allDay: e.AllDay, look: plain, teams: e.OnlineMeeting, event: e}
	if e.Private {
		out.subject, out.look = "private", dim
		return out
	}
	organizer := shown(e.OrganizerName, string(e.Organizer))
	out.subject = shown(e.Subject, "")
	if out.subject == "" {
		out.subject = "no subject"
		out.look = dim
	}
	var rest []string
	if organizer != "" && organizer != out.subject {
		rest = append(rest, organizer)
	}
	people := 0
	for i := range e.Attendees {
		if e.Attendees[i].Type != providers.Resource {
			people++
		}
	}
	if people > 1 {
		rest = append(rest, itoa(people)+" people")
	}
	if e.OnlineMeeting {
		rest = append(rest, "Teams")
	}
	if e.ShowAs == providers.ShowTentative {
		rest = append(rest, "tentative")
	}
	out.rest = strings.Join(rest, " · ")
	return out
}

// errorWords is an error as the reason why something is not shown.
func errorWords(err error) string {
	if providers.Is(err, providers.Unsupported) {
		if p := providers.ProblemOf(err, time.Time{}); p != nil {
			if text := shown(p.Message, ""); text != "" {
				return text
			}
		}
	}
	return problemText(err)
}

// time is when an entry begins.
func (e *entry) time(zone *time.Location) string {
	if e.allDay {
		return "all day"
	}
	return e.when.Start.In(zone).Format("15:04")
}

func (e *entry) span(zone *time.Location) string {
	if e.allDay {
		return "all day    "
	}
	return span(e.when, zone)
}
