package ews

import (
	"context"

	"roomdesk/providers"
)

const (
	// resolveCap is how many matches of a name Exchange tells.
	resolveCap = 100
	// maxPrefixes bounds the questions of one listing.
	maxPrefixes = 4000
	maxPrefix   = 6 // letters
)

const (
	firstLetters = "abcdefghijklmnopqrstuvwxyz0123456789"
	moreLetters  = firstLetters + ".-_ '"
)

// People lists the people of the address list. Exchange has no list of everybody: names
// are resolved by their first letters, and by more letters where there are too many.
// Every mailbox has an alias of Latin letters and digits, which is one of the names that
// are compared.
func (p *Provider) People(ctx context.Context, page func([]providers.Person) error) (providers.Listing, error) {
	listing := providers.Listing{Reported: -1, Complete: true}
	rooms, err := p.knownRooms(ctx)
	if err != nil {
		listing.Complete = false
		return listing, err
	}
	seen := map[providers.Address]bool{}
	var prefixes []string
	for i := range len(firstLetters) {
		prefixes = append(prefixes, firstLetters[i:i+1])
	}
	for asked := 0; len(prefixes) > 0; asked++ {
		if asked == maxPrefixes {
			listing.Complete = false
			listing.Warning = providers.Outside("the address list is too long to be listed by the first letters of names")
			return listing, nil
		}
		prefix := prefixes[0]
		prefixes = prefixes[1:]
		people, more, err := p.resolve(ctx, prefix)
		if err != nil {
			listing.Complete = false
			return listing, err
		}
		var fresh []providers.Person
		for _, person := range people {
			if person.Mailbox == "" {
				listing.Unusable++
			} else if !seen[person.Mailbox] && !rooms[person.Mailbox] {
				seen[person.Mailbox] = true
				fresh = append(fresh, person)
			}
		}
		if len(fresh) > 0 {
			if err := page(fresh); err != nil {
				listing.Complete = false
				return listing, err
			}
			listing.Count += len(fresh)
		}
		switch {
		case more && len(prefix) < maxPrefix:
			for i := range len(moreLetters) {
				prefixes = append(prefixes, prefix+moreLetters[i:i+1])
			}
		case more:
			listing.Complete = false
			listing.Warning = providers.Outside("more than 100 people share the first letters " + prefix)
		}
	}
	return listing, nil
}

// FindPeople finds people by the beginning of a name, an alias or an address.
func (p *Provider) FindPeople(ctx context.Context, query string) ([]providers.Person, error) {
	people, _, err := p.resolve(ctx, query)
	if err != nil {
		return nil, err
	}
	rooms, err := p.knownRooms(ctx)
	if err != nil {
		return nil, err
	}
	out := people[:0]
	for _, person := range people {
		if person.Mailbox != "" && !rooms[person.Mailbox] {
			out = append(out, person)
		}
	}
	return out, nil
}

// resolve asks for the mailboxes that match a name; more says that there are others.
func (p *Provider) resolve(ctx context.Context, entry string) (people []providers.Person, more bool, err error) {
	c := call{op: "reading people", operation: "ResolveNames", want: []string{"ResolveNamesResponseMessage"}, body: func(w *writer, _ manner) {
		w.open("m:ResolveNames", "ReturnFullContactData", "true", "SearchScope", "ActiveDirectory", "ContactDataShape", "AllProperties")
		w.text("m:UnresolvedEntry", entry)
		w.close("m:ResolveNames")
	}}
	parts, err := p.on(ctx, c)
	if err != nil {
		return nil, false, err
	}
	if failure := messageError(parts[0]); failure != nil {
		if failure.Code == "ErrorNameResolutionNoResults" {
			return nil, false, nil
		}
		return nil, false, c.failed(failure)
	}
	set := parts[0].at("ResolutionSet")
	if set == nil {
		return nil, false, c.failed(&providers.Error{Class: providers.Foreign, Status: 200, Message: providers.Outside("the answer does not say whether anybody was found")})
	}
	resolutions := set.all("Resolution")
	for _, n := range resolutions {
		if kind := n.value("Mailbox", "MailboxType"); kind != "Mailbox" && kind != "" {
			continue // lists, public folders, contacts outside
		}
		person := providers.Person{
			Name: providers.Outside(n.value("Mailbox", "Name")), JobTitle: providers.Outside(n.value("Contact", "JobTitle")),
			Department: providers.Outside(n.value("Contact", "Department")), Office: providers.Outside(n.value("Contact", "OfficeLocation")), Enabled: true,
		}
		person.Mailbox, _ = providers.ParseAddress(n.value("Mailbox", "EmailAddress"))
		if person.Name.Empty() {
			person.Name = providers.Outside(n.value("Contact", "DisplayName"))
		}
		if person.ID = n.value("Contact", "DirectoryId"); person.ID == "" {
			person.ID = string(person.Mailbox) // the only name that Exchange always tells
		}
		people = append(people, person)
	}
	return people, set.attr("IncludesLastItemInRange") == "false" || len(resolutions) >= resolveCap, nil
}
