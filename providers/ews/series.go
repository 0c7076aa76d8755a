package ews

import (
	"context"
	"slices"
	"time"

	"roomdesk/providers"
)

// SeriesDates reads the dates of a series within a window, in full and in order.
func (p *Provider) SeriesDates(ctx context.Context, mailbox providers.Address, seriesID string, window providers.Interval) ([]providers.Event, error) {
	const op = "reading the dates of a series"
	master, err := p.getItem(ctx, op, mailbox, seriesID, "calendar:UID", "calendar:CalendarItemType")
	if err != nil {
		return nil, err
	}
	if typeOf(master.value("CalendarItemType")) != providers.SeriesMaster {
		return nil, &providers.Error{Class: providers.Gone, Op: op, Mailbox: mailbox, Message: providers.Outside("the event is no series")}
	}
	entries, err := p.view(ctx, op, mailbox, window)
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e viewEntry) bool {
		return e.uid != master.value("UID") || e.kind != providers.Occurrence && e.kind != providers.Exception
	})
	refs := make([]itemRef, len(entries))
	for i, e := range entries {
		refs[i] = itemRef{id: e.id}
	}
	found, err := p.getItems(ctx, op, mailbox, refs)
	if err != nil {
		return nil, err
	}
	var out []providers.Event
	for i, answer := range found {
		switch {
		case answer.err != nil && answer.err.Class == providers.Gone:
		case answer.err != nil:
			return nil, answer.err
		default:
			out = append(out, date(eventOf(answer.item, mailbox), seriesID, entries[i].original))
		}
	}
	slices.SortFunc(out, func(a, b providers.Event) int { return a.Start.Compare(b.Start) })
	return out, nil
}

// date gives an event its id as a date of a series.
func date(e providers.Event, master string, original time.Time) providers.Event {
	e.ID, e.SeriesMasterID = dateID(master, original), master
	if e.Type == providers.Exception {
		e.OriginalStart = original
	}
	return e
}

// FindSeries finds a series by the transaction that made it.
func (p *Provider) FindSeries(ctx context.Context, mailbox providers.Address, transactionID string, _ time.Time) (providers.Event, bool, error) {
	e, found, err := p.findStamp(ctx, mailbox, transactionID)
	return e, found && e.Type == providers.SeriesMaster, err
}

// FindEvent finds an event by the transaction that made it, wherever it was moved to.
func (p *Provider) FindEvent(ctx context.Context, mailbox providers.Address, transactionID string, _ providers.Interval) (providers.Event, bool, error) {
	return p.findStamp(ctx, mailbox, transactionID)
}

// findStamp looks for the stamp that each event made here has. Exchange knows no
// transaction ids of its own.
func (p *Provider) findStamp(ctx context.Context, mailbox providers.Address, transactionID string) (providers.Event, bool, error) {
	const op = "looking for an event"
	message, err := p.one(ctx, call{op: op, operation: "FindItem", want: []string{"FindItemResponseMessage"}, mailbox: mailbox, folder: "calendar", body: func(w *writer, how manner) {
		w.open("m:FindItem", "Traversal", "Shallow")
		w.open("m:ItemShape")
		w.text("t:BaseShape", "IdOnly")
		w.fields(true)
		w.close("m:ItemShape")
		w.empty("m:IndexedPageItemView", "MaxEntriesReturned", "10", "Offset", "0", "BasePoint", "Beginning")
		w.open("m:Restriction")
		w.open("t:IsEqualTo")
		w.stampField()
		w.open("t:FieldURIOrConstant")
		w.empty("t:Constant", "Value", transactionID)
		w.close("t:FieldURIOrConstant")
		w.close("t:IsEqualTo")
		w.close("m:Restriction")
		w.open("m:ParentFolderIds")
		w.folder("calendar", how, mailbox)
		w.close("m:ParentFolderIds")
		w.close("m:FindItem")
	}})
	if err != nil {
		return providers.Event{}, false, err
	}
	root := message.at("RootFolder")
	if root == nil {
		return providers.Event{}, false, &providers.Error{Class: providers.Foreign, Op: op, Mailbox: mailbox, Status: 200, Message: providers.Outside("the answer does not say whether anything was found")}
	}
	for _, item := range root.at("Items").all("CalendarItem") {
		if stampOf(item) != transactionID {
			continue // a server that does not know the restriction lists everything
		}
		whole, err := p.getItem(ctx, op, mailbox, item.at("ItemId").attr("Id"))
		if gone(err) {
			continue
		}
		if err != nil {
			return providers.Event{}, false, err
		}
		return eventOf(whole, mailbox), true, nil
	}
	if root.attr("IncludesLastItemInRange") == "false" {
		return providers.Event{}, false, &providers.Error{Class: providers.Transient, Op: op, Mailbox: mailbox, Message: providers.Outside("not all that was found could be looked at")}
	}
	return providers.Event{}, false, nil
}
