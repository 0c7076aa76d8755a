package ews

import (
	"context"
	"errors"
	"slices"
	"time"

	"roomdesk/providers"
)

// batch is how many items are asked for at once. Exchange counts its budget after each
// item of a batch, so larger ones become slow.
const batch = 50

// itemRef names an item: by its id, or as the master of an occurrence.
type itemRef struct {
	id       string
	masterOf bool // id is an occurrence's, and its master is meant
}

// itemAnswer is what came for one of them.
type itemAnswer struct {
	item *node // nil where err is set
	err  *providers.Error
}

// getItems reads items in full, or with only these fields; one answer for each, in
// order. A failure that may pass fails all.
func (p *Provider) getItems(ctx context.Context, op string, mailbox providers.Address, refs []itemRef, fields ...string) ([]itemAnswer, error) {
	stamp := len(fields) == 0
	if stamp {
		fields = itemFields()
	}
	var out []itemAnswer
	for part := range slices.Chunk(refs, batch) {
		c := call{op: op, operation: "GetItem", want: []string{"GetItemResponseMessage"}, mailbox: mailbox, each: true, body: func(w *writer, _ manner) {
			w.open("m:GetItem")
			w.open("m:ItemShape")
			w.text("t:BaseShape", "IdOnly")
			w.fields(stamp, fields...)
			w.close("m:ItemShape")
			w.open("m:ItemIds")
			for _, ref := range part {
				if ref.masterOf {
					w.empty("t:RecurringMasterItemId", "OccurrenceId", ref.id)
				} else {
					w.empty("t:ItemId", "Id", ref.id)
				}
			}
			w.close("m:ItemIds")
			w.close("m:GetItem")
		}}
		messages, err := p.on(ctx, c)
		if err != nil {
			return nil, err
		}
		if len(messages) != len(part) {
			return nil, c.failed(&providers.Error{Class: providers.Foreign, Status: 200, Message: providers.Outside("the answer has not one part for each item")})
		}
		for _, message := range messages {
			if failure := messageError(message); failure != nil {
				_ = c.failed(failure)
				if failure.Class == providers.Throttled || failure.Class == providers.Transient {
					return nil, failure
				}
				out = append(out, itemAnswer{err: failure})
				continue
			}
			item := calendarItem(message)
			if item == nil {
				out = append(out, itemAnswer{err: &providers.Error{Class: providers.Gone, Op: op, Mailbox: mailbox, Status: 200, Message: providers.Outside("the item is no entry of a calendar")}})
				continue
			}
			out = append(out, itemAnswer{item: item})
		}
	}
	return out, nil
}

// calendarItem is the entry that a message holds; nil where it holds none, or one
// without an id.
func calendarItem(message *node) *node {
	item := message.at("Items", "CalendarItem")
	if item.at("ItemId").attr("Id") == "" {
		return nil
	}
	return item
}

// getItem reads one item.
func (p *Provider) getItem(ctx context.Context, op string, mailbox providers.Address, id string, fields ...string) (*node, error) {
	if id == "" {
		return nil, &providers.Error{Class: providers.Gone, Op: op, Mailbox: mailbox, Message: providers.Outside("no event is named")}
	}
	found, err := p.getItems(ctx, op, mailbox, []itemRef{{id: id}}, fields...)
	if err != nil {
		return nil, err
	}
	if found[0].err != nil {
		return nil, found[0].err
	}
	return found[0].item, nil
}

// event reads an event by the id that it has in the mirror, and gives Exchange's own id
// of it beside.
func (p *Provider) event(ctx context.Context, op string, mailbox providers.Address, id string) (providers.Event, string, error) {
	master, original, date := splitID(id)
	own := id
	if date {
		var err error
		if own, err = p.dateOf(ctx, op, mailbox, master, original); err != nil {
			return providers.Event{}, "", err
		}
	}
	item, err := p.getItem(ctx, op, mailbox, own)
	if err != nil {
		return providers.Event{}, "", err
	}
	e := eventOf(item, mailbox)
	if date {
		e.ID, e.SeriesMasterID = id, master
		if e.Type == providers.Exception {
			e.OriginalStart = original
		}
	}
	return e, own, nil
}

// dateOf finds Exchange's id of a date: among the exceptions of its master, then in the
// calendar at the time at which the pattern has it.
func (p *Provider) dateOf(ctx context.Context, op string, mailbox providers.Address, master string, original time.Time) (string, error) {
	item, err := p.getItem(ctx, op, mailbox, master, "calendar:UID", "calendar:CalendarItemType", "calendar:ModifiedOccurrences")
	if err != nil {
		return "", err
	}
	for _, modified := range item.at("ModifiedOccurrences").all("Occurrence") {
		if modified.instant("OriginalStart").Equal(original) {
			return modified.at("ItemId").attr("Id"), nil
		}
	}
	entries, err := p.view(ctx, op, mailbox, providers.Interval{Start: original, End: original.Add(time.Minute)})
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if e.uid == item.value("UID") && e.kind == providers.Occurrence && e.start.Equal(original) {
			return e.id, nil
		}
	}
	return "", &providers.Error{Class: providers.Gone, Op: op, Mailbox: mailbox, Message: providers.Outside("the series has no such date any more")}
}

// Event reads one event of a mailbox.
func (p *Provider) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	e, _, err := p.event(ctx, "reading an event", mailbox, id)
	return e, err
}

// gone reports whether an error says that the thing is not there.
func gone(err error) bool {
	var e *providers.Error
	return errors.As(err, &e) && e.Class == providers.Gone
}
