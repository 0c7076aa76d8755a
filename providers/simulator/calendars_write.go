package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// wireCalendar is what a client may write of a calendar.
type wireCalendar struct {
	Name     *string `json:"name"`
	Color    *string `json:"color"`
	HexColor *string `json:"hexColor"`
}

// readOnlyCalendarProperties are accepted and ignored when written.
var readOnlyCalendarProperties = []string{"id", "allowedOnlineMeetingProviders", "canEdit", "canShare", "canViewPrivateItems", "changeKey", "defaultOnlineMeetingProvider", "isDefaultCalendar", "isRemovable", "isTallyingResponses", "owner"}

// apply changes f as the body says. The lock is held.
func (w wireCalendar) apply(m *mailbox, f *folder) *problem {
	if w.Color != nil {
		n, p := member(colorNames, *w.Color, "calendarColor")
		if p != nil {
			return p
		}
		f.color = n
	}
	if w.Name == nil || *w.Name == f.name {
		return nil
	}
	name := strings.TrimSpace(*w.Name)
	switch {
	case name == "" || len([]rune(name)) > 255:
		return bad("ErrorInvalidArgument", "The calendar's name is empty or too long.")
	case f.kind == defaultCalendar:
		return bad("ErrorInvalidRequest", "Your request can't be completed. The default calendar can't be renamed.")
	}
	for _, have := range m.calendars() {
		if have.kind != f.kind && strings.EqualFold(have.name, name) {
			return &problem{http.StatusConflict, "ErrorFolderExists", "A folder with the specified name already exists."}
		}
	}
	f.name = name
	return nil
}

// createCalendar makes a secondary calendar.
func (c *call) createCalendar() answer {
	if p := c.options(); p != nil {
		return c.refuse(p)
	}
	var w wireCalendar
	if p := strictDecode(c.body, &w, readOnlyCalendarProperties...); p != nil {
		return c.refuse(p)
	}
	if w.Name == nil {
		return c.fail(http.StatusBadRequest, "ErrorInvalidArgument", "The calendar's name is required.")
	}
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	f := &folder{kind: firstOwnCalendar}
	for ; ; f.kind++ {
		if have, used := c.mailbox.folder(f.kind); have == nil || !used {
			if have != nil {
				f.generation, f.rev = have.generation+1, have.rev
			}
			break
		}
		if f.kind == maxCalendars {
			return c.fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. The mailbox has too many calendars.")
		}
	}
	if p := w.apply(c.mailbox, f); p != nil {
		return c.refuse(p)
	}
	c.mailbox.keep(f)
	c.entry.Effect = "created calendar"
	return c.oneCalendar(http.StatusCreated, f, nil)
}

// patchCalendar renames or recolours a calendar.
func (c *call) patchCalendar(f *folder) answer {
	if p := c.options(); p != nil {
		return c.refuse(p)
	}
	var w wireCalendar
	if p := strictDecode(c.body, &w, readOnlyCalendarProperties...); p != nil {
		return c.refuse(p)
	}
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	now, ok := c.mailbox.folder(f.kind)
	if !ok || now.generation != f.generation {
		return c.itemNotFound()
	}
	changed := *now
	if p := w.apply(c.mailbox, &changed); p != nil {
		return c.refuse(p)
	}
	c.mailbox.keep(&changed)
	c.entry.Effect = "changed calendar"
	return c.oneCalendar(http.StatusOK, &changed, nil)
}

// deleteCalendar removes a calendar with all that is in it. Nobody is told: what
// was organised in it simply is in Deleted Items.
func (c *call) deleteCalendar(f *folder) answer {
	if f.kind == defaultCalendar {
		return c.fail(http.StatusBadRequest, "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.")
	}
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	now, ok := c.mailbox.folder(f.kind)
	if !ok || now.generation != f.generation {
		return c.itemNotFound()
	}
	if want := c.header.Get("If-Match"); want != "" && want != "*" && want != `W/"`+c.mailbox.calendarKey(now)+`"` {
		return c.refuse(staleKey)
	}
	for _, e := range slices.Collect(c.mailbox.items(0)) {
		if e.in == f.kind {
			c.mailbox.remove(e)
		}
	}
	removed := *now
	removed.gone = true
	c.mailbox.keep(&removed)
	c.entry.Effect = "deleted calendar"
	return answer{status: http.StatusNoContent}
}

// move puts an item into another calendar of its mailbox. Its mutable id changes
// with that, the immutable one does not. The lock is held.
func (m *mailbox) move(e *event, to calendarKind) *event {
	moved := e.clone()
	moved.in = to
	moved.moves++
	return m.put(moved, true)
}

// MoveEvent puts an event into another calendar of its mailbox, as a person does
// by dragging it in Outlook; Graph has no call for it. id and calendar are ids as
// Graph gives them; the answer is the event's new mutable id.
func (t *Tenant) MoveEvent(address, id, calendar string) (string, error) {
	m := t.world.find(address)
	if m == nil {
		return "", fmt.Errorf("no mailbox %q", address)
	}
	t.ensure(m)
	name, mine, _ := m.parseID(id)
	kind, generation, known := m.parseCalendarID(calendar)
	t.mu.Lock()
	defer t.mu.Unlock()
	found, exists := m.entry(name)
	f, there := m.folder(kind)
	switch {
	case !mine || !exists || found.date != 0:
		return "", fmt.Errorf("%s has no event %q", address, id)
	case !known || !there || f.generation != generation || f.of != nil || !m.canEdit(f):
		return "", fmt.Errorf("%s has no calendar %q that can be written", address, calendar)
	}
	return string(m.appendID(nil, m.move(found.e, kind).id(), false)), nil
}
