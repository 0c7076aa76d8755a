package simulator

import "net/http"

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
