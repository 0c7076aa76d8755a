package exchange

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// folderKind is one of the folders that every mailbox has.
type folderKind struct {
	id, class, element, name, parent string
}

// folderKinds are the distinguished folders that are modelled: the calendar with
// what is in it, the others as far as to say that they are there.
var folderKinds = []folderKind{
	{"root", "", "Folder", "Root", ""},
	{"msgfolderroot", "IPF.Note", "Folder", "Top of Information Store", "root"},
	{"calendar", "IPF.Appointment", "CalendarFolder", "Calendar", "msgfolderroot"},
	{"inbox", "IPF.Note", "Folder", "Inbox", "msgfolderroot"},
	{"deleteditems", "IPF.Note", "Folder", "Deleted Items", "msgfolderroot"},
	{"drafts", "IPF.Note", "Folder", "Drafts", "msgfolderroot"},
	{"outbox", "IPF.Note", "Folder", "Outbox", "msgfolderroot"},
	{"sentitems", "IPF.Note", "Folder", "Sent Items", "msgfolderroot"},
}

func kindOf(id string) (folderKind, bool) {
	for _, k := range folderKinds {
		if k.id == id {
			return k, true
		}
	}
	return folderKind{}, false
}

// folder is one of a mailbox.
type folder struct {
	box  Principal
	kind folderKind
}

// folderHead marks the ids of folders; items have ids of the model.
const folderHead = "\x00\x03\x24F"

// id is a folder's: it does not change when the folder moves.
func (s *Server) folderID(box Principal, kind string) string {
	return base64.StdEncoding.EncodeToString([]byte(folderHead + box.ID + "\x00" + kind + strings.Repeat("\x00", 16-len(kind))))
}

// folderOf reads a folder's id.
func (c *Call) folderOf(id string) (Principal, folderKind, bool) {
	raw, err := base64.StdEncoding.DecodeString(id)
	rest, ok := strings.CutPrefix(string(raw), folderHead)
	if err != nil || !ok || len(rest) < 17 {
		return Principal{}, folderKind{}, false
	}
	box, found := c.find(rest[:len(rest)-17])
	kind, known := kindOf(strings.TrimRight(rest[len(rest)-16:], "\x00"))
	return box, kind, found && known
}

const folderKey = "AgAAABYAAABzaW11bGF0ZWQ="

// target finds the folder that an id names, and looks whether the caller sees it.
func (c *Call) target(n *node) (folder, *Error) {
	var f folder
	switch n.name {
	case "t:FolderId":
		box, kind, ok := c.folderOf(n.attribute("Id"))
		if !ok {
			if _, item := c.s.model.BoxOf(n.attribute("Id")); item {
				return f, fail("ErrorCannotUseItemIdForFolderId")
			}
			if n.attribute("Id") == "" {
				return f, fail("ErrorInvalidIdEmpty")
			}
			return f, fail("ErrorInvalidIdMalformed")
		}
		f = folder{box, kind}
	case "t:DistinguishedFolderId":
		kind, ok := kindOf(n.attribute("Id"))
		if !ok {
			return f, fail("ErrorFolderNotFound")
		}
		f.kind = kind
		if named := n.find("t:Mailbox", "t:EmailAddress").value(); named != "" {
			if f.box, ok = c.find(named); !ok {
				return f, fail("ErrorNonExistentMailbox")
			}
			break
		}
		if f.box, ok = c.self(); !ok {
			return f, fail("ErrorMissingEmailAddress")
		}
	default:
		return f, notModelled(n.local())
	}
	if err := c.reachable(f.box); err != nil {
		return f, err
	}
	if f.kind.id == "calendar" || c.wholeMailbox(f.box) {
		return f, nil
	}
	if self, ok := c.self(); ok && strings.EqualFold(self.Address, f.box.Address) {
		return f, fail("ErrorAccessDenied") // restricted while impersonated
	}
	return f, fail("ErrorItemNotFound") // a delegate does not even see it
}

// readable refuses a caller who may not read what is in a calendar.
func (c *Call) readable(f folder) (Role, *Error) {
	if f.kind.id != "calendar" {
		return None, notModelled("what is in the folder " + f.kind.name)
	}
	if c.isOwn(f.box) {
		return None, notModelled("what is in the service account's own calendar")
	}
	role := c.role(f.box)
	if !role.reads() {
		return role, fail("ErrorAccessDenied")
	}
	return role, nil
}

// folderShape is what a caller wants to know of folders.
type folderShape struct {
	all  bool
	want map[string]bool
}

