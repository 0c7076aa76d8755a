package simulator

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// LedgerFilter chooses entries of the ledger; its zero value is all of them.
type LedgerFilter struct {
	After   int64     // entries with a greater number
	Since   time.Time // entries of that time and later
	Mailbox string
	Status  string // "429", or "4xx" for a class, or "0" for no answer
	Method  string
	Path    string // as in a [Fault]
}

func (f LedgerFilter) matches(e *Entry) bool {
	switch {
	case e.N <= f.After, !f.Since.IsZero() && e.At.Before(f.Since):
		return false
	case f.Mailbox != "" && !strings.EqualFold(f.Mailbox, e.Mailbox):
		return false
	case f.Method != "" && !strings.EqualFold(f.Method, e.Method):
		return false
	case f.Path != "" && !matchPath(canonicalPath(f.Path), canonicalPath(e.Path)):
		return false
	case strings.HasSuffix(f.Status, "xx"):
		return strconv.Itoa(e.Status/100) == f.Status[:1]
	}
	return f.Status == "" || strconv.Itoa(e.Status) == f.Status
}

// parseLedgerFilter reads a filter from a query: since is a number of an entry or
// a time, RFC 3339.
func parseLedgerFilter(q url.Values) (f LedgerFilter, err error) {
	for name := range q {
		switch name {
		case "since", "mailbox", "status", "method", "path", "follow", "format":
		default:
			return f, fmt.Errorf("%q is none of since, mailbox, status, method, path, follow, format", name)
		}
	}
	f = LedgerFilter{Mailbox: q.Get("mailbox"), Status: strings.ToLower(q.Get("status")), Method: q.Get("method"), Path: q.Get("path")}
	if !regexp.MustCompile(`^([0-9]{0,3}|[1-5]xx)$`).MatchString(f.Status) {
		return f, fmt.Errorf("status %q is no status and no class such as 4xx", f.Status)
	}
	if since := q.Get("since"); since != "" {
		if f.After, err = strconv.ParseInt(since, 10, 64); err != nil {
			if f.Since, err = parseInstant(strings.Replace(since, " ", "+", 1)); err != nil {
				return f, fmt.Errorf("since %q is no number of an entry and no time", since)
			}
		}
	}
	if f.After < 0 {
		return f, errors.New("since is negative")
	}
	return f, nil
}

// LedgerWhere gives the finished requests that a filter chooses, oldest first.
func (t *Tenant) LedgerWhere(f LedgerFilter) []Entry {
	out := []Entry{}
	for _, e := range t.Ledger() {
		if f.matches(&e) {
			out = append(out, e)
		}
	}
	return out
}

// ClearLedger forgets the finished requests. Their count and numbers go on.
func (t *Tenant) ClearLedger() {
	l := t.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done, l.next = nil, 0
	clear(l.past)
}

// since gives the entries that finished behind the first n, and a channel that is
// closed when there are more.
func (l *ledger) since(n int64) (fresh []Entry, total int64, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := min(l.total-n, int64(len(l.done))); i > 0; i-- {
		fresh = append(fresh, *l.done[(l.next+len(l.done)-int(i))%len(l.done)])
	}
	if l.wake == nil {
		l.wake = make(chan struct{})
	}
	return fresh, l.total, l.wake
}

// FollowLedger gives the requests that a filter chooses as they finish, until ctx or
// the tenant ends. Those that are finished already come first.
func (t *Tenant) FollowLedger(ctx context.Context, f LedgerFilter) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		seen := int64(0)
		for {
			fresh, total, more := t.ledger.since(seen)
			seen = total
			for _, e := range fresh {
				if f.matches(&e) && !yield(e) {
					return
				}
			}
			if len(fresh) > 0 {
				continue
			}
			select {
			case <-more:
			case <-ctx.Done():
				return
			case <-t.done:
				return
			}
		}
	}
}

// quoted is a text in a filter.
var quoted = regexp.MustCompile(`'(?:[^']|'')*'`)

// secretParameters are query parameters of the sign-in side that nobody else may
// read.
var secretParameters = []string{"code", "client_secret", "client_assertion", "password", "refresh_token", "access_token", "id_token", "assertion", "device_code", "code_verifier"}

// ledgerQuery is a query string as the ledger keeps it: without secrets, and without
// what a filter says about the content of events.
func ledgerQuery(raw string) string {
	if raw == "" {
		return ""
	}
	var parts []string
	for part := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(part, "=")
		if decoded, err := url.QueryUnescape(name); err == nil {
			name = decoded
		}
		text, err := url.QueryUnescape(value)
		lower := strings.ToLower(name)
		switch {
		case slicesContainsFold(secretParameters, lower):
			part = name + "=***"
		case err == nil && (lower == "$filter" || lower == "$search" || lower == "$expand") && hasContent(text):
			part = name + "=" + url.QueryEscape(quoted.ReplaceAllString(text, "'***'"))
			if lower == "$search" {
				part = name + "=***"
			}
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "&")
}

// hasContent reports whether a filter looks at what people write.
func hasContent(filter string) bool {
	filter = strings.ToLower(filter)
	for _, name := range []string{"subject", "body", "location", "categories", "extendedproperties"} {
		if strings.Contains(filter, name) {
			return true
		}
	}
	return false
}

func slicesContainsFold(list []string, text string) bool {
	for _, have := range list {
		if strings.EqualFold(have, text) {
			return true
		}
	}
	return false
}

func tlsName(r *http.Request) string {
	if r.TLS == nil {
		return ""
	}
	return tls.VersionName(r.TLS.Version)
}
