package graph

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"

	"roomdesk/providers"
)

// browserLimit is how long somebody may take over the sign-in pages.
const browserLimit = 10 * time.Minute

// SignInWithBrowser signs a person in with a browser on this machine: an authorization
// code with a proof key (RFC 7636) that comes back to a listener on loopback
// (RFC 8252). show gets the address to open; the call waits for the answer until ctx
// ends or ten minutes have passed. port is that of the answer's address, for machines
// where only one is let through; 0 is any that is free.
//
// Microsoft's library has this too, but it opens a browser, has no nonce, ends with
// the first request that reaches it, whoever sent it, and tells the browser that all
// went well before it knows.
func (p *Provider) SignInWithBrowser(ctx context.Context, port int, show func(providers.SignInPrompt)) (who providers.SignedIn, err error) {
	t := p.engine.tokens
	client, kept, err := t.personClient("")
	if err != nil {
		return who, err
	}
	noted := &noted{}
	ctx = context.WithValue(ctx, notedKey{}, noted)
	state, nonce, verifier := rand.Text()+rand.Text(), rand.Text()+rand.Text(), rand.Text()+rand.Text()
	back, err := listenLoopback(ctx, port, http.MethodPost, state)
	if err != nil {
		return who, cannotListen(port, err)
	}
	defer func() {
		if err != nil {
			who = providers.SignedIn{}
			back.finish(failedPage(err))
			return
		}
		back.finish(signedInPage(who))
	}()
	address, err := t.authorizeAddress(ctx, client, back.address, state, nonce, verifier)
	if err != nil {
		return who, signInError(ctx, err, noted.err)
	}
	limit := cmp.Or(t.browserLimit, browserLimit)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	show(providers.SignInPrompt{Way: providers.ByBrowser, Address: address, Expires: p.now().Add(limit)})
	answer, err := back.answer(limited)
	if err != nil {
		if ctx.Err() == nil {
			return who, expired("nobody signed in within " + strconv.Itoa(int(limit/time.Minute)) + " minutes")
		}
		return who, signInError(ctx, err, nil)
	}
	if err := t.declined(answer); err != nil {
		return who, err
	}
	who, err = t.redeem(ctx, client, answer.Get("code"), back.address, nonce, verifier)
	switch {
	case kept.failed != nil:
		return who, keptError(kept.failed)
	case err != nil:
		return who, signInError(ctx, err, noted.err)
	}
	return who, nil
}

// expired tells that nobody signed in in time.
func expired(what string) error {
	return &providers.Error{Class: providers.SignedOut, Op: signingIn, Message: providers.Outside(what), Advice: "begin again for a new one", Err: providers.ErrPromptExpired}
}

// authorizeAddress is where the person signs in.
func (t *tokens) authorizeAddress(ctx context.Context, client public.Client, redirect, state, nonce, verifier string) (string, error) {
	scopes := append(t.personScopes(), "openid", "profile", "offline_access")
	raw, err := client.AuthCodeURL(ctx, t.clientID, redirect, scopes)
	if err != nil {
		return "", err
	}
	address, err := url.Parse(raw)
	if err != nil {
		return "", err
	}
	// The discovery document names this host: a person types a password there.
	if err := t.client.checkURL(address); err != nil {
		return "", err
	}
	challenge := sha256.Sum256([]byte(verifier))
	query := address.Query()
	query.Set("prompt", "select_account")
	query.Set("state", state)
	query.Set("nonce", nonce)
	query.Set("code_challenge", base64.RawURLEncoding.EncodeToString(challenge[:]))
	query.Set("code_challenge_method", "S256")
	// Posted, so that no code stands in the browser's history.
	query.Set("response_mode", "form_post")
	address.RawQuery = query.Encode()
	return address.String(), nil
}

// redeem exchanges the code, and looks whether the sign-in is the one that was begun.
func (t *tokens) redeem(ctx context.Context, client public.Client, code, redirect, nonce, verifier string) (providers.SignedIn, error) {
	foreign := func(what string) (providers.SignedIn, error) {
		return providers.SignedIn{}, &providers.Error{Class: providers.Foreign, Op: signingIn, Message: providers.Outside(what), Advice: "begin again for a new link"}
	}
	if code == "" {
		return foreign("the browser brought no code back")
	}
	t.client.redact(code)
	ctx, cancel := context.WithTimeout(ctx, signInLimit)
	defer cancel()
	result, err := client.AcquireTokenByAuthCode(ctx, code, redirect, t.personScopes(), public.WithChallenge(verifier))
	if err != nil {
		return providers.SignedIn{}, err
	}
	// It came from the token endpoint over TLS, so its signature need not be looked at
	// (OpenID Connect Core, 3.1.3.7).
	claims := readIDClaims(result.IDToken.RawToken)
	switch {
	case subtle.ConstantTimeCompare([]byte(claims.Nonce), []byte(nonce)) != 1:
		return foreign("the answer belongs to another sign-in than the one that was begun")
	case !strings.EqualFold(claims.Audience, t.clientID):
		return foreign("the answer is meant for another application")
	}
	return signedIn(result), nil
}

// idClaims is what an ID token says of the sign-in that it belongs to.
type idClaims struct {
	Nonce    string `json:"nonce"`
	Audience string `json:"aud"`
}

func readIDClaims(token string) idClaims {
	var claims idClaims
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return idClaims{}
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil || decode(text, &claims) != nil {
		return idClaims{}
	}
	return claims
}

// signedIn says who signed in.
func signedIn(result public.AuthResult) providers.SignedIn {
	return providers.SignedIn{Account: result.Account.HomeAccountID, Address: result.Account.PreferredUsername, TenantID: strings.ToLower(result.Account.Realm)}
}

// declined tells what the browser brought back in place of a code.
func (t *tokens) declined(answer url.Values) error {
	word := answer.Get("error")
	if word == "" {
		return nil
	}
	e := &providers.Error{Class: providers.SignedOut, Op: signingIn, Code: plainCode(word)}
	first, _, _ := strings.Cut(answer.Get("error_description"), "\n")
	first, _, _ = strings.Cut(first, " Trace ID:")
	e.Message = providers.Outside(t.client.withoutSecret(strings.TrimSpace(first)))
	if number, _, ok := strings.Cut(strings.TrimPrefix(first, "AADSTS"), ":"); ok {
		if code, err := strconv.ParseInt(number, 10, 64); err == nil {
			e.Code, e.Advice = "AADSTS"+number, entraAdvice(code)
		}
	}
	if e.Advice == "" && word == "access_denied" {
		e.Advice = "the sign-in was given up in the browser: begin again for a new link"
	}
	return e
}

// cannotListen tells why no answer could come back.
func cannotListen(port int, err error) error {
	e := &providers.Error{Class: providers.Local, Op: signingIn, Message: providers.Outside("no port of this machine can be opened for the browser's answer"), Err: err,
		Advice: "sign in with a device code instead"}
	if port != 0 && errors.Is(err, errPortTaken) {
		e.Message = providers.Outside("port " + strconv.Itoa(port) + " of this machine is taken by another program")
		e.Advice = "choose another port, or none; or sign in with a device code"
	}
	return e
}
