package simulator

import (
	"net/http"
	"strings"
)

// organizationProperties are the names that $select may use.
var organizationProperties = []string{"id", "deletedDateTime", "assignedPlans", "businessPhones", "city", "country", "countryLetterCode", "createdDateTime", "defaultUsageLocation", "displayName", "marketingNotificationEmails", "mobileDeviceManagementAuthority", "onPremisesLastSyncDateTime", "onPremisesSyncEnabled", "partnerTenantType", "postalCode", "preferredLanguage", "securityComplianceNotificationMails", "securityComplianceNotificationPhones", "state", "street", "technicalNotificationMails", "tenantType", "verifiedDomains"}

// organization answers the tenant's own object: a list of one, or that one by id.
func (c *call) organization() answer {
	if p := c.need(directoryArea, readOrganizations...); p != nil {
		return c.refuse(p)
	}
	if c.method != http.MethodGet {
		return c.wrongMethod()
	}
	pick, p := c.selected("microsoft.graph.organization", organizationProperties)
	if p != nil {
		return c.refuse(p)
	}
	w := &writer{}
	switch c.depth() {
	case 1:
		if p := c.options("$top", "$skip", "$filter", "$count", "$orderby", "$select"); p != nil {
			return c.refuse(p)
		}
		w.open()
		w.string("@odata.context", c.context("organization"))
		w.key("value")
		w.b = append(w.b, '[')
		c.t.organization(w, pick, "")
		w.closeList()
		w.close()
	case 2:
		if p := c.options("$select"); p != nil {
			return c.refuse(p)
		}
		if !strings.EqualFold(c.segments[1], c.t.endpoints.TenantID) {
			return c.fail(http.StatusNotFound, "Request_ResourceNotFound", "Resource '"+c.segments[1]+"' does not exist or one of its queried reference-property objects are not present.")
		}
		c.t.organization(w, pick, c.context("organization/$entity"))
	default:
		return c.noSegment(c.segments[2])
	}
	return c.ok(w)
}

func (t *Tenant) organization(w *writer, pick selection, context string) {
	wants := func(name string) bool { return pick == nil || pick[name] }
	home := t.world.buildings[0]
	w.open()
	if context != "" {
		w.string("@odata.context", context)
	}
	w.string("id", t.endpoints.TenantID)
	for _, name := range organizationProperties[1:] {
		if !wants(name) {
			continue
		}
		switch name {
		case "assignedPlans", "businessPhones", "marketingNotificationEmails", "securityComplianceNotificationMails", "securityComplianceNotificationPhones", "technicalNotificationMails":
			w.strings(name, nil)
		case "city":
			w.string(name, home.city.name)
		case "country":
			w.string(name, home.city.country)
		case "street":
			w.string(name, home.address.street)
		case "postalCode":
			w.string(name, home.address.postal)
		case "createdDateTime":
			w.string(name, "2019-03-04T09:12:41Z")
		case "displayName":
			w.string(name, t.options.DisplayName)
		case "mobileDeviceManagementAuthority":
			w.string(name, "intune")
		case "preferredLanguage":
			w.string(name, "en")
		case "tenantType":
			w.string(name, "AAD")
		case "verifiedDomains":
			w.key(name)
			w.b = append(w.b, '[')
			w.open()
			w.string("capabilities", "Email, OfficeCommunicationsOnline")
			w.bool("isDefault", true)
			w.bool("isInitial", true)
			w.string("name", t.endpoints.Domain)
			w.string("type", "Managed")
			w.close()
			w.closeList()
		default:
			w.null(name)
		}
	}
	w.close()
}
