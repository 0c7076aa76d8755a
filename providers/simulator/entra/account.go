package entra

import (
	"net/http"
	"net/url"
	"strings"
)

// serveLogout ends the browser's session and goes back to the application where
// the address is one of its own.
func (d *Directory) serveLogout(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		d.writeErrorPage(w, r, failed(http.StatusBadRequest, "invalid_request", 9002313, "Invalid request. Request is malformed or invalid."))
		return
	}
	d.flows.mu.Lock()
	if cookie, err := r.Cookie(cookieName); err == nil {
		b := d.flows.browsers[hashed(cookie.Value)]
		if hint := r.Form.Get("logout_hint"); b != nil && hint != "" {
			if a := b.find(func(a account) bool { return strings.EqualFold(a.name, hint) }); a != nil {
				b.remove(a.id)
			}
		} else if b != nil {
			b.accounts = nil
		}
	}
	d.flows.mu.Unlock()
	if back := r.Form.Get("post_logout_redirect_uri"); back != "" && d.knowsRedirect(back) {
		target, err := url.Parse(back)
		if err == nil {
			if state := r.Form.Get("state"); state != "" {
				query := target.Query()
				query.Set("state", state)
				target.RawQuery = query.Encode()
			}
			w.Header().Set("Location", target.String())
			w.Header().Set("Cache-Control", "no-store, no-cache")
			w.WriteHeader(http.StatusFound)
			return
		}
	}
	d.writePage(w, r, http.StatusOK, page{Title: "Signed out", Heading: "You signed out of your account", Text: []string{"It's a good idea to close all browser windows."}})
}

func (d *Directory) knowsRedirect(address string) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, a := range d.applications {
		if _, ok := a.redirects(address); ok {
			return true
		}
	}
	return false
}

// serveUserInfo is OpenID's userinfo, which Graph answers.
func (d *Directory) serveUserInfo(w http.ResponseWriter, r *http.Request) {
	claims, err := d.Verify(r.Header.Get("Authorization"))
	var u *User
	if err == nil && claims.Delegated() {
		u = d.user(claims.ObjectID)
	}
	if u == nil {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		writeJSON(w, r, http.StatusUnauthorized, map[string]any{"error": map[string]string{"code": "InvalidAuthenticationToken", "message": "Access token validation failure."}})
		return
	}
	scopes := strings.Fields(claims.Scope)
	body := map[string]string{"sub": pairwise(u.ObjectID, claims.AppID)}
	for _, scope := range scopes {
		switch scope {
		case "profile":
			body["name"] = u.DisplayName
			if given, family, ok := strings.Cut(u.DisplayName, " "); ok {
				body["given_name"], body["family_name"] = given, family
			}
		case "email":
			body["email"] = u.mail()
		}
	}
	writeJSON(w, r, http.StatusOK, body)
}

// serveRealm says who manages an account, which clients ask before they send a
// password.
func (d *Directory) serveRealm(w http.ResponseWriter, r *http.Request, name string) {
	_, host, _ := strings.Cut(name, "@")
	kind := "Unknown"
	if d.user(name) != nil || d.foreign(name) != nil || d.tenant(host) == thisTenant {
		kind = "Managed"
	}
	writeJSON(w, r, http.StatusOK, map[string]string{
		"ver": "1.0", "account_type": kind, "domain_name": host,
		"cloud_instance_name": "microsoftonline.com", "cloud_audience_urn": "urn:federation:MicrosoftOnline",
	})
}

// serveErrorCode is the page that answers name in error_uri.
func (d *Directory) serveErrorCode(w http.ResponseWriter, r *http.Request) {
	code := r.URL.Query().Get("code")
	d.writePage(w, r, http.StatusOK, page{Title: "Error " + code, Heading: "Error code " + code,
		Text: []string{"The meaning of AADSTS codes is published at https://learn.microsoft.com/entra/identity-platform/reference-error-codes."}})
}