func readFolderShape(n *node) (folderShape, *Error) {
	s := folderShape{want: map[string]bool{}}
	switch n.child("t:BaseShape").value() {
	case "AllProperties":
		s.all = true
	case "Default":
		for _, name := range []string{"folder:DisplayName", "folder:TotalCount", "folder:ChildFolderCount"} {
			s.want[name] = true
		}
	}
	for _, p := range n.child("t:AdditionalProperties").kids() {
		uri := p.attribute("FieldURI")
		if p.name != "t:FieldURI" {
			continue // extended properties: folders here have none
		}
		if !strings.HasPrefix(uri, "folder:") {
			return s, &Error{Code: "ErrorInvalidPropertyRequest", Message: "Property '" + uri + "' is not valid for this object type."}
		}
		s.want[uri] = true
	}
	return s, nil
}

func (s folderShape) has(name string) bool { return s.all || s.want["folder:"+name] }

// getFolder answers folders one by one.
func (c *Call) getFolder(w *writer) *Error {
	shape, err := readFolderShape(c.body.child("m:FolderShape"))
	if err != nil {
		return err
	}
	c.messages(w, "GetFolder", func() {
		for _, id := range c.body.child("m:FolderIds").kids() {
			f, err := c.target(id)
			if err == nil && f.kind.id == "calendar" && c.role(f.box) == None {
				err = fail("ErrorItemNotFound")
			}
			c.message(w, "GetFolder", err, func() {
				w.start("m:Folders")
				c.folder(w, f, shape)
				w.end()
			}, func() { w.empty("m:Folders") })
		}
	})
	return nil
}

// folder writes a folder in the schema's order.
func (c *Call) folder(w *writer, f folder, shape folderShape) {
	role := Owner
	if f.kind.id == "calendar" {
		role = c.role(f.box)
	}
	w.start("t:" + f.kind.element)
	w.empty("t:FolderId", "Id", c.s.folderID(f.box, f.kind.id), "ChangeKey", folderKey)
	if shape.has("ParentFolderId") && f.kind.parent != "" {
		w.empty("t:ParentFolderId", "Id", c.s.folderID(f.box, f.kind.parent), "ChangeKey", folderKey)
	}
	if shape.has("FolderClass") && f.kind.class != "" {
		w.leaf("t:FolderClass", f.kind.class)
	}
	if shape.has("DisplayName") {
		w.leaf("t:DisplayName", f.kind.name)
	}
	if shape.has("TotalCount") {
		w.leaf("t:TotalCount", fmt.Sprint(c.count(f, role)))
	}
	if shape.has("ChildFolderCount") {
		n := 0
		for _, k := range folderKinds {
			if k.parent == f.kind.id {
				n++
			}
		}
		w.leaf("t:ChildFolderCount", fmt.Sprint(n))
	}
	if shape.has("EffectiveRights") {
		w.rights(role, false)
	}
	if shape.want["folder:DistinguishedFolderId"] || shape.all && c.version >= exchange2013 {
		w.leaf("t:DistinguishedFolderId", f.kind.id)
	}
	switch {
	case f.kind.element == "CalendarFolder":
		if shape.has("SharingEffectiveRights") {
			w.leaf("t:SharingEffectiveRights", role.sharing())
		}
	case shape.has("UnreadCount"):
		w.leaf("t:UnreadCount", "0")
	}
	w.end()
}

// count is how many items a calendar has; what else there is in a mailbox is not
// modelled, and empty.
func (c *Call) count(f folder, role Role) int {
	if f.kind.id != "calendar" || !role.reads() {
		return 0
	}
	items, err := c.s.model.All(f.box.Address, role)
	if err != nil {
		return 0
	}
	return len(items)
}

// findFolder lists folders below others.
func (c *Call) findFolder(w *writer) *Error {
	shape, err := readFolderShape(c.body.child("m:FolderShape"))
	if err != nil {
		return err
	}
	if c.body.child("m:Restriction") != nil {
		return notModelled("restrictions on folders")
	}
	deep := c.body.attribute("Traversal") == "Deep"
	c.messages(w, "FindFolder", func() {
		for _, id := range c.body.child("m:ParentFolderIds").kids() {
			parent, err := c.target(id)
			var found []folder
			for _, k := range folderKinds {
				if err != nil || k.parent == "" || k.parent != parent.kind.id && !(deep && parent.kind.id == "root") {
					continue
				}
				found = append(found, folder{parent.box, k})
			}
			c.message(w, "FindFolder", err, func() {
				w.start("m:RootFolder", "TotalItemsInView", fmt.Sprint(len(found)), "IncludesLastItemInRange", "true", "IndexedPagingOffset", fmt.Sprint(len(found)))
				w.start("t:Folders")
				for _, f := range found {
					c.folder(w, f, shape)
				}
				w.end()
				w.end()
			}, nil)
		}
	})
	return nil
}
