package ews

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"roomdesk/providers"
)

const (
	// maxChanges is what Exchange allows for one step of SyncFolderItems.
	maxChanges = 512
	// pageEntries is the usual size of a page of the first reading.
	pageEntries = 200
	opChanges   = "reading changes"
)

// Changes reads a calendar's window, and with a cursor what changed since.
func (p *Provider) Changes(ctx context.Context, request providers.ChangesRequest, page func(providers.ChangePage) error) error {
	if request.CalendarID != "" {
		return &providers.Error{Class: providers.Unsupported, Op: opChanges, Mailbox: request.Mailbox, Message: providers.Outside("only the default calendar is read")}
	}
	at := cursor{Mailbox: request.Mailbox, From: request.Window.Start.Unix(), To: request.Window.End.Unix(), Phase: phaseState, Dates: map[string][]int64{}}
	if request.Cursor != "" {
		var err error
		if at, err = readCursor(request.Cursor, request.Mailbox); err != nil {
			return err
		}
	} else if !request.Window.Start.Before(request.Window.End) {
		return &providers.Error{Class: providers.Permanent, Op: opChanges, Mailbox: request.Mailbox, Message: providers.Outside("the window is empty")}
	}
	size := request.PageSize
	if size <= 0 {
		size = pageEntries
	}
	if at.Phase == phaseState {
		if err := p.takeState(ctx, &at, page); err != nil {
			return err
		}
	}
	if at.Phase == phaseView {
		return p.readView(ctx, &at, size, page)
	}
	return p.readChanges(ctx, &at, page)
}

// syncStep is one answer of SyncFolderItems.
type syncStep struct {
	state   string
	last    bool
	changed []string // ids of created and changed items, each once
	removed []string
}

func (p *Provider) syncStep(ctx context.Context, mailbox providers.Address, state string) (syncStep, error) {
	c := call{op: opChanges, operation: "SyncFolderItems", want: []string{"SyncFolderItemsResponseMessage"}, mailbox: mailbox, folder: "calendar", body: func(w *writer, how manner) {
		w.open("m:SyncFolderItems")
		w.open("m:ItemShape")
		w.text("t:BaseShape", "IdOnly")
		w.close("m:ItemShape")
		w.open("m:SyncFolderId")
		w.folder("calendar", how, mailbox)
		w.close("m:SyncFolderId")
		if state != "" {
			w.text("m:SyncState", state)
		}
		w.text("m:MaxChangesReturned", strconv.Itoa(maxChanges))
		w.text("m:SyncScope", "NormalItems")
		w.close("m:SyncFolderItems")
	}}
	message, err := p.one(ctx, c)
	if err != nil {
		return syncStep{}, err
	}
	step := syncStep{state: strings.TrimSpace(message.value("SyncState")), last: message.truth("IncludesLastItemInRange")}
	if step.state == "" || message.child("IncludesLastItemInRange") == nil {
		return syncStep{}, c.failed(&providers.Error{Class: providers.Foreign, Status: 200, Message: providers.Outside("the answer has no state to go on from")})
	}
	if changes := message.at("Changes"); changes != nil {
		for _, change := range changes.children {
			switch change.name {
			case "Create", "Update":
				for _, item := range change.children {
					if id := item.at("ItemId").attr("Id"); id != "" && !slices.Contains(step.changed, id) {
						step.changed = append(step.changed, id)
					}
				}
			case "Delete":
				if id := change.at("ItemId").attr("Id"); id != "" {
					step.removed = append(step.removed, id)
				}
			}
		}
	}
	return step, nil
}

// steps goes from state to state until the last one. Exchange must move on with each.
func (p *Provider) steps(ctx context.Context, at *cursor, each func(syncStep) error) error {
	seen := map[string]bool{at.State: true}
	for {
		step, err := p.syncStep(ctx, at.Mailbox, at.State)
		if err != nil {
			return err
		}
		if !step.last && seen[step.state] {
			return &providers.Error{Class: providers.Foreign, Op: opChanges, Mailbox: at.Mailbox, Status: 200, Message: providers.Outside("the pages of changes lead in a circle")}
		}
		seen[step.state] = true
		at.State = step.state
		if err := each(step); err != nil || step.last {
			return err
		}
	}
}

