package simulator

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"roomdesk/providers/simulator/entra"
)

// servicePrincipal is an application's presence in the tenant.
type servicePrincipal struct {
	id, appID, name, owner, audience string
	enabled                          bool
	names, replies                   []string
	roles, scopes                    []publishedPermission
	app                              *entra.Application // of the tenant's own applications
}

// appRoleAssignment is one granted application permission.
type appRoleAssignment struct {
	principal, resource *servicePrincipal
	role                publishedPermission
	since               time.Time
}

func (a appRoleAssignment) id() string {
	sum := sha256.Sum256([]byte(a.principal.id + a.resource.id + a.role.name))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// servicePrincipals lists the two resources and the registered applications as
// they are now.
func (t *Tenant) servicePrincipals() []*servicePrincipal {
	out := []*servicePrincipal{
		{
			id: stableGUID(t.endpoints.TenantID + graphAppID), appID: graphAppID, name: "Microsoft Graph", owner: microsoftOwner, audience: "AzureADMultipleOrgs", enabled: true,
			names: []string{graphAppID, "https://graph.microsoft.com", "https://canary.graph.microsoft.com", t.endpoints.GraphURL}, roles: slices.Clone(graphRoles[:]), scopes: graphScopes[:],
		},
		{
			id: stableGUID(t.endpoints.TenantID + exchangeAppID), appID: exchangeAppID, name: "Office 365 Exchange Online", owner: microsoftOwner, audience: "AzureADMultipleOrgs", enabled: true,
			names: []string{exchangeAppID, "https://outlook.office365.com", "https://outlook.office.com"}, roles: exchangeRoles[:], scopes: exchangeScopes[:],
		},
	}
	for _, a := range t.directory.Applications() {
		sp := &servicePrincipal{
			id: a.ObjectID, appID: a.ClientID, name: a.DisplayName, owner: t.endpoints.TenantID, audience: "AzureADMyOrg", enabled: !a.Disabled,
			names: []string{a.ClientID}, replies: append(slices.Clone(a.RedirectURIs), a.WebRedirectURIs...), app: &a,
		}
		if a.MultiTenant {
			sp.audience = "AzureADMultipleOrgs"
		}
		out = append(out, sp)
		// A role that somebody granted exists, whatever we know of it.
		for _, role := range a.Roles {
			if findRole(out[0].roles, role) == nil && findRole(exchangeRoles[:], role) == nil {
				out[0].roles = append(out[0].roles, publishedPermission{name: role, text: role, adminOnly: true})
			}
		}
	}
	return out
}

func findRole(list []publishedPermission, name string) *publishedPermission {
	for i := range list {
		if strings.EqualFold(list[i].name, name) {
			return &list[i]
		}
	}
	return nil
}

// roleAssignments lists what is granted, whether tokens carry it yet or not.
func (t *Tenant) roleAssignments(all []*servicePrincipal) ([]appRoleAssignment, error) {
	var out []appRoleAssignment
	for _, sp := range all {
		if sp.app == nil || sp.app.Delegated {
			continue
		}
		grants, err := t.directory.Grants(sp.appID)
		if err != nil {
			return nil, err
		}
		for _, g := range grants {
			resource := all[0]
			role := findRole(all[0].roles, g.Role)
			if role == nil {
				resource, role = all[1], findRole(all[1].roles, g.Role)
			}
			if role == nil {
				resource, role = all[0], &publishedPermission{name: g.Role}
			}
			since := g.Since
			if since.IsZero() {
				since = t.started.AddDate(0, -2, 0)
			}
			out = append(out, appRoleAssignment{sp, resource, *role, since})
		}
	}
	return out, nil
}

// servicePrincipalCalls routes everything below /servicePrincipals.
func (c *call) servicePrincipalCalls() answer {
	if c.method != http.MethodGet {
		return c.wrongMethod()
	}
	all := c.t.servicePrincipals()
	next := 1
	var one *servicePrincipal
	if appID, ok := alternateKey(c.segments[0], "appId"); ok {
		one = findPrincipal(all, func(sp *servicePrincipal) bool { return strings.EqualFold(sp.appID, appID) })
	} else if c.depth() == 1 {
		return c.listServicePrincipals(all)
	} else {
		one = findPrincipal(all, func(sp *servicePrincipal) bool { return strings.EqualFold(sp.id, c.segments[1]) })
		next = 2
	}
	if one == nil {
		return c.fail(http.StatusNotFound, "Request_ResourceNotFound", "Resource '"+c.segments[next-1]+"' does not exist or one of its queried reference-property objects are not present.")
	}
	switch {
	case c.depth() == next:
		return c.getServicePrincipal(one)
	case c.depth() == next+1 && c.name(next) == "approleassignments":
		return c.listAssignments(all, func(a appRoleAssignment) bool { return a.principal == one }, "servicePrincipals('"+one.id+"')/appRoleAssignments")
	case c.depth() == next+1 && c.name(next) == "approleassignedto":
		return c.listAssignments(all, func(a appRoleAssignment) bool { return a.resource == one }, "servicePrincipals('"+one.id+"')/appRoleAssignedTo")
	}
	return c.noSegment(c.segments[c.depth()-1])
}

// alternateKey reads collection(name='value').
func alternateKey(segment, name string) (value string, ok bool) {
	_, rest, found := strings.Cut(segment, "(")
	key, value, paired := strings.Cut(strings.TrimSuffix(rest, ")"), "=")
	if !found || !paired || !strings.EqualFold(strings.TrimSpace(key), name) {
		return "", false
	}
	return strings.Trim(value, "'"), true
}

func findPrincipal(all []*servicePrincipal, is func(*servicePrincipal) bool) *servicePrincipal {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i]
	}
	return nil
}

