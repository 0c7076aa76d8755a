package simulator

import "net/http"

// mailFolderProperties are the names that $select may use for a mail folder.
var mailFolderProperties = []string{"id", "childFolderCount", "displayName", "isHidden", "parentFolderId", "totalItemCount", "unreadItemCount"}

// The least privileged permission for mail: it shows folders, and messages without
// their bodies.
const basicMail = "Mail.ReadBasic"

// mailFolderNumber marks ids of mail folders, beyond those of calendars.
const mailFolderNumber = calendarNumber + maxCalendars + 1

// mailFolders answers the inbox by its well-known name or its id, always empty: the
// tenant has no mail. It is there because an application that must not see mail has
// to be refused here, and one that may is not. Messages, lists of folders and writing
// are not modelled, and say so, to those who may.
func (c *call) mailFolders() answer {
	id := string(c.mailbox.appendID(nil, itemID{num: mailFolderNumber}, false))
	switch {
	case c.name(2) != "mailfolders" || c.depth() != 4 || c.method != http.MethodGet:
		return c.fail(http.StatusNotImplemented, "NotImplemented", "The simulated tenant does not model mail, but for the inbox folder itself.")
	case c.name(3) != "inbox" && c.segments[3] != id:
		return c.itemNotFound()
	}
	if p := c.options("$select"); p != nil {
		return c.refuse(p)
	}
	pick, p := c.selected("microsoft.graph.mailFolder", mailFolderProperties)
	if p != nil {
		return c.refuse(p)
	}
	e := c.encoder(c.mailbox, pick)
	e.open()
	e.string("@odata.context", c.context("users('"+c.mailKey+"')/mailFolders/$entity"))
	e.string("id", id)
	if e.wants("displayName") {
		e.string("displayName", "Inbox")
	}
	if e.wants("parentFolderId") {
		e.string("parentFolderId", string(c.mailbox.appendID(nil, itemID{num: mailFolderNumber + 1}, false)))
	}
	for _, name := range []string{"childFolderCount", "unreadItemCount", "totalItemCount"} {
		if e.wants(name) {
			e.int(name, 0)
		}
	}
	e.flag("isHidden", false)
	e.close()
	return c.ok(e.writer)
}
