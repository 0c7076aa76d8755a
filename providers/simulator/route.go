package simulator

import (
	"net/http"
	"net/url"
	"strings"
)

// resolve splits the path and finds the mailbox that it names. It runs before
// sign-in, so that throttling and the ledger know the mailbox.
func (c *call) resolve() {
	rest, ok := strings.CutPrefix(c.rawPath, "/v1.0")
	if !ok {
		rest, _ = strings.CutPrefix(c.rawPath, "/beta")
	}
	for part := range strings.SplitSeq(strings.Trim(rest, "/"), "/") {
		text, err := url.PathUnescape(part)
		if err != nil {
			text = part
		}
		name, key, keyed := parenthesisKey(text)
		c.segments = append(c.segments, name)
		if keyed {
			c.segments = append(c.segments, key)
		}
	}
	if c.name(0) == "me" {
		c.resolveMe()
	}
	if len(c.segments) > 1 && c.name(0) == "users" && c.name(1) != "delta" && c.segments[1] != "" {
		c.mailKey = c.segments[1]
		c.mailbox = c.t.world.find(c.mailKey)
		if c.mailbox != nil {
			c.entry.Mailbox = c.mailbox.contact.address
		} else {
			c.entry.Mailbox = strings.ToLower(c.mailKey)
		}
	}
}

// parenthesisKey splits users('x') into users and x. A doubled quote stands for
// one.
func parenthesisKey(segment string) (name, key string, ok bool) {
	name, rest, found := strings.Cut(segment, "('")
	if !found || !strings.HasSuffix(rest, "')") {
		return segment, "", false
	}
	return name, strings.ReplaceAll(strings.TrimSuffix(rest, "')"), "''", "'"), true
}

// name is a segment as a type, property or function name: in lower case, without
// the namespace and without the brackets of a function.
func (c *call) name(i int) string {
	if i >= len(c.segments) {
		return ""
	}
	s := strings.ToLower(c.segments[i])
	s = strings.TrimPrefix(s, "microsoft.")
	if rest, ok := strings.CutPrefix(s, "graph."); ok {
		s = rest
	}
	return strings.TrimSuffix(s, "()")
}

// depth is the number of segments.
func (c *call) depth() int { return len(c.segments) }

// dispatch finds the operation and runs it.
func (c *call) dispatch() answer {
	if strings.HasPrefix(c.rawPath, "/beta") {
		return c.fail(http.StatusNotFound, "UnknownError", "The simulated tenant serves /v1.0 only.")
	}
	if _, malformed := c.query["$malformed"]; malformed {
		return c.fail(http.StatusBadRequest, "BadRequest", "The query string is malformed.")
	}
	if p := c.readPrefer(); p != nil {
		return c.refuse(p)
	}
	if p := c.authorize(); p != nil {
		return c.refuse(p)
	}
	switch c.name(0) {
	case "$batch":
		return c.batch()
	case "organization":
		return c.organization()
	case "places":
		return c.places()
	case "users":
		return c.users()
	case "directoryobjects":
		return c.directoryObjects()
	case "subscriptions":
		return c.subscriptionCalls()
	case "serviceprincipals":
		return c.servicePrincipalCalls()
	}
	if strings.HasPrefix(c.name(0), "serviceprincipals(") {
		return c.servicePrincipalCalls()
	}
	return c.noSegment(c.segments[0])
}

