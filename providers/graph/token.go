package graph

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"

	"roomdesk/providers"
)

const (
	// signInLimit bounds one sign-in, tries included. It does not depend on who
	// asked first: others wait for the same answer.
	signInLimit = 30 * time.Second
	// renewEvery is the least time between renewals that a refused token causes,
	// and between sign-ins with a credential that was refused.
	renewEvery = time.Minute
	// refreshAhead is how long before its end a token is renewed in the
	// background. MSAL takes tokens with less than five minutes left for expired.
	refreshAhead = 4*time.Minute + 45*time.Second
)

const signingIn = "signing in"

// token is an access token and its times by the wall clock.
type token struct {
	value            string
	refresh, expires time.Time
}

// tokens keeps the connection's access token: one sign-in at a time whoever asks,
// renewal in the background before the end, and no storm where it is refused.
type tokens struct {
	client   *entraClient
	source   func(context.Context) ([]Credential, error)
	person   *Person // nil: an application signs in
	clientID string
	roots    roots
	now      func() time.Time
	life     context.Context // ends with the connection

	mu       sync.Mutex
	current  token
	flight   *flight
	failed   error     // why the last sign-in failed
	toldAt   time.Time // when a person said last that it was mended
	retryAt  time.Time
	failures int
	renewed  time.Time            // the last renewal that a refusal caused
	refused  string               // the token that caused it
	msal     *confidential.Client // of used
	used     *Credential          // what the last sign-in that succeeded was made with
	closed   bool
	flights  sync.WaitGroup

	browserLimit time.Duration // for tests; 0 is the usual one
}

// flight is a sign-in under way.
type flight struct {
	done chan struct{}
	tok  token
	err  error
}

// get gives a valid token, waiting for a sign-in where there is none.
func (t *tokens) get(ctx context.Context) (string, error) {
	t.mu.Lock()
	now := t.wall()
	if t.current.value != "" && now.Before(t.current.expires) {
		value := t.current.value
		if !now.Before(t.current.refresh) && !now.Before(t.retryAt) {
			t.start("", false)
		}
		t.mu.Unlock()
		return value, nil
	}
	if t.flight == nil && t.failed != nil && now.Before(t.retryAt) {
		err := t.failed
		t.mu.Unlock()
		return "", err
	}
	f := t.start("", false)
	t.mu.Unlock()
	return f.wait(ctx)
}

// renew replaces a token that the service refused, with the claims that it asked
// for. It reports false where a renewal was made moments ago: another one would
// change nothing.
func (t *tokens) renew(ctx context.Context, refused, claims string) (bool, error) {
	t.mu.Lock()
	now := t.wall()
	if t.current.value != "" && t.current.value != refused {
		t.mu.Unlock()
		return true, nil
	}
	f := t.flight
	if f == nil {
		if now.Sub(t.renewed) < renewEvery {
			t.mu.Unlock()
			return false, nil
		}
		t.renewed = now
		t.current, t.refused = token{}, refused
		f = t.start(claims, true)
	}
	t.mu.Unlock()
	_, err := f.wait(ctx)
	return err == nil, err
}

func (f *flight) wait(ctx context.Context) (string, error) {
	select {
	case <-f.done:
		return f.tok.value, f.err
	case <-ctx.Done():
		return "", transportError(ctx, ctx.Err())
	}
}

// start begins a sign-in, or gives the one under way. fresh leaves MSAL's cache
// behind. The caller holds the lock.
func (t *tokens) start(claims string, fresh bool) *flight {
	if t.flight != nil {
		return t.flight
	}
	f := &flight{done: make(chan struct{})}
	if t.closed {
		f.err = &providers.Error{Class: providers.Cancelled, Op: signingIn}
		close(f.done)
		return f
	}
	t.flight = f
	if fresh && claims == "" {
		t.msal = nil
	}
	t.flights.Go(func() {
		ctx, cancel := context.WithTimeout(t.life, signInLimit)
		defer cancel()
		f.tok, f.err = t.signIn(ctx, claims)
		t.mu.Lock()
		t.flight = nil
		t.settle(f)
		t.mu.Unlock()
		close(f.done)
	})
	return f
}

// settle remembers how a sign-in ended. The caller holds the lock.
func (t *tokens) settle(f *flight) {
	if f.err == nil {
		t.current, t.failed, t.failures, t.retryAt = f.tok, nil, 0, time.Time{}
		return
	}
	t.failures++
	pause := min(renewEvery, 5*time.Second<<min(t.failures-1, 4))
	var e *providers.Error
	if errors.As(f.err, &e) {
		switch {
		case e.Class == providers.SignedOut:
			// A renewed secret is asked for anew.
			t.msal, pause = nil, renewEvery
		case e.RetryAfter > pause:
			pause = e.RetryAfter
		case e.Class == providers.Cancelled:
			pause = 0
		}
	}
	t.failed, t.retryAt = f.err, t.wall().Add(pause)
}

// againEvery is the least time between sign-ins that a person asks for.
const againEvery = 3 * time.Second

// TryAgain lets the next request sign in where the last sign-in failed, though it would
// wait longer by itself: a person has mended something, and says so.
func (p *Provider) TryAgain() {
	t := p.engine.tokens
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := t.wall(); t.failed != nil && now.Sub(t.toldAt) >= againEvery {
		t.retryAt, t.toldAt = now, now
	}
}

