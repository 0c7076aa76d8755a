package exchange

import (
	"fmt"
	"slices"
	"time"
)

// maxView is the longest calendar view.
const maxView = 2 * 366 * 24 * time.Hour

// findItem lists what is in a calendar: a view with series expanded, or the stored
// items.
func (c *Call) findItem(w *writer) *Error {
	shape, err := c.readItemShape(c.body.child("m:ItemShape"), true)
	if err != nil {
		return err
	}
	view := c.body.child("m:CalendarView")
	switch {
	case c.body.attribute("Traversal") != "Shallow":
		return notModelled("deep and associated traversals")
	case view != nil && (c.body.child("m:Restriction") != nil || c.body.child("m:SortOrder") != nil):
		return &Error{Code: "ErrorInvalidRequest", Message: "A restriction or a sort order cannot be combined with a CalendarView."}
	case c.body.child("m:GroupBy") != nil || c.body.child("m:DistinguishedGroupBy") != nil || c.body.child("m:QueryString") != nil:
		return notModelled("grouping and query strings")
	}
	var from, to time.Time
	if view != nil {
		if from, to, err = c.readView(view); err != nil {
			return err
		}
	}
	c.messages(w, "FindItem", func() {
		for _, id := range c.body.child("m:ParentFolderIds").kids() {
			c.findIn(w, id, shape, view, from, to)
		}
	})
	return nil
}

func (c *Call) readView(view *node) (from, to time.Time, err *Error) {
	from, err = c.instant(view.attribute("StartDate"))
	if err != nil {
		return from, to, err
	}
	to, err = c.instant(view.attribute("EndDate"))
	switch {
	case err != nil:
		return from, to, err
	case to.Before(from):
		return from, to, fail("ErrorCalendarEndDateIsEarlierThanStartDate")
	case to.Sub(from) > maxView:
		return from, to, fail("ErrorCalendarViewRangeTooBig")
	}
	return from, to, nil
}

// instant reads a time; without an offset it is meant in the context's zone, or UTC.
func (c *Call) instant(text string) (time.Time, *Error) {
	at, absolute, err := parseDateTime(text)
	if err != nil {
		return at, &Error{Code: "ErrorInvalidRequest", Message: err.Error()}
	}
	if !absolute && c.context != nil {
		at = inZone(at, c.context.Location)
	}
	return at, nil
}

// inZone reads the wall clock of a UTC time in a zone.
func inZone(wall time.Time, loc *time.Location) time.Time {
	return time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), loc)
}

// findIn answers one folder.
func (c *Call) findIn(w *writer, id *node, shape itemShape, view *node, from, to time.Time) {
	f, err := c.target(id)
	var role Role
	if err == nil {
		role, err = c.readable(f)
	}
	var items []Item
	if err == nil {
		items, err = c.itemsOf(f, role, view != nil, from, to)
	}
	limit := c.settings.find()
	offset, size, last := 0, 0, true
	if err == nil {
		if view != nil {
			// What is over the limit is not given, and the answer says so.
			size = min(limit, max(number(view.attribute("MaxEntriesReturned"), limit), 1), len(items))
			last = size == len(items)
		} else {
			offset, size, last = c.page(len(items), limit)
		}
	}
	c.message(w, "FindItem", err, func() {
		page := c.spoilPage(items[offset : offset+size])
		attributes := []string{"TotalItemsInView", fmt.Sprint(len(items)), "IncludesLastItemInRange", fmt.Sprint(last)}
		if view == nil {
			attributes = append(attributes, "IndexedPagingOffset", fmt.Sprint(offset+size))
		}
		w.start("m:RootFolder", attributes...)
		w.start("t:Items")
		iw := &itemWriter{writer: w, c: c, role: role, finding: true, shape: shape}
		for _, i := range page {
			iw.item(i)
		}
		w.end()
		w.end()
	}, nil)
}

