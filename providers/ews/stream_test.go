package ews

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"roomdesk/providers"
)

// streamer answers Subscribe with an id made of the mailbox, and gives each streaming
// connection to script.
type streamer struct {
	script func(number int, w io.Writer) error

	running     sync.WaitGroup
	mu          sync.Mutex
	subscribes  int
	connections []string // bodies
	headers     []http.Header
}

func (s *streamer) RoundTrip(req *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	text := string(raw)
	answer := func(body io.ReadCloser) *http.Response {
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/xml; charset=utf-8"}, "Set-Cookie": {affinityCookie + "=back-end-7; path=/"}}, Body: body, Request: req}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.headers = append(s.headers, req.Header.Clone())
	if strings.Contains(text, "<m:Subscribe>") {
		s.subscribes++
		_, mailbox, _ := strings.Cut(text, "<t:PrimarySmtpAddress>")
		mailbox, _, _ = strings.Cut(mailbox, "<")
		return answer(io.NopCloser(strings.NewReader(soap(`<m:SubscribeResponse><m:ResponseMessages><m:SubscribeResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode><m:SubscriptionId>` +
			mailbox + fmt.Sprint("#", s.subscribes) + `</m:SubscriptionId></m:SubscribeResponseMessage></m:ResponseMessages></m:SubscribeResponse>`)))), nil
	}
	s.connections = append(s.connections, text)
	number := len(s.connections)
	r, w := io.Pipe()
	s.running.Go(func() { _ = w.CloseWithError(s.script(number, w)) })
	context.AfterFunc(req.Context(), func() { _ = r.CloseWithError(req.Context().Err()) })
	return answer(r), nil
}

func (s *streamer) subscribed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.subscribes
}

func (s *streamer) opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.connections)
}

// streamedMessage is one envelope; prefix is that of the notification's namespace.
func streamedMessage(prefix string, inside string) string {
	return soap(`<m:GetStreamingEventsResponse><m:ResponseMessages><m:GetStreamingEventsResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>` +
		strings.ReplaceAll(inside, "N:", prefix) + `</m:GetStreamingEventsResponseMessage></m:ResponseMessages></m:GetStreamingEventsResponse>`)
}

const (
	alive  = `<m:ConnectionStatus>OK</m:ConnectionStatus>`
	closed = `<m:ConnectionStatus>Closed</m:ConnectionStatus>`
)

func notice(id string, events int) string {
	return `<m:Notifications><N:Notification><t:SubscriptionId>` + id + `</t:SubscriptionId>` +
		strings.Repeat(`<t:ModifiedEvent><t:TimeStamp>2026-11-21T10:00:00Z</t:TimeStamp><t:ItemId Id="AAMk" ChangeKey="CQ"/><t:ParentFolderId Id="AAMf"/></t:ModifiedEvent>`, events) + `</N:Notification></m:Notifications>`
}

// hinted runs Hints inside a bubble and gives how often it told of each mailbox.
func hinted(t *testing.T, s *streamer, mailboxes []providers.Address, run func(p *Provider, told func(providers.Address) int, calls func() int)) {
	t.Helper()
	p := connected(t, nil, func(c *Config) { c.Around = func(http.RoundTripper) http.RoundTripper { return s } })
	p.engine.wait, p.engine.rand = sleep, func() float64 { return 0.5 }
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	counts, calls := map[providers.Address]int{}, 0
	over := make(chan error)
	go func() {
		over <- p.Hints(ctx, func() []providers.Address { return mailboxes }, func(changed ...providers.Address) {
			mu.Lock()
			defer mu.Unlock()
			calls++
			for _, m := range changed {
				counts[m]++
			}
		})
	}()
	run(p, func(m providers.Address) int {
		mu.Lock()
		defer mu.Unlock()
		return counts[m]
	}, func() int {
		mu.Lock()
		defer mu.Unlock()
		return calls
	})
	cancel()
	if err := <-over; err != nil {
		t.Error(err)
	}
	_ = p.Close()
	s.running.Wait()
}

// Envelopes on an answer without an end are told apart wherever the network cuts them;
// notifications are taken in both namespaces that Exchange uses.
func TestStreamOfEnvelopes(t *testing.T) {
	for _, prefix := range []string{"m:", "t:"} {
		for _, piece := range []int{1, 7, 1 << 20} {
			synctest.Test(t, func(t *testing.T) {
				s := &streamer{script: func(_ int, w io.Writer) error {
					text := `<?xml version="1.0" encoding="utf-8"?>` + streamedMessage(prefix, alive) + "\r\n" + streamedMessage(prefix, notice(string(atlas)+"#1", 2)) +
						`<?xml version="1.0"?>` + streamedMessage(prefix, alive) + streamedMessage(prefix, notice(string(maria)+"#2", 1))
					for len(text) > 0 {
						n := min(piece, len(text))
						if _, err := io.WriteString(w, text[:n]); err != nil {
							return err
						}
						text = text[n:]
					}
					time.Sleep(time.Minute)
					return io.EOF
				}}
				hinted(t, s, []providers.Address{atlas, maria}, func(p *Provider, told func(providers.Address) int, _ func() int) {
					time.Sleep(time.Second)
					synctest.Wait()
					if told(atlas) != 1 || told(maria) != 1 || p.HintStats().Subscriptions != 2 {
						t.Errorf("%s in pieces of %d: %d and %d told, %+v", prefix, piece, told(atlas), told(maria), p.HintStats())
					}
				})
			})
		}
	}
}

