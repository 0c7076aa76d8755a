package simulator

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"
)

// defaultUsers and maxUsers are the page sizes of /users.
const (
	defaultUsers = 100
	maxUsers     = 999
)

// eventual reports whether the caller accepts eventual consistency, which the
// directory wants for everything that it answers from its index.
func (c *call) eventual() bool {
	return strings.EqualFold(strings.TrimSpace(c.header.Get("ConsistencyLevel")), "eventual")
}

func (c *call) listUsers() answer {
	if p := c.options("$top", "$filter", "$search", "$count", "$orderby", "$select", "$expand", "$skiptoken"); p != nil {
		return c.refuse(p)
	}
	if p := c.expandUser(); p != nil {
		return c.refuse(p)
	}
	pick, p := c.selected("microsoft.graph.user", userProperties)
	if p != nil {
		return c.refuse(p)
	}
	count, p := c.flag("$count")
	if p != nil {
		return c.refuse(p)
	}
	list, p := c.narrowUsers(c.t.world.present(), count)
	if p != nil {
		return c.refuse(p)
	}
	size, p := c.number("$top", defaultUsers)
	if p != nil {
		return c.refuse(p)
	}
	if size < 1 || size > maxUsers {
		return c.fail(http.StatusBadRequest, "Request_UnsupportedQuery", "Invalid page size specified: '"+strconv.Itoa(size)+"'. Must be between 1 and 999 inclusive.")
	}
	skip, ok := c.t.pageToken(c.query.Get("$skiptoken"))
	if !ok {
		return c.fail(http.StatusBadRequest, "Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.")
	}
	page, more := cut(list, skip, size)
	names := userNames(pick)
	w := &writer{b: make([]byte, 0, 256+len(page)*48*len(names))}
	w.open()
	w.string("@odata.context", c.context("users"+selectContext(pick, names)))
	// The directory counts only for callers that accept eventual consistency.
	if count && c.eventual() && skip == 0 {
		w.int("@odata.count", int64(len(list)))
	}
	if more {
		w.string("@odata.nextLink", c.link("$skiptoken", c.t.makePageToken(skip+size)))
	}
	w.key("value")
	w.b = append(w.b, '[')
	for _, m := range page {
		w.open()
		w.user(m, names)
		w.close()
	}
	w.closeList()
	w.close()
	return c.ok(w)
}

// selectContext is the part of @odata.context that names what was selected.
func selectContext(pick selection, names []string) string {
	if pick == nil {
		return ""
	}
	return "(" + strings.Join(names, ",") + ")"
}

// makePageToken makes an opaque, signed $skiptoken of the directory.
func (t *Tenant) makePageToken(skip int) string {
	b := binary.BigEndian.AppendUint32([]byte{'p'}, uint32(skip))
	return base64.RawURLEncoding.EncodeToString(append(b, t.sign(b)...))
}

func (t *Tenant) pageToken(text string) (skip int, ok bool) {
	if text == "" {
		return 0, true
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != 5+12 || b[0] != 'p' || string(t.sign(b[:5])) != string(b[5:]) {
		return 0, false
	}
	return int(binary.BigEndian.Uint32(b[1:])), true
}

// expandUser refuses $expand: relations of people are not modelled.
func (c *call) expandUser() *problem {
	text := c.query.Get("$expand")
	if text == "" {
		return nil
	}
	name, _, _ := strings.Cut(text, "(")
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "manager", "directreports", "memberof", "transitivememberof", "owneddevices", "ownedobjects", "registereddevices", "createdobjects", "extensions":
		return &problem{http.StatusNotImplemented, "NotImplemented", "The simulated tenant does not model " + name + " of users."}
	}
	return bad("BadRequest", "Parsing OData Select and Expand failed: Could not find a property named '"+name+"' on type 'microsoft.graph.user'.")
}

// getUser is by id or user principal name. Another address of the same person
// finds the mailbox, but not the directory object.
func (c *call) getUser() answer {
	if p := c.options("$select", "$expand"); p != nil {
		return c.refuse(p)
	}
	if p := c.expandUser(); p != nil {
		return c.refuse(p)
	}
	if m := c.mailbox; m == nil || !strings.EqualFold(c.mailKey, m.id) && !strings.EqualFold(c.mailKey, m.principalName()) {
		return c.fail(http.StatusNotFound, "Request_ResourceNotFound", "Resource '"+c.mailKey+"' does not exist or one of its queried reference-property objects are not present.")
	}
	pick, p := c.selected("microsoft.graph.user", userProperties)
	if p != nil {
		return c.refuse(p)
	}
	names := userNames(pick)
	w := &writer{}
	w.open()
	w.string("@odata.context", c.context("users"+selectContext(pick, names)+"/$entity"))
	w.user(c.mailbox, names)
	w.close()
	return c.ok(w)
}
