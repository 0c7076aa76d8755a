package migration

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"roomdesk/providers"
)

// verdict says how a field of the two sides compares.
type verdict int

const (
	equal verdict = iota
	cosmetic
	changed
)

// Comparison is what came of comparing both sides of a mailbox.
type Comparison struct {
	Counts providers.ParityCounts
	// Entries are those of which the sides do not say the same, cosmetic ones included,
	// and those that count as the same with coordinates written differently; by start.
	Entries []providers.ParityEntry
}

// pair is an entry of both sides.
type pair struct{ old, fresh providers.Event }

// pairs finds for each entry of the old side the one of the new side: by UID and the
// time at which its series has it, then by UID alone where that leaves no choice, and
// entries without a UID by times and organizer. An entry that is there twice on one
// side stays without a partner.
func pairs(old, fresh []providers.Event) (both []pair, lost, extra []providers.Event) {
	lost, extra = old, fresh
	by := func(find func(providers.Event) (any, bool)) {
		var more []pair
		more, lost, extra = match(lost, extra, find)
		both = append(both, more...)
	}
	// Of entries that are there more than once, the same ones go together first.
	by(func(e providers.Event) (any, bool) {
		k, ok := keyOf(e)
		return [2]any{k, record(e)}, ok
	})
	by(func(e providers.Event) (any, bool) { k, ok := keyOf(e); return k, ok })
	oldUIDs, freshUIDs := tally(lost), tally(extra)
	by(func(e providers.Event) (any, bool) {
		uid := seriesUID(e.ICalUID)
		return uid, uid != "" && oldUIDs[uid] == 1 && freshUIDs[uid] == 1
	})
	by(func(e providers.Event) (any, bool) {
		return [2]any{bodyOf(e), text(e.Subject)}, seriesUID(e.ICalUID) == ""
	})
	by(func(e providers.Event) (any, bool) { return bodyOf(e), seriesUID(e.ICalUID) == "" })
	return both, lost, extra
}

func tally(events []providers.Event) map[string]int {
	n := map[string]int{}
	for _, e := range events {
		n[seriesUID(e.ICalUID)]++
	}
	return n
}

// match pairs entries for which find gives the same.
func match(old, fresh []providers.Event, find func(providers.Event) (any, bool)) (both []pair, lost, extra []providers.Event) {
	waiting := map[any][]int{}
	for n, e := range fresh {
		if k, ok := find(e); ok {
			waiting[k] = append(waiting[k], n)
		}
	}
	taken := make([]bool, len(fresh))
	for _, e := range old {
		if k, ok := find(e); ok && len(waiting[k]) > 0 {
			n := waiting[k][0]
			waiting[k] = waiting[k][1:]
			taken[n] = true
			both = append(both, pair{e, fresh[n]})
			continue
		}
		lost = append(lost, e)
	}
	for n, e := range fresh {
		if !taken[n] {
			extra = append(extra, e)
		}
	}
	return both, lost, extra
}

// Compare holds the entries of both sides of a mailbox against each other that overlap
// the window. An entry that one side has twice and the other once is missing or extra
// once.
func Compare(mailbox providers.Address, window providers.Interval, old, fresh []providers.Event) Comparison {
	var c Comparison
	both, lost, extra := pairs(inside(old, window), inside(fresh, window))
	add := func(kind providers.ParityKind, e providers.Event, fields []providers.ParityField) {
		c.Entries = append(c.Entries, providers.ParityEntry{
			Mailbox: mailbox, Kind: kind, ICalUID: e.ICalUID, Start: e.Start, Subject: e.Subject, Private: e.Private, Fields: fields,
		})
	}
	for _, p := range both {
		fields := compare(p.old, p.fresh)
		switch {
		case len(fields) == 0:
			c.Counts.Same++
		case onlyCoordinates(fields):
			// The services write nearly every place with other digits: that is counted as
			// the same, and kept with what each side says.
			c.Counts.Same++
			if p.fresh.Private {
				p.old.Private = true
			}
			add(providers.ParitySame, p.old, fields)
		case slices.ContainsFunc(fields, func(f providers.ParityField) bool { return !f.Cosmetic }):
			c.Counts.Different++
			if p.fresh.Private {
				p.old.Private = true
			}
			add(providers.ParityDifferent, p.old, fields)
		default:
			c.Counts.Cosmetic++
			if p.fresh.Private {
				p.old.Private = true
			}
			add(providers.ParityCosmetic, p.old, fields)
		}
	}
	for _, e := range lost {
		c.Counts.Missing++
		add(providers.ParityMissing, e, nil)
	}
	for _, e := range extra {
		c.Counts.Extra++
		add(providers.ParityExtra, e, nil)
	}
	slices.SortStableFunc(c.Entries, func(a, b providers.ParityEntry) int {
		if n := a.Start.Compare(b.Start); n != 0 {
			return n
		}
		return strings.Compare(a.ICalUID, b.ICalUID)
	})
	return c
}