// takeState goes through everything that the folder ever held, by ids only, to get the
// state behind it.
func (p *Provider) takeState(ctx context.Context, at *cursor, page func(providers.ChangePage) error) error {
	return p.steps(ctx, at, func(step syncStep) error {
		if step.last {
			at.Phase = phaseView
			return nil
		}
		return page(providers.ChangePage{Cursor: at.text()})
	})
}

// readView hands on the window's entries from where the cursor stands.
func (p *Provider) readView(ctx context.Context, at *cursor, size int, page func(providers.ChangePage) error) error {
	entries, err := p.view(ctx, opChanges, at.Mailbox, at.window())
	if err != nil {
		return err
	}
	if at.After != nil {
		entries = slices.DeleteFunc(entries, func(e viewEntry) bool {
			s := e.start.Unix()
			return s < at.After.Start || s == at.After.Start && e.id <= at.After.ID
		})
	}
	masters := map[string]string{}
	for {
		part := entries[:min(size, len(entries))]
		entries = entries[len(part):]
		events, err := p.fill(ctx, at.Mailbox, part, masters)
		if err != nil {
			return err
		}
		for _, e := range events {
			at.note(e)
		}
		if len(part) > 0 {
			last := part[len(part)-1]
			at.After = &viewPlace{last.start.Unix(), last.id}
		}
		done := len(entries) == 0
		if done {
			at.Phase, at.After = phaseChanges, nil
		}
		if err := page(providers.ChangePage{Events: events, Cursor: at.text(), Done: done}); err != nil || done {
			return err
		}
	}
}

// note remembers a date that is handed on.
func (c *cursor) note(e providers.Event) {
	if master, original, ok := splitID(e.ID); ok && !slices.Contains(c.Dates[master], original.Unix()) {
		c.Dates[master] = append(c.Dates[master], original.Unix())
	}
}

// fill makes events of entries: single meetings and exceptions in full, dates of series
// as stubs behind their masters. masters are the ids of those that were handed on, by
// UID.
func (p *Provider) fill(ctx context.Context, mailbox providers.Address, entries []viewEntry, masters map[string]string) ([]providers.Event, error) {
	var refs []itemRef
	wanted := map[string]int{} // the number of the answer with a series' master, by UID
	whole := map[string]int{}  // and with an entry in full, by id
	for _, e := range entries {
		if e.kind == providers.Occurrence || e.kind == providers.Exception {
			if _, known := masters[e.uid]; !known {
				if _, asked := wanted[e.uid]; !asked {
					wanted[e.uid] = len(refs)
					refs = append(refs, itemRef{id: e.id, masterOf: true})
				}
			}
		}
		if e.kind != providers.Occurrence {
			whole[e.id] = len(refs)
			refs = append(refs, itemRef{id: e.id})
		}
	}
	found, err := p.getItems(ctx, opChanges, mailbox, refs)
	if err != nil {
		return nil, err
	}
	var out []providers.Event
	for _, uid := range slices.Sorted(maps.Keys(wanted)) {
		if answer := found[wanted[uid]]; answer.err == nil {
			master := eventOf(answer.item, mailbox)
			masters[uid] = master.ID
			out = append(out, master)
		}
	}
	for _, entry := range entries {
		master := masters[entry.uid]
		switch entry.kind {
		case providers.Occurrence, providers.Exception:
			if master == "" {
				continue // the series went away meanwhile: its removal comes with the next changes
			}
			if entry.kind == providers.Occurrence {
				e := light(entry, mailbox)
				e.Stub = true
				out = append(out, date(e, master, entry.original))
				continue
			}
		case providers.SingleInstance, providers.SeriesMaster:
		}
		answer := found[whole[entry.id]]
		e := light(entry, mailbox)
		switch {
		case answer.err == nil:
			e = eventOf(answer.item, mailbox)
		case answer.err.Class == providers.Gone:
			continue
		}
		if entry.kind == providers.Exception {
			e = date(e, master, entry.original)
		}
		out = append(out, e)
	}
	return out, nil
}

