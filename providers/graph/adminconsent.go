package graph

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"roomdesk/providers"
)

const (
	// consentLimit is how long an administrator may take to consent.
	consentLimit = 30 * time.Minute
	// ConsentReturn is the redirect address that the registration needs, so that the
	// answer comes back to this machine. Any port of it is let through (believed, after
	// Microsoft's page on redirect addresses: "the port component is ignored").
	ConsentReturn = "http://localhost"
	consenting    = "waiting for an administrator's consent"
)

// AdminConsentLink is where an administrator consents for a whole tenant, after
// Microsoft's page "Grant tenant-wide admin consent to an application". back and state
// are for an answer that comes back by itself; "" leaves them out.
func (p *Provider) AdminConsentLink(back, state string) string {
	query := url.Values{"client_id": {p.config.ClientID}}
	if back != "" {
		query.Set("redirect_uri", back)
		query.Set("state", state)
	}
	address := *p.roots.authority
	address.Path += "/adminconsent"
	address.RawQuery = query.Encode()
	return address.String()
}

// AdminConsent waits until an administrator has consented with a browser on this
// machine: the browser is sent back to a listener on loopback, with
// admin_consent=True, the tenant and the state of the link, or with an error. The
// registration has to know [ConsentReturn] as redirect address. show gets the link to
// open; the call waits until ctx ends or half an hour has passed. port is that of the
// answer's address; 0 is any that is free.
//
// What came back says only what the browser was told: whether the permissions are there
// is for the token to say. An answer of another tenant is refused.
func (p *Provider) AdminConsent(ctx context.Context, port int, show func(providers.ConsentPrompt)) (given providers.ConsentGiven, err error) {
	tenant, err := p.ownTenant(ctx)
	if err != nil {
		return given, err
	}
	state := rand.Text() + rand.Text()
	back, err := listenLoopback(ctx, port, http.MethodGet, state)
	if err != nil {
		return given, consentCannotListen(port, err)
	}
	defer func() {
		if err != nil {
			given = providers.ConsentGiven{}
			page := failedPage(err)
			page.Title = "No consent"
			back.finish(page)
			return
		}
		back.finish(closingPage{Title: "Consent given", Text: []string{"for tenant " + given.TenantID + ". roomdesk now tries whether it has arrived, and asks whether this is the right tenant.",
			"You can close this window."}})
	}()
	limit := cmp.Or(p.engine.tokens.browserLimit, consentLimit)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	show(providers.ConsentPrompt{Address: p.AdminConsentLink(back.address, state), Expires: p.now().Add(limit), Paste: back.paste})
	answer, err := back.answer(limited)
	if err != nil {
		if ctx.Err() == nil {
			return given, &providers.Error{Class: providers.SignedOut, Op: consenting, Message: providers.Outside("no consent came back in time"), Err: providers.ErrPromptExpired,
				Advice: "begin again for a new link, or go on: the test shows whether it was given"}
		}
		e := transportError(ctx, ctx.Err())
		e.Op = consenting
		return given, e
	}
	return p.consentOf(answer, tenant)
}

// ownTenant is the GUID of the connection's tenant, looked up where a domain was given.
func (p *Provider) ownTenant(ctx context.Context) (string, error) {
	if CheckGUID(p.config.TenantID) {
		return strings.ToLower(p.config.TenantID), nil
	}
	seen, err := p.Probe().Tenant(ctx, "")
	switch {
	case err != nil:
		return "", err
	case !seen.Exists || seen.ID == "":
		return "", &providers.Error{Class: providers.SignedOut, Op: consenting, Message: providers.Outside("there is no tenant " + p.config.TenantID),
			Advice: "use the Directory (tenant) ID from the app registration's overview"}
	}
	return seen.ID, nil
}

// consentOf reads what the browser brought back.
func (p *Provider) consentOf(answer url.Values, tenant string) (providers.ConsentGiven, error) {
	none := providers.ConsentGiven{}
	if err := p.engine.tokens.declined(answer); err != nil {
		var e *providers.Error
		if errors.As(err, &e) {
			e.Op, e.Advice = consenting, consentAdvice(e.Code)
		}
		return none, err
	}
	answered := strings.ToLower(answer.Get("tenant"))
	switch {
	case !strings.EqualFold(answer.Get("admin_consent"), "true"):
		return none, &providers.Error{Class: providers.Foreign, Op: consenting, Message: providers.Outside("the browser's answer does not say that consent was given"),
			Advice: "begin again for a new link, or go on: the test shows whether it was given"}
	case !CheckGUID(answered):
		return none, &providers.Error{Class: providers.Foreign, Op: consenting, Message: providers.Outside("the browser's answer does not say in which tenant consent was given"),
			Advice: "begin again for a new link, or go on: the test shows whether it was given"}
	case answered != tenant:
		return none, &providers.Error{Class: providers.Foreign, Op: consenting, Message: providers.Outside("the consent was given in tenant " + answered + ", but this connection is for tenant " + tenant),
			Advice: "open the link in a private window and sign in as an administrator of " + tenant + "; in the other tenant, remove roomdesk under Enterprise applications"}
	}
	return providers.ConsentGiven{TenantID: answered, At: p.now().UTC()}, nil
}

// consentAdvice says what to do where an administrator's consent was not given.
func consentAdvice(code string) string {
	switch code {
	case "AADSTS90093", "AADSTS90094":
		return "an account with the role Privileged Role Administrator or Global Administrator has to consent: open a new link in a private window"
	case "AADSTS65004", "access_denied":
		return "consent was declined in the browser: begin again for a new link"
	}
	return "begin again for a new link, or choose Grant admin consent under API permissions in the portal"
}

// consentCannotListen tells why no answer could come back.
func consentCannotListen(port int, err error) error {
	err = cannotListen(port, err)
	var e *providers.Error
	if errors.As(err, &e) {
		e.Op, e.Advice = consenting, "open the link without the way back: the test shows whether consent was given"
	}
	return err
}
