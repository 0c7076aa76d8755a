package entra

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// serveAdminConsent begins an administrator's consent for a whole tenant.
func (d *Directory) serveAdminConsent(w http.ResponseWriter, r *http.Request, tenant string, second bool) {
	q := r.URL.Query()
	kind := d.tenant(tenant)
	if kind == unknownTenant || kind == invalidTenant {
		d.writeErrorPage(w, r, failTenant(kind, tenant))
		return
	}
	if q.Get("client_id") == "" {
		d.writeErrorPage(w, r, failParameter("client_id"))
		return
	}
	application, f := d.findApplication(q.Get("client_id"))
	if f != nil {
		d.writeErrorPage(w, r, f)
		return
	}
	redirect := q.Get("redirect_uri")
	if redirect != "" {
		if _, ok := application.redirects(redirect); !ok {
			d.writeErrorPage(w, r, failRedirect(redirect, application))
			return
		}
	} else if all := slices.Concat(application.RedirectURIs, application.WebRedirectURIs); len(all) > 0 {
		redirect = all[0]
	}
	var scopes scopeRequest
	if second {
		if scopes, f = d.parseScopes(q.Get("scope")); f != nil {
			d.writeErrorPage(w, r, f)
			return
		}
	} else {
		scopes.all = true
	}
	if scopes.all && len(application.Permissions)+len(application.Scopes)+len(application.Roles) == 0 {
		_, _, f := scopes.resolve(application, "")
		d.writeErrorPage(w, r, f)
		return
	}
	d.flows.mu.Lock()
	defer d.flows.mu.Unlock()
	i, b := d.newInteraction(w, r, adminInteraction, tenant)
	i.client, i.redirect, i.state, i.mode, i.scopes, i.adminV2 = strings.ToLower(application.ClientID), redirect, q.Get("state"), "query", scopes, second
	i.hint = q.Get("login_hint")
	d.step(w, r, i, b)
}

// stepAdmin shows the two pages of an administrator's consent: that the
// application comes into the tenant, then what it may do there.
func (d *Directory) stepAdmin(w http.ResponseWriter, r *http.Request, i *interaction, application *Application, u *User) {
	roles := i.adminRoles(application)
	enough := []string{GlobalAdministrator, PrivilegedRoleAdministrator}
	needed := "Privileged Role Administrator or Global Administrator"
	if len(roles) == 0 { // delegated permissions only
		enough = append(enough, ApplicationAdministrator, CloudApplicationAdministrator)
		needed = "Cloud Application Administrator, Application Administrator, " + needed
	}
	if !u.holds(enough...) {
		d.writePage(w, r, http.StatusForbidden, i.form(page{Title: "Need admin approval", Heading: "Need admin approval", Account: u.Name, Tenant: d.options.TenantName,
			Text: []string{application.DisplayName + " needs permissions that only an administrator can grant.",
				"The account " + u.Name + " does not have the role that is needed: " + needed + ".",
				d.describe(r, failed(http.StatusBadRequest, "access_denied", 90093, "The user is not an administrator of %s. An administrator has to grant the permissions.", d.options.TenantName))},
			Buttons: []button{{"other", "Sign in with another account"}, {"cancel", "Return to the application without granting consent"}}}, d, r))
		return
	}
	switch i.page {
	case 0:
		d.writePage(w, r, http.StatusOK, i.form(page{Title: "Permissions requested (1 of 2)", Heading: "Add " + application.DisplayName + " to your organization", Account: u.Name, Tenant: d.options.TenantName,
			Text: []string{"1 of 2", application.DisplayName + " (" + application.ClientID + ") would like to be added to the tenant " + d.options.TenantName + " (" + d.options.TenantID + ").",
				"The next page shows what it may do."},
			Buttons: []button{{"cancel", "Cancel"}, {"accept", "Accept"}}}, d, r))
	case 1:
		p := page{Title: "Permissions requested (2 of 2)", Heading: "Permissions requested: review for your organization", Account: u.Name, Tenant: d.options.TenantName,
			Text: []string{"2 of 2", application.DisplayName, "This app would like to, for all mailboxes and users in your organization:"}, Buttons: []button{{"cancel", "Cancel"}, {"accept", "Accept"}}}
		for _, role := range roles {
			p.List = append(p.List, role+" (application)")
		}
		for _, name := range i.adminScopes(application) {
			text := name
			if permission := findPermission(delegatedPermissions[:], name); permission != nil {
				text = permission.text + " (" + name + ")"
			}
			p.List = append(p.List, text)
		}
		d.writePage(w, r, http.StatusOK, i.form(p, d, r))
	default:
		err := d.Grant(i.client, roles...)
		if err == nil {
			err = d.consentTenant(i.client, i.adminScopes(application))
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if i.redirect == "" {
			// Believed, after reports of administrators: it is granted, and then there is
			// nowhere to send the browser.
			delete(d.flows.interactions, i.id)
			d.writeErrorPage(w, r, failed(http.StatusBadRequest, "invalid_request", 500113, "No reply address is registered for the application."))
			return
		}
		values := url.Values{"tenant": {d.options.TenantID}, "admin_consent": {"True"}}
		if i.adminV2 {
			values.Set("scope", i.scopes.answer(slices.Concat(roles, i.adminScopes(application))))
		}
		d.answer(w, r, i, values)
	}
}

// adminRoles are the application permissions that the consent is about.
func (i *interaction) adminRoles(a *Application) []string {
	if !i.scopes.all {
		return nil
	}
	return a.Permissions
}

func (i *interaction) adminScopes(a *Application) []string {
	if !i.scopes.all {
		return i.scopes.names
	}
	return a.Scopes
}