// SignInAnew signs in with the newest credential that the source gives, whatever was
// used before, and waits for that. Requests go on with the token at hand meanwhile. Of a
// person's connection it changes nothing.
func (p *Provider) SignInAnew(ctx context.Context) error {
	t := p.engine.tokens
	if t.person != nil {
		return nil
	}
	for {
		t.mu.Lock()
		f := t.flight
		own := f == nil
		if own {
			f = t.start("", true)
		}
		t.mu.Unlock()
		// A sign-in that was under way may have begun with what was there before.
		if _, err := f.wait(ctx); own || ctx.Err() != nil {
			return err
		}
	}
}

// signIn asks Entra for a token: with the credential that succeeded before, and
// where that is refused or there is none, with those that the source gives, in
// their order. So a credential that was exchanged meanwhile works without a pause.
func (t *tokens) signIn(ctx context.Context, claims string) (token, error) {
	if t.person != nil {
		t.mu.Lock()
		refused := t.refused
		t.mu.Unlock()
		return t.signInPerson(ctx, claims, refused)
	}
	t.mu.Lock()
	msal, used := t.msal, t.used
	t.mu.Unlock()
	var refused error
	if msal != nil {
		tok, err := t.acquire(ctx, msal, claims)
		if !providers.Is(err, providers.SignedOut) {
			return tok, err
		}
		refused = err
	}
	credentials, err := t.credentials(ctx)
	if err != nil {
		if refused != nil && !providers.Is(err, providers.Cancelled) {
			return token{}, refused // why the credential at hand is no good says more
		}
		return token{}, err
	}
	for _, credential := range credentials {
		if refused != nil && used != nil && credential.Same(*used) {
			continue
		}
		client, err := t.newClient(credential)
		if err == nil {
			var tok token
			if tok, err = t.acquire(ctx, client, claims); err == nil {
				t.mu.Lock()
				t.msal, t.used = client, &credential
				t.mu.Unlock()
				return tok, nil
			}
		}
		if !providers.Is(err, providers.SignedOut) {
			return token{}, err
		}
		if refused == nil {
			refused = err // the newest credential's refusal is the one to know
		}
	}
	return token{}, refused
}

// acquire makes one sign-in.
func (t *tokens) acquire(ctx context.Context, msal *confidential.Client, claims string) (token, error) {
	var options []confidential.AcquireByCredentialOption
	if claims != "" {
		options = append(options, confidential.WithClaims(claims))
	}
	asked := t.wall()
	noted := &noted{}
	result, err := msal.AcquireTokenByCredential(context.WithValue(ctx, notedKey{}, noted), []string{t.roots.scope}, options...)
	if err != nil {
		return token{}, signInError(ctx, err, noted.err)
	}
	if result.AccessToken == "" {
		return token{}, &providers.Error{Class: providers.Foreign, Op: signingIn, Message: providers.Outside("the sign-in service sent no token")}
	}
	return tokenOf(result, asked), nil
}

// tokenOf takes what matters of MSAL's result. MSAL takes tokens with less than five
// minutes left for expired, so they are renewed before.
func tokenOf(result confidential.AuthResult, asked time.Time) token {
	tok := token{value: result.AccessToken, expires: result.ExpiresOn.Round(0)}
	life := tok.expires.Sub(asked)
	tok.refresh = tok.expires.Add(-refreshAhead)
	if life <= 2*refreshAhead {
		tok.refresh = asked.Add(life * 4 / 5)
	}
	if on := result.Metadata.RefreshOn.Round(0); !on.IsZero() && on.Before(tok.refresh) {
		tok.refresh = on
	}
	return tok
}

// credentials asks the source; there is at least one.
func (t *tokens) credentials(ctx context.Context) ([]Credential, error) {
	credentials, err := t.source(ctx)
	if err == nil && len(credentials) == 0 {
		err = errors.New("there is none")
	}
	if err != nil {
		var known *providers.Error
		if errors.As(err, &known) {
			return nil, err
		}
		return nil, &providers.Error{Class: providers.Local, Op: "reading the application's credential", Err: err}
	}
	return credentials, nil
}

func (t *tokens) newClient(c Credential) (*confidential.Client, error) {
	t.client.redact(c.Secret)
	credential, err := c.msal()
	if err != nil {
		return nil, err
	}
	client, err := confidential.New(t.roots.authority.String(), t.clientID, credential,
		confidential.WithHTTPClient(t.client), confidential.WithInstanceDiscovery(false))
	if err != nil {
		// The library's text names the authority only.
		return nil, &providers.Error{Class: providers.Permanent, Op: signingIn, Message: providers.Outside("the authority cannot be used"), Err: err}
	}
	return &client, nil
}

// usedCredential is what the last sign-in that succeeded was made with.
func (t *tokens) usedCredential() (Credential, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.used == nil {
		return Credential{}, false
	}
	return *t.used, true
}

// close waits until no sign-in is under way; the connection's context has ended
// before.
func (t *tokens) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.flights.Wait()
}

// wall is the time of the wall clock: it goes on while the machine sleeps, which
// the monotonic clock may not.
func (t *tokens) wall() time.Time { return t.now().Round(0) }

// redact takes the access token out of a text that came from outside.
func (t *tokens) redact(text string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current.value == "" {
		return text
	}
	return strings.ReplaceAll(text, t.current.value, "[redacted]")
}
