package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// tenantExists asks for the tenant's discovery document. Where there is none, the
// domains of the connection's mailboxes tell which tenant may be meant.
func (e *examination) tenantExists(ctx context.Context) outcome {
	seen, err := e.Prober.Tenant(ctx, "")
	if err != nil {
		if o, ok := e.common(err); ok {
			return o
		}
		return unknown(err)
	}
	e.tenant = seen
	if seen.Exists {
		return passed(strings.TrimSpace("it exists " + seen.ID))
	}
	t := providers.Trouble{Mistake: 4, Doc: "4", Class: providers.SignedOut, Where: atOverview,
		What: "there is no tenant " + e.Connection.Tenant + " in the cloud " + e.Connection.CloudName(), Change: "copy the Directory (tenant) ID"}
	for _, domain := range e.domains() {
		if other, err := e.Prober.Tenant(ctx, domain); err == nil && other.Exists && other.ID != "" {
			t.What += "; " + domain + " belongs to " + other.ID
			t.Change = "copy the Directory (tenant) ID, which should be " + other.ID
			break
		}
	}
	return failed(t)
}

// domains are those of the connection, each once.
func (e *examination) domains() []string {
	var out []string
	add := func(domain string) {
		if domain != "" && !has(out, domain) && !strings.EqualFold(domain, e.Connection.Tenant) {
			out = append(out, strings.ToLower(domain))
		}
	}
	for _, d := range e.Connection.Domains {
		add(d)
	}
	for _, text := range []string{e.Connection.Organizer, e.Connection.TestMailbox} {
		if address, ok := providers.ParseAddress(text); ok {
			add(address.Domain())
		}
	}
	return out
}

// application signs in, where there is a credential to do it with. Where that is
// refused, requests that must fail show why: one of an application that does not
// exist, and one with a secret that does not.
func (e *examination) application(ctx context.Context) outcome {
	if e.states["credential"] == providers.RungPassed {
		var token providers.TokenSeen
		token, e.tokenErr = e.Prober.Token(ctx)
		if e.tokenErr == nil {
			e.signedIn, e.d.Token = true, &token
			return passed("the tenant knows it" + named(token.AppName))
		}
		if !providers.Is(e.tokenErr, providers.SignedOut) {
			return notRun("sign-in was not answered")
		}
	}
	if e.Secret == nil {
		return notRun("not decided for this kind of sign-in")
	}
	c, err := e.controls(ctx)
	switch {
	case err != nil:
		return notRun("not decided: " + err.Error())
	case !alike(c.nobody, c.ours):
		return passed("the tenant knows it: an application that does not exist is refused otherwise")
	case likeSecret(e.tokenErr):
		return notRun("not decided: the service refuses an unknown application and an unknown secret alike")
	}
	t := providers.Trouble{Mistake: 3, Doc: "3", Class: providers.SignedOut, Where: atOverview,
		What:   "tenant " + e.Connection.Tenant + " knows no application with the client ID " + e.Connection.ClientID + "; it is the Object ID, has a typo, or belongs to another tenant",
		Change: "copy the Application (client) ID into client_id"}
	return failed(fill(t, e.tokenErr))
}

func named(name providers.Untrusted) string {
	if s := name.Or(""); s != "" {
		return " as " + s
	}
	return ""
}

// likeSecret reports whether the service's own code speaks of the secret. It only
// keeps the doctor from a conclusion.
func likeSecret(err error) bool {
	var known *providers.Error
	return errors.As(err, &known) && (known.Code == "AADSTS7000215" || known.Code == "AADSTS7000222")
}

// control is how the sign-in service refuses: an application that does not exist,
// and ours with a secret that was never issued.
type control struct{ nobody, ours providers.SignInControl }

func (e *examination) controls(ctx context.Context) (control, error) {
	var c control
	var err error
	if e.controlled != nil {
		return *e.controlled, nil
	}
	madeUp := "roomdesk-control-" + rand.Text()
	if c.nobody, err = e.Prober.Control(ctx, guid(), madeUp); err != nil {
		return c, err
	}
	if c.ours, err = e.Prober.Control(ctx, e.Connection.ClientID, madeUp); err != nil {
		return c, err
	}
	if c.nobody.Passed || c.ours.Passed {
		return c, errors.New("the sign-in service accepts a secret that does not exist")
	}
	e.controlled = &c
	return c, nil
}

