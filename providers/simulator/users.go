package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// defaultUsers and maxUsers are the page sizes of /users.
const (
	defaultUsers = 100
	maxUsers     = 999
)

// userProperties are the names that $select may use and that have a value here.
var userProperties = []string{"id", "deletedDateTime", "accountEnabled", "businessPhones", "city", "companyName", "country", "createdDateTime", "department", "displayName", "employeeId", "employeeType", "givenName", "jobTitle", "mail", "mailNickname", "mobilePhone", "officeLocation", "onPremisesSyncEnabled", "otherMails", "postalCode", "preferredLanguage", "proxyAddresses", "showInAddressList", "state", "streetAddress", "surname", "usageLocation", "userPrincipalName", "userType", "assignedLicenses", "assignedPlans", "mailboxSettings"}

// defaultUserProperties are what Graph sends without $select.
var defaultUserProperties = []string{"id", "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation", "preferredLanguage", "surname", "userPrincipalName"}

func (c *call) listUsers() answer {
	if p := c.need(directoryArea, readUsers...); p != nil {
		return c.refuse(p)
	}
	if p := c.options("$top", "$filter", "$search", "$count", "$orderby", "$select", "$skiptoken"); p != nil {
		return c.refuse(p)
	}
	pick, p := c.selected("microsoft.graph.user", userProperties)
	if p != nil {
		return c.refuse(p)
	}
	list, p := c.narrowUsers(c.t.world.present())
	if p != nil {
		return c.refuse(p)
	}
	size, p := c.number("$top", defaultUsers)
	if p != nil {
		return c.refuse(p)
	}
	if size < 1 || size > maxUsers {
		return c.fail(http.StatusBadRequest, "Request_UnsupportedQuery", "Invalid page size specified: '"+strconv.Itoa(size)+"'. Must be between 1 and 999 inclusive.")
	}
	skip := 0
	if token := c.query.Get("$skiptoken"); token != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(token, "u"))
		if err != nil || n < 0 || !strings.HasPrefix(token, "u") {
			return c.fail(http.StatusBadRequest, "Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.")
		}
		skip = n
	}
	count, p := c.flag("$count")
	if p != nil {
		return c.refuse(p)
	}
	page, more := cut(list, skip, size)
	w := &writer{}
	w.open()
	w.string("@odata.context", c.context("users"))
	// The directory counts only for callers that accept eventual consistency.
	if count && strings.EqualFold(c.header.Get("ConsistencyLevel"), "eventual") && skip == 0 {
		w.int("@odata.count", int64(len(list)))
	}
	if more {
		w.string("@odata.nextLink", c.link("$skiptoken", "u"+strconv.Itoa(skip+size)))
	}
	w.key("value")
	w.b = append(w.b, '[')
	for _, m := range page {
		w.user(m, pick, "")
	}
	w.closeList()
	w.close()
	return c.ok(w)
}

// narrowUsers applies $filter, $search and $orderby.
func (c *call) narrowUsers(list []*mailbox) ([]*mailbox, *problem) {
	unsupported := func(message string) *problem { return bad("Request_UnsupportedQuery", message) }
	if text := c.query.Get("$filter"); text != "" {
		f, err := parseFilter(text)
		if err != nil {
			return nil, unsupported("Invalid filter clause: " + err.Error())
		}
		var kept []*mailbox
		for _, m := range list {
			ok, err := f.test(m.userField)
			if err != nil {
				return nil, unsupported("Invalid filter clause: " + err.Error())
			}
			if ok {
				kept = append(kept, m)
			}
		}
		list = kept
	}
	if text := c.query.Get("$search"); text != "" {
		if !strings.EqualFold(c.header.Get("ConsistencyLevel"), "eventual") {
			return nil, unsupported("Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'")
		}
		property, value, ok := strings.Cut(strings.Trim(text, `"`), ":")
		if _, known := list[0].userField(strings.ToLower(property)); !ok || !known {
			return nil, unsupported(`$search needs the form "property:value".`)
		}
		var kept []*mailbox
		for _, m := range list {
			have, _ := m.userField(strings.ToLower(property))
			if s, isText := have.(string); isText && strings.Contains(strings.ToLower(s), strings.ToLower(value)) {
				kept = append(kept, m)
			}
		}
		list = kept
	}
	order, err := parseOrder(c.query.Get("$orderby"))
	if err != nil {
		return nil, unsupported(err.Error())
	}
	if len(order) > 0 {
		for _, o := range order {
			if len(list) > 0 {
				if _, known := list[0].userField(o.path); !known {
					return nil, unsupported("Unsupported sort property '" + o.path + "' for 'User'.")
				}
			}
		}
		list = slices.Clone(list)
		slices.SortStableFunc(list, func(a, b *mailbox) int { return order.compare(a.userField, b.userField) })
	}
	return list, nil
}

