package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// DiffTruth says in what b differs from a, one line for each difference, by mailbox
// and start; none where both hold the same. Entries are one another's by iCalUId
// and, where several share one, by start. Ids are compared only where both have them.
func DiffTruth(a, b Truth) []string {
	var out []string
	boxes := map[string][2]*TruthMailbox{}
	for n, side := range []Truth{a, b} {
		for i := range side.Mailboxes {
			pair := boxes[side.Mailboxes[i].Mailbox]
			pair[n] = &side.Mailboxes[i]
			boxes[side.Mailboxes[i].Mailbox] = pair
		}
	}
	for _, address := range slices.Sorted(maps.Keys(boxes)) {
		switch pair := boxes[address]; {
		case pair[0] == nil:
			out = append(out, address+": only in the second")
		case pair[1] == nil:
			out = append(out, address+": only in the first")
		default:
			out = append(out, diffMailbox(pair[0], pair[1])...)
		}
	}
	return out
}

func diffMailbox(a, b *TruthMailbox) (out []string) {
	say := func(format string, args ...any) { out = append(out, a.Mailbox+": "+fmt.Sprintf(format, args...)) }
	if a.Name != b.Name || a.Room != b.Room {
		say("named %q and %q", a.Name, b.Name)
	}
	if pa, pb := asJSON(a.Policy), asJSON(b.Policy); pa != pb {
		say("policy %s and %s", pa, pb)
	}
	others := map[string][]TruthEvent{}
	for _, e := range b.Events {
		others[e.ICalUID] = append(others[e.ICalUID], e)
	}
	for _, e := range a.Events {
		list := others[e.ICalUID]
		if len(list) == 0 {
			say("%s is missing in the second", e.line())
			continue
		}
		at := max(slices.IndexFunc(list, func(o TruthEvent) bool { return o.Start == e.Start }), 0)
		other := list[at]
		others[e.ICalUID] = slices.Delete(slices.Clone(list), at, at+1)
		for _, difference := range diffEvent(e, other) {
			say("%s: %s", e.line(), difference)
		}
	}
	for _, e := range b.Events { // in their order
		if slices.ContainsFunc(others[e.ICalUID], func(o TruthEvent) bool { return o.Start == e.Start }) {
			say("%s is missing in the first", e.line())
		}
	}
	return out
}

func (e TruthEvent) line() string {
	return fmt.Sprintf("%s %q by %s", strings.TrimSuffix(e.Start, "Z"), e.Subject, e.Organizer)
}

// diffEvent compares property by property, and attendees one by one.
func diffEvent(a, b TruthEvent) (out []string) {
	fields := func(e TruthEvent) (m map[string]any) {
		e.Attendees = nil
		if json.Unmarshal([]byte(asJSON(e)), &m) != nil {
			return nil
		}
		return m
	}
	left, right := fields(a), fields(b)
	for _, name := range slices.Sorted(maps.Keys(left)) {
		other, has := right[name]
		if !has && slices.Contains([]string{"id", "immutable_id", "change_key", "etag"}, name) {
			continue
		}
		if fmt.Sprint(left[name]) != fmt.Sprint(other) {
			out = append(out, fmt.Sprintf("%s is %v and %v", name, left[name], other))
		}
	}
	if b.TransactionID != "" && a.TransactionID == "" {
		out = append(out, "transaction_id is nothing and "+b.TransactionID)
	}
	people := map[string][2]string{}
	for n, e := range []TruthEvent{a, b} {
		for _, p := range e.Attendees {
			pair := people[p.Mailbox]
			pair[n] = strings.TrimSpace(p.Type + " " + p.Response + " " + p.Reason)
			people[p.Mailbox] = pair
		}
	}
	for _, who := range slices.Sorted(maps.Keys(people)) {
		if pair := people[who]; pair[0] != pair[1] {
			out = append(out, fmt.Sprintf("attendee %s is %q and %q", who, pair[0], pair[1]))
		}
	}
	return out
}

func asJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
