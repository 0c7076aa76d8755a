package migration

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"roomdesk/providers"
	"roomdesk/providers/zones"
)

// The normalised record of an entry: what both services say of it in one way, whatever
// way each has. What a service says of its own bookkeeping is no part of it: id, ETag,
// when it was changed last, the stamp of whoever made it, whether it has an online
// meeting, of which Graph knows more than Exchange.

// text is a text without what services add or lose around it.
func text(u providers.Untrusted) string {
	return strings.Join(strings.Fields(norm.NFC.String(strings.ToValidUTF8(u.Raw(), "\uFFFD"))), " ")
}

// zone is one name for a time zone, whichever of its names a service uses; "" where it
// is not named, or customised.
func zone(name string) string {
	name = strings.TrimSpace(name)
	iana := zones.IANAZone(name)
	if iana == "" {
		return ""
	}
	if windows := zones.WindowsZone(iana); windows != "UTC" {
		return zones.IANAZone(windows)
	}
	return "UTC"
}

func showAs(s providers.ShowAs) providers.ShowAs {
	if s == "" || strings.EqualFold(string(s), "noData") {
		return providers.ShowUnknown
	}
	return s
}

// answer is an attendee's answer. Exchange's "unknown" and "no response received" are
// Graph's "none" and "not responded", which both mean that there is none yet.
func answer(r providers.Response) providers.Response {
	switch r {
	case "", providers.ResponsePending:
		return providers.ResponseNone
	case providers.ResponseNone, providers.ResponseOrganizer, providers.ResponseTentative, providers.ResponseAccepted, providers.ResponseDeclined:
	}
	return r
}

// own is this mailbox's answer: an organizer has none, whatever a service calls that.
func own(e providers.Event) providers.Response {
	if r := answer(e.Response); r != providers.ResponseOrganizer && !(e.IsOrganizer && r == providers.ResponseNone) {
		return r
	}
	return providers.ResponseOrganizer
}

// when is a time as it is compared: an all-day entry's as a date, and no service is
// exact beyond the second.
func when(t time.Time, allDay bool) string {
	if allDay {
		return t.UTC().Format(time.DateOnly)
	}
	return t.UTC().Truncate(time.Second).Format(time.RFC3339)
}

func attendeeName(a providers.Attendee) string {
	if a.Mailbox != "" {
		return strings.ToLower(string(a.Mailbox))
	}
	return strings.ToLower(text(a.Text))
}

// people lists attendees by address, with role and answer, without the organizer, whom
// only some services list too.
func people(e providers.Event) (all []string, organizerListed bool) {
	for _, a := range e.Attendees {
		name := attendeeName(a)
		if name != "" && name == strings.ToLower(string(e.Organizer)) {
			organizerListed = true
			continue
		}
		role := a.Type
		if role == "" {
			role = providers.Required
		}
		all = append(all, name+" "+string(role)+" "+string(answer(a.Response)))
	}
	slices.Sort(all)
	return slices.Compact(all), organizerListed
}

// record is the normalised entry as one text, without coordinates: of those no rounding
// is the same for all that are a metre apart.
func record(e providers.Event) string {
	k, _ := keyOf(e)
	attendees, _ := people(e)
	return fmt.Sprintf("%q %d %s %s %t %q %q %q %q %q %q %t %t %s", k.uid, k.start, when(e.Start, e.AllDay), when(e.End, e.AllDay), e.AllDay, zone(e.Zone),
		text(e.Subject), strings.ToLower(string(e.Organizer)), text(e.Location), attendees, showAs(e.ShowAs), e.Private, e.Cancelled, own(e))
}

// ContentHash is the same for the same normalised records in any order. Dates without
// details have those of their series.
func ContentHash(events []providers.Event) string {
	var records []string
	for _, e := range whole(events) {
		if e.Type != providers.SeriesMaster {
			records = append(records, record(e))
		}
	}
	slices.Sort(records)
	sum := sha256.Sum256([]byte(strings.Join(records, "\n")))
	return hex.EncodeToString(sum[:])
}
