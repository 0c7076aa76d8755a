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
	SetupMayRead     = "read-only"
	SetupMayFreeBusy = "free-busy"
)

// levelInput is the choice of a smaller consent for one's own connection.
func levelInput() SetupInput {
	return SetupInput{Field: SetupLevel, Kind: SetupChoice, Label: "for what", Ask: "What shall it do?",
		Help:    "You consent to less where you only look: Calendars.Read in place of Calendars.ReadWrite, or Calendars.ReadBasic where you only look when rooms and people are free. roomdesk sign-in --access changes it later.",
		Choices: []SetupOption{{SetupMayBook, "see and book", "your calendar and those shared with you"}, {SetupMayRead, "see only", "meetings are read, nothing is booked"}, {SetupMayFreeBusy, "free or busy only", "nothing is booked, no subject is read"}}}
}

// PersonLevel is the level of access to which a person consents.
func (s Setup) PersonLevel() AccessLevel {
	switch s.Get(SetupLevel) {
	case SetupMayRead:
		return ReadOnlyAccess
	case SetupMayFreeBusy:
		return FreeBusyAccess
	}
	return FullAccess
}

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
		switch s.PersonLevel() {
		case FreeBusyAccess:
			return []string{booking, details, "Teams meetings"}
		case ReadOnlyAccess:
			return []string{booking, "Teams meetings"}
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
