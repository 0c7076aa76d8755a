package sync_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"roomdesk/providers/simulator"
)

// others: rooms without trouble go on being read.
func others(w *wired, all []simulator.Entry, _ *watchman) {
	for _, room := range w.rooms()[1:] {
		good := 0
		for _, e := range all {
			if strings.EqualFold(e.Mailbox, string(room)) && e.Status == 200 {
				good++
			}
		}
		if good < 2 {
			w.t.Errorf("%s was read %d times while another had trouble", room, good)
		}
	}
}

// throttlingTroubles are F-063 to F-080.
func throttlingTroubles() []trouble {
	wait := func(status int, after string) *simulator.Failure {
		return &simulator.Failure{Status: status, RetryAfter: after}
	}
	var rows []trouble
	for _, after := range []string{"5", "40", "150"} {
		rows = append(rows, trouble{fault: "F-063", name: "one room, " + after + " s", before: changes, only: 1, check: others,
			make: onRoom(0, simulator.Fault{Path: view, Nth: 1, Fail: &simulator.Failure{Status: 429, Code: "ErrorServerBusy", RetryAfter: after}})})
	}
	rows = append(rows,
		trouble{fault: "F-063", name: "one room, always", before: changes, only: 1, check: others, say: "asked to wait", within: 10 * time.Minute,
			make: onRoom(0, simulator.Fault{Path: view, Fail: &simulator.Failure{Status: 429, Code: "MailboxConcurrency", RetryAfter: "5"}})},
		trouble{fault: "F-064", name: "three times", before: changes, faults: []simulator.Fault{{Path: view, Times: 3, Fail: wait(429, "")}}},
		trouble{fault: "F-064", name: "always", before: changes, say: "asked to wait", most: 110, faults: []simulator.Fault{{Fail: wait(429, "")}}},
		trouble{fault: "F-064", name: "always, from the start", first: true, say: "asked to wait|sign-in", most: 60, faults: []simulator.Fault{{Fail: wait(429, "")}}},
	)
	for _, after := range []string{"1.5", "0", "-3", "NaN", "1e300", "Inf", " ", "abc", "date:30s", "date:-30s", "Thu, 01 Jan 1970 00:00:00 GMT", "0x10", "99999999999999999999"} {
		patience := 6 * time.Minute
		if after == "1e300" || after == "Inf" || strings.HasPrefix(after, "999") {
			patience = 70 * time.Minute // an hour is the most that is believed
		}
		rows = append(rows, trouble{fault: "F-065", name: after, before: changes, within: patience, most: 60,
			faults: []simulator.Fault{{Path: view, Times: 4, Fail: wait(429, after)}}})
	}
	for _, skew := range []time.Duration{-2 * time.Hour, 2 * time.Hour} {
		rows = append(rows, trouble{fault: "F-065", name: fmt.Sprint("a date while this machine's clock is off by ", skew), before: changes, make: skewed(skew), lies: true,
			faults: []simulator.Fault{{Path: view, Times: 4, Fail: wait(429, "date:20s")}}})
	}
	rows = append(rows,
		trouble{fault: "F-065", name: "two headers", before: changes, faults: []simulator.Fault{{Path: view, Times: 4, Fail: &simulator.Failure{Status: 429, RetryAfter: "3", AlsoRetryAfter: "20"}}}},
		trouble{fault: "F-065", name: "lower case", before: changes, faults: []simulator.Fault{{Path: view, Times: 4, Fail: &simulator.Failure{Status: 429, RetryAfter: "7", LowerCase: true}}}},
		trouble{fault: "F-069", name: "five minutes", before: changes, lasts: 5 * time.Minute, say: "asked to wait", most: 60,
			faults: []simulator.Fault{{Path: "/users/**", Fail: &simulator.Failure{Status: 429, Code: "ApplicationThrottled", RetryAfter: "20"}}}},
		trouble{fault: "F-069", name: "an announced quarter of an hour", before: changes, lasts: 10 * time.Minute, within: 12 * time.Minute, most: 40,
			faults: []simulator.Fault{{Path: "/users/**", Times: 3, Fail: &simulator.Failure{Status: 429, Code: "ApplicationThrottled", RetryAfter: "900"}}}},
		trouble{fault: "F-069", name: "limits as small as they come", before: changes, tenant: simulator.Options{Rooms: 6}, most: 250,
			faults: []simulator.Fault{{Quota: "small"}}, within: 10 * time.Minute},
		trouble{fault: "F-069", name: "limits as small as they come, from the start", first: true, tenant: simulator.Options{Rooms: 6}, most: 250,
			faults: []simulator.Fault{{Quota: "small"}}, within: 10 * time.Minute},
	)
	for _, f := range []struct {
		name string
		fail simulator.Failure
	}{
		{"503 MailboxStoreUnavailable", simulator.Failure{Status: 503, Code: "MailboxStoreUnavailable"}},
		{"503 ErrorServerBusy", simulator.Failure{Status: 503, Code: "ErrorServerBusy"}},
		{"500 ErrorInternalServerTransientError", simulator.Failure{Status: 500, Code: "ErrorInternalServerTransientError"}},
		{"500 ErrorInternalServerError", simulator.Failure{Status: 500, Code: "ErrorInternalServerError"}},
		{"502 HTML", simulator.Failure{Status: 502, Body: "<html><body>Bad gateway</body></html>"}},
		{"504 without a body", simulator.Failure{Status: 504, Empty: true}},
		{"503 MailboxInfoStale", simulator.Failure{Status: 503, Code: "MailboxInfoStale"}},
		{"503 UnknownError", simulator.Failure{Status: 503, Code: "UnknownError"}},
		{"500 generalException", simulator.Failure{Status: 500, Code: "generalException"}},
	} {
		rows = append(rows,
			trouble{fault: "F-071", name: f.name + ", some", before: changes, faults: []simulator.Fault{{Path: view, Times: 4, Fail: &f.fail}}},
			trouble{fault: "F-071", name: f.name + ", one room always", before: changes, only: 1, check: others, most: 80, say: "had trouble|asked to wait", within: 10 * time.Minute,
				make: onRoom(0, simulator.Fault{Path: view, Fail: &f.fail})},
			trouble{fault: "F-071", name: f.name + ", first sync", first: true, faults: []simulator.Fault{{Times: 5, Fail: &f.fail}}})
	}
	rows = append(rows,
		trouble{fault: "F-071", name: "being moved", before: changes, only: 1, check: others, within: 10 * time.Minute, make: onRoom(0, simulator.Fault{MailboxState: "moved"})},
		trouble{fault: "F-071", name: "after a wait of 15 s", before: changes, only: 1, check: others, within: 10 * time.Minute,
			make: onRoom(0, simulator.Fault{Path: view, Delay: simulator.Duration(15 * time.Second), Fail: &simulator.Failure{Status: 503}})},
		trouble{fault: "F-071", name: "free/busy only", before: changes, faults: []simulator.Fault{{Path: "/getSchedule", Fail: &simulator.Failure{Status: 500}}}, lasts: 20 * time.Minute, most: 400},
		trouble{fault: "F-072", name: "45 of 100 for six hours", before: changes, tenant: simulator.Options{Rooms: 2}, lasts: 6 * time.Hour, within: 10 * time.Minute, most: 2 * 60 * 6 * 5 / 2 * 2,
			faults: []simulator.Fault{{Path: "/users/**", Chance: 0.45, Fail: &simulator.Failure{Status: 503, Code: "UnknownError"}}}},
		trouble{fault: "F-074", name: "headers after 50 s", before: changes, within: 10 * time.Minute, faults: []simulator.Fault{{Path: view, Delay: simulator.Duration(50 * time.Second)}}},
		trouble{fault: "F-074", name: "a byte a second", before: changes, check: others, within: 10 * time.Minute, make: onRoom(0, simulator.Fault{Path: view, Drip: 1})},
		trouble{fault: "F-074", name: "a body without end", before: changes, only: 1, check: others, within: 10 * time.Minute, make: onRoom(0, simulator.Fault{Path: view, Garble: "endless", Times: 2})},
		trouble{fault: "F-076", name: "GOAWAY", before: changes, faults: []simulator.Fault{{Path: view, Network: "goaway", Times: 5}}},
		trouble{fault: "F-076", name: "GOAWAY, first sync", first: true, faults: []simulator.Fault{{Network: "goaway", Times: 5}}},
		trouble{fault: "F-076", name: "refused streams", before: changes, faults: []simulator.Fault{{Path: view, Network: "refused_stream", Times: 5}}},
		trouble{fault: "F-076", name: "refused streams, first sync", first: true, faults: []simulator.Fault{{Network: "refused_stream", Times: 5}}},
		trouble{fault: "F-076", name: "resets", before: changes, faults: []simulator.Fault{{ResetBefore: true, Times: 7}}},
		trouble{fault: "F-076", name: "answers that hang", before: changes, within: 10 * time.Minute, faults: []simulator.Fault{{Path: view, CommitThen: "hang", Times: 3}}},
	)
	for _, word := range []struct{ network, say string }{
		{"tls_hang", "does not finish the TLS handshake"}, {"tls_expired", "expired or not valid yet"}, {"tls_not_yet", "expired or not valid yet"},
		{"tls_wrong_host", "belongs to another host"}, {"tls_unknown_ca", "--ca-file"},
	} {
		rows = append(rows,
			trouble{fault: "F-077", name: word.network, first: true, say: word.say, lasts: 5 * time.Minute, most: 20, within: 20 * time.Minute,
				faults: []simulator.Fault{{Network: word.network}}})
	}
	for name, x := range map[string]struct {
		err func(context.Context) error
		say string
	}{
		"no such name":   {func(context.Context) error { return nameServer(false) }, "host name is not known here"},
		"no name server": {func(context.Context) error { return nameServer(true) }, "name server does not answer"},
		"a black hole":   {blackHole, "cannot be reached"},
		"no route": {func(context.Context) error {
			return &net.OpError{Op: "dial", Net: "tcp", Err: net.UnknownNetworkError("no route")}
		}, "cannot be reached"},
	} {
		rows = append(rows,
			trouble{fault: "F-077", name: name, before: changes, say: x.say, most: 20, make: cut(x.err), lasts: 8 * time.Minute},
			trouble{fault: "F-077", name: name + ", first sync", first: true, say: x.say, most: 20, make: cut(x.err)})
	}
	rows = append(rows,
		trouble{fault: "F-078", name: "a proxy wants a sign-in", before: changes, say: "cannot be reached.*407|proxy", faults: []simulator.Fault{{Network: "proxy_407"}}},
		trouble{fault: "F-078", name: "a proxy that inspects TLS", first: true, say: "inspects TLS", lasts: 5 * time.Minute, most: 20, within: 20 * time.Minute, faults: []simulator.Fault{{Network: "tls_unknown_ca"}}})
	for _, link := range []string{"https://graph.example.test", "http://127.0.0.1:40001", "https://127.0.0.1:1", "https://127.0.0.1:40001@evil.example.test", "https://127.0.0.1.:40001", "https://graph.microsoft.us", "https://xn--grph-0na.microsoft.com"} {
		rows = append(rows,
			trouble{fault: "F-080", name: link, before: changes, say: "does not come from the service", lies: true, tenant: manyPages, within: 10 * time.Minute, first: true,
				faults: []simulator.Fault{{Path: view, Page: "foreign_link", Link: link}}})
	}
	return rows
}

func blackHole(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(15 * time.Second): // the dialler's own limit
		return &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded}
	}
}

// cut lets no connection be made, and ends those that are.
func cut(err func(context.Context) error) func(*wired) func() {
	return func(w *wired) func() {
		w.mu.Lock()
		w.dial = err
		w.mu.Unlock()
		w.sever()
		return func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.dial = nil
		}
	}
}

// skewed lets this machine's clock be off.
func skewed(by time.Duration) func(*wired) func() {
	return func(w *wired) func() {
		w.mu.Lock()
		w.skew = by
		w.mu.Unlock()
		return func() {}
	}
}
