package ews

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"roomdesk/providers"
)

// viewMax is the number of entries of one view. Exchange holds at most 1000 found items
// for an account over all calls at once.
const viewMax = 120

// viewSpan is the longest window of one view; Exchange takes two years.
const viewSpan = 366 * 24 * time.Hour

// viewEntry is one line of a calendar view.
type viewEntry struct {
	id, key, uid string
	kind         providers.EventType
	start, end   time.Time // instants, for whole days too
	original     time.Time // of a date: where the pattern has it
	item         *node
}

// view lists the entries of the default calendar that overlap a window, series resolved
// into their dates, by start and id. Where a view is full it is taken in halves.
func (p *Provider) view(ctx context.Context, op string, mailbox providers.Address, window providers.Interval) ([]viewEntry, error) {
	if window.Duration() > viewSpan {
		return p.halves(ctx, op, mailbox, window)
	}
	message, err := p.one(ctx, call{op: op, operation: "FindItem", want: []string{"FindItemResponseMessage"}, mailbox: mailbox, folder: "calendar", body: func(w *writer, how manner) {
		w.open("m:FindItem", "Traversal", "Shallow")
		w.open("m:ItemShape")
		w.text("t:BaseShape", "IdOnly")
		w.fields(false, "item:Subject", "item:Sensitivity", "calendar:UID", "calendar:Start", "calendar:End", "calendar:OriginalStart", "calendar:IsAllDayEvent",
			"calendar:LegacyFreeBusyStatus", "calendar:IsCancelled", "calendar:CalendarItemType", "calendar:StartTimeZoneId")
		w.close("m:ItemShape")
		w.empty("m:CalendarView", "MaxEntriesReturned", strconv.Itoa(viewMax), "StartDate", instantText(window.Start), "EndDate", instantText(window.End))
		w.open("m:ParentFolderIds")
		w.folder("calendar", how, mailbox)
		w.close("m:ParentFolderIds")
		w.close("m:FindItem")
	}})
	if err != nil {
		return nil, err
	}
	root := message.at("RootFolder")
	if root == nil {
		return nil, &providers.Error{Class: providers.Foreign, Op: op, Mailbox: mailbox, Status: 200, Message: providers.Outside("the answer has no entries and does not say that there are none")}
	}
	if root.attr("IncludesLastItemInRange") == "false" {
		if window.Duration() <= time.Minute {
			return nil, &providers.Error{Class: providers.Permanent, Op: op, Mailbox: mailbox, Message: providers.Outside("one minute of the calendar holds more entries than Exchange lists")}
		}
		return p.halves(ctx, op, mailbox, window)
	}
	var out []viewEntry
	for _, item := range root.at("Items").all("CalendarItem") {
		if e, ok := entryOf(item); ok {
			out = append(out, e)
		}
	}
	return sorted(out), nil
}

func (p *Provider) halves(ctx context.Context, op string, mailbox providers.Address, window providers.Interval) ([]viewEntry, error) {
	middle := window.Start.Add(window.Duration() / 2).Truncate(time.Second)
	first, err := p.view(ctx, op, mailbox, providers.Interval{Start: window.Start, End: middle})
	if err != nil {
		return nil, err
	}
	second, err := p.view(ctx, op, mailbox, providers.Interval{Start: middle, End: window.End})
	if err != nil {
		return nil, err
	}
	return sorted(append(first, second...)), nil
}

// sorted brings entries in order, each once.
func sorted(entries []viewEntry) []viewEntry {
	slices.SortFunc(entries, func(a, b viewEntry) int {
		if c := a.start.Compare(b.start); c != 0 {
			return c
		}
		return strings.Compare(a.id, b.id)
	})
	return slices.CompactFunc(entries, func(a, b viewEntry) bool { return a.id == b.id })
}

// entryOf reads a line of a view; false for what is no usable entry.
func entryOf(item *node) (viewEntry, bool) {
	e := viewEntry{
		id: item.at("ItemId").attr("Id"), key: item.at("ItemId").attr("ChangeKey"), uid: item.value("UID"),
		kind: typeOf(item.value("CalendarItemType")), start: item.instant("Start"), end: item.instant("End"), item: item,
	}
	if e.end.Before(e.start) {
		e.end = e.start
	}
	switch e.kind {
	case providers.Occurrence:
		e.original = e.start
	case providers.Exception:
		if e.original = item.instant("OriginalStart"); e.original.IsZero() {
			e.original = e.start
		}
	case providers.SingleInstance, providers.SeriesMaster:
	}
	return e, e.id != "" && !e.start.IsZero()
}

// instantText writes an instant as an absolute dateTime.
func instantText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
