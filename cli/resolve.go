package cli

import (
	"context"
	"fmt"
	"strings"

	"roomdesk/providers"
)

// candidate is a mailbox that a person may name.
type candidate struct {
	mailbox providers.Address
	name    string // safe to show
}

// maxCandidates is how many are listed where a name is not unique.
const maxCandidates = 8

// mailbox reads M of the command line: an address, or the name or local part of
// a room, and with people also of a person.
func (s *session) mailbox(ctx context.Context, text string, withPeople bool) (providers.Address, error) {
	if strings.Contains(text, "@") {
		address, ok := providers.ParseAddress(text)
		if !ok {
			return "", usage("write it as name@domain", "%q is no mailbox address", providers.Sanitise(text))
		}
		return address, nil
	}
	rooms, _, err := s.rooms(ctx)
	if err != nil && !isStale(err) {
		return "", err
	}
	candidates := make([]candidate, 0, len(rooms))
	for _, room := range rooms {
		candidates = append(candidates, candidate{room.Mailbox, room.Title()})
	}
	what, list := "room", "roomdesk rooms"
	if withPeople {
		people, _, err := s.people(ctx)
		if err != nil && !isStale(err) {
			return "", err
		}
		for _, person := range people {
			candidates = append(candidates, candidate{person.Mailbox, person.Title()})
		}
		what, list = "room or person", "roomdesk rooms and roomdesk people"
	}
	return choose(candidates, text, what, list)
}

// mailboxes reads several M.
func (s *session) mailboxes(ctx context.Context, texts []string) ([]providers.Address, error) {
	var all []providers.Address
	seen := map[providers.Address]bool{}
	for _, text := range texts {
		address, err := s.mailbox(ctx, text, true)
		if err != nil {
			return nil, err
		}
		if !seen[address] {
			seen[address] = true
			all = append(all, address)
		}
	}
	return all, nil
}

// choose finds the one candidate that text names: by whole name or local part,
// else by the beginning of a word of its name.
func choose(candidates []candidate, text, what, list string) (providers.Address, error) {
	wanted := strings.ToLower(strings.Join(strings.Fields(text), " "))
	if wanted == "" {
		return "", usage("see "+list, "the name of a %s is empty", what)
	}
	var exact, begins []candidate
	for _, c := range candidates {
		name := strings.ToLower(c.name)
		switch {
		case name == wanted || c.mailbox.Local() == wanted:
			exact = append(exact, c)
		case strings.HasPrefix(name, wanted), strings.Contains(name, " "+wanted), strings.HasPrefix(c.mailbox.Local(), wanted):
			begins = append(begins, c)
		}
	}
	found := exact
	if len(found) == 0 {
		found = begins
	}
	switch len(found) {
	case 1:
		return found[0].mailbox, nil
	case 0:
		return "", usage("see "+list, "there is no %s %q", what, providers.Sanitise(text))
	}
	var names []string
	for i, c := range found {
		if i == maxCandidates {
			names = append(names, fmt.Sprintf("and %d more", len(found)-maxCandidates))
			break
		}
		names = append(names, fmt.Sprintf("%s (%s)", c.name, c.mailbox))
	}
	return "", usage("name one of them by its address: "+strings.Join(names, ", "), "%q is not unique: %d fit", providers.Sanitise(text), len(found))
}
