package migration

import (
	"strings"

	"roomdesk/providers"
)

// traits compares what may be done in a mailbox's calendars. A calendar that the new side
// has as read-only, holidays for example, and that the old one let anybody write or did
// not tell apart, is a capability that changes, and no change of the calendar; the
// mailbox's own calendar is another matter.
func traits(mailbox providers.Address, old, fresh []providers.Calendar) (entries []providers.ParityEntry, was []string) {
	find := func(all []providers.Calendar, like providers.Calendar) (providers.Calendar, bool) {
		for _, c := range all {
			if c.Default == like.Default && (c.Default || strings.EqualFold(text(c.Name), text(like.Name))) {
				return c, true
			}
		}
		return providers.Calendar{}, false
	}
	for _, c := range fresh {
		before, known := find(old, c)
		if !c.ReadOnly || known && before.ReadOnly {
			continue
		}
		e := providers.ParityEntry{Mailbox: mailbox, Subject: c.Name, Fields: []providers.ParityField{{
			Field: "can_edit", Before: providers.Outside("true"), After: providers.Outside("false"),
		}}}
		if c.Default {
			e.Kind = providers.ParityDifferent
			entries = append(entries, e)
			continue
		}
		e.Kind = providers.ParityCosmetic
		e.Fields[0].Cosmetic, e.Fields[0].Why = true, "the calendar is read-only on the new side: it was writable under EWS"
		was = append(was, "calendar "+quoted(c.Name)+" was writable under EWS")
		entries = append(entries, e)
	}
	return entries, was
}

func quoted(name providers.Untrusted) string {
	if name.Empty() {
		return "without a name"
	}
	return "“" + name.String() + "”"
}
