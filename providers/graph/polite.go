package graph

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// polling keeps the manners of RFC 8628 that MSAL does not: it asks as often as it
// likes, whatever interval the service named and also where it said slow_down.
// Guarded by the client's lock.
type polling struct {
	every time.Duration
	last  time.Time
}

const (
	// pollDefault holds where the service names no interval, slowDown is what each
	// request to slow down adds (RFC 8628, 3.2 and 3.5).
	pollDefault = 5 * time.Second
	slowDown    = 5 * time.Second
)

// isPoll reports whether a request asks for the outcome of a device's sign-in.
func isPoll(req *http.Request) bool {
	if req.GetBody == nil || req.Method != http.MethodPost {
		return false
	}
	body, err := req.GetBody()
	if err != nil {
		return false
	}
	text, err := io.ReadAll(io.LimitReader(body, entraLimit))
	if err != nil {
		return false
	}
	form, err := url.ParseQuery(string(text))
	return err == nil && strings.HasSuffix(form.Get("grant_type"), "device_code")
}

// hold waits until a poll is due.
func (c *entraClient) hold(req *http.Request) error {
	c.mu.Lock()
	every, last := c.poll.every, c.poll.last
	c.mu.Unlock()
	if every <= 0 {
		every = pollDefault
	}
	if left := every - c.now().Sub(last); !last.IsZero() && left > 0 {
		if err := c.wait(req.Context(), left); err != nil {
			return err
		}
	}
	c.mu.Lock()
	c.poll.last = c.now()
	c.mu.Unlock()
	return nil
}

// heard learns the interval, and reports whether an answer only says to wait.
func (c *entraClient) heard(req *http.Request, resp *http.Response, text []byte) (wait bool) {
	var answer struct {
		Error    string `json:"error"`
		Code     string `json:"device_code"`
		Interval int    `json:"interval"`
	}
	if !isJSON(resp.Header) || json.Unmarshal(text, &answer) != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case resp.StatusCode == http.StatusOK && answer.Code != "":
		c.poll = polling{every: pollDefault}
		if answer.Interval > 0 {
			c.poll.every = time.Duration(min(answer.Interval, 600)) * time.Second
		}
	case resp.StatusCode == http.StatusBadRequest && answer.Error == "slow_down":
		c.poll.every += slowDown
		wait = true
	case resp.StatusCode == http.StatusBadRequest && answer.Error == "authorization_pending":
		wait = true
	}
	if wait {
		resp.Body = io.NopCloser(bytes.NewReader(text))
	}
	return wait && isPoll(req)
}
