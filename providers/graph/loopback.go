package graph

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"roomdesk/providers"
)

const (
	// maxRedirectBody bounds what a browser brings back: a code takes 2 kB.
	maxRedirectBody = 32 << 10
	// pageLimit is how long the browser's last page waits for the outcome.
	pageLimit = signInLimit + 5*time.Second
)

// loopback takes the one answer that a browser brings back to this machine
// (RFC 8252, 7.3). It listens on loopback only, in both address families, so that no
// other program of this machine sits on the other one's same port.
type loopback struct {
	address string // "http://localhost:54321"
	host    string // "localhost:54321"
	state   string
	method  string // POST of a form, or GET of a redirect
	servers []*http.Server
	serving sync.WaitGroup

	mu      sync.Mutex
	taken   bool
	answers chan url.Values // gets one
	outcome chan struct{}   // closed when page is known
	page    closingPage
	shown   chan struct{} // closed when page was sent
}

// closingPage is what the browser shows at the end.
type closingPage struct {
	Title string
	Text  []string
}

// errPortTaken: another program listens there.
var errPortTaken = errors.New("the port is taken")

// listenLoopback listens for the answer with the given state: posted by a form, or
// with method GET as a redirect brings it. port 0 takes one that is free.
func listenLoopback(ctx context.Context, port int, method, state string) (*loopback, error) {
	tries := 1
	if port == 0 {
		tries = 10 // the same port has to be free in both families
	}
	var failed error
	for range tries {
		listeners, err := listenBoth(ctx, port)
		if err != nil {
			failed = err
			continue
		}
		_, number, _ := net.SplitHostPort(listeners[0].Addr().String())
		l := &loopback{address: "http://localhost:" + number, host: "localhost:" + number, state: state, method: method,
			answers: make(chan url.Values, 1), outcome: make(chan struct{}), shown: make(chan struct{})}
		for _, listener := range listeners {
			server := &http.Server{Handler: l, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: pageLimit + 10*time.Second,
				MaxHeaderBytes: 64 << 10}
			l.servers = append(l.servers, server)
			l.serving.Go(func() { _ = server.Serve(listener) }) // ends when it is closed
		}
		return l, nil
	}
	return nil, failed
}

// listenBoth listens on 127.0.0.1, and on ::1 at the same port where the machine has it.
func listenBoth(ctx context.Context, port int) ([]net.Listener, error) {
	var config net.ListenConfig
	four, err := config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, errors.Join(errPortTaken, err)
	}
	_, number, _ := net.SplitHostPort(four.Addr().String())
	six, err := config.Listen(ctx, "tcp6", net.JoinHostPort("::1", number))
	if err == nil {
		return []net.Listener{four, six}, nil
	}
	// Either another program sits there, or the machine has no IPv6.
	if other, none := config.Listen(ctx, "tcp6", "[::1]:0"); none == nil {
		return nil, errors.Join(errPortTaken, err, other.Close(), four.Close())
	}
	return []net.Listener{four}, nil
}

// ServeHTTP takes the answer. What is not it, for example a browser's wish for an
// icon or a page that guesses, changes nothing.
func (l *loopback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Connection", "close")
	nothing := closingPage{Title: "Nothing to see here", Text: []string{"This address only takes the one answer that roomdesk waits for."}}
	switch {
	case r.Host != l.host, r.URL.Path != "/":
		writeClosing(w, http.StatusNotFound, nothing)
		return
	case r.Method != l.method:
		h.Set("Allow", l.method)
		writeClosing(w, http.StatusMethodNotAllowed, nothing)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxRedirectBody)
	if !l.readAnswer(r) {
		writeClosing(w, http.StatusBadRequest, closingPage{Title: "This is not the answer that roomdesk waits for",
			Text: []string{"Close this window, and open the address that roomdesk shows now."}})
		return
	}
	l.mu.Lock()
	first := !l.taken
	l.taken = true
	l.mu.Unlock()
	if !first {
		writeClosing(w, http.StatusGone, closingPage{Title: "This was answered before", Text: []string{"Close this window, and look at roomdesk."}})
		return
	}
	defer close(l.shown)
	l.answers <- l.values(r)
	select {
	case <-l.outcome:
		writeClosing(w, http.StatusOK, l.page)
	case <-r.Context().Done():
	}
}

