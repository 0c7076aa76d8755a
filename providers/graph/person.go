package graph

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/cache"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"

	"roomdesk/providers"
)

// Person makes a connection one of a person, with delegated permissions, in place of
// an application's.
type Person struct {
	// Account is the id under which the sign-in is kept ([providers.SignedIn.Account]); "" for
	// the one that is there.
	Account string
	// Address is the person's own mailbox, through which others' free/busy is asked;
	// "" where it is not known yet.
	Address providers.Address
	// Level is what the person consents to ([providers.PersonScopes]); "" is all.
	Level providers.AccessLevel
	// Kept reads and writes the sign-in with its refresh token, in one piece. Nothing
	// kept is nil. Lock keeps other processes from doing so until the function that it
	// gives is called: what one renewed, the other reads before it renews.
	Kept interface {
		Lock(ctx context.Context) (func(), error)
		Read(ctx context.Context) ([]byte, error)
		Write(ctx context.Context, text []byte) error
	}
}

// keptCache carries MSAL's cache to where it is kept. MSAL asks before every sign-in.
type keptCache struct {
	person  *Person
	refused string // an access token that the service took no more; "" for none
	failed  error  // of the last reading or writing
}

func (k *keptCache) Replace(ctx context.Context, into cache.Unmarshaler, _ cache.ReplaceHints) error {
	text, err := k.person.Kept.Read(ctx)
	if err != nil || text == nil {
		k.failed = err
		return err
	}
	if k.refused != "" {
		text = withoutToken(text, k.refused)
	}
	return into.Unmarshal(text)
}

// withoutToken leaves one access token out of a cache, as MSAL has no other way to be
// asked for a new one. What another process renewed meanwhile stays.
func withoutToken(text []byte, refused string) []byte {
	var all map[string]json.RawMessage
	var kept map[string]json.RawMessage
	if json.Unmarshal(text, &all) != nil || json.Unmarshal(all["AccessToken"], &kept) != nil {
		return text // MSAL says what is wrong with it
	}
	maps.DeleteFunc(kept, func(_ string, item json.RawMessage) bool {
		var token struct {
			Secret string `json:"secret"`
		}
		return json.Unmarshal(item, &token) == nil && token.Secret == refused
	})
	left, err := json.Marshal(kept)
	if err != nil {
		return text
	}
	all["AccessToken"] = left
	if out, err := json.Marshal(all); err == nil {
		return out
	}
	return text
}

func (k *keptCache) Export(ctx context.Context, from cache.Marshaler, _ cache.ExportHints) error {
	text, err := from.Marshal()
	if err == nil {
		err = k.person.Kept.Write(ctx, text)
	}
	k.failed = err
	return err
}

// personClient is MSAL's client for a person. It says that claims challenges are
// understood (cp1), so tokens live longer and end at once where somebody is blocked.
func (t *tokens) personClient(refused string) (public.Client, *keptCache, error) {
	kept := &keptCache{person: t.person, refused: refused}
	client, err := public.New(t.clientID, public.WithAuthority(t.roots.authority.String()), public.WithHTTPClient(t.client),
		public.WithInstanceDiscovery(false), public.WithCache(kept), public.WithClientCapabilities([]string{"CP1"}))
	if err != nil {
		err = &providers.Error{Class: providers.Permanent, Op: signingIn, Message: providers.Outside("the authority cannot be used"), Err: err}
	}
	return client, kept, err
}

func (t *tokens) personScopes() []string {
	level := providers.FullAccess
	if t.person != nil {
		level = t.person.Level
	}
	names := providers.PersonScopes(level)
	scopes := make([]string, len(names))
	for i, scope := range names {
		scopes[i] = strings.TrimSuffix(t.roots.scope, ".default") + scope
	}
	return scopes
}

// signInAgain is the advice where a person's sign-in has ended.
const signInAgain = "sign in again: roomdesk sign-in"

func again(what string) error {
	return &providers.Error{Class: providers.SignedOut, Op: signingIn, Message: providers.Outside(what), Advice: signInAgain}
}

