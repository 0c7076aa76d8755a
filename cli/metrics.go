package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

// serveMetrics answers with figures in Prometheus' text format until ctx ends. The
// address must be a loopback one: there is no sign-in.
func serveMetrics(ctx context.Context, address string, engine *sync.Engine, s *session) (net.Addr, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, usage("give it as 127.0.0.1:9464", "%s is not an address with a port", providers.Sanitise(address))
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, usage("give it as 127.0.0.1:9464", "figures are served on a loopback address only, and %s is none", providers.Sanitise(host))
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, failed("choose another port", "figures cannot be served: %v", err)
	}
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" {
			http.NotFound(w, r)
			return
		}
		text, err := metrics(r.Context(), engine, s)
		if err != nil {
			http.Error(w, "the store cannot be read", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.Write([]byte(text)) // a reader that left is no error of ours
	})}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.app.out.say("roomdesk: figures are no longer served: %v", err)
		}
	}()
	return listener.Addr(), nil
}

// metrics are figures without any name from the tenant.
func metrics(ctx context.Context, engine *sync.Engine, s *session) (string, error) {
	queue, err := s.store.Queue().Stats(ctx)
	if err != nil {
		return "", err
	}
	p, now := engine.Progress(), s.app.deps.Now()
	var b strings.Builder
	add := func(name, kind, help string, lines ...any) {
		fmt.Fprintf(&b, "# HELP roomdesk_%s %s\n# TYPE roomdesk_%s %s\n", name, help, name, kind)
		for i := 0; i < len(lines); i += 2 {
			fmt.Fprintf(&b, "roomdesk_%s%s %v\n", name, lines[i], lines[i+1])
		}
	}
	since := func(t time.Time) float64 {
		if t.IsZero() {
			return 0
		}
		return max(0, now.Sub(t).Seconds())
	}
	add("mailboxes", "gauge", "Mirrored mailboxes by state.", `{state="fresh"}`, p.Fresh, `{state="partly"}`, p.Partly, `{state="late"}`, p.Late, `{state="failing"}`, p.Failing,
		`{state="no_access"}`, p.NoAccess, `{state="waiting"}`, p.Waiting)
	add("requests_total", "counter", "Requests to the tenant.", "", p.Requests)
	add("last_good_age_seconds", "gauge", "Since the newest successful reading.", "", since(p.LastGood))
	add("stopped", "gauge", "1 while something stops all reading.", "", map[bool]int{true: 1}[p.Problem != nil])
	add("throttled_seconds", "gauge", "What is left of a pause that the service asked for.", "", max(0, p.ThrottledTo.Sub(now).Seconds()))
	add("queue_jobs", "gauge", "Jobs of the queue.", `{state="all"}`, queue.Jobs, `{state="due"}`, queue.Due, `{state="claimed"}`, queue.Claimed, `{state="failing"}`, queue.Failing)
	add("queue_oldest_due_seconds", "gauge", "How long the job has waited that has waited longest.", "", since(queue.Oldest))
	return b.String(), nil
}
