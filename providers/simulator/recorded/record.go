package recorded

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// recording repeats the tenant's own answers to readings of calendars. A page
// names the next one by its token, so a repeated round is whole.
type recording struct {
	tenant  http.Handler
	latency time.Duration

	mu    sync.RWMutex
	pages map[key]*page
}

// key is all that a page depends on.
type key struct {
	path, query, prefer string
	gzip                bool
}

type page struct {
	status int
	header http.Header
	body   []byte
}

func (r *recording) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodGet || !strings.Contains(req.URL.Path, "/calendarView") {
		r.tenant.ServeHTTP(w, req)
		return
	}
	k := key{req.URL.Path, req.URL.Query().Encode(), wishes(req.Header), strings.Contains(req.Header.Get("Accept-Encoding"), "gzip")}
	r.mu.RLock()
	p := r.pages[k]
	r.mu.RUnlock()
	if p == nil || !strings.HasPrefix(req.Header.Get("Authorization"), "Bearer ") {
		p = &page{header: http.Header{}}
		r.tenant.ServeHTTP(p, req)
		if p.status == http.StatusOK {
			r.mu.Lock()
			r.pages[k] = p
			r.mu.Unlock()
		}
	} else if !r.pause(req) {
		return
	}
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.WriteHeader(p.status)
	_, _ = w.Write(p.body) // the client went away: nobody is left to tell
}

// wishes are the Prefer headers in one spelling.
func wishes(header http.Header) string {
	all := strings.Split(strings.ReplaceAll(strings.Join(header.Values("Prefer"), ","), " ", ""), ",")
	slices.Sort(all)
	return strings.Join(all, ",")
}

// pause is the latency that the tenant itself would have added.
func (r *recording) pause(req *http.Request) bool {
	if r.latency <= 0 {
		return true
	}
	timer := time.NewTimer(r.latency)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-req.Context().Done():
		return false
	}
}

// A page takes down an answer.

func (p *page) Header() http.Header { return p.header }

func (p *page) WriteHeader(status int) {
	if p.status == 0 {
		p.status = status
	}
}

func (p *page) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	p.body = append(p.body, b...)
	return len(b), nil
}
