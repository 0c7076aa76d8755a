package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// hit is a fault that applies to one request. A nil hit does nothing.
type hit struct {
	Fault
}

func (h *hit) name() string {
	if h == nil {
		return ""
	}
	return h.Fault.name()
}

// before delays, and reports whether the connection breaks without an answer.
func (h *hit) before(c *call) bool {
	if h == nil {
		return false
	}
	if c.wait(time.Duration(h.Delay)) != nil {
		return true
	}
	switch h.Tenant {
	case "swap":
		c.swap()
	case "restore_old":
		c.goBack(time.Duration(h.By))
	}
	h.disturb(c)
	return h.ResetBefore
}

// replace answers in place of the operation.
func (h *hit) replace(c *call) (answer, bool) {
	if h == nil {
		return answer{}, false
	}
	if a, ok := h.elsewhere(c); ok {
		return a, true
	}
	if h.Fail == nil || h.CommitThen != "" || h.Delta != "" || h.Batch != "" {
		return answer{}, false
	}
	return h.failure(c), true
}

// failure is the answer that Fail describes.
func (h *hit) failure(c *call) answer {
	f := h.Fail
	if f == nil {
		f = &Failure{Status: http.StatusGatewayTimeout, Code: "UnknownError"}
	}
	code, message := f.Code, f.Message
	if code == "" {
		code = defaultCode(f.Status)
	}
	if message == "" {
		message = "Injected failure."
	}
	a := c.fail(f.Status, code, message)
	switch {
	case f.Empty:
		a.body, a.kind = nil, "text/plain"
	case f.Body != "":
		a.body, a.kind = []byte(f.Body), "text/html"
	}
	for name, value := range f.Headers {
		a.set(name, value)
		if http.CanonicalHeaderKey(name) == "Content-Type" {
			a.kind = value
		}
	}
	f.retryAfter(c, &a)
	if f.RetryAfter != "" {
		// Trouble of one service outside mailboxes stops nobody elsewhere; 429 does.
		whole := c.mailbox != nil || f.Status == http.StatusTooManyRequests
		if seconds, err := strconv.ParseFloat(f.RetryAfter, 64); whole && err == nil && seconds > 0 && seconds < 1e6 {
			c.t.throttle.announce(c, time.Duration(seconds*float64(time.Second)))
		}
	}
	return a
}

// defaultCode is the code that Graph mostly sends with a status.
func defaultCode(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "InvalidAuthenticationToken"
	case http.StatusForbidden:
		return "ErrorAccessDenied"
	case http.StatusNotFound:
		return "ErrorItemNotFound"
	case http.StatusPreconditionFailed:
		return "ErrorIrresolvableConflict"
	case http.StatusGone:
		return "SyncStateNotFound"
	case http.StatusTooManyRequests:
		return "ApplicationThrottled"
	case http.StatusInternalServerError:
		return "ErrorInternalServerTransientError"
	case http.StatusServiceUnavailable:
		return "ErrorServerBusy"
	}
	return "UnknownError"
}

// after changes or loses the answer of an operation that has been done.
func (h *hit) after(c *call, a answer) answer {
	if h == nil {
		return a
	}
	switch h.CommitThen {
	case "fail":
		return h.failure(c)
	case "reset":
		return answer{status: statusAborted}
	case "hang":
		select {
		case <-c.ctx.Done():
		case <-c.t.done:
		}
		return answer{status: statusAborted}
	}
	if a.status < 200 || a.status >= 300 || len(a.body) == 0 {
		return a
	}
	if h.Lie != nil {
		a.body = h.lie(a.body)
	}
	if a.status != http.StatusOK && h.Page+h.Delta != "" {
		return a
	}
	if h.Page != "" || h.Delta == "ghost_removed" {
		a.body = h.page(c, a.body)
	}
	return h.garble(a)
}

// againPrefix marks a link that leads to the page it came from; see [unwrapAgain].
const againPrefix = "again."

