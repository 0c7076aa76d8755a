package entra

import (
	"net/http"
	"strings"
)

// step shows the next page of a sign-in, or ends it. The caller holds d.flows.mu.
func (d *Directory) step(w http.ResponseWriter, r *http.Request, i *interaction, b *browser) {
	if i.kind == deviceInteraction && i.device == nil {
		d.writePage(w, r, http.StatusOK, i.form(page{Title: "Enter code", Heading: "Enter code to allow access",
			Text:    []string{"Enter the code displayed on your app or device. Do not enter codes from sources you don't trust."},
			Inputs:  []input{{Name: "otc", Label: "Code", Kind: "text"}},
			Buttons: []button{{"code", "Next"}}}, d, r))
		return
	}
	application := d.application(i.client)
	if application == nil {
		d.writeErrorPage(w, r, failed(http.StatusBadRequest, "unauthorized_client", 700016, "The application is gone."))
		return
	}
	u := d.user(i.user)
	switch {
	case u == nil && len(b.accounts) > 0 && !i.otherAccount:
		d.writePage(w, r, http.StatusOK, i.form(pickPage(i, b), d, r))
		return
	case u == nil:
		d.writePage(w, r, http.StatusOK, i.form(page{Title: "Sign in", Heading: "Sign in to " + application.DisplayName, Tenant: d.options.TenantName,
			Inputs:  []input{{Name: "loginfmt", Label: "Email", Kind: "email", Value: i.hint}, {Name: "passwd", Label: "Password", Kind: "password"}},
			Buttons: []button{{"signin", "Sign in"}, {"cancel", "Cancel"}}}, d, r))
		return
	}
	f := d.usable(u)
	if f == nil {
		f = d.refused(i.client, u)
	}
	switch {
	case f != nil:
		i.user, i.otherAccount, i.wrong = "", true, f
		d.step(w, r, i, b)
		return
	case u.RequireMFA && !i.mfa && u.MFACode == "":
		d.writePage(w, r, http.StatusForbidden, i.form(page{Title: "More information required", Heading: "More information required", Account: u.Name,
			Text:    []string{"Your organization needs more information to keep your account secure. A second factor has to be set up first.", d.describe(r, d.failFactor(u))},
			Buttons: []button{{"other", "Use a different account"}, {"cancel", "Cancel"}}}, d, r))
		return
	case u.RequireMFA && !i.mfa:
		d.writePage(w, r, http.StatusOK, i.form(page{Title: "Enter code", Heading: "Verify your identity", Account: u.Name,
			Text:    []string{"Enter the code displayed in the authenticator app on your mobile device."},
			Inputs:  []input{{Name: "mfa", Label: "Verification code", Kind: "text"}},
			Buttons: []button{{"mfa", "Verify"}, {"cancel", "Cancel"}}}, d, r))
		return
	case i.kind == adminInteraction:
		d.stepAdmin(w, r, i, application, u)
		return
	case i.kind == deviceInteraction && !i.confirmed:
		d.writePage(w, r, http.StatusOK, i.form(page{Title: "Continue?", Heading: "Are you trying to sign in to " + application.DisplayName + "?", Account: u.Name,
			Text:    []string{"Only continue if you downloaded the app from a store or website that you trust."},
			Buttons: []button{{"continue", "Continue"}, {"cancel", "Cancel"}}}, d, r))
		return
	}
	d.stepConsent(w, r, i, application, u)
}

