package cli

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// L12, S-09: a line leads to its connection's hosts only. Another place is not even
// looked up, and it is told.
func TestL12LineLeadsToItsHostsOnly(t *testing.T) {
	var w wire
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = io.CopyN(conn, conn, 5)
	}()
	l := w.line(time.Now)
	if _, err := l.dial(t.Context(), "tcp", listener.Addr().String()); !providers.Is(err, providers.Permanent) || !strings.Contains(err.Error(), "nothing was sent") {
		t.Fatalf("a closed line gives %v", err)
	}
	l.allow(listener.Addr().String(), "")
	for _, elsewhere := range []string{"evil.example:443", "127.0.0.1:1", ""} {
		if _, err := l.dial(t.Context(), "tcp", elsewhere); !providers.Is(err, providers.Permanent) {
			t.Errorf("%q gives %v", elsewhere, err)
		}
	}
	conn, err := l.dial(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	for _, got := range w.all() {
		switch got.Host {
		case listener.Addr().String():
			if got.In != 5 || got.Out != 5 || got.Refused != 1 || got.LastIn.IsZero() || got.LastOut.IsZero() {
				t.Errorf("%+v", got)
			}
		default:
			if got.In != 0 || got.Out != 0 || got.Refused != 1 {
				t.Errorf("%+v", got)
			}
		}
	}
	if n := len(w.all()); n != 4 {
		t.Errorf("%d places", n)
	}
}

// L12: everything that a connection does goes through its line: sign-in with Microsoft's
// library, reading, writing with Microsoft's SDK, and the doctor, which looks names up.
// Go's default transport and resolver, which nothing of ours uses, are traps meanwhile.
func TestL12NothingGoesAroundTheLine(t *testing.T) {
	var around []string
	trap := func(what string) error {
		around = append(around, what)
		return errors.New("nothing may go here: " + what)
	}
	transport, resolver := http.DefaultTransport, net.DefaultResolver
	t.Cleanup(func() { http.DefaultTransport, net.DefaultResolver = transport, resolver })
	http.DefaultTransport = &http.Transport{
		Proxy: func(*http.Request) (*url.URL, error) { return nil, nil },
		DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
			return nil, trap("the default transport, to " + address)
		},
	}
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(_ context.Context, _, address string) (net.Conn, error) {
		return nil, trap("a name server, " + address)
	}}

	tenant, process, c := storyOf(t, simulator.Options{})
	a := process()
	s, err := a.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.rooms(providers.WithPriority(t.Context(), providers.Interactive)); err != nil {
		t.Fatal(err)
	}
	o := a.examination(c)
	o.Write = true
	if d := a.diagnose(t.Context(), o, s.trail); d.Cause() != nil {
		t.Fatal(d.FirstLine())
	}
	if err := s.close(nil); err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(tenant.Endpoints().GraphURL)
	if err != nil {
		t.Fatal(err)
	}
	noted := a.wire.all()
	report, err := a.dataReport(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Endpoints) != 1 || report.Endpoints[0].Host != at.Host || report.Endpoints[0].In < 1000 || report.Endpoints[0].Refused != 0 {
		t.Errorf("%+v; in memory %+v", report.Endpoints, noted)
	}
	// Each request of the ledger came over the line: the bytes of all bodies are less
	// than what was counted.
	bodies := int64(0)
	for _, e := range tenant.Ledger() {
		bodies += int64(e.BytesOut)
	}
	if report.Endpoints[0].In < bodies {
		t.Errorf("the tenant sent %d bytes of bodies, and %d bytes came over the line", bodies, report.Endpoints[0].In)
	}
	if len(around) > 0 {
		t.Errorf("%q", around)
	}
}