// readAnswer reports whether a request is the answer that is waited for.
func (l *loopback) readAnswer(r *http.Request) bool {
	return r.ParseForm() == nil && subtle.ConstantTimeCompare([]byte(l.values(r).Get("state")), []byte(l.state)) == 1
}

// values are what a request brings, from the one place where the answer stands.
func (l *loopback) values(r *http.Request) url.Values {
	if l.method == http.MethodGet {
		return r.URL.Query()
	}
	return r.PostForm
}

// paste takes the address to which a browser of another machine was sent, which leads
// nowhere there. It has to be the answer that is waited for.
func (l *loopback) paste(address string) error {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme != "http" || u.Host != l.host || u.Path != "" && u.Path != "/" || l.method != http.MethodGet {
		return errOtherAnswer
	}
	values := u.Query()
	if subtle.ConstantTimeCompare([]byte(values.Get("state")), []byte(l.state)) != 1 {
		return errOtherAnswer
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.taken {
		return errOtherAnswer
	}
	l.taken = true
	close(l.shown) // no browser waits for a page
	l.answers <- values
	return nil
}

// errOtherAnswer: what was pasted is not the answer to the link that is shown.
var errOtherAnswer = &providers.Error{Class: providers.Foreign, Op: "reading the pasted address", Message: providers.Outside("this is not the answer to the link that is shown now"),
	Advice: "paste the whole address that the browser shows at the end, beginning with http://localhost"}

// answer waits for it.
func (l *loopback) answer(ctx context.Context) (url.Values, error) {
	select {
	case values := <-l.answers:
		return values, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// finish shows the outcome to the browser, if it brought an answer, and listens no
// more.
func (l *loopback) finish(page closingPage) {
	l.page = page
	close(l.outcome)
	l.mu.Lock()
	waits := l.taken
	l.taken = true
	l.mu.Unlock()
	if waits {
		limit := time.NewTimer(2 * time.Second) // a browser that reads no further is not waited for
		defer limit.Stop()
		select {
		case <-l.shown:
		case <-limit.C:
		}
	}
	for _, server := range l.servers {
		_ = server.Close() // also what a browser opened and never used
	}
	l.serving.Wait()
}

// closingTemplate needs nothing from elsewhere.
var closingTemplate = template.Must(template.New("closing").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Title}} · roomdesk</title>
<style>body{font-family:sans-serif;max-width:34em;margin:3em auto;padding:0 1em}</style></head>
<body><main><h1>{{.Title}}</h1>{{range .Text}}
<p>{{.}}</p>{{end}}
</main></body></html>
`))

// writeClosing sends a page in one piece, so that the connection can be closed then.
func writeClosing(w http.ResponseWriter, status int, page closingPage) {
	var body bytes.Buffer
	if err := closingTemplate.Execute(&body, page); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // fails only where the browser has gone
	_ = http.NewResponseController(w).Flush()
}

// signedInPage and failedPage are the two ends of a sign-in.
func signedInPage(who providers.SignedIn) closingPage {
	return closingPage{Title: "Signed in", Text: []string{
		"as " + providers.Sanitise(who.Address) + ". roomdesk now asks whether this is the right account; nothing is stored before.",
		"You can close this window."}}
}

func failedPage(err error) closingPage {
	page := closingPage{Title: "Not signed in", Text: []string{"Nothing was stored. roomdesk says why."}}
	var e *providers.Error
	if errors.As(err, &e) && e.Message.Or("") != "" {
		page.Text = append([]string{e.Message.Or("")}, page.Text...)
	}
	page.Text = append(page.Text, "You can close this window.")
	return page
}