// field gives the properties that $filter and $orderby may look at.
func (sp *servicePrincipal) field(name string) (any, bool) {
	switch name {
	case "id":
		return sp.id, true
	case "appid":
		return sp.appID, true
	case "displayname", "appdisplayname":
		return sp.name, true
	case "accountenabled":
		return sp.enabled, true
	case "serviceprincipaltype":
		return "Application", true
	case "serviceprincipalnames":
		return sp.names, true
	case "appownerorganizationid":
		return sp.owner, true
	case "tags", "alternativenames":
		return []string(nil), true
	}
	return nil, false
}

func (c *call) listServicePrincipals(list []*servicePrincipal) answer {
	if p := c.options("$top", "$filter", "$search", "$count", "$orderby", "$select", "$expand", "$skiptoken"); p != nil {
		return c.refuse(p)
	}
	expanded, p := c.expandedAssignments(list)
	if p != nil {
		return c.refuse(p)
	}
	pick, p := c.selected("microsoft.graph.servicePrincipal", principalProperties)
	if p != nil {
		return c.refuse(p)
	}
	count, p := c.flag("$count")
	if p != nil {
		return c.refuse(p)
	}
	if list, p = narrowDirectory(c, list, (*servicePrincipal).field, count); p != nil {
		return c.refuse(p)
	}
	return directoryPage(c, "servicePrincipals", list, count, 0, func(w *writer, sp *servicePrincipal) { c.t.writePrincipal(w, sp, pick, expanded) })
}

// maxExpanded is how many objects the directory puts into an expanded property.
const maxExpanded = 20

// principalRelations are what else the real service can expand.
var principalRelations = []string{
	"appManagementPolicies", "appRoleAssignedTo", "claimsMappingPolicies", "createdObjects", "delegatedPermissionClassifications", "endpoints",
	"federatedIdentityCredentials", "homeRealmDiscoveryPolicies", "memberOf", "oauth2PermissionGrants", "ownedObjects", "owners",
	"remoteDesktopSecurityConfiguration", "synchronization", "tokenIssuancePolicies", "tokenLifetimePolicies", "transitiveMemberOf",
}

// expandedAssignments reads $expand=appRoleAssignments, which CLI for Microsoft 365
// sends; nil is without. all may not be narrowed yet.
func (c *call) expandedAssignments(all []*servicePrincipal) ([]appRoleAssignment, *problem) {
	switch text := c.query.Get("$expand"); {
	case text == "":
		return nil, nil
	case !strings.EqualFold(text, "appRoleAssignments") && !slices.ContainsFunc(principalRelations, func(name string) bool { return strings.EqualFold(text, name) }):
		return nil, bad("BadRequest", "Parsing OData Select and Expand failed: Could not find a property named '"+text+"' on type 'microsoft.graph.servicePrincipal'.")
	case !strings.EqualFold(text, "appRoleAssignments"):
		return nil, &problem{http.StatusNotImplemented, "NotImplemented", "The simulated tenant expands no more than appRoleAssignments of service principals."}
	}
	list, err := c.t.roleAssignments(all)
	if err != nil {
		return nil, &problem{http.StatusInternalServerError, "UnknownError", err.Error()}
	}
	return append([]appRoleAssignment{}, list...), nil
}

