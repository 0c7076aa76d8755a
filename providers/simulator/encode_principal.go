package simulator

import (
	"encoding/base64"
	"time"
)

// principalProperties are the names that $select may use, in the order of writing.
var principalProperties = []string{
	"id", "deletedDateTime", "accountEnabled", "alternativeNames", "appDescription", "appDisplayName", "appId", "appOwnerOrganizationId",
	"appRoleAssignmentRequired", "appRoles", "applicationTemplateId", "createdByAppId", "description", "disabledByMicrosoftStatus", "displayName", "homepage",
	"isDisabled", "keyCredentials", "loginUrl", "logoutUrl", "notes", "notificationEmailAddresses", "oauth2PermissionScopes", "passwordCredentials",
	"preferredSingleSignOnMode", "preferredTokenSigningKeyThumbprint", "replyUrls", "servicePrincipalNames", "servicePrincipalType", "signInAudience", "tags",
}

var assignmentProperties = []string{"id", "deletedDateTime", "appRoleId", "createdDateTime", "principalDisplayName", "principalId", "principalType", "resourceDisplayName", "resourceId"}

// writePrincipal writes an entry of a list, with its assignments where they are
// expanded.
func (t *Tenant) writePrincipal(w *writer, sp *servicePrincipal, pick selection, expanded []appRoleAssignment) {
	w.open()
	t.principalBody(w, sp, pick)
	if expanded != nil {
		w.key("appRoleAssignments")
		w.b = append(w.b, '[')
		count := 0
		for _, a := range expanded {
			if a.principal == sp && count < maxExpanded {
				w.assignment(a, nil)
				count++
			}
		}
		w.closeList()
	}
	w.close()
}

func (t *Tenant) principalBody(w *writer, sp *servicePrincipal, pick selection) {
	for _, name := range principalProperties {
		if pick != nil && !pick[name] {
			continue
		}
		switch name {
		case "id":
			w.string(name, sp.id)
		case "accountEnabled":
			w.bool(name, sp.enabled)
		case "appDisplayName", "displayName":
			w.string(name, sp.name)
		case "appId":
			w.string(name, sp.appID)
		case "appOwnerOrganizationId":
			w.string(name, sp.owner)
		case "appRoleAssignmentRequired":
			w.bool(name, false)
		case "appRoles":
			w.appRoles(sp.roles)
		case "oauth2PermissionScopes":
			w.permissionScopes(sp.scopes)
		case "passwordCredentials":
			t.passwordCredentials(w, sp)
		case "keyCredentials":
			t.keyCredentials(w, sp)
		case "replyUrls":
			w.strings(name, sp.replies)
		case "servicePrincipalNames":
			w.strings(name, sp.names)
		case "servicePrincipalType":
			w.string(name, "Application")
		case "signInAudience":
			w.string(name, sp.audience)
		case "alternativeNames", "notificationEmailAddresses", "tags":
			w.strings(name, nil)
		default:
			w.null(name)
		}
	}
}

func (w *writer) appRoles(list []publishedPermission) {
	w.key("appRoles")
	w.b = append(w.b, '[')
	for _, p := range list {
		w.open()
		w.strings("allowedMemberTypes", []string{"Application"})
		w.string("description", p.text+".")
		w.string("displayName", p.text)
		w.string("id", p.permissionID("role"))
		w.bool("isEnabled", true)
		w.string("origin", "Application")
		w.string("value", p.name)
		w.close()
	}
	w.closeList()
}

func (w *writer) permissionScopes(list []publishedPermission) {
	w.key("oauth2PermissionScopes")
	w.b = append(w.b, '[')
	for _, p := range list {
		kind := "User"
		if p.adminOnly {
			kind = "Admin"
		}
		w.open()
		w.string("adminConsentDescription", p.text+".")
		w.string("adminConsentDisplayName", p.text)
		w.string("id", p.permissionID("scope"))
		w.bool("isEnabled", true)
		w.string("type", kind)
		w.string("userConsentDescription", p.text+".")
		w.string("userConsentDisplayName", p.text)
		w.string("value", p.name)
		w.close()
	}
	w.closeList()
}

// secretLife is how long secrets are made for; the start is counted back from the
// end.
const secretLife = 180 * 24 * time.Hour

// passwordCredentials tells everything of the secrets but the values: a hint has
// the first three letters.
func (t *Tenant) passwordCredentials(w *writer, sp *servicePrincipal) {
	w.key("passwordCredentials")
	w.b = append(w.b, '[')
	if sp.app != nil {
		for _, s := range sp.app.Secrets {
			w.open()
			w.null("customKeyIdentifier")
			w.string("displayName", "roomdesk")
			if s.Expires.IsZero() {
				w.null("endDateTime")
				w.instant("startDateTime", t.started.Unix())
			} else {
				w.instant("endDateTime", s.Expires.Unix())
				w.instant("startDateTime", s.Expires.Add(-secretLife).Unix())
			}
			w.string("hint", s.Value[:min(3, len(s.Value))])
			w.string("keyId", s.ID)
			w.null("secretText")
			w.close()
		}
	}
	w.closeList()
}

// keyCredentials names the certificates without their keys.
func (t *Tenant) keyCredentials(w *writer, sp *servicePrincipal) {
	w.key("keyCredentials")
	w.b = append(w.b, '[')
	if sp.app != nil {
		for _, c := range sp.app.Certificates {
			w.open()
			w.string("customKeyIdentifier", base64.StdEncoding.EncodeToString(thumbprint(c.Raw)))
			w.orNull("displayName", c.Subject.String())
			w.instant("endDateTime", c.NotAfter.Unix())
			w.null("key")
			w.string("keyId", stableGUID(string(c.Raw)))
			w.instant("startDateTime", c.NotBefore.Unix())
			w.string("type", "AsymmetricX509Cert")
			w.string("usage", "Verify")
			w.close()
		}
	}
	w.closeList()
}

func (w *writer) assignment(a appRoleAssignment, pick selection) {
	w.open()
	for _, name := range assignmentProperties {
		if pick != nil && !pick[name] {
			continue
		}
		switch name {
		case "id":
			w.string(name, a.id())
		case "appRoleId":
			w.string(name, a.role.permissionID("role"))
		case "createdDateTime":
			w.instant(name, a.since.Unix())
		case "principalDisplayName":
			w.string(name, a.principal.name)
		case "principalId":
			w.string(name, a.principal.id)
		case "principalType":
			w.string(name, "ServicePrincipal")
		case "resourceDisplayName":
			w.string(name, a.resource.name)
		case "resourceId":
			w.string(name, a.resource.id)
		default:
			w.null(name)
		}
	}
	w.close()
}