// users routes everything below /users.
func (c *call) users() answer {
	switch {
	case c.depth() == 1:
		return c.only(http.MethodGet, c.listUsers)
	case c.depth() == 2 && c.name(1) == "delta":
		return c.only(http.MethodGet, c.usersDelta)
	case c.depth() == 2:
		return c.only(http.MethodGet, c.getUser)
	}
	if c.mailbox == nil {
		if m := c.t.world.removed(c.mailKey); m != nil {
			return c.refuse(m.goneProblem())
		}
		return c.fail(http.StatusNotFound, "ErrorInvalidUser", "The requested user '"+c.mailKey+"' is invalid.")
	}
	if p := c.mailbox.unavailable(); p != nil {
		return c.refuse(p)
	}
	c.t.ensure(c.mailbox)
	foreign := false // a person who looks into a colleague's mailbox
	if user := c.user(); user != nil {
		foreign, c.sight = user != c.mailbox, c.mailbox.roleOf(user).sight()
	}
	switch c.name(2) {
	case "calendars":
		switch {
		case c.depth() == 3 && c.method == http.MethodPost:
			return c.createCalendar()
		case c.depth() == 3:
			return c.only(http.MethodGet, func() answer { return c.listCalendars(foreign) })
		}
		f, ok := c.folderNamed(c.segments[3])
		switch {
		case !ok || foreign && f.kind != defaultCalendar: // only the default calendar is shared
			return c.itemNotFound()
		case c.depth() == 4:
			return c.oneFolder(f)
		case f.of != nil:
			return c.sharedCalendar(f)
		}
		return c.calendar(f.kind, 4)
	case "calendar":
		return c.calendar(defaultCalendar, 3)
	case "calendarview", "events":
		return c.calendar(defaultCalendar, 2)
	case "mailboxsettings":
		return c.mailboxSettings()
	case "outlook":
		return c.outlook()
	case "mailfolders", "messages", "sendmail":
		return c.mailFolders()
	case "findmeetingtimes":
		if c.depth() > 3 {
			return c.noSegment(c.segments[3])
		}
		return c.only(http.MethodPost, c.findMeetingTimes)
	}
	return c.noSegment(c.segments[2])
}

// calendar routes what stands below a calendar; i is the segment behind it.
func (c *call) calendar(kind calendarKind, i int) answer {
	switch name := c.name(i); {
	case name == "":
		f, _ := c.mailbox.folder(kind)
		return c.oneFolder(f)
	case name == "calendarpermissions" && c.depth() == i+1 && kind == defaultCalendar && c.through == nil:
		return c.only(http.MethodGet, c.calendarPermissions)
	case name == "calendarview" && c.depth() == i+1:
		return c.only(http.MethodGet, func() answer { return c.calendarView(kind) })
	case name == "calendarview" && c.depth() == i+2 && c.name(i+1) == "delta":
		return c.only(http.MethodGet, func() answer { return c.delta(kind) })
	case name == "getschedule" && c.depth() == i+1:
		return c.only(http.MethodPost, c.getSchedule)
	case name == "events":
		return c.events(kind, i+1)
	}
	return c.noSegment(c.segments[i])
}

// oneFolder routes what can be done to a calendar itself.
func (c *call) oneFolder(f *folder) answer {
	switch {
	case c.method == http.MethodGet:
		return c.getCalendar(f)
	case c.method == http.MethodPatch:
		return c.patchCalendar(f)
	case c.method == http.MethodDelete && c.depth() == 4: // not /calendar
		return c.deleteCalendar(f)
	}
	return c.wrongMethod()
}

// sharedCalendar routes what stands below a colleague's calendar in one's own
// list: the events and their ids are the owner's.
func (c *call) sharedCalendar(f *folder) answer {
	c.through, c.sight = f, f.role.sight()
	c.mailbox = f.of
	c.t.ensure(c.mailbox)
	return c.calendar(defaultCalendar, 4)
}

// only runs an operation if the method is the one that it has.
func (c *call) only(method string, run func() answer) answer {
	if c.method != method {
		return c.wrongMethod()
	}
	return run()
}

func (c *call) itemNotFound() answer {
	return c.fail(http.StatusNotFound, "ErrorItemNotFound", "The specified object was not found in the store.")
}

// ok is a 200 with a finished body.
func (c *call) ok(w *writer) answer { return answer{status: http.StatusOK, body: w.b} }

// context is the @odata.context of an answer.
func (c *call) context(path string) string { return "https://" + c.host + "/v1.0/$metadata#" + path }
