package graph

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"roomdesk/providers"
)

func identify(t *testing.T, p *Provider) error {
	t.Helper()
	_, err := p.Identify(t.Context())
	return err
}

// F-071: trouble of the service and of what stands before it.
func TestReadsAreTriedAgain(t *testing.T) {
	for name, fail := range map[string]func(w http.ResponseWriter, r *http.Request){
		"500 code": func(w http.ResponseWriter, r *http.Request) { sendError(w, 500, "ErrorInternalServerTransientError") },
		"502 HTML": func(w http.ResponseWriter, r *http.Request) {
			sendText(w, 502, "text/html", "<html>bad gateway</html>")
		},
		"503 code":  func(w http.ResponseWriter, r *http.Request) { sendError(w, 503, "MailboxStoreUnavailable") },
		"503 wait":  func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Retry-After", "3"); w.WriteHeader(503) },
		"504 empty": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(504) },
		"reset":     func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) },
		"truncated": func(w http.ResponseWriter, r *http.Request) { sendText(w, 200, "application/json", `{"value":[{"id":`) },
		"cut off": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"value":[`)
			panic(http.ErrAbortHandler)
		},
		"empty 200": func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Type", "application/json") },
		"gzip cut off": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			text := zipped(`{"value":[]}`)
			w.Write(text[:len(text)-6])
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, times := range []int64{2, 1000} {
				var count atomic.Int64
				n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
					if count.Add(1) <= times {
						fail(w, r)
						return
					}
					organizationAnswer(w, r)
				})
				n.Config.ErrorLog = quietLog()
				err := identify(t, n.provider())
				if times == 2 {
					if err != nil || count.Load() != 3 {
						t.Errorf("%v after %d requests", err, count.Load())
					}
					continue
				}
				wantClass(t, err, providers.Transient)
				if count.Load() != maxTries {
					t.Errorf("%d requests, want %d", count.Load(), maxTries)
				}
			}
		})
	}
}

func zipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.Bytes()
}

func TestAnswersMayBeCompressed(t *testing.T) {
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("Accept-Encoding %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(zipped(`{"value":[{"id":"` + testTenant + `"}]}`))
	})
	p := n.provider()
	for range 3 { // decompressors are used again
		if err := identify(t, p); err != nil {
			t.Error(err)
		}
	}
}

// F-025, and answers that no service of ours gives.
func TestForeignAnswers(t *testing.T) {
	much := zipped(`{"displayName":"` + strings.Repeat("a", 1<<20) + `"},`)
	for name, answer := range map[string]http.HandlerFunc{
		"HTML 200": func(w http.ResponseWriter, r *http.Request) { sendText(w, 200, "text/html", "<html>sign in</html>") },
		"no type": func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = nil
			w.Write([]byte(`{"value":[]}`))
		},
		"text":     func(w http.ResponseWriter, r *http.Request) { sendText(w, 200, "text/plain", `{"value":[]}`) },
		"HTML 403": func(w http.ResponseWriter, r *http.Request) { sendText(w, 403, "text/html", "<html>blocked</html>") },
		"HTML 404": func(w http.ResponseWriter, r *http.Request) { sendText(w, 404, "text/html", "<html>no</html>") },
		"511":      func(w http.ResponseWriter, r *http.Request) { sendText(w, 511, "text/html", "<html>sign in</html>") },
		"302": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://portal.test/", http.StatusFound)
		},
		"wrong gzip": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			sendJSON(w, 200, "this is not packed at all")
		},
		"other packing": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			sendJSON(w, 200, 1)
		},
		"bomb": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(zipped(`{"value":[`))
			for range bulkLimit>>20 + 1 { // packed once: a stream may have many members
				w.Write(much)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newTenant(t, answer)
			wantClass(t, identify(t, n.provider()), providers.Foreign)
			if n.seen() > 2 {
				t.Errorf("%d requests", n.seen())
			}
		})
	}
}

// F-063: a 429 is obeyed for the mailbox that it concerns; the rest goes on.
func TestThrottlingOfAMailbox(t *testing.T) {
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, string(adele)) {
			w.Header().Set("Retry-After", "3600")
			sendError(w, 429, "TooManyRequests")
			return
		}
		pages([]any{})(w, r)
	})
	p := n.provider()
	for range 3 {
		_, _, _, err := collect(t, p, providers.ChangesRequest{Mailbox: adele, Window: week})
		e := wantError(t, err, providers.Throttled)
		if e.Scope != providers.ScopeMailbox || e.RetryAfter < 59*time.Minute || e.Mailbox != adele {
			t.Errorf("%+v", e)
		}
	}
	if n.seen() != 1 {
		t.Errorf("%d requests during the pause", n.seen())
	}
	if _, _, _, err := collect(t, p, providers.ChangesRequest{Mailbox: aalto, Window: week}); err != nil {
		t.Error(err)
	}
	if s := p.Stats(); s.Throttled != 1 || s.Requests != 2 || !s.PausedUntil.IsZero() {
		t.Errorf("stats %+v", s)
	}
}

func TestThrottlingOfTheApplication(t *testing.T) {
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "120")
		sendError(w, 429, "ApplicationThrottled")
	})
	p := n.provider()
	for _, mailbox := range []providers.Address{adele, aalto} {
		_, _, _, err := collect(t, p, providers.ChangesRequest{Mailbox: mailbox, Window: week})
		if e := wantError(t, err, providers.Throttled); e.Scope != providers.ScopeApp {
			t.Errorf("%+v", e)
		}
	}
	if s := p.Stats(); n.seen() != 1 || s.PausedUntil.IsZero() || s.Limit != defaultInFlight/2 {
		t.Errorf("%d requests, stats %+v", n.seen(), s)
	}
}

// F-063, F-064: a short pause is waited for, and the request succeeds.
func TestShortPausesAreWaitedFor(t *testing.T) {
	for _, header := range []string{"1", ""} {
		var count atomic.Int64
		var second time.Time
		begin := time.Now()
		n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
			if count.Add(1) == 1 {
				if header != "" {
					w.Header().Set("Retry-After", header)
				}
				sendError(w, 429, "TooManyRequests")
				return
			}
			second = time.Now()
			pages([]any{})(w, r)
		})
		p := n.provider()
		p.engine.rand = func() float64 { return 0 }
		if _, _, _, err := collect(t, p, providers.ChangesRequest{Mailbox: adele, Window: week}); err != nil {
			t.Error(err)
		}
		if second.Sub(begin) < time.Second {
			t.Error("the second request left before the announced time")
		}
	}
}

// F-074: neither headers that do not come nor a body that drips hold a slot.
func TestStalledAttemptsEnd(t *testing.T) {
	for name, slow := range map[string]func(w http.ResponseWriter, r *http.Request){
		"no headers": func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"drip": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					fmt.Fprint(w, " ")
					w.(http.Flusher).Flush()
				case <-r.Context().Done():
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newTenant(t, slow)
			p := n.provider()
			p.engine.timing.readHeader, p.engine.timing.progress = 200*time.Millisecond, 200*time.Millisecond
			e := wantError(t, identify(t, p), providers.Transient)
			if !errors.Is(e, errStalled) || n.seen() != maxTries {
				t.Errorf("%v after %d requests", e, n.seen())
			}
			if s := p.Stats(); s.InFlight != 0 {
				t.Errorf("%d slots are held", s.InFlight)
			}
		})
	}
}

// F-077: what is wrong on the way has names of its own.
func TestWhatIsWrongOnTheWayIsNamed(t *testing.T) {
	n := newTenant(t, organizationAnswer)
	unknownCA := n.config()
	unknownCA.RootCAs = nil
	wrongName := n.config()
	wrongName.AuthorityURL = strings.Replace(n.URL, "127.0.0.1", "localhost", 1)

	closed := httptest.NewServer(nil)
	closed.Close()
	nobody := n.config()
	nobody.AuthorityURL = strings.Replace(closed.URL, "http:", "https:", 1)
	noName := n.config()
	noName.AuthorityURL = "https://does-not-exist.invalid"
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	notTLS := n.config()
	notTLS.AuthorityURL = strings.Replace(plain.URL, "http:", "https:", 1)
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11}
	old.Config.ErrorLog = quietLog()
	old.StartTLS()
	defer old.Close()
	oldTLS := n.config()
	oldTLS.AuthorityURL = old.URL
	n.Config.ErrorLog = quietLog()

	for name, c := range map[string]struct {
		config Config
		class  providers.Class
		advice string
	}{
		"unknown CA":          {unknownCA, providers.UntrustedHost, "--ca-file"},
		"another host":        {wrongName, providers.UntrustedHost, "another host"},
		"nothing listens":     {nobody, providers.Unreachable, "nothing listens"},
		"unknown name":        {noName, providers.Unreachable, "name"},
		"no TLS there":        {notTLS, providers.Unreachable, "TLS"},
		"TLS that is too old": {oldTLS, providers.Unreachable, "TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			e := wantError(t, identify(t, connect(t, c.config)), c.class)
			if !strings.Contains(e.Advice, c.advice) {
				t.Errorf("advice %q, want %q in it (%v)", e.Advice, c.advice, e)
			}
		})
	}
}

func TestCallersEndIsCancelled(t *testing.T) {
	arrived := make(chan struct{}, 2)
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	p := n.provider()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { _, err := p.Identify(ctx); ended <- err }()
	<-arrived
	cancel()
	wantClass(t, <-ended, providers.Cancelled)

	go func() { _, err := p.Identify(t.Context()); ended <- err }()
	<-arrived
	p.Close()
	wantClass(t, <-ended, providers.Cancelled)
	wantClass(t, identify(t, p), providers.Cancelled)
}

func TestAuditSeesEachAttempt(t *testing.T) {
	n := newTenant(t, nil)
	n.Config.Handler = wrapGraph(n, func(w http.ResponseWriter, r *http.Request) {
		if n.seen() == 1 {
			w.WriteHeader(503)
			return
		}
		w.Header().Set("request-id", "rid-2")
		organizationAnswer(w, r)
	})
	var seen []Exchange
	config := n.config()
	config.Audit = func(x Exchange) { seen = append(seen, x) }
	if err := identify(t, connect(t, config)); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 2 || seen[0].Status != 503 || seen[0].Class != providers.Transient || seen[1].Class != "" || seen[1].Attempt != 2 ||
		seen[1].RequestID != "rid-2" || seen[1].Bytes == 0 || seen[1].Path != "/v1.0/organization" {
		t.Errorf("%+v", seen)
	}
}
