package graph

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
)

// J7: a connection goes over to the newest credential when it is told to, with one sign-in,
// and goes on with the token at hand until then.
func TestSignInAnewTakesTheNewestCredential(t *testing.T) {
	n := newTenant(t, organizationAnswer)
	n.entra = func(w http.ResponseWriter, count int) bool {
		sendJSON(w, 200, map[string]any{"token_type": "Bearer", "expires_in": 3599, "access_token": testToken(count)})
		return true
	}
	config := n.config()
	var newest atomic.Pointer[string]
	first, second := "first8Q~value-of-a-client-secret-0123456", "second8Q~value-of-a-client-secret-012345"
	newest.Store(&first)
	config.Credentials = func(context.Context) ([]Credential, error) { return []Credential{{Secret: *newest.Load()}}, nil }
	p := connect(t, config)
	if _, err := p.Identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	newest.Store(&second)
	if _, err := p.Identify(t.Context()); err != nil || n.tokens != 1 {
		t.Fatalf("%d sign-ins, %v", n.tokens, err)
	}
	if used, _ := p.Used(); used.Secret != first {
		t.Error("the token at hand was thrown away")
	}
	if err := p.SignInAnew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if used, _ := p.Used(); used.Secret != second || n.tokens != 2 {
		t.Errorf("%d sign-ins; the newest was used: %v", n.tokens, used.Secret == second)
	}
	if _, err := p.Identify(t.Context()); err != nil || n.tokens != 2 {
		t.Errorf("%d sign-ins, %v", n.tokens, err)
	}
}