// alike reports whether two refusals have the same reason.
func alike(a, b providers.SignInControl) bool {
	if a.Code != 0 || b.Code != 0 {
		return a.Code == b.Code
	}
	return a.Status == b.Status && a.Error == b.Error
}

// guid makes a GUID that names nothing.
func guid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (e *examination) signIn(ctx context.Context) outcome {
	if e.states["application"] == providers.RungFailed {
		return notRun("needs application, which failed")
	}
	if e.signedIn {
		return passed("a token came")
	}
	if !providers.Is(e.tokenErr, providers.SignedOut) {
		if e.tokenErr == nil {
			return notRun("there is no credential")
		}
		var store *keystore.Error
		if errors.As(e.tokenErr, &store) {
			return failed(e.unreadable(e.tokenErr))
		}
		if o, ok := e.common(e.tokenErr); ok {
			return o
		}
		return unknown(e.tokenErr)
	}
	t := providers.Trouble{Class: providers.SignedOut}
	if e.Secret == nil {
		t.Doc, t.What, t.Where, t.Change = "sign-in", "the sign-in service does not accept this connection's sign-in", atSecrets, "look whether the certificate is uploaded and not expired"
		return failed(fill(t, e.tokenErr))
	}
	if leaf, ok := e.Connection.Leaf(); ok {
		t.Doc, t.What = "sign-in", "the tenant does not accept the certificate "+keystore.Thumbprint(leaf)+": its public half is not uploaded"
		t.Or, t.Where, t.Change = "it was uploaded a minute ago: then wait", atSecrets+" > Certificates", "upload the certificate with that thumbprint"
		return failed(fill(t, e.tokenErr))
	}
	c, err := e.controls(ctx)
	if err != nil {
		return failed(fill(providers.Trouble{Doc: "unknown", Unknown: true, What: "not known here, as it came: " + providers.Sanitise(e.tokenErr.Error())}, e.tokenErr))
	}
	ends := e.Connection.Expires()
	past := !ends.IsZero() && !e.Now().Before(ends)
	other := otherThanExpired(e.tokenErr)
	switch {
	case alike(e.answered(ctx), c.ours):
		t.Mistake, t.Doc = 1, "1"
		t.What, t.Where, t.Change = "the client secret is none of the application's", atSecrets, "copy the column Value of a secret that is listed there, or make a new one"
		if past {
			t.Mistake, t.Doc = 2, "2"
			t.What, t.Change = "the client secret expired on "+e.Connection.SecretExpires.String(), "make a new one and copy its Value"
		}
	case past:
		t.Mistake, t.Doc = 2, "2"
		t.What, t.Where, t.Change = "the client secret expired on "+e.Connection.SecretExpires.String(), atSecrets, "make a new one and copy its Value"
	case other:
		t.Doc, t.Unknown = "unknown", true
		t.What = "the sign-in service knows application and secret and refuses them all the same: " + providers.Sanitise(e.tokenErr.Error())
	default:
		t.Mistake, t.Doc = 2, "2"
		t.What, t.Or = "the client secret was once the application's and is no longer accepted: it has expired", "a policy of the tenant blocks the application"
		t.Where, t.Change = atSecrets, "make a new one and copy its Value"
		if saysExpired(e.tokenErr) {
			t.Or = ""
		}
	}
	return failed(fill(t, e.tokenErr))
}

// answered is how the service refused the real credential, comparable with the
// controls.
func (e *examination) answered(context.Context) providers.SignInControl {
	var known *providers.Error
	var out providers.SignInControl
	if !errors.As(e.tokenErr, &known) {
		return out
	}
	out.Status = known.Status
	if _, err := fmt.Sscanf(known.Code, "AADSTS%d", &out.Code); err != nil {
		out.Error = known.Code
	}
	if out.Status == 0 {
		out.Status = http.StatusUnauthorized
	}
	return out
}

// otherThanExpired reports whether the provider knows the code as something else.
func otherThanExpired(err error) bool {
	var known *providers.Error
	return errors.As(err, &known) && known.Advice != "" && !saysExpired(err) && known.Code != "AADSTS7000215"
}

