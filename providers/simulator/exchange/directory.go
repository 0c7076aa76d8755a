package exchange

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// maxResolutions is how many hits ResolveNames gives.
const maxResolutions = 100

// mailboxTypes in the schema's words.
func (p Principal) mailboxType() string {
	if p.Kind == RoomList {
		return "PublicDL"
	}
	return "Mailbox"
}

// address writes an EmailAddressType's content under a name.
func (w *writer) address(element, name, address, kind string) {
	w.start(element)
	w.some("t:Name", name)
	w.some("t:EmailAddress", address)
	w.leaf("t:RoutingType", "SMTP")
	w.some("t:MailboxType", kind)
	w.end()
}

// getRoomLists answers the organisation's room lists.
func (c *Call) getRoomLists(w *writer) *Error {
	w.start("m:GetRoomListsResponse", "ResponseClass", "Success")
	c.outcome(w, nil)
	w.start("m:RoomLists")
	for _, l := range c.listed() {
		w.address("t:Address", l.Name, l.Address, "PublicDL")
	}
	w.end()
	w.end()
	return nil
}

// maxRooms is believed to be how many rooms of a list are given.
const maxRooms = 100

func (c *Call) getRooms(w *writer) *Error {
	list := c.body.find("m:RoomList", "t:EmailAddress").value()
	rooms, ok := c.s.model.RoomsOf(list)
	var err *Error
	if !ok {
		err = fail("ErrorNameResolutionNoResults")
	}
	w.start("m:GetRoomsResponse", "ResponseClass", class(err))
	c.outcome(w, err)
	if err == nil {
		w.start("m:Rooms")
		for _, r := range rooms[:min(len(rooms), maxRooms)] {
			w.start("t:Room")
			w.address("t:Id", r.Name, r.Address, "Mailbox")
			w.end()
		}
		w.end()
	}
	w.end()
	return nil
}

// resolveNames answers ambiguous names from the address book.
func (c *Call) resolveNames(w *writer) *Error {
	entry := c.body.child("m:UnresolvedEntry").value()
	if scope := c.body.attribute("SearchScope"); scope == "Contacts" {
		return notModelled("contacts")
	}
	hits := c.resolve(entry)
	total := len(hits)
	hits = hits[:min(total, maxResolutions)]
	c.messages(w, "ResolveNames", func() {
		switch {
		case total == 0:
			c.message(w, "ResolveNames", fail("ErrorNameResolutionNoResults"), nil, nil)
			return
		case total > 1:
			// Several hits are a warning, with them.
			w.start("m:ResolveNamesResponseMessage", "ResponseClass", "Warning")
			c.outcome(w, fail("ErrorNameResolutionMultipleResults"))
		default:
			w.start("m:ResolveNamesResponseMessage", "ResponseClass", "Success")
			c.outcome(w, nil)
		}
		w.start("m:ResolutionSet", "TotalItemsInView", fmt.Sprint(len(hits)), "IncludesLastItemInRange", fmt.Sprint(total == len(hits)))
		full := c.body.attribute("ReturnFullContactData") == "true" || c.body.attribute("ReturnFullContactData") == "1"
		for _, p := range hits {
			w.start("t:Resolution")
			w.address("t:Mailbox", p.Name, p.Address, p.mailboxType())
			if full {
				w.contact(p, c.body.attribute("ContactDataShape") == "IdOnly")
			}
			w.end()
		}
		w.end()
		w.end()
	})
	return nil
}

// contact writes what the directory knows of a recipient.
func (w *writer) contact(p Principal, short bool) {
	w.start("t:Contact")
	if short {
		w.end()
		return
	}
	w.some("t:DisplayName", p.Name)
	w.some("t:GivenName", p.Given)
	w.start("t:EmailAddresses")
	w.leaf("t:Entry", "SMTP:"+p.Address, "Key", "EmailAddress1")
	w.end()
	if p.Phone != "" {
		w.start("t:PhoneNumbers")
		w.leaf("t:Entry", p.Phone, "Key", "BusinessPhone")
		w.end()
	}
	w.leaf("t:ContactSource", "ActiveDirectory")
	w.some("t:Department", p.Department)
	w.some("t:JobTitle", p.Title)
	w.some("t:OfficeLocation", p.Office)
	w.some("t:Surname", p.Surname)
	w.end()
}