// signInPerson renews a person's token with what is kept of the sign-in.
func (t *tokens) signInPerson(ctx context.Context, claims, refused string) (token, error) {
	unlock, err := t.person.Kept.Lock(ctx)
	if ctx.Err() != nil && err != nil {
		return token{}, signInError(ctx, err, nil)
	}
	if err != nil {
		return token{}, keptError(err)
	}
	defer unlock()
	client, kept, err := t.personClient(refused)
	if err != nil {
		return token{}, err
	}
	accounts, err := client.Accounts(ctx)
	if err != nil || kept.failed != nil {
		return token{}, keptError(errors.Join(kept.failed, err))
	}
	options := []public.AcquireSilentOption{}
	found := false
	for _, account := range accounts {
		if t.person.Account == "" || account.HomeAccountID == t.person.Account {
			options, found = append(options, public.WithSilentAccount(account)), true
			break
		}
	}
	if !found {
		return token{}, again("nobody is signed in")
	}
	if claims != "" {
		options = append(options, public.WithClaims(claims))
	}
	asked := t.wall()
	noted := &noted{}
	result, err := client.AcquireTokenSilent(context.WithValue(ctx, notedKey{}, noted), t.personScopes(), options...)
	if kept.failed != nil {
		return token{}, keptError(kept.failed)
	}
	if err != nil && noted.err == nil && ctx.Err() == nil && err.Error() == "no token found" { // MSAL's words
		return token{}, again("the sign-in that was kept holds no token")
	}
	if err != nil {
		err = signInError(ctx, err, noted.err)
		var e *providers.Error
		if errors.As(err, &e) && e.Class == providers.SignedOut && endedSignIn(e.Code) {
			e.Advice = signInAgain
		}
		return token{}, err
	}
	return tokenOf(result, asked), nil
}

// endedSignIn reports whether the person can mend it by signing in: what is kept has
// ended, or the tenant asks for more than it proves. The codes are hints only, and the
// advice of others, for example of a disabled account, says more.
func endedSignIn(code string) bool {
	number, err := strconv.ParseInt(strings.TrimPrefix(code, "AADSTS"), 10, 64)
	return err != nil || entraAdvice(number) == "" || slices.Contains([]int64{65001, 50076, 50078, 50079, 50158, 70008, 70043, 700082, 700084, 50173}, number)
}

// keptError tells why the kept sign-in cannot be used.
func keptError(err error) error {
	var known *providers.Error
	if errors.As(err, &known) {
		return known
	}
	return again("the sign-in that was kept cannot be read")
}

// SignInWithDeviceCode signs a person in by a code that is entered on any device
// (RFC 8628). show gets the code; the call waits as long as the code holds and asks
// no oftener than the service says.
func (p *Provider) SignInWithDeviceCode(ctx context.Context, show func(providers.SignInPrompt)) (providers.SignedIn, error) {
	t := p.engine.tokens
	client, kept, err := t.personClient("")
	if err != nil {
		return providers.SignedIn{}, err
	}
	noted := &noted{}
	ctx = context.WithValue(ctx, notedKey{}, noted)
	code, err := client.AcquireTokenByDeviceCode(ctx, t.personScopes())
	if err != nil {
		return providers.SignedIn{}, signInError(ctx, err, noted.err)
	}
	show(providers.SignInPrompt{Way: providers.ByDeviceCode, Code: code.Result.UserCode, Address: code.Result.VerificationURL, Expires: code.Result.ExpiresOn})
	result, err := code.AuthenticationResult(ctx)
	var told *providers.Error
	switch {
	case kept.failed != nil:
		return providers.SignedIn{}, keptError(kept.failed)
	case err == nil:
		return signedIn(result), nil
	// Microsoft's library ends with the code's life, by the clock of this machine.
	case ctx.Err() == nil && !time.Now().Before(code.Result.ExpiresOn), errors.As(noted.err, &told) && told.Code == "AADSTS70019":
		return providers.SignedIn{}, expired("the code expired before anybody entered it")
	}
	return providers.SignedIn{}, signInError(ctx, err, noted.err)
}
