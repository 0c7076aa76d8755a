package simulator

import (
	"net/http"
	"strings"
)

// organizationProperties are the names that $select may use.
var organizationProperties = []string{"id", "deletedDateTime", "assignedPlans", "businessPhones", "city", "country", "countryLetterCode", "createdDateTime", "defaultUsageLocation", "displayName", "marketingNotificationEmails", "mobileDeviceManagementAuthority", "onPremisesLastSyncDateTime", "onPremisesSyncEnabled", "partnerTenantType", "postalCode", "preferredLanguage", "securityComplianceNotificationMails", "securityComplianceNotificationPhones", "state", "street", "technicalNotificationMails", "tenantType", "verifiedDomains"}

// organization answers the tenant's own object: a list of one, or that one by id.
func (c *call) organization() answer {
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
		if p := c.options("$top", "$skip", "$count", "$orderby", "$select"); p != nil {
			return c.refuse(p)
		}
		if p := c.paging(); p != nil {
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
	w.open()
	if context != "" {
		w.string("@odata.context", context)
	}
	t.organizationProperties(w, pick)
	w.close()
}

func (t *Tenant) organizationProperties(w *writer, pick selection) {
	wants := func(name string) bool { return pick == nil || pick[name] }
	home := t.world.buildings[0]
	w.string("id", t.endpoints.TenantID)
	for _, name := range organizationProperties[1:] {
		if !wants(name) {
			continue
		}
		switch name {
		case "assignedPlans":
			t.organizationPlans(w)
		case "countryLetterCode", "defaultUsageLocation":
			w.orNull(name, countryCodes[home.city.country])
		case "businessPhones", "marketingNotificationEmails", "securityComplianceNotificationMails", "securityComplianceNotificationPhones", "technicalNotificationMails":
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
			t.verifiedDomains(w)
		default:
			w.null(name)
		}
	}
}

// verifiedDomains are the tenant's own and the one that Microsoft gave it first.
func (t *Tenant) verifiedDomains(w *writer) {
	w.key("verifiedDomains")
	w.b = append(w.b, '[')
	for _, domain := range []struct {
		name    string
		initial bool
	}{{t.endpoints.Domain, false}, {t.initialDomain(), true}} {
		w.open()
		w.string("capabilities", "Email, OfficeCommunicationsOnline")
		w.bool("isDefault", !domain.initial)
		w.bool("isInitial", domain.initial)
		w.string("name", domain.name)
		w.string("type", "Managed")
		w.close()
	}
	w.closeList()
}

// initialDomain is name.onmicrosoft.com.
func (t *Tenant) initialDomain() string {
	name, _, _ := strings.Cut(t.endpoints.Domain, ".")
	return name + ".onmicrosoft.com"
}

// organizationPlans are the plans that the tenant has bought.
func (t *Tenant) organizationPlans(w *writer) {
	w.key("assignedPlans")
	w.b = append(w.b, '[')
	for _, p := range enterpriseLicence.plans {
		w.open()
		w.string("assignedDateTime", licensedSince)
		w.string("capabilityStatus", "Enabled")
		w.string("service", p.service)
		w.string("servicePlanId", p.id)
		w.close()
	}
	w.closeList()
}
