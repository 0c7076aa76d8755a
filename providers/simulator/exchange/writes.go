package exchange

import (
	"strings"
	"time"
)

// createItem books meetings, and answers and cancels them: those are created too.
func (c *Call) createItem(w *writer) *Error {
	list := c.body.child("m:Items").kids()
	var box folder
	var err *Error
	if saved := onlyChild(c.body.child("m:SavedItemFolderId")); saved != nil {
		box, err = c.target(saved)
	} else if self, ok := c.self(); ok {
		box = folder{box: self, kind: folderKind{id: "calendar"}}
		err = c.reachable(self)
	} else {
		err = fail("ErrorMissingEmailAddress")
	}
	if err == nil && c.isOwn(box.box) {
		err = notModelled("meetings in the service account's own calendar")
	}
	c.messages(w, "CreateItem", func() {
		for _, n := range list {
			var made *Item
			failed := err
			switch n.local() {
			case "CalendarItem":
				if failed == nil {
					made, failed = c.book(n, box)
				}
			case "AcceptItem", "DeclineItem", "TentativelyAcceptItem":
				made, failed = c.respond(n)
			case "CancelCalendarItem":
				made, failed = c.cancel(n)
			default:
				failed = notModelled(n.local())
			}
			c.created(w, made, failed)
		}
	})
	return nil
}

func (c *Call) created(w *writer, made *Item, err *Error) {
	c.message(w, "CreateItem", err, func() {
		w.start("m:Items")
		if made != nil {
			w.start("t:CalendarItem")
			w.empty("t:ItemId", "Id", made.ID, "ChangeKey", made.ChangeKey)
			w.end()
		}
		w.end()
	}, func() { w.empty("m:Items") })
}

// concerns names the item concerned in the ledger.
func (c *Call) concerns(effect string, i Item) {
	c.Effect, c.Event = effect, i.GlobalID
}

// audience reads who shall hear of a write.
func audience(word string) (tell Tell) {
	switch {
	case strings.HasPrefix(word, "SendOnlyToAll"), strings.HasPrefix(word, "SendToAll"):
		return TellAll
	case strings.HasPrefix(word, "SendOnlyToChanged"), strings.HasPrefix(word, "SendToChanged"):
		return TellChanged
	}
	return TellNobody
}

// book makes a new item.
func (c *Call) book(n *node, f folder) (*Item, *Error) {
	send := c.body.attribute("SendMeetingInvitations")
	switch {
	case send == "":
		return nil, fail("ErrorSendMeetingInvitationsRequired")
	case f.kind.id != "calendar":
		return nil, &Error{Code: "ErrorInvalidFolderTypeForOperation", Message: "The folder is no calendar."}
	case !c.role(f.box).writes():
		return nil, fail("ErrorCreateItemAccessDenied")
	}
	g := &drafting{c: c}
	for _, part := range n.children {
		if err := g.set(part); err != nil {
			return nil, err
		}
	}
	if err := g.finish(); err != nil {
		return nil, err
	}
	now := c.s.model.Now()
	if g.d.Start == nil { // the next half hour
		at := now.Truncate(30 * time.Minute).Add(30 * time.Minute)
		g.d.Start = &at
	}
	if g.d.End == nil {
		at := g.d.Start.Add(30 * time.Minute)
		g.d.End = &at
	}
	if g.d.End.Before(*g.d.Start) {
		return nil, fail("ErrorCalendarEndDateIsEarlierThanStartDate")
	}
	item, err := c.s.model.Create(f.box.Address, g.d, audience(send))
	if err != nil {
		return nil, asError(err)
	}
	c.concerns("created event", item)
	return &item, nil
}

// reference finds what a response object is about.
func (c *Call) reference(n *node) (id, key string, role Role, err *Error) {
	ref := n.child("t:ReferenceItemId")
	id, key = ref.attribute("Id"), ref.attribute("ChangeKey")
	role, err = c.mayOpen(id)
	if err == nil && !role.writes() {
		err = fail("ErrorAccessDenied")
	}
	return id, key, role, err
}

// respond answers a meeting.
func (c *Call) respond(n *node) (*Item, *Error) {
	id, key, _, err := c.reference(n)
	if err != nil {
		return nil, err
	}
	if n.child("t:ProposedStart") != nil {
		return nil, notModelled("proposing another time")
	}
	answer := map[string]string{"AcceptItem": "Accept", "DeclineItem": "Decline", "TentativelyAcceptItem": "Tentative"}[n.local()]
	tell := TellAll
	switch c.body.attribute("MessageDisposition") {
	case "":
		return nil, &Error{Code: "ErrorMessageDispositionRequired", Message: "Message disposition is required for responses."}
	case "SaveOnly": // kept as a draft that nobody sends
		tell = TellNobody
	}
	item, failed := c.s.model.Respond(id, key, answer, tell)
	if failed != nil {
		return nil, asError(failed)
	}
	c.concerns("answered "+strings.ToLower(answer), item)
	return &item, nil
}