// The group stays at one server: one anchor, and the cookie that it gave.
func TestStreamKeepsItsServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &streamer{script: func(_ int, w io.Writer) error {
			_, err := io.WriteString(w, streamedMessage("t:", alive))
			time.Sleep(time.Minute)
			return err
		}}
		hinted(t, s, []providers.Address{atlas, maria}, func(*Provider, func(providers.Address) int, func() int) { time.Sleep(time.Second) })
		for i, h := range s.headers {
			if h.Get("X-AnchorMailbox") != string(atlas) || h.Get("X-PreferServerAffinity") != "true" || (i > 0) != strings.Contains(h.Get("Cookie"), "back-end-7") {
				t.Errorf("request %d: %v", i, h)
			}
		}
		if len(s.headers) != 3 || !strings.Contains(s.connections[0], "<m:ConnectionTimeout>30</m:ConnectionTimeout>") {
			t.Errorf("%d requests: %s", len(s.headers), s.connections)
		}
	})
}

// F-129, S-09: a stream that lies changes nothing: what it names and was never subscribed
// is not told, however much of it comes.
func TestStreamThatLies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &streamer{script: func(_ int, w io.Writer) error {
			for n := range 500 {
				lie := []string{"nobody@hq.example#1", string(maria) + "#9", "", strings.Repeat("x", 10_000), string(atlas)}[n%5]
				if _, err := io.WriteString(w, streamedMessage("t:", notice(lie, 1)+`<m:ErrorSubscriptionIds><t:SubscriptionId>`+lie+`</t:SubscriptionId></m:ErrorSubscriptionIds>`)); err != nil {
					return err
				}
			}
			time.Sleep(time.Minute)
			return io.EOF
		}}
		hinted(t, s, []providers.Address{atlas}, func(p *Provider, told func(providers.Address) int, calls func() int) {
			time.Sleep(time.Second)
			synctest.Wait()
			if calls() != 0 || p.HintStats().Strangers != 500 || s.subscribed() != 1 {
				t.Errorf("%d calls, %+v", calls(), p.HintStats())
			}
		})
	})
}

// A connection that says nothing, not even that it lives, is given up after two
// heartbeats, and made anew.
func TestSilentStreamIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &streamer{script: func(number int, w io.Writer) error {
			_, err := io.WriteString(w, streamedMessage("t:", alive))
			if number > 1 {
				for err == nil {
					time.Sleep(45 * time.Second)
					_, err = io.WriteString(w, streamedMessage("t:", alive))
				}
			}
			time.Sleep(24 * time.Hour)
			return err
		}}
		hinted(t, s, []providers.Address{atlas}, func(p *Provider, _ func(providers.Address) int, _ func() int) {
			time.Sleep(90 * time.Second)
			if s.opened() != 1 {
				t.Errorf("given up too early: %d connections", s.opened())
			}
			time.Sleep(20 * time.Second)
			if s.opened() != 2 || p.HintStats().Lost != 1 {
				t.Errorf("%d connections, %+v", s.opened(), p.HintStats())
			}
			time.Sleep(20 * time.Minute) // the second one lives
			if s.opened() != 2 || p.HintStats().Streams != 1 {
				t.Errorf("%d connections, %+v", s.opened(), p.HintStats())
			}
		})
	})
}