// onlyCoordinates reports whether two copies differ in nothing but in how they write the
// coordinates of one place.
func onlyCoordinates(fields []providers.ParityField) bool {
	return !slices.ContainsFunc(fields, func(f providers.ParityField) bool { return f.Field != "coordinates" || !f.Cosmetic })
}

// inside are the entries to compare, with the details of their series.
func inside(events []providers.Event, window providers.Interval) []providers.Event {
	var out []providers.Event
	for _, e := range whole(events) {
		if within(e, window) {
			out = append(out, e)
		}
	}
	return out
}

// Same reports whether nothing differs between two copies of an entry but what is
// listed as cosmetic.
func Same(old, fresh providers.Event) bool {
	return !slices.ContainsFunc(compare(old, fresh), func(f providers.ParityField) bool { return !f.Cosmetic })
}

// compare lists the fields in which two copies of an entry differ.
func compare(old, fresh providers.Event) []providers.ParityField {
	var fields []providers.ParityField
	field := func(name, before, after string, v verdict, why string) {
		if v != equal {
			fields = append(fields, providers.ParityField{
				Field: name, Before: providers.Outside(before), After: providers.Outside(after), Cosmetic: v == cosmetic, Why: why,
			})
		}
	}
	// alike compares what was normalised; a difference that this takes away is not told.
	alike := func(name, before, after, a, b string) {
		if a != b {
			field(name, before, after, changed, "")
		}
	}
	yes := func(name string, before, after bool) {
		alike(name, strconv.FormatBool(before), strconv.FormatBool(after), strconv.FormatBool(before), strconv.FormatBool(after))
	}
	if old.Stub != fresh.Stub {
		field("type", kindText(old), kindText(fresh), changed, "")
	}
	days := old.AllDay && fresh.AllDay
	alike("start", old.Start.UTC().Format(time.RFC3339), fresh.Start.UTC().Format(time.RFC3339), when(old.Start, days), when(fresh.Start, days))
	alike("end", old.End.UTC().Format(time.RFC3339), fresh.End.UTC().Format(time.RFC3339), when(old.End, days), when(fresh.End, days))
	yes("all_day", old.AllDay, fresh.AllDay)
	if old.Stub || fresh.Stub {
		return fields // of one side, nothing more is known
	}
	v, why := timeZones(old.Zone, fresh.Zone)
	field("time_zone", old.Zone, fresh.Zone, v, why)
	v, why = subjects(old, fresh)
	field("subject", old.Subject.Raw(), fresh.Subject.Raw(), v, why)
	alike("organizer", string(old.Organizer), string(fresh.Organizer), strings.ToLower(string(old.Organizer)), strings.ToLower(string(fresh.Organizer)))
	alike("location", old.Location.Raw(), fresh.Location.Raw(), text(old.Location), text(fresh.Location))
	v, why = coordinates(old.Coordinates, fresh.Coordinates)
	field("coordinates", coordinatesText(old.Coordinates), coordinatesText(fresh.Coordinates), v, why)
	was, wasListed := people(old)
	is, isListed := people(fresh)
	if before, after := strings.Join(was, ", "), strings.Join(is, ", "); before != after {
		field("attendees", before, after, changed, "")
	} else if wasListed != isListed {
		field("attendees", listed(old, wasListed), listed(fresh, isListed), cosmetic, "only one side lists the organizer among the attendees")
	}
	alike("show_as", string(old.ShowAs), string(fresh.ShowAs), string(showAs(old.ShowAs)), string(showAs(fresh.ShowAs)))
	yes("private", old.Private, fresh.Private)
	yes("cancelled", old.Cancelled, fresh.Cancelled)
	alike("response", string(old.Response), string(fresh.Response), string(own(old)), string(own(fresh)))
	return fields
}

func kindText(e providers.Event) string {
	if e.Stub {
		return string(e.Type) + ", without the details of its series"
	}
	return string(e.Type)
}

func listed(e providers.Event, yes bool) string {
	if yes {
		return string(e.Organizer)
	}
	return ""
}

func timeZones(old, fresh string) (verdict, string) {
	a, b := zone(old), zone(fresh)
	switch {
	case old == fresh:
		return equal, ""
	case a == "" || b == "":
		return cosmetic, "one side does not name the time zone, or has one of its own"
	case a == b:
		return cosmetic, "two names of one time zone"
	}
	return changed, ""
}

// subjects compares what the entries are called. A room's mailbox may put its
// organizer's name in the subject's place or before it, and which copy a service hands
// out is its own matter.
func subjects(old, fresh providers.Event) (verdict, string) {
	a, b := text(old.Subject), text(fresh.Subject)
	if a == b {
		return equal, ""
	}
	if old.IsOrganizer || fresh.IsOrganizer || old.Organizer == "" || !strings.EqualFold(string(old.Organizer), string(fresh.Organizer)) {
		return changed, ""
	}
	for _, name := range []string{text(old.OrganizerName), text(fresh.OrganizerName)} {
		if name == "" {
			continue
		}
		for _, two := range [][2]string{{a, b}, {b, a}} {
			if two[0] == name || two[0] == name+" "+two[1] {
				return cosmetic, "the room puts the organizer's name in place of the subject"
			}
		}
	}
	return changed, ""
}
