package migration

import (
	"strings"

	"roomdesk/providers"
)

// globalHead begins the UID of an entry that Exchange or Outlook made: a fixed class id,
// written as hexadecimal digits (MS-OXOCAL, PidLidGlobalObjectId). The eight digits that
// follow are the date of one changed occurrence, zero for the series: some services give
// a date's own, some the series'.
const globalHead = "040000008200E00074C5B7101A82E008"

const dateDigits = 8

// seriesUID is the UID that all dates of a series share.
func seriesUID(uid string) string {
	uid = strings.TrimSpace(uid)
	if len(uid) < len(globalHead)+dateDigits || !strings.EqualFold(uid[:len(globalHead)], globalHead) {
		return uid
	}
	return strings.ToUpper(globalHead + "00000000" + uid[len(globalHead)+dateDigits:])
}

// key pairs the copies of an entry of a mailbox that two services name differently.
type key struct {
	uid   string
	start int64 // Unix seconds; of a date that was moved, where the series has it
}

// keyOf is where an entry is looked for on the other side. ok is false where it has no
// UID.
func keyOf(e providers.Event) (k key, ok bool) {
	start := e.Start
	if !e.OriginalStart.IsZero() && (e.Type == providers.Exception || e.Type == providers.Occurrence) {
		start = e.OriginalStart
	}
	k = key{seriesUID(e.ICalUID), start.Unix()}
	return k, k.uid != ""
}

// body is what an entry without a UID is paired by.
type body struct {
	start, end int64
	organizer  providers.Address
}

func bodyOf(e providers.Event) body {
	return body{e.Start.Unix(), e.End.Unix(), e.Organizer}
}

// within reports whether an entry belongs to what is compared: series masters are only
// patterns, and services differ in what they give beyond the window.
func within(e providers.Event, window providers.Interval) bool {
	if e.Type == providers.SeriesMaster {
		return false
	}
	if e.Start.Equal(e.End) {
		return !e.Start.Before(window.Start) && e.Start.Before(window.End)
	}
	return e.Start.Before(window.End) && e.End.After(window.Start)
}

// whole gives each date that came without details those of its series. A date whose
// series is not there keeps its mark.
func whole(events []providers.Event) []providers.Event {
	masters := map[string]providers.Event{}
	for _, e := range events {
		if e.Type == providers.SeriesMaster {
			masters[e.ID] = e
		}
	}
	out := make([]providers.Event, len(events))
	for n, e := range events {
		if master, ok := masters[e.SeriesMasterID]; ok && e.Stub {
			e = providers.Inherit(e, master)
		}
		out[n] = e
	}
	return out
}