// narrowDirectory applies $filter, $search and $orderby to a short list of
// directory objects, with the rules of advanced queries.
func narrowDirectory[T any](c *call, list []T, field func(T, string) (any, bool), count bool) ([]T, *problem) {
	of := func(x T) func(string) (any, bool) { return func(name string) (any, bool) { return field(x, name) } }
	if text := c.query.Get("$filter"); text != "" {
		f, err := parseFilter(text)
		if err != nil {
			return nil, bad("BadRequest", "Invalid filter clause: "+err.Error())
		}
		if p := directoryOperators(f, count && c.eventual()); p != nil {
			return nil, p
		}
		var kept []T
		for _, x := range list {
			ok, err := f.test(of(x))
			if err != nil {
				return nil, unsupportedQuery("Unsupported or invalid query filter clause specified: " + err.Error() + ".")
			}
			if ok {
				kept = append(kept, x)
			}
		}
		list = kept
	}
	if text := c.query.Get("$search"); text != "" {
		if !c.eventual() {
			return nil, unsupportedQuery("Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'")
		}
		search, p := parseSearch(text)
		if p != nil {
			return nil, p
		}
		list = slices.DeleteFunc(slices.Clone(list), func(x T) bool { return !search.match(of(x)) })
	}
	order, err := parseOrder(c.query.Get("$orderby"))
	if err != nil {
		return nil, bad("BadRequest", err.Error())
	}
	for _, o := range order {
		if o.path != "displayname" {
			return nil, unsupportedQuery("Unsupported sort property '" + o.path + "'.")
		}
	}
	if len(order) > 0 {
		list = slices.Clone(list)
		slices.SortStableFunc(list, func(a, b T) int { return order.compare(of(a), of(b)) })
	}
	return list, nil
}

// directoryPage answers a page of directory objects.
func directoryPage[T any](c *call, context string, list []T, count bool, skip int, write func(*writer, T)) answer {
	size, p := c.number("$top", defaultUsers)
	if p != nil {
		return c.refuse(p)
	}
	if size < 1 || size > maxUsers {
		return c.fail(http.StatusBadRequest, "Request_UnsupportedQuery", "Invalid page size specified: '"+strconv.Itoa(size)+"'. Must be between 1 and 999 inclusive.")
	}
	from, ok := c.t.pageToken(c.query.Get("$skiptoken"))
	if !ok {
		return c.fail(http.StatusBadRequest, "Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.")
	}
	from = max(from, skip)
	page, more := cut(list, from, size)
	w := &writer{}
	w.open()
	w.string("@odata.context", c.context(context))
	if count && c.eventual() && from == 0 {
		w.int("@odata.count", int64(len(list)))
	}
	if more {
		w.string("@odata.nextLink", c.link("$skiptoken", c.t.makePageToken(from+size), "$skip", ""))
	}
	w.key("value")
	w.b = append(w.b, '[')
	for _, x := range page {
		write(w, x)
	}
	w.closeList()
	w.close()
	return c.ok(w)
}

func (c *call) getServicePrincipal(sp *servicePrincipal) answer {
	if p := c.options("$select"); p != nil {
		return c.refuse(p)
	}
	pick, p := c.selected("microsoft.graph.servicePrincipal", principalProperties)
	if p != nil {
		return c.refuse(p)
	}
	w := &writer{}
	w.open()
	w.string("@odata.context", c.context("servicePrincipals/$entity"))
	c.t.principalBody(w, sp, pick)
	w.close()
	return c.ok(w)
}

// listAssignments answers appRoleAssignments or appRoleAssignedTo.
func (c *call) listAssignments(all []*servicePrincipal, keep func(appRoleAssignment) bool, context string) answer {
	if p := c.options("$top", "$skip", "$filter", "$count", "$select", "$skiptoken"); p != nil {
		return c.refuse(p)
	}
	pick, p := c.selected("microsoft.graph.appRoleAssignment", assignmentProperties)
	if p != nil {
		return c.refuse(p)
	}
	list, err := c.t.roleAssignments(all)
	if err != nil {
		return c.fail(http.StatusInternalServerError, "UnknownError", err.Error())
	}
	count, p := c.flag("$count")
	if p != nil {
		return c.refuse(p)
	}
	// Before those of others are left out: a wrong filter is wrong with none left too.
	if list, p = narrowDirectory(c, list, appRoleAssignment.field, count); p != nil {
		return c.refuse(p)
	}
	list = slices.DeleteFunc(slices.Clone(list), func(a appRoleAssignment) bool { return !keep(a) })
	skip, p := c.number("$skip", 0)
	if p != nil {
		return c.refuse(p)
	}
	return directoryPage(c, context, list, count, skip, func(w *writer, a appRoleAssignment) { w.assignment(a, pick) })
}

func (a appRoleAssignment) field(name string) (any, bool) {
	switch name {
	case "id":
		return a.id(), true
	case "approleid":
		return a.role.permissionID("role"), true
	case "resourceid":
		return a.resource.id, true
	case "principalid":
		return a.principal.id, true
	case "resourcedisplayname":
		return a.resource.name, true
	case "principaldisplayname", "displayname":
		return a.principal.name, true
	}
	return nil, false
}

// thumbprint is a certificate's SHA-1, which names it everywhere.
func thumbprint(raw []byte) []byte {
	sum := sha1.Sum(raw)
	return sum[:]
}