// stepConsent asks a person for consent where it is missing, and ends the sign-in
// where it is not.
func (d *Directory) stepConsent(w http.ResponseWriter, r *http.Request, i *interaction, application *Application, u *User) {
	names, missing, f := i.scopes.resolve(application, u.ObjectID)
	if f != nil {
		d.end(w, r, i, f)
		return
	}
	if i.prompt == "consent" && !i.consented {
		missing = names
	}
	if len(missing) == 0 && (i.prompt != "consent" || i.consented) {
		d.end(w, r, i, nil)
		return
	}
	admin := u.holds(GlobalAdministrator, PrivilegedRoleAdministrator, ApplicationAdministrator, CloudApplicationAdministrator)
	needsAdmin := d.options.UserConsentDisabled
	p := page{Title: "Permissions requested", Heading: "Permissions requested", Account: u.Name, Text: []string{application.DisplayName, "This application would like to:"}}
	for _, name := range i.scopes.openID {
		p.List = append(p.List, findPermission(openIDScopes[:], name).text)
	}
	for _, name := range missing {
		permission := findPermission(delegatedPermissions[:], name)
		if permission == nil {
			continue
		}
		p.List = append(p.List, permission.text+" ("+name+")")
		needsAdmin = needsAdmin || permission.admin
	}
	if needsAdmin && !admin {
		p.Title, p.Heading = "Need admin approval", "Need admin approval"
		p.Text = []string{application.DisplayName + " needs permission to access resources in your organization that only an admin can grant. " +
			"Please ask an admin to grant permission to this app before you can use it.",
			d.describe(r, failed(http.StatusBadRequest, "access_denied", 90094, "An administrator of %s has to grant the permissions.", d.options.TenantName))}
		p.Buttons = []button{{"other", "Have an admin account? Sign in with that account"}, {"cancel", "Return to the application without granting consent"}}
		d.writePage(w, r, http.StatusForbidden, i.form(p, d, r))
		return
	}
	if admin {
		p.Inputs = []input{{Name: "tenantwide", Label: "Consent on behalf of your organization", Kind: "checkbox", Value: "true"}}
	}
	p.Text = append(p.Text, "Accepting these permissions means that you allow this app to use your data as specified in their terms of service.")
	p.Buttons = []button{{"cancel", "Cancel"}, {"accept", "Accept"}}
	d.writePage(w, r, http.StatusOK, i.form(p, d, r))
}

// end ends a sign-in: with a code, with an approved device, or with a failure.
func (d *Directory) end(w http.ResponseWriter, r *http.Request, i *interaction, f *failure) {
	if i.kind != deviceInteraction {
		if f != nil {
			d.finishFailed(w, r, i, f)
		} else {
			d.finishCode(w, r, i)
		}
		return
	}
	delete(d.flows.interactions, i.id)
	switch {
	case f != nil && f.kind == "access_denied":
		i.device.declined = true
		d.writePage(w, r, http.StatusOK, page{Title: "Cancelled", Heading: "You have cancelled the sign-in", Text: []string{"You can close this window."}})
	case f != nil:
		d.writeErrorPage(w, r, f)
	case i.device.user != "" || i.device.declined || !d.options.Now().Before(i.device.expires):
		d.writeErrorPage(w, r, failed(http.StatusBadRequest, "expired_token", 70019, "Verification code expired. Have the user retry the sign-in."))
	default:
		i.device.user, i.device.mfa = i.user, i.mfa
		d.writePage(w, r, http.StatusOK, page{Title: "Signed in", Heading: "You have signed in to the application on your device", Text: []string{"You may now close this window."}})
	}
}

// serveDevicePage is where people enter the code that their device shows.
func (d *Directory) serveDevicePage(w http.ResponseWriter, r *http.Request, tenant string) {
	d.flows.mu.Lock()
	defer d.flows.mu.Unlock()
	i, b := d.newInteraction(w, r, deviceInteraction, tenant)
	d.step(w, r, i, b)
}

// serveLogin takes the forms of all pages.
func (d *Directory) serveLogin(w http.ResponseWriter, r *http.Request) {
	if f := readForm(w, r); f != nil {
		d.writeErrorPage(w, r, f)
		return
	}
	form := r.PostForm
	d.flows.mu.Lock()
	defer d.flows.mu.Unlock()
	i := d.flows.interactions[form.Get("flow")]
	cookie, err := r.Cookie(cookieName)
	if i == nil || err != nil || !same(hashed(cookie.Value), i.browser) || !same(form.Get("csrf"), i.csrf) || d.flows.browsers[i.browser] == nil {
		d.writeErrorPage(w, r, failed(http.StatusBadRequest, "invalid_request", 165000,
			"Invalid Request: Request tokens do not match or are missing. The session may have been lost; cookies must be allowed. Please start over."))
		return
	}
	if !d.options.Now().Before(i.expires) {
		delete(d.flows.interactions, i.id)
		d.writeErrorPage(w, r, failed(http.StatusBadRequest, "invalid_request", 50089, "Authentication failed due to flow token expired. Please start over."))
		return
	}
	b := d.flows.browsers[i.browser]
	i.wrong = nil
	if form.Get("action") == "cancel" {
		d.cancel(w, r, i)
		return
	}
	d.take(i, b, r)
	d.step(w, r, i, b)
}