// Connections that break off, end at once, hold nonsense or no end are made anew at a
// growing pause; one whose time is over at once, with the subscriptions that it had.
func TestStreamThatBreaksOff(t *testing.T) {
	for name, script := range map[string]func(w io.Writer) error{
		"cut": func(w io.Writer) error { return errors.New("connection reset") },
		"closed": func(w io.Writer) error {
			_, err := io.WriteString(w, streamedMessage("t:", closed))
			return errors.Join(err, io.EOF)
		},
		"nonsense": func(w io.Writer) error {
			_, err := io.WriteString(w, "<html><body>sign in</body></html>")
			return errors.Join(err, io.EOF)
		},
		"entities": func(w io.Writer) error {
			_, err := io.WriteString(w, `<!DOCTYPE a [<!ENTITY b "c">]>`)
			return errors.Join(err, io.EOF)
		},
		"in a half": func(w io.Writer) error {
			_, err := io.WriteString(w, streamedMessage("t:", alive)[:200])
			return errors.Join(err, io.EOF)
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &streamer{script: func(_ int, w io.Writer) error { return script(w) }}
			hinted(t, s, []providers.Address{atlas}, func(p *Provider, _ func(providers.Address) int, _ func() int) {
				time.Sleep(time.Hour)
				if n := s.opened(); n < 10 || n > 40 {
					t.Errorf("%s: %d connections in an hour", name, n)
				}
				if s.subscribed() != 1 {
					t.Errorf("%s: %d subscriptions for one calendar", name, s.subscribed())
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := &streamer{script: func(_ int, w io.Writer) error {
			_, err := io.WriteString(w, streamedMessage("t:", alive))
			time.Sleep(time.Minute)
			if err == nil {
				_, err = io.WriteString(w, streamedMessage("t:", closed))
			}
			return errors.Join(err, io.EOF)
		}}
		hinted(t, s, []providers.Address{atlas}, func(p *Provider, _ func(providers.Address) int, _ func() int) {
			time.Sleep(10*time.Minute + time.Second)
			if n := s.opened(); n != 11 || p.HintStats().Lost != 0 {
				t.Errorf("%d connections in ten minutes of one minute each, %+v", n, p.HintStats())
			}
		})
	})
}

// A subscription that the server names as dead is made anew, alone, and its mailbox is
// told as changed.
func TestDeadSubscriptionIsMadeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &streamer{script: func(number int, w io.Writer) error {
			text := streamedMessage("t:", alive)
			if number == 1 {
				text = soap(`<m:GetStreamingEventsResponse><m:ResponseMessages><m:GetStreamingEventsResponseMessage ResponseClass="Error"><m:MessageText>no</m:MessageText><m:ResponseCode>ErrorInvalidSubscription</m:ResponseCode>` +
					`<m:ErrorSubscriptionIds><t:SubscriptionId>` + string(maria) + `#2</t:SubscriptionId></m:ErrorSubscriptionIds></m:GetStreamingEventsResponseMessage></m:ResponseMessages></m:GetStreamingEventsResponse>`)
			}
			_, err := io.WriteString(w, text)
			time.Sleep(time.Minute)
			return err
		}}
		hinted(t, s, []providers.Address{atlas, maria}, func(p *Provider, told func(providers.Address) int, _ func() int) {
			time.Sleep(20 * time.Second)
			if s.subscribed() != 3 || s.opened() != 2 || told(maria) != 1 || told(atlas) != 0 {
				t.Errorf("%d subscriptions, %d connections, %d and %d told", s.subscribed(), s.opened(), told(maria), told(atlas))
			}
			if !strings.Contains(s.connections[1], "#3") || strings.Contains(s.connections[1], "#2<") {
				t.Error(s.connections[1])
			}
		})
	})
}

// 10,000 changes that come together are a few hints, in bounded memory.
func TestFlockOfChangesIsFewHints(t *testing.T) {
	for name, write := range map[string]func(w io.Writer) error{
		"in one envelope": func(w io.Writer) error {
			_, err := io.WriteString(w, streamedMessage("t:", notice(string(atlas)+"#1", 10_000)))
			return err
		},
		"a thousand by themselves": func(w io.Writer) error {
			one := streamedMessage("t:", notice(string(atlas)+"#1", 1))
			_, err := io.WriteString(w, strings.Repeat(one, 1000))
			return err
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &streamer{script: func(_ int, w io.Writer) error {
				err := write(w)
				time.Sleep(time.Minute)
				return err
			}}
			hinted(t, s, []providers.Address{atlas}, func(p *Provider, told func(providers.Address) int, calls func() int) {
				time.Sleep(30 * time.Second)
				synctest.Wait()
				if calls() < 1 || calls() > 300 {
					t.Errorf("%s: %d calls for 10,000 changes", name, calls())
				}
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				if m.HeapAlloc > 64<<20 {
					t.Errorf("%s: %d MB are held afterwards", name, m.HeapAlloc>>20)
				}
			})
		})
	}
}

// Groups are of 200 at most, and there are three of them: who is beyond has to be looked
// at by time alone.
func TestStreamsAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &streamer{script: func(_ int, w io.Writer) error {
			_, err := io.WriteString(w, streamedMessage("t:", alive))
			time.Sleep(time.Minute)
			return err
		}}
		var many []providers.Address
		for n := range 1000 {
			many = append(many, providers.Address(fmt.Sprintf("room%04d@hq.example", n)))
		}
		hinted(t, s, many, func(p *Provider, _ func(providers.Address) int, _ func() int) {
			time.Sleep(30 * time.Second)
			synctest.Wait()
			if s.opened() != 3 || s.subscribed() != 600 || p.HintStats().Subscriptions != 600 {
				t.Errorf("%d connections, %d subscriptions, %+v", s.opened(), s.subscribed(), p.HintStats())
			}
			for _, body := range s.connections {
				if n := strings.Count(body, "<t:SubscriptionId>"); n != 200 {
					t.Errorf("%d subscriptions on a connection", n)
				}
			}
		})
	})
}
