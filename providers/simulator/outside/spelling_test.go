package outside

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"testing"
)

// spelling is a way of writing an address that a client has, that the real
// service takes, and that the contract does not list.
type spelling struct {
	pattern     *regexp.Regexp // on the escaped path
	replacement string         // the contract's way
	reason      string
}

// address keeps the client's own address while the checker sees the contract's.
type address struct{}

// spelled puts the contract's spelling in front of a checker and the client's
// behind it, so that the rest of such requests and their answers are held to the
// contract all the same. A spelling that no request has is reported: it would
// hide the next mistake.
func spelled(t *testing.T, check func(http.Handler) http.Handler, spellings []spelling) func(http.Handler) http.Handler {
	t.Helper()
	var mu sync.Mutex
	seen := make([]int, len(spellings))
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for i, s := range spellings {
			if seen[i] == 0 {
				t.Errorf("no request had the spelling %s any more: take it out (it was: %s)", s.pattern, s.reason)
			}
		}
	})
	return func(tenant http.Handler) http.Handler {
		checked := check(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if own, ok := r.Context().Value(address{}).(*url.URL); ok {
				r.URL = own
			}
			tenant.ServeHTTP(w, r)
		}))
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path := r.URL.EscapedPath()
			for i, s := range spellings {
				if s.pattern.MatchString(path) {
					mu.Lock()
					seen[i]++
					mu.Unlock()
					path = s.pattern.ReplaceAllString(path, s.replacement)
				}
			}
			if path != r.URL.EscapedPath() {
				plain, err := url.PathUnescape(path)
				if err != nil {
					t.Error(err)
				}
				own, shown := *r.URL, *r.URL
				shown.Path, shown.RawPath = plain, path
				r = r.WithContext(context.WithValue(r.Context(), address{}, &own))
				r.URL = &shown
			}
			checked.ServeHTTP(w, r)
		})
	}
}
