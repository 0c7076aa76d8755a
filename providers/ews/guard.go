package ews

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"roomdesk/providers"
)

const (
	// lockFor is how long a password that was refused is not tried again: directories lock
	// accounts after a few wrong ones.
	lockFor = time.Minute
	// provenFor is how long after an accepted sign-in further ones go side by side.
	provenFor = 10 * time.Second
	// slowFor is how long a sign-in without an answer keeps the next one waiting.
	slowFor = 5 * time.Second
)

// guard keeps wrong passwords away from the directory. A password that nobody accepted
// lately is tried by one sign-in at a time, so that one which was changed on the server
// is refused once and not by each of the connections that are opened together; one that
// was refused rests.
type guard struct {
	now    func() time.Time
	judged func(password string, accepted bool) // nil: nobody is told

	mu      sync.Mutex
	refused [sha256.Size]byte
	rests   time.Time // until then
	why     *providers.Error
	proven  [sha256.Size]byte
	at      time.Time     // when it was accepted last
	trying  chan struct{} // closed at the end of the sign-in that is under way
}

// errResting marks errors of sign-ins that were not made.
var errResting = errors.New("the password was refused a moment ago and is not sent again yet")

func fingerprint(password string) [sha256.Size]byte { return sha256.Sum256([]byte(password)) }

// refuse notes why a password was refused.
func (g *guard) refuse(password string, why *providers.Error) {
	if errors.Is(why, errResting) {
		return
	}
	noted := *why // the caller goes on to say of its own what it was about
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refused, g.why, g.rests = fingerprint(password), &noted, g.now().Add(lockFor)
}

// resting is why a password may not be sent now; nil: it may.
func (g *guard) resting(password string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.rest(fingerprint(password))
}

// rest is resting with g.mu held.
func (g *guard) rest(key [sha256.Size]byte) error {
	if key != g.refused || !g.now().Before(g.rests) {
		return nil
	}
	failure := providers.Error{Class: providers.SignedOut, Status: http.StatusUnauthorized, Cause: providers.CausePasswordRefused}
	if g.why != nil {
		failure = *g.why
	}
	failure.Err = errResting
	return &failure
}

// begin waits until this password may be sent, and gives the function that takes the
// server's judgement: nil where there is none.
func (g *guard) begin(ctx context.Context, password string) (func(accepted *bool), error) {
	key := fingerprint(password)
	var slow chan struct{} // waited for long enough
	for {
		g.mu.Lock()
		if err := g.rest(key); err != nil {
			g.mu.Unlock()
			return nil, err
		}
		if key == g.proven && g.now().Sub(g.at) < provenFor {
			g.mu.Unlock()
			return func(accepted *bool) { g.end(password, key, accepted) }, nil
		}
		before := g.trying
		if before == nil || before == slow {
			mine := make(chan struct{})
			g.trying = mine
			g.mu.Unlock()
			return func(accepted *bool) {
				g.end(password, key, accepted)
				g.mu.Lock()
				if g.trying == mine {
					g.trying = nil
				}
				g.mu.Unlock()
				close(mine)
			}, nil
		}
		g.mu.Unlock()
		timer := time.NewTimer(slowFor)
		select {
		case <-before:
		case <-timer.C:
			slow = before
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
		timer.Stop()
	}
}

func (g *guard) end(password string, key [sha256.Size]byte, accepted *bool) {
	if accepted == nil {
		return
	}
	g.mu.Lock()
	if *accepted {
		g.proven, g.at = key, g.now()
		if key == g.refused {
			g.refused, g.why = [sha256.Size]byte{}, nil
		}
	} else {
		g.refused, g.why, g.rests = key, nil, g.now().Add(lockFor)
		if key == g.proven {
			g.proven = [sha256.Size]byte{}
		}
	}
	g.mu.Unlock()
	if g.judged != nil {
		g.judged(password, *accepted)
	}
}

// guarded asks the guard before each request that carries a proof of the password.
type guarded struct {
	next  http.RoundTripper
	guard *guard
}

func (t guarded) RoundTrip(req *http.Request) (*http.Response, error) {
	c, _ := req.Context().Value(courseKey{}).(*course)
	password, carries := "", false
	switch {
	case c == nil:
		_, password, carries = req.BasicAuth()
	case proves(req.Header.Get("Authorization")):
		password, carries = c.password, true
	}
	if !carries {
		return t.next.RoundTrip(req)
	}
	end, err := t.guard.begin(req.Context(), password)
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		if c != nil {
			c.ended(err)
		}
		return nil, err
	}
	var accepted *bool
	defer func() { end(accepted) }()
	resp, err := t.next.RoundTrip(req)
	if err == nil && (c == nil || resp.StatusCode != http.StatusUnauthorized || c.broken() == nil) {
		accepted = new(resp.StatusCode != http.StatusUnauthorized)
	}
	return resp, err
}

// proves reports whether a sign-in by NTLM is at its third message, the one that the
// password is in.
func proves(authorization string) bool {
	scheme, text, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "NTLM") && !strings.EqualFold(scheme, "Negotiate") {
		return false
	}
	message, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	return err == nil && len(message) >= 12 && binary.LittleEndian.Uint32(message[8:]) == 3
}