// unwrapAgain takes the mark off a $skiptoken that the fault "empty" made.
func unwrapAgain(q url.Values) {
	rest, marked := strings.CutPrefix(q.Get("$skiptoken"), againPrefix)
	if !marked {
		return
	}
	if _, original, _ := strings.Cut(rest, "."); original != "" {
		q.Set("$skiptoken", original)
	} else {
		q.Del("$skiptoken")
	}
}

// page spoils a list. A body that is no list stays as it is.
func (h *hit) page(c *call, body []byte) []byte {
	var page map[string]json.RawMessage
	var value []json.RawMessage
	if json.Unmarshal(body, &page) != nil || json.Unmarshal(page["value"], &value) != nil {
		return body
	}
	self := "https://" + c.host + c.rawPath
	link := func(u string) { page["@odata.nextLink"], _ = json.Marshal(u) }
	switch h.Page {
	case "no_link":
		delete(page, "@odata.nextLink")
	case "loop":
		link(self + "?" + c.query.Encode())
		delete(page, "@odata.deltaLink")
	case "empty":
		value = nil
		again := url.Values{}
		for name, values := range c.query {
			again[name] = values
		}
		// The link must differ from the request's own, or it would be a loop.
		again.Set("$skiptoken", againPrefix+strconv.FormatInt(c.entry.N, 10)+"."+c.query.Get("$skiptoken"))
		link(self + "?" + again.Encode())
		delete(page, "@odata.deltaLink")
	case "foreign_link":
		root := h.Link
		if root == "" {
			root = "https://graph.microsoft.com.attacker.example"
		}
		link(root + c.rawPath + "?$skiptoken=foreign")
		delete(page, "@odata.deltaLink")
	case "dup":
		value = h.twice(page, value)
	case "drop":
		if len(value) > 0 {
			value = value[:len(value)-1]
		}
	case "reorder":
		for i, j := 0, len(value)-1; i < j; i, j = i+1, j-1 {
			value[i], value[j] = value[j], value[i]
		}
	}
	if h.Delta == "ghost_removed" && c.mailbox != nil {
		id := c.mailbox.appendID(nil, itemID{num: calendarNumber - 1}, c.prefer.immutable)
		value = append(value, json.RawMessage(fmt.Sprintf(`{"id":%q,"@removed":{"reason":"deleted"}}`, id)))
	}
	if value == nil {
		value = []json.RawMessage{}
	}
	var err error
	if page["value"], err = json.Marshal(value); err != nil {
		return body
	}
	out, err := json.Marshal(page)
	if err != nil {
		return body
	}
	return out
}

// spoil sends the answer badly. It reports whether it did.
func (h *hit) spoil(c *call, w http.ResponseWriter, status int, body []byte) bool {
	if h == nil || len(body) == 0 {
		return false
	}
	cut := h.Truncate
	if h.CommitThen == "truncate" && cut == 0 {
		cut = max(len(body)/2, 1)
	}
	switch {
	case h.Garble == "endless":
		h.endless(c, w)
		return true
	case h.Network == "goaway":
		h.goAway(c, w, status, body)
		return true
	case cut > 0 && cut < len(body):
		w.WriteHeader(status)
		if _, err := w.Write(body[:cut]); err == nil {
			flush(w)
		}
		panic(http.ErrAbortHandler)
	case h.Drip > 0:
		w.WriteHeader(status)
		for len(body) > 0 {
			n := min(len(body), max(h.Drip/10, 1))
			pause := time.Duration(n) * time.Second / time.Duration(h.Drip)
			if _, err := w.Write(body[:n]); err != nil {
				return true
			}
			flush(w)
			body = body[n:]
			if len(body) > 0 && c.wait(pause) != nil {
				panic(http.ErrAbortHandler)
			}
		}
		return true
	}
	return false
}

// flush sends what was written so far. A writer that cannot is no failure: the
// bytes go out later.
func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }
