package providers

import (
	"slices"
	"strings"
)

// SetupLevel is how much a person's own connection may do.
const SetupLevel SetupField = "access"

// Values of [SetupLevel].
const (
	SetupMayBook     = "full"
	SetupMayFreeBusy = "free-busy"
)

// levelInput is the choice of a smaller consent for one's own connection.
func levelInput() SetupInput {
	return SetupInput{Field: SetupLevel, Kind: SetupChoice, Label: "for what", Ask: "What shall it do?",
		Help:    "You consent to less where you only look when rooms and people are free: Calendars.ReadBasic in place of Calendars.ReadWrite. Connecting again changes it.",
		Choices: []SetupOption{{SetupMayBook, "see and book", "your calendar and those shared with you"}, {SetupMayFreeBusy, "free or busy only", "nothing is booked, no subject is read"}}}
}

// FreeBusyOnly reports whether a person consents to free/busy only.
func (s Setup) FreeBusyOnly() bool { return s.Individual() && s.Get(SetupLevel) == SetupMayFreeBusy }

// WillNotWork says what is left out with the permissions that are chosen; empty where
// nothing is.
func (s Setup) WillNotWork() []string {
	const (
		booking = "booking, changing and cancelling"
		details = "subjects, organizers and details of meetings"
	)
	if s.Exchange() {
		return nil // there is no choice of permissions
	}
	if s.Individual() {
		if s.FreeBusyOnly() {
			return []string{booking, details, "Teams meetings"}
		}
		return nil
	}
	on := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(s.Features, name) })
	}
	var out []string
	for _, row := range []struct {
		works bool
		what  string
	}{
		{on("rooms"), "the list of rooms: each mailbox has to be named"},
		{on("free-busy", "calendars", "booking"), "when rooms and people are free"},
		{on("calendars", "booking"), details},
		{on("booking"), booking},
		{on("people"), "finding people by name, and their licences"},
		{on("domains"), "the tenant's name and its verified domains, by which you see that it is the right one"},
	} {
		if !row.works {
			out = append(out, row.what)
		}
	}
	return out
}

// ScopeChanges says which permissions come and go between two consents: "+A -B"; "" where
// they are the same.
func ScopeChanges(before, now []string) string {
	var out []string
	for _, name := range now {
		if !slices.Contains(before, name) {
			out = append(out, "+"+name)
		}
	}
	for _, name := range before {
		if !slices.Contains(now, name) {
			out = append(out, "-"+name)
		}
	}
	return strings.Join(out, " ")
}
