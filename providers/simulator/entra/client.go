package entra

import (
	"crypto/subtle"
	"net/http"
	"net/url"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// authenticate checks a confidential client's secret or assertion; credential is
// what tokens say about it.
func (d *Directory) authenticate(q *tokenRequest) (credential string, f *failure) {
	assertion := q.form.Get("client_assertion")
	switch {
	case assertion != "" && q.form.Get("client_assertion_type") != assertionType:
		return "", failParameter("client_assertion_type")
	case q.application.isPublic() && (assertion != "" || q.secret != ""):
		return "", failPublic(q.application)
	case assertion != "":
		return "2", d.checkAssertion(q.r, q.application, assertion)
	case q.secret != "":
		return "1", d.checkSecret(q.application, q.secret)
	}
	return "", failed(http.StatusUnauthorized, "invalid_client", 7000218,
		"The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
}

// authenticatePublic is for grants that a public client may use: without a
// credential where the registration allows it.
func (d *Directory) authenticatePublic(q *tokenRequest) (credential string, f *failure) {
	if q.application.Public && q.secret == "" && q.form.Get("client_assertion") == "" {
		return "0", nil
	}
	return d.authenticate(q)
}

// isPublic reports whether the registration is a public client only: it has
// nothing to prove itself with.
func (a *Application) isPublic() bool {
	return (a.Public || len(a.RedirectURIs) > 0) && len(a.Secrets) == 0 && len(a.Certificates) == 0
}

func failPublic(a *Application) *failure {
	return failed(http.StatusUnauthorized, "invalid_client", 700025,
		"Client is public so neither 'client_assertion' nor 'client_secret' should be presented. Application '%s'.", a.ClientID)
}

// credentials reads client id and secret from the form or, as RFC 6749 2.3.1 has
// it, from a Basic header whose halves are form encoded.
func credentials(r *http.Request) (clientID, secret string) {
	clientID, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	user, password, ok := r.BasicAuth()
	if !ok || secret != "" {
		return clientID, secret
	}
	if decoded, err := url.QueryUnescape(user); err == nil {
		user = decoded
	}
	if decoded, err := url.QueryUnescape(password); err == nil {
		password = decoded
	}
	if clientID == "" {
		clientID = user
	}
	return clientID, password
}

func (d *Directory) checkSecret(application *Application, secret string) *failure {
	now := d.options.Now()
	for _, known := range application.Secrets {
		if known.Value == "" || subtle.ConstantTimeCompare([]byte(known.Value), []byte(secret)) != 1 {
			continue
		}
		if !known.Expires.IsZero() && !now.Before(known.Expires) {
			return failed(http.StatusUnauthorized, "invalid_client", 7000222,
				"The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys for your app: "+
					"https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.",
				application.ClientID)
		}
		return nil
	}
	return failed(http.StatusUnauthorized, "invalid_client", 7000215,
		"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "+
			"not the client secret ID, for a secret added to app '%s'.", application.ClientID)
}
