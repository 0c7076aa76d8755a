package simulator

import (
	"net/http"
	"strings"
)

// problem is a refusal in Graph's terms.
type problem struct {
	status  int
	code    string
	message string
}

// refuse turns a problem into an answer.
func (c *call) refuse(p *problem) answer { return c.fail(p.status, p.code, p.message) }

// fail is Graph's error object.
func (c *call) fail(status int, code, message string) answer {
	c.entry.Code = code
	clientID := c.clientID
	if clientID == "" {
		clientID = c.id
	}
	w := &writer{}
	w.open()
	w.key("error")
	w.open()
	w.string("code", code)
	w.string("message", message)
	w.key("innerError")
	w.open()
	w.string("date", c.t.options.Now().UTC().Format("2006-01-02T15:04:05"))
	w.string("request-id", c.id)
	w.string("client-request-id", clientID)
	w.close()
	w.close()
	w.close()
	return answer{status: status, body: w.b}
}

func bad(code, message string) *problem { return &problem{http.StatusBadRequest, code, message} }

// noSegment is what Graph says about a path that it does not know.
func (c *call) noSegment(segment string) answer {
	return c.fail(http.StatusBadRequest, "BadRequest", "Resource not found for the segment '"+segment+"'.")
}

// wrongMethod is what Graph says about a method that a resource does not have.
func (c *call) wrongMethod() answer {
	return c.fail(http.StatusMethodNotAllowed, "BadRequest", "Specified HTTP method is not allowed for the request target.")
}

// area is the part of the service that an operation belongs to: each words a
// missing permission in its own way.
type area uint8

const (
	directoryArea area = iota
	mailboxArea
	placesArea
)

// need refuses a caller whose token carries none of the roles.
func (c *call) need(a area, roles ...string) *problem {
	for _, have := range c.claims.Roles {
		for _, want := range roles {
			if have == want {
				return nil
			}
		}
	}
	for have := range strings.FieldsSeq(c.claims.Scope) {
		for _, want := range roles {
			// Delegated permissions lack the suffix of the application's form.
			if have == want || have == strings.TrimSuffix(want, ".All") {
				return nil
			}
		}
	}
	switch a {
	case mailboxArea:
		return &problem{http.StatusForbidden, "ErrorAccessDenied", "Access is denied. Check credentials and try again."}
	case placesArea:
		return &problem{http.StatusForbidden, "ErrorAccessDenied", "Access to Places is denied. The token lacks the role Place.Read.All."}
	}
	return &problem{http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."}
}

// Permissions by operation; any of the list is enough.
var (
	readCalendars     = []string{"Calendars.Read", "Calendars.ReadWrite"}
	readBasic         = []string{"Calendars.ReadBasic", "Calendars.ReadBasic.All", "Calendars.Read", "Calendars.ReadWrite"}
	writeCalendars    = []string{"Calendars.ReadWrite"}
	readUsers         = []string{"User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readOrganizations = []string{"Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readPlaces        = []string{"Place.Read.All", "Place.ReadWrite.All"}
	readSettings      = []string{"MailboxSettings.Read", "MailboxSettings.ReadWrite"}
	writeSettings     = []string{"MailboxSettings.ReadWrite"}
)