// resolve finds recipients as Outlook's name check does: an exact address, else
// what a name, an alias or an address begins with.
func (c *Call) resolve(entry string) []Principal {
	book := c.s.model.AddressBook()
	if address, ok := strings.CutPrefix(strings.ToLower(entry), "smtp:"); ok {
		return slices.DeleteFunc(slices.Clone(book), func(p Principal) bool { return !strings.EqualFold(p.Address, strings.TrimSpace(address)) })
	}
	var exact, hits []Principal
	want := strings.ToLower(strings.TrimSpace(entry))
	for _, p := range book {
		alias, _, _ := strings.Cut(p.Address, "@")
		if strings.EqualFold(p.Address, want) || strings.EqualFold(p.Name, want) || strings.EqualFold(alias, want) {
			exact = append(exact, p)
		}
		if strings.HasPrefix(strings.ToLower(p.Name), want) || strings.HasPrefix(strings.ToLower(p.Surname), want) || strings.HasPrefix(strings.ToLower(p.Address), want) {
			hits = append(hits, p)
		}
	}
	if strings.Contains(want, "@") && len(exact) > 0 {
		return exact
	}
	return hits
}

// findPeople searches the directory.
func (c *Call) findPeople(w *writer) *Error {
	if c.version < exchange2013 {
		return fail("ErrorIncorrectSchemaVersion")
	}
	folder := c.body.find("m:ParentFolderId", "t:DistinguishedFolderId").attribute("Id")
	query := c.body.child("m:QueryString").value()
	view := c.body.child("m:IndexedPageItemView")
	switch {
	case folder != "directory":
		return notModelled("people of the folder " + folder)
	case query == "":
		return Refuse("ErrorInvalidArgument", "A query string is needed to search the directory.")
	case view == nil:
		return Refuse("ErrorInvalidArgument", "An IndexedPageItemView is needed.")
	}
	want := strings.ToLower(query)
	hits := slices.DeleteFunc(slices.Clone(c.s.model.AddressBook()), func(p Principal) bool {
		return !strings.Contains(strings.ToLower(p.Name), want) && !strings.Contains(strings.ToLower(p.Address), want)
	})
	total := len(hits)
	offset := min(max(number(view.attribute("Offset"), 0), 0), total)
	hits = hits[offset:]
	hits = hits[:min(len(hits), max(number(view.attribute("MaxEntriesReturned"), maxResolutions), 0))]
	w.start("m:FindPeopleResponse", "ResponseClass", "Success")
	c.outcome(w, nil)
	w.start("m:People")
	for _, p := range hits {
		kind := map[Kind]string{Person: "Person", Room: "Room", RoomList: "DistributionList"}[p.Kind]
		w.start("t:Persona")
		w.empty("t:PersonaId", "Id", base64.StdEncoding.EncodeToString([]byte("AAUQ"+p.ID)))
		w.leaf("t:PersonaType", kind)
		w.leaf("t:DisplayName", p.Name)
		w.some("t:GivenName", p.Given)
		w.some("t:Surname", p.Surname)
		w.address("t:EmailAddress", p.Name, p.Address, p.mailboxType())
		w.leaf("t:RelevanceScore", "2147483647")
		w.end()
	}
	w.end()
	w.leaf("m:TotalNumberOfPeopleInView", fmt.Sprint(total))
	w.leaf("m:FirstMatchingRowIndex", "0")
	w.leaf("m:FirstLoadedRowIndex", fmt.Sprint(offset))
	w.end()
	return nil
}

// expandDL answers the members of a room list.
func (c *Call) expandDL(w *writer) *Error {
	rooms, ok := c.s.model.RoomsOf(c.body.find("m:Mailbox", "t:EmailAddress").value())
	var err *Error
	if !ok {
		err = fail("ErrorNameResolutionNoResults")
	}
	c.messages(w, "ExpandDL", func() {
		c.message(w, "ExpandDL", err, func() {
			w.start("m:DLExpansion", "TotalItemsInView", fmt.Sprint(len(rooms)), "IncludesLastItemInRange", "true")
			for _, r := range rooms {
				w.address("t:Mailbox", r.Name, r.Address, "Mailbox")
			}
			w.end()
		}, nil)
	})
	return nil
}

// getDelegate lists who may act for a mailbox: only its owner may ask.
func (c *Call) getDelegate(*writer) *Error { return notModelled("the list of delegates") }