func (c *Call) itemsOf(f folder, role Role, view bool, from, to time.Time) ([]Item, *Error) {
	if view {
		items, err := c.s.model.View(f.box.Address, from, to, role)
		return items, asError(err)
	}
	items, err := c.s.model.All(f.box.Address, role)
	if err != nil {
		return nil, asError(err)
	}
	if r := c.body.child("m:Restriction"); r != nil {
		return c.restrict(items, onlyChild(r))
	}
	return items, c.sort(items)
}

// page cuts by IndexedPageItemView.
func (c *Call) page(total, limit int) (offset, size int, last bool) {
	view := c.body.child("m:IndexedPageItemView")
	offset = min(max(number(view.attribute("Offset"), 0), 0), total)
	size = min(max(number(view.attribute("MaxEntriesReturned"), limit), 0), limit, total-offset)
	if view.attribute("BasePoint") == "End" {
		end := total - offset
		offset = max(end-size, 0)
		return offset, end - offset, offset == 0
	}
	return offset, size, offset+size == total
}

// spoilPage is what the fault "page" does to a list.
func (c *Call) spoilPage(items []Item) []Item {
	switch {
	case len(items) == 0:
	case c.Disturb.Page == "drop":
		return items[:len(items)-1]
	case c.Disturb.Page == "dup":
		return append(slices.Clone(items), items[len(items)-1])
	case c.Disturb.Page == "reorder":
		items = slices.Clone(items)
		slices.Reverse(items)
	}
	return items
}

// getItem answers items one by one, in the order of their ids.
func (c *Call) getItem(w *writer) *Error {
	shape, err := c.readItemShape(c.body.child("m:ItemShape"), false)
	if err != nil {
		return err
	}
	c.messages(w, "GetItem", func() {
		for _, id := range c.body.child("m:ItemIds").kids() {
			item, role, err := c.lookItem(id)
			c.message(w, "GetItem", err, func() {
				w.start("m:Items")
				iw := &itemWriter{writer: w, c: c, role: role, shape: shape}
				iw.item(item)
				w.end()
			}, func() { w.empty("m:Items") })
		}
	})
	return nil
}

// lookItem finds the item that an id names, as far as the caller may see it.
func (c *Call) lookItem(id *node) (Item, Role, *Error) {
	text := id.attribute("Id")
	switch id.name {
	case "t:OccurrenceItemId":
		text = id.attribute("RecurringMasterId")
	case "t:RecurringMasterItemId":
		text = id.attribute("OccurrenceId")
	case "t:ItemId", "t:ReferenceItemId":
	default:
		return Item{}, None, notModelled(id.local())
	}
	role, err := c.mayOpen(text)
	if err != nil {
		return Item{}, role, err
	}
	var item Item
	var failed error
	switch id.name {
	case "t:OccurrenceItemId":
		item, failed = c.s.model.Date(text, number(id.attribute("InstanceIndex"), 0), role)
	case "t:RecurringMasterItemId":
		item, failed = c.s.model.MasterOf(text, role)
	default:
		item, failed = c.s.model.Item(text, role)
	}
	return item, role, asError(failed)
}

// mayOpen finds what the caller may do with the calendar that an item id belongs to.
func (c *Call) mayOpen(text string) (Role, *Error) {
	if text == "" {
		return None, fail("ErrorInvalidIdEmpty")
	}
	address, ok := c.s.model.BoxOf(text)
	if !ok {
		if _, _, isFolder := c.folderOf(text); isFolder {
			return None, fail("ErrorCannotUseFolderIdForItemId")
		}
		return None, fail("ErrorInvalidIdMalformed")
	}
	box, ok := c.s.model.Find(address)
	if !ok {
		return None, fail("ErrorNonExistentMailbox")
	}
	if err := c.reachable(box); err != nil {
		return None, err
	}
	role := c.role(box)
	if !role.reads() {
		return role, fail("ErrorAccessDenied")
	}
	return role, nil
}
