package simulator

import (
	"net/http"
	"strings"
	"time"
)

// elsewhere answers in place of the tenant: what stands between it and the client.
func (h *hit) elsewhere(c *call) (answer, bool) {
	switch h.Network {
	case "captive_portal":
		return answer{status: http.StatusOK, body: []byte(captivePortal), kind: "text/html; charset=utf-8", foreign: true}, true
	case "proxy_407":
		a := answer{status: http.StatusProxyAuthRequired, kind: "text/html", foreign: true,
			body: []byte("<html><head><title>407 Proxy Authentication Required</title></head><body>The proxy wants to know who you are.</body></html>")}
		a.set("Proxy-Authenticate", `Basic realm="proxy.corp.example"`)
		a.set("Via", "1.1 proxy.corp.example")
		return a, true
	case "redirect_foreign":
		root := orText(h.Link, "https://graph.microsoft.com.attacker.example")
		a := answer{status: http.StatusTemporaryRedirect, foreign: true}
		target := root + c.rawPath
		if len(c.query) > 0 {
			target += "?" + c.query.Encode()
		}
		a.set("Location", target)
		return a, true
	case "refused_stream":
		if conn := connOf(c.ctx); conn != nil {
			conn.refuseNext()
		}
		return answer{status: statusAborted}, true
	}
	return answer{}, false
}

// goAway sends half of a body, says over HTTP/2 that the connection ends, and ends
// it.
func (h *hit) goAway(c *call, w http.ResponseWriter, status int, body []byte) {
	half := max(len(body)/2, 1)
	w.WriteHeader(status)
	if _, err := w.Write(body[:half]); err != nil {
		return
	}
	flush(w)
	conn := connOf(c.ctx)
	if conn == nil || !conn.http2() {
		panic(http.ErrAbortHandler)
	}
	conn.goAway()
	// The frame goes out between two others, so there must be others.
	for _, b := range body[half:] {
		if _, err := w.Write([]byte{b}); err != nil || conn.gone() {
			break
		}
		flush(w)
	}
	panic(http.ErrAbortHandler)
}

// retryAfter sets the header in the form that a fault asks for.
func (f *Failure) retryAfter(c *call, a *answer) {
	if f.RetryAfter == "" && f.AlsoRetryAfter == "" {
		return
	}
	name := "Retry-After"
	if f.LowerCase {
		name = "retry-after"
	}
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Del("Retry-After")
	for _, text := range []string{f.RetryAfter, f.AlsoRetryAfter} {
		if text == "" {
			continue
		}
		if after, ok := strings.CutPrefix(text, "date:"); ok {
			if d, err := time.ParseDuration(after); err == nil {
				text = c.t.options.Now().Add(d).UTC().Format(http.TimeFormat)
				c.t.throttle.announce(c, d)
			}
		}
		a.header[name] = append(a.header[name], text)
	}
}