func (d *Directory) cancel(w http.ResponseWriter, r *http.Request, i *interaction) {
	if i.kind == deviceInteraction && i.device == nil {
		delete(d.flows.interactions, i.id)
		d.writePage(w, r, http.StatusOK, page{Title: "Cancelled", Heading: "You have cancelled the sign-in"})
		return
	}
	f := failDeclined()
	f.suberror = "cancel"
	d.end(w, r, i, f)
}

// take applies one form to a sign-in. A form that does not belong to the page
// where the sign-in stands changes nothing.
func (d *Directory) take(i *interaction, b *browser, r *http.Request) {
	form := r.PostForm
	signedIn := i.user != ""
	switch form.Get("action") {
	case "code":
		if i.kind != deviceInteraction || i.device != nil {
			return
		}
		if i.device = d.findDevice(form.Get("otc")); i.device == nil {
			i.wrong = failed(http.StatusBadRequest, "bad_verification_code", 70018, "That code didn't work. Check the code and try again.")
			return
		}
		i.client, i.scopes = i.device.client, i.device.scopes
	case "other":
		i.user, i.mfa, i.otherAccount, i.consented, i.confirmed, i.page = "", false, true, false, false, 0
	case "signin":
		if !signedIn {
			d.takePassword(i, b, form.Get("loginfmt"), form.Get("passwd"))
		}
	case "mfa":
		u := d.user(i.user)
		if u == nil || !u.RequireMFA || u.MFACode == "" {
			return
		}
		if !same(u.MFACode, strings.TrimSpace(form.Get("mfa"))) {
			i.wrong = failed(http.StatusBadRequest, "invalid_grant", 500121, "Authentication failed during strong authentication request.")
			return
		}
		i.mfa = true
		b.add(account{id: u.ObjectID, name: u.mail(), display: u.DisplayName, mfa: true})
	case "continue":
		i.confirmed = signedIn
	case "accept":
		if signedIn {
			d.takeConsent(i, form.Get("tenantwide") == "true")
		}
	}
	if id := form.Get("account"); id != "" && !signedIn {
		if a := b.find(func(a account) bool { return a.id == id }); a != nil {
			if a.foreign {
				i.wrong = d.failForeign(&User{Name: a.name})
				return
			}
			i.take(*a)
		}
	}
}

func (d *Directory) takePassword(i *interaction, b *browser, name, password string) {
	i.hint = name
	u, f := d.checkPassword(name, password)
	if f != nil {
		if f.code == 50020 { // another tenant's session is in this browser from now on
			other := d.foreign(name)
			b.add(account{id: other.ObjectID, name: other.Name, display: other.DisplayName, foreign: true})
		}
		i.wrong = f
		return
	}
	i.user, i.mfa = u.ObjectID, false
	b.add(account{id: u.ObjectID, name: u.mail(), display: u.DisplayName})
}

// takeConsent records what a person accepted.
func (d *Directory) takeConsent(i *interaction, everybody bool) {
	application, u := d.application(i.client), d.user(i.user)
	if application == nil || u == nil {
		return
	}
	if i.kind == adminInteraction {
		i.page++
		return
	}
	names, missing, f := i.scopes.resolve(application, u.ObjectID)
	if f != nil {
		return
	}
	admin := u.holds(GlobalAdministrator, PrivilegedRoleAdministrator, ApplicationAdministrator, CloudApplicationAdministrator)
	for _, name := range missing {
		if p := findPermission(delegatedPermissions[:], name); (p != nil && p.admin || d.options.UserConsentDisabled) && !admin {
			return // the page without an Accept button
		}
	}
	var err error
	if everybody && admin {
		err = d.consentTenant(i.client, names)
	} else {
		err = d.consentUser(i.client, u.ObjectID, missing)
	}
	i.consented = err == nil
}
