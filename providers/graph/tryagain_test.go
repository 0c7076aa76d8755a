package graph

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"roomdesk/providers"
)

// A credential that was refused is not tried again for a while, unless a person says that
// it was mended; and then not more often than every few seconds.
func TestTryAgainAfterARefusal(t *testing.T) {
	n := newTenant(t, organizationAnswer)
	var mended atomic.Bool
	n.entra = func(w http.ResponseWriter, _ int) bool {
		if mended.Load() {
			return false
		}
		sendJSON(w, 401, map[string]any{"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided.", "error_codes": []int{7000215}})
		return true
	}
	var now atomic.Int64
	now.Store(time.Now().UnixNano())
	config := n.config()
	config.Now = func() time.Time { return time.Unix(0, now.Load()) }
	p := connect(t, config)
	ask := func() error { _, err := p.Identify(t.Context()); return err }
	wantClass(t, ask(), providers.SignedOut)
	mended.Store(true)
	wantClass(t, ask(), providers.SignedOut) // remembered
	p.TryAgain()
	if err := ask(); err != nil {
		t.Errorf("mended, and the person says so: %v", err)
	}
	p.TryAgain() // nothing to forget
	if err := ask(); err != nil {
		t.Error(err)
	}

	mended.Store(false)
	p = connect(t, config)
	wantClass(t, ask(), providers.SignedOut)
	before := n.tokens
	for range 5 {
		p.TryAgain()
		wantClass(t, ask(), providers.SignedOut)
	}
	if n.tokens != before+1 {
		t.Errorf("%d sign-ins in no time", n.tokens-before)
	}
	now.Add(int64(againEvery))
	p.TryAgain()
	wantClass(t, ask(), providers.SignedOut)
	if n.tokens != before+2 {
		t.Errorf("%d sign-ins after a while", n.tokens-before)
	}
}