// light is what a view alone tells of an entry. It stands for items that Exchange lists
// and then cannot or may not read: their time is taken nevertheless.
func light(entry viewEntry, mailbox providers.Address) providers.Event {
	return eventOf(entry.item, mailbox)
}

// readChanges hands on what changed since the cursor's state.
func (p *Provider) readChanges(ctx context.Context, at *cursor, page func(providers.ChangePage) error) error {
	return p.steps(ctx, at, func(step syncStep) error {
		out := providers.ChangePage{Done: step.last}
		if err := p.apply(ctx, at, step, &out); err != nil {
			return err
		}
		out.Cursor = at.text()
		return page(out)
	})
}

// apply turns one step into events and removals. Exchange names singles and masters
// only: where a master changed, its dates are read anew and compared.
func (p *Provider) apply(ctx context.Context, at *cursor, step syncStep, out *providers.ChangePage) error {
	for _, id := range step.removed {
		at.forget(id, out)
	}
	refs := make([]itemRef, len(step.changed))
	for i, id := range step.changed {
		refs[i] = itemRef{id: id}
	}
	found, err := p.getItems(ctx, opChanges, at.Mailbox, refs)
	if err != nil {
		return err
	}
	window := at.window()
	changed := map[string]providers.Event{} // masters, by UID
	for i, answer := range found {
		if answer.err != nil {
			at.forget(step.changed[i], out) // gone again, or not for this account any more
			continue
		}
		e := eventOf(answer.item, at.Mailbox)
		start, end := answer.item.instant("Start"), answer.item.instant("End")
		switch {
		case e.Type == providers.SeriesMaster:
			changed[e.ICalUID] = e
		case overlaps(start, end, window):
			if len(at.Dates[e.ID]) > 0 {
				at.forgetDates(e.ID, nil, out) // a series that is one no longer
			}
			out.Events = append(out.Events, e)
		default:
			at.forget(e.ID, out)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	entries, err := p.view(ctx, opChanges, at.Mailbox, window)
	if err != nil {
		return err
	}
	entries = slices.DeleteFunc(entries, func(e viewEntry) bool {
		_, of := changed[e.uid]
		return !of || e.kind != providers.Occurrence && e.kind != providers.Exception
	})
	masters := map[string]string{}
	for uid, e := range changed {
		masters[uid] = e.ID
	}
	dates, err := p.fill(ctx, at.Mailbox, entries, masters)
	if err != nil {
		return err
	}
	now := map[string]bool{}
	has := map[string]bool{}
	for _, e := range dates {
		now[e.ID], has[e.SeriesMasterID] = true, true
	}
	for _, uid := range slices.Sorted(maps.Keys(changed)) {
		master := changed[uid]
		at.forgetDates(master.ID, now, out)
		if !has[master.ID] {
			at.forget(master.ID, out)
			continue
		}
		out.Events = append(out.Events, master)
	}
	for _, e := range dates {
		at.note(e)
		out.Events = append(out.Events, e)
	}
	return nil
}

// forget removes an item, and its dates where it is a series.
func (c *cursor) forget(id string, out *providers.ChangePage) {
	c.forgetDates(id, nil, out)
	out.Removed = append(out.Removed, id)
}

// forgetDates removes the dates of a series that are not there now.
func (c *cursor) forgetDates(master string, now map[string]bool, out *providers.ChangePage) {
	var left []int64
	for _, original := range c.Dates[master] {
		id := dateID(master, time.Unix(original, 0))
		if now[id] {
			left = append(left, original)
			continue
		}
		out.Removed = append(out.Removed, id)
	}
	if len(left) == 0 {
		delete(c.Dates, master)
	} else {
		c.Dates[master] = left
	}
}

// overlaps is how a view decides what lies in its window.
func overlaps(start, end time.Time, window providers.Interval) bool {
	return start.Before(window.End) && (end.After(window.Start) || start.Equal(end) && !start.Before(window.Start))
}
