package simulator

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// stream sends a GET and gives the answer with its body unread.
func (c *client) stream(path string) (*http.Response, error) {
	req, err := http.NewRequest("GET", c.at.GraphURL+"/v1.0"+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	return c.http.Do(req)
}

// F-076: the connection ends in the middle of a body, and streams are refused.
func TestHTTP2Faults(t *testing.T) {
	tenant, c := start(t, Options{Seed: 65, Rooms: 40, People: 10})
	remove := tenant.Inject(Fault{Path: "/places/**", Times: 1, Network: "goaway"})
	resp, err := c.stream("/places/graph.room")
	if err == nil {
		if resp.ProtoMajor != 2 {
			t.Errorf("spoken: %s", resp.Proto)
		}
		_, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "GOAWAY") {
		t.Errorf("error %v, want one that names GOAWAY", err)
	}
	remove()
	c.get("/places/graph.room") // on a new connection

	// Go's client sends a GET again where the stream was refused: it sees nothing.
	tenant.Inject(Fault{Path: "/organization", Times: 1, Network: "refused_stream"})
	before := tenant.Requests()
	c.get("/organization")
	if n := tenant.Requests() - before; n != 2 {
		t.Errorf("%d requests, want the refused one and another", n)
	}
	// The other kind of reset is no promise that nothing was done.
	tenant.Inject(Fault{Path: "/organization", Times: 1, ResetBefore: true})
	if _, err := c.try(request{method: "GET", path: "/organization"}); err == nil || !strings.Contains(err.Error(), "INTERNAL_ERROR") {
		t.Errorf("error %v", err)
	}
	// Over HTTP/1.1 the same faults end the connection.
	old := &http.Client{Transport: &http.Transport{TLSClientConfig: c.http.Transport.(*http.Transport).TLSClientConfig.Clone(), TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}}
	old.Transport.(*http.Transport).TLSClientConfig.NextProtos = []string{"http/1.1"}
	defer old.CloseIdleConnections()
	c2 := *c
	c2.http = old
	if r := c2.send(200, request{method: "GET", path: "/organization"}); r.body["value"] == nil {
		t.Error("no answer over HTTP/1.1")
	}
	tenant.Inject(Fault{Path: "/places/**", Times: 1, Network: "goaway"})
	if _, err := c2.try(request{method: "GET", path: "/places/graph.room"}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v, want an unexpected end", err)
	}
}

// F-077: what can be wrong with a handshake.
func TestHandshakeFaults(t *testing.T) {
	tenant, c := start(t, Options{Seed: 66, Rooms: 2, People: 2})
	for word, want := range map[string]string{
		"tls_expired": "expired", "tls_not_yet": "not yet valid", "tls_wrong_host": "doesn't contain any IP SANs", "tls_unknown_ca": "unknown authority", "tls_hang": "context deadline exceeded",
	} {
		c.http.CloseIdleConnections()
		remove := tenant.Inject(Fault{Network: word})
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		req, err := http.NewRequestWithContext(ctx, "GET", c.at.GraphURL+"/v1.0/organization", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.http.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		cancel()
		remove()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", word, err, want)
		}
	}
	c.get("/organization")
	for _, f := range []Fault{{Network: "tls_expired", Path: "/x"}, {Network: "tls_hang", Garble: "html"}} {
		if f.Validate() == nil {
			t.Errorf("%+v is accepted", f)
		}
	}
}

// F-078 and F-025: what stands between client and tenant answers instead.
func TestMiddleboxes(t *testing.T) {
	tenant, c := start(t, Options{Seed: 67, Rooms: 2, People: 2})
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for word, seen := range map[string]func(reply) bool{
		"captive_portal": func(r reply) bool {
			return r.status == 200 && strings.Contains(r.header.Get("Content-Type"), "html") && r.header.Get("request-id") == ""
		},
		"proxy_407": func(r reply) bool { return r.status == 407 && r.header.Get("Proxy-Authenticate") != "" },
		"redirect_foreign": func(r reply) bool {
			return r.status == 307 && r.header.Get("Location") == "https://graph.microsoft.com.attacker.example/v1.0/organization?%24select=id"
		},
	} {
		remove := tenant.Inject(Fault{Path: "/organization", Network: word})
		r, err := c.try(request{method: "GET", path: "/organization?$select=id"})
		remove()
		if err != nil || !seen(r) {
			t.Errorf("%s: %d %v %v", word, r.status, r.header, err)
		}
	}
}
