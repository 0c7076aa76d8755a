package ews

import (
	"net/http"
	"sync"

	"roomdesk/providers"
)

// affinity keeps the requests of a group of subscriptions at the one server of Exchange
// that holds them: all are anchored at the same mailbox and carry the cookie that the
// first answer brought. All methods work on nil, which is no group.
type affinity struct {
	mu     sync.Mutex
	anchor providers.Address
	cookie string
}

const affinityCookie = "X-BackEndOverrideCookie"

func (a *affinity) set(req *http.Request) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.anchor != "" {
		req.Header.Set("X-AnchorMailbox", string(a.anchor))
	}
	req.Header.Set("X-PreferServerAffinity", "true")
	if a.cookie != "" {
		req.AddCookie(&http.Cookie{Name: affinityCookie, Value: a.cookie})
	}
}

func (a *affinity) keep(resp *http.Response) {
	if a == nil {
		return
	}
	for _, cookie := range resp.Cookies() {
		if cookie.Name == affinityCookie && len(cookie.Value) <= 4<<10 {
			a.mu.Lock()
			a.cookie = cookie.Value
			a.mu.Unlock()
		}
	}
}

// reset begins a group anew.
func (a *affinity) reset(anchor providers.Address) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.anchor != anchor {
		a.anchor, a.cookie = anchor, ""
	}
}
