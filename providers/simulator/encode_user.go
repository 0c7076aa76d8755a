package simulator

import (
	"strings"
	"time"
)

// userProperties are the names that $select may use. Those without a value here
// are null or empty.
var userProperties = []string{
	"id", "deletedDateTime", "aboutMe", "accountEnabled", "ageGroup", "assignedLicenses", "assignedPlans", "businessPhones",
	"city", "companyName", "consentProvidedForMinor", "country", "createdDateTime", "creationType", "department",
	"displayName", "employeeHireDate", "employeeId", "employeeLeaveDateTime", "employeeType", "externalUserState",
	"externalUserStateChangeDateTime", "faxNumber", "givenName", "imAddresses", "interests", "isManagementRestricted", "isResourceAccount",
	"jobTitle", "lastPasswordChangeDateTime", "legalAgeGroupClassification", "mail", "mailNickname", "mobilePhone", "mySite",
	"officeLocation", "onPremisesDistinguishedName", "onPremisesDomainName", "onPremisesImmutableId", "onPremisesLastSyncDateTime",
	"onPremisesSamAccountName", "onPremisesSecurityIdentifier", "onPremisesSyncEnabled", "onPremisesUserPrincipalName", "otherMails",
	"pastProjects", "postalCode", "preferredDataLocation", "preferredLanguage", "preferredName", "proxyAddresses", "responsibilities", "schools",
	"securityIdentifier", "showInAddressList", "signInSessionsValidFromDateTime", "skills", "state", "streetAddress", "surname",
	"usageLocation", "userPrincipalName", "userType", "mailboxSettings", "birthday", "hireDate", "deviceEnrollmentLimit", "identityParentId",
}

// defaultUserProperties are what Graph sends without $select.
var defaultUserProperties = []string{"businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation", "preferredLanguage", "surname", "userPrincipalName", "id"}

// userNames are the properties to write, in the order of writing.
func userNames(pick selection) []string {
	if pick == nil {
		return defaultUserProperties
	}
	var out []string
	for _, name := range userProperties {
		if pick[name] {
			out = append(out, name)
		}
	}
	return out
}

// principalName is what a person signs in with.
func (m *mailbox) principalName() string {
	if m.upn != "" {
		return m.upn
	}
	return m.contact.address
}

// userType tells the company's own people from guests.
func (m *mailbox) userType() string {
	if strings.Contains(m.upn, "#EXT#") {
		return "Guest"
	}
	return "Member"
}

// enabled reports whether the account may sign in; those of rooms may not.
func (m *mailbox) enabled() bool {
	if e := m.state().enabled; e != nil {
		return *e
	}
	if m.person != nil && m.person.kind == KindShared {
		return false
	}
	return m.kind == personBox || m.userType() == "Guest"
}

func (m *mailbox) proxyAddresses() []string {
	out := []string{"SMTP:" + m.mail()}
	if m.mail() != m.contact.address {
		out = append(out, "smtp:"+m.contact.address)
	}
	return out
}

// building is where a person or a room is.
func (m *mailbox) building() *building {
	switch {
	case m.room != nil:
		return m.room.building
	case m.person != nil && m.person.home != nil:
		return m.person.home
	}
	return m.cell.rooms[0].room.building
}

// countryCodes of the cities' countries.
var countryCodes = map[string]string{
	"Netherlands": "NL", "United Kingdom": "GB", "Germany": "DE", "United States": "US", "Portugal": "PT", "Singapore": "SG",
	"India": "IN", "France": "FR", "Australia": "AU", "Brazil": "BR", "Japan": "JP",
}

// usageLocation is set for whoever has a licence: it cannot be assigned without.
func (m *mailbox) usageLocation() string {
	if len(m.licences()) == 0 {
		return ""
	}
	return countryCodes[m.building().city.country]
}

// user writes the named properties of a directory object. Rooms are users too:
// disabled ones.
func (w *writer) user(m *mailbox, names []string) {
	var p person
	if m.person != nil {
		p = *m.person
	}
	for _, name := range names {
		switch name {
		case "id":
			w.string(name, m.id)
		case "accountEnabled":
			w.bool(name, m.enabled())
		case "businessPhones":
			w.strings(name, phones(p.phone))
		case "proxyAddresses":
			w.strings(name, m.proxyAddresses())
		case "assignedLicenses":
			w.licences(m)
		case "assignedPlans":
			w.plans(m)
		case "otherMails", "imAddresses", "interests", "pastProjects", "responsibilities", "schools", "skills":
			w.strings(name, nil)
		case "city":
			w.string(name, m.building().city.name)
		case "country":
			w.string(name, m.building().city.country)
		case "usageLocation":
			w.orNull(name, m.usageLocation())
		case "mail":
			w.orNull(name, m.mail())
		case "userPrincipalName":
			w.string(name, m.principalName())
		case "mailNickname":
			local, _, _ := strings.Cut(m.contact.address, "@")
			w.string(name, local)
		case "displayName":
			w.string(name, m.displayName())
		case "givenName":
			w.orNull(name, p.given)
		case "surname":
			w.orNull(name, p.family)
		case "jobTitle":
			w.orNull(name, p.title)
		case "department":
			w.orNull(name, p.department)
		case "officeLocation":
			w.orNull(name, p.office)
		case "createdDateTime":
			w.string(name, userCreated.Format(time.RFC3339))
		case "preferredLanguage":
			if m.kind == personBox {
				w.string(name, "en-US")
			} else {
				w.null(name)
			}
		case "isResourceAccount":
			if m.room != nil {
				w.bool(name, false)
			} else {
				w.null(name)
			}
		case "birthday", "hireDate":
			w.string(name, "0001-01-01T00:00:00Z")
		case "deviceEnrollmentLimit":
			w.int(name, 5)
		case "userType":
			w.string(name, m.userType())
		case "externalUserState":
			if m.userType() == "Guest" {
				w.string(name, "Accepted")
			} else {
				w.null(name)
			}
		case "creationType":
			if m.userType() == "Guest" {
				w.string(name, "Invitation")
			} else {
				w.null(name)
			}
		default:
			w.null(name)
		}
	}
}

func phones(phone string) []string {
	if phone == "" {
		return nil
	}
	return []string{phone}
}