func saysExpired(err error) bool {
	var known *providers.Error
	return errors.As(err, &known) && known.Code == "AADSTS7000222"
}

// token compares what the token says with what was asked for.
func (e *examination) token(ctx context.Context) outcome {
	token := e.d.Token
	if token == nil {
		return notRun("needs sign-in")
	}
	if !token.Readable {
		return passed("it has another form than usual, so nothing can be read of it")
	}
	bad := func(mistake int, doc, what, where, change string) outcome {
		return failed(providers.Trouble{Mistake: mistake, Doc: doc, Class: providers.SignedOut, What: what, Where: where, Change: change})
	}
	now := e.Now().Add(e.skew)
	switch {
	case keystore.LooksLikeGUID(e.Connection.Tenant) && token.TenantID != "" && !strings.EqualFold(token.TenantID, e.Connection.Tenant):
		return bad(4, "4", "the token is of tenant "+token.TenantID+" and not of "+e.Connection.Tenant, atConfig, "set tenant to the one that is meant")
	case token.AppID != "" && !strings.EqualFold(token.AppID, e.Connection.ClientID):
		return bad(3, "3", "the token is of application "+token.AppID+" and not of "+e.Connection.ClientID, atConfig, "set client_id to the one that is meant")
	case token.Audience != "" && !has(e.Prober.Audiences(), strings.TrimRight(token.Audience, "/")):
		return bad(0, "token", "the token is made out for "+providers.Sanitise(token.Audience)+" and not for Microsoft Graph", atConfig, "correct cloud, or graph_url")
	case !token.Expires.IsZero() && now.After(token.Expires):
		return bad(17, "17", "the token that came had ended before: by the service's clock it is "+day(now), atMachine, "set the clock")
	case len(token.Scopes) > 0 && e.person():
		return passed(strings.Join(token.Scopes, ", "))
	case len(token.Roles) == 0 && len(token.Scopes) > 0:
		return bad(5, "5", "the application has delegated permissions only ("+strings.Join(token.Scopes, ", ")+") and none of its own", atPermissions,
			"add the same under Application permissions (not Delegated) and choose Grant admin consent")
	case len(token.Roles) == 0:
		t := e.missing(ctx, "Calendars.ReadWrite", nil)
		if t.trouble != nil && !t.waiting {
			t.trouble.What, t.trouble.Change = "the token carries no permission at all: none is granted", "add Calendars.ReadWrite, Place.Read.All and User.Read.All under Application permissions and choose Grant admin consent"
		}
		return t
	}
	left := "an unknown time"
	if !token.Expires.IsZero() {
		left = providers.Age(token.Expires.Sub(now))
	}
	return passed(strings.Join(token.Roles, ", ") + "; good for " + left)
}

// graph shows that Graph accepts the token at all.
func (e *examination) graph(ctx context.Context) outcome {
	identity, err := e.Prober.Organization(ctx)
	switch {
	case err == nil:
		e.identity = identity
		if e.tenant.ID != "" && identity.TenantID != e.tenant.ID {
			return failed(providers.Trouble{Mistake: 4, Doc: "4", Class: providers.SignedOut, What: "tenant " + identity.TenantID + " answers in place of " + e.tenant.ID, Where: atConfig, Change: "set tenant to the one that is meant"})
		}
		if o := e.foreignDomain(identity); o.trouble != nil {
			return o
		}
		return passed(identity.TenantName.Or("a tenant without a name") + " answers")
	case refused(err):
		return passed("the token is accepted; the tenant's name needs Organization.Read.All, which is optional")
	}
	if o, ok := e.common(err); ok {
		return o
	}
	return unknown(err)
}

// foreignDomain compares the mailboxes' domains with those that the tenant has verified.
func (e *examination) foreignDomain(identity providers.Identity) outcome {
	if len(identity.Domains) == 0 {
		return outcome{}
	}
	for _, domain := range e.domains() {
		if !has(identity.Domains, domain) {
			return failed(providers.Trouble{Doc: "domain", Class: providers.Permanent, Partly: true,
				What: "the tenant has not verified the domain " + domain + ", only " + strings.Join(identity.Domains, ", "), Where: atConfig,
				Change: "correct organizer, test_mailbox or domains, or connect the tenant that " + domain + " belongs to"})
		}
	}
	return outcome{}
}