// userField gives the properties that $filter and $orderby may look at.
func (m *mailbox) userField(name string) (any, bool) {
	switch name {
	case "id":
		return m.id, true
	case "displayname":
		return m.displayName(), true
	case "mail":
		return m.mail(), true
	case "userprincipalname":
		return m.contact.address, true
	case "mailnickname":
		local, _, _ := strings.Cut(m.contact.address, "@")
		return local, true
	case "accountenabled":
		return m.kind == personBox, true
	case "usertype":
		return "Member", true
	}
	var p person
	if m.person != nil {
		p = *m.person
	}
	switch name {
	case "givenname":
		return textOrNil(p.given), true
	case "surname":
		return textOrNil(p.family), true
	case "jobtitle":
		return textOrNil(p.title), true
	case "department":
		return textOrNil(p.department), true
	case "officelocation":
		return textOrNil(p.office), true
	}
	return nil, false
}

func (c *call) getUser() answer {
	if p := c.need(directoryArea, readUsers...); p != nil {
		return c.refuse(p)
	}
	if p := c.options("$select", "$expand"); p != nil {
		return c.refuse(p)
	}
	if c.mailbox == nil {
		return c.fail(http.StatusNotFound, "Request_ResourceNotFound", "Resource '"+c.mailKey+"' does not exist or one of its queried reference-property objects are not present.")
	}
	pick, p := c.selected("microsoft.graph.user", userProperties)
	if p != nil {
		return c.refuse(p)
	}
	w := &writer{}
	w.user(c.mailbox, pick, c.context("users/$entity"))
	return c.ok(w)
}

// user writes a directory object. Room mailboxes are users too: disabled ones.
func (w *writer) user(m *mailbox, pick selection, context string) {
	wants := func(name string) bool {
		if pick == nil {
			return slices.Contains(defaultUserProperties, name)
		}
		return pick[name]
	}
	var p person
	if m.person != nil {
		p = *m.person
	}
	b := m.cell.rooms[0].room.building
	if m.room != nil {
		b = m.room.building
	} else if p.home != nil {
		b = p.home
	}
	local, _, _ := strings.Cut(m.contact.address, "@")
	w.open()
	if context != "" {
		w.string("@odata.context", context)
	}
	w.string("id", m.id)
	for _, name := range userProperties[1:] {
		if !wants(name) {
			continue
		}
		switch name {
		case "accountEnabled":
			w.bool(name, m.kind == personBox)
		case "businessPhones":
			w.strings(name, phones(p.phone))
		case "proxyAddresses":
			w.strings(name, []string{"SMTP:" + m.contact.address})
		case "assignedLicenses", "assignedPlans", "otherMails":
			w.strings(name, nil)
		case "city":
			w.string(name, b.city.name)
		case "country":
			w.string(name, b.city.country)
		case "mail":
			w.string(name, m.mail())
		case "userPrincipalName":
			w.string(name, m.contact.address)
		case "mailNickname":
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
		case "preferredLanguage":
			if m.kind == personBox {
				w.string(name, "en-US")
			} else {
				w.null(name)
			}
		case "userType":
			w.string(name, "Member")
		default:
			w.null(name)
		}
	}
	w.close()
}

func phones(phone string) []string {
	if phone == "" {
		return nil
	}
	return []string{phone}
}