// cancel calls a meeting off with a text.
func (c *Call) cancel(n *node) (*Item, *Error) {
	id, key, role, err := c.reference(n)
	if err != nil {
		return nil, err
	}
	item, failed := c.s.model.Item(id, role)
	switch {
	case failed != nil:
		return nil, asError(failed)
	case item.Answer != "Organizer":
		return nil, fail("ErrorCalendarIsNotOrganizer")
	case key == "":
		return nil, fail("ErrorChangeKeyRequired")
	}
	if item, failed = c.s.model.Remove(id, key, TellAll); failed != nil {
		return nil, asError(failed)
	}
	c.concerns("cancelled event", item)
	return &item, nil
}

// updateItem changes items, each with its own outcome.
func (c *Call) updateItem(w *writer) *Error {
	c.messages(w, "UpdateItem", func() {
		for _, change := range c.body.child("m:ItemChanges").kids() {
			item, err := c.updateOne(change)
			c.message(w, "UpdateItem", err, func() {
				w.start("m:Items")
				w.start("t:CalendarItem")
				w.empty("t:ItemId", "Id", item.ID, "ChangeKey", item.ChangeKey)
				w.end()
				w.end()
				w.start("m:ConflictResults")
				w.leaf("t:Count", "0")
				w.end()
			}, func() { w.empty("m:Items") })
		}
	})
	return nil
}

func (c *Call) updateOne(n *node) (Item, *Error) {
	if len(n.children) == 0 {
		return Item{}, fail("ErrorInvalidRequest")
	}
	ref := n.children[0]
	have, role, err := c.lookItem(ref)
	switch {
	case err != nil:
		return have, err
	case !role.writes():
		return have, fail("ErrorAccessDenied")
	case c.body.attribute("SendMeetingInvitationsOrCancellations") == "":
		return have, fail("ErrorSendMeetingInvitationsOrCancellationsRequired")
	}
	key := ref.attribute("ChangeKey")
	switch c.body.attribute("ConflictResolution") {
	case "AlwaysOverwrite":
		key = ""
	case "NeverOverwrite":
		if key == "" && ref.name == "t:ItemId" {
			return have, fail("ErrorChangeKeyRequiredForWriteOperations")
		}
	default: // AutoResolve merges what does not clash; here it takes the newer state
		key = ""
	}
	g := &drafting{c: c}
	for _, change := range n.child("t:Updates").kids() {
		if err := g.change(change, have); err != nil {
			return have, err
		}
	}
	if g.start != nil && g.d.StartZone == nil && c.context == nil {
		g.d.StartZone = &have.StartZone
	}
	if g.end != nil && g.d.EndZone == nil && c.context == nil {
		g.d.EndZone = &have.EndZone
	}
	if err := g.finish(); err != nil {
		return have, err
	}
	item, failed := c.s.model.Update(have.ID, key, g.d, audience(c.body.attribute("SendMeetingInvitationsOrCancellations")))
	if failed != nil {
		return have, asError(failed)
	}
	c.concerns("changed event", item)
	return item, nil
}

// deleteItem takes items away; meetings of one's own are called off where that is
// asked for.
func (c *Call) deleteItem(w *writer) *Error {
	c.messages(w, "DeleteItem", func() {
		for _, id := range c.body.child("m:ItemIds").kids() {
			c.message(w, "DeleteItem", c.deleteOne(id), nil, nil)
		}
	})
	return nil
}

func (c *Call) deleteOne(id *node) *Error {
	have, role, err := c.lookItem(id)
	send := c.body.attribute("SendMeetingCancellations")
	switch {
	case err != nil:
		return err
	case !role.writes():
		return fail("ErrorAccessDenied")
	case send == "":
		return fail("ErrorSendMeetingCancellationsRequired")
	case id.name == "t:RecurringMasterItemId":
		return notModelled("deleting a series by one of its dates")
	}
	// A deletion takes whatever state the item has: a change key is not compared.
	item, failed := c.s.model.Remove(have.ID, "", audience(send))
	if failed != nil {
		return asError(failed)
	}
	effect := "deleted copy"
	if have.Answer == "Organizer" {
		effect = "cancelled event"
	}
	c.concerns(effect, item)
	return nil
}
