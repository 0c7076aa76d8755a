package simulator

import (
	"slices"
	"strings"
	"time"
)

func unsupportedQuery(message string) *problem { return bad("Request_UnsupportedQuery", message) }

const advancedHint = " because the required parameters might be missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for more information"

// narrowUsers applies $filter, $search and $orderby as the directory does: what
// its index does not hold is refused, and some only without the two signs of an
// advanced query, $count=true and ConsistencyLevel: eventual.
func (c *call) narrowUsers(list []*mailbox, count bool) ([]*mailbox, *problem) {
	advanced := count && c.eventual()
	filterText := c.query.Get("$filter")
	if filterText != "" {
		f, err := parseFilter(filterText)
		if err != nil {
			return nil, bad("BadRequest", "Invalid filter clause: "+err.Error())
		}
		if p := directoryOperators(f, advanced); p != nil {
			return nil, p
		}
		var kept []*mailbox
		for _, m := range list {
			ok, err := f.test(m.userField)
			if err != nil {
				return nil, unsupportedQuery("Unsupported or invalid query filter clause specified: " + err.Error() + ".")
			}
			if ok {
				kept = append(kept, m)
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
		var kept []*mailbox
		for _, m := range list {
			if search.match(m.userField) {
				kept = append(kept, m)
			}
		}
		list = kept
	}
	order, err := parseOrder(c.query.Get("$orderby"))
	if err != nil {
		return nil, bad("BadRequest", err.Error())
	}
	if len(order) == 0 {
		return list, nil
	}
	if (filterText != "" || c.query.Get("$search") != "") && !advanced {
		return nil, unsupportedQuery("Sorting not supported for current query.")
	}
	for _, o := range order {
		switch o.path {
		case "displayname", "userprincipalname", "createddatetime":
		case "givenname", "surname", "mail", "jobtitle", "department", "city", "country", "officelocation", "employeeid", "companyname":
			if !advanced {
				return nil, unsupportedQuery("Sorting by property '" + o.path + "' is not supported" + advancedHint + ".")
			}
		default:
			return nil, unsupportedQuery("Unsupported sort property '" + o.path + "' for 'User'.")
		}
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b *mailbox) int { return order.compare(a.userField, b.userField) })
	return list, nil
}

// directoryOperators refuses what the directory cannot do, or can do in an
// advanced query only.
func directoryOperators(f filter, advanced bool) *problem {
	used := map[string]bool{}
	operators(f, used)
	for _, name := range []string{"contains", "all", "gt", "lt"} {
		if used[name] {
			return unsupportedQuery("Unsupported property filter clause operator '" + name + "'.")
		}
	}
	if advanced {
		return nil
	}
	for _, name := range []string{"ne", "not", "endswith", "$count", "any()"} {
		if used[name] {
			return unsupportedQuery("Operator '" + name + "' is not supported" + advancedHint)
		}
	}
	return nil
}

// userField gives the properties that $filter, $search and $orderby may look at.
func (m *mailbox) userField(name string) (any, bool) {
	switch name {
	case "id":
		return m.id, true
	case "displayname":
		return m.displayName(), true
	case "mail":
		return textOrNil(m.mail()), true
	case "userprincipalname":
		return m.principalName(), true
	case "mailnickname":
		local, _, _ := strings.Cut(m.contact.address, "@")
		return local, true
	case "accountenabled":
		return m.enabled(), true
	case "usertype":
		return m.userType(), true
	case "proxyaddresses":
		return m.proxyAddresses(), true
	case "othermails":
		return []string(nil), true
	case "assignedlicenses":
		return m.licenceRows(), true
	case "assignedlicenses/$count":
		return float64(len(m.licences())), true
	case "assignedplans":
		return m.planRows(), true
	case "onpremisessyncenabled", "companyname", "employeeid", "employeetype", "state", "postalcode", "streetaddress", "mobilephone", "preferredlanguage", "onpremisesimmutableid":
		return nil, true
	case "usagelocation":
		return textOrNil(m.usageLocation()), true
	case "city":
		return m.building().city.name, true
	case "country":
		return m.building().city.country, true
	case "createddatetime":
		return userCreated, true
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

// userCreated is when the directory was filled.
var userCreated = time.Date(2021, 5, 3, 7, 30, 0, 0, time.UTC)

// searchQuery is a parsed $search: terms in quotes joined by AND and OR, of
// which AND binds closer.
type searchQuery [][]searchTerm

type searchTerm struct {
	property, value string
	words           []string // of value
}

// searchable are the properties that $search of users knows.
var searchable = []string{"displayname", "mail", "userprincipalname", "givenname", "surname", "mailnickname", "proxyaddresses", "othermails"}

func parseSearch(text string) (searchQuery, *problem) {
	wrong := unsupportedQuery(`$search needs terms of the form "property:value" in double quotes, joined by AND or OR.`)
	query := searchQuery{nil}
	for rest := strings.TrimSpace(text); ; {
		if !strings.HasPrefix(rest, `"`) {
			return nil, wrong
		}
		term, after, ok := strings.Cut(rest[1:], `"`)
		property, value, named := strings.Cut(term, ":")
		if !ok || !named || strings.TrimSpace(value) == "" {
			return nil, wrong
		}
		property = strings.ToLower(strings.TrimSpace(property))
		if !slices.Contains(searchable, property) {
			return nil, unsupportedQuery("Property '" + property + "' cannot be searched.")
		}
		last := len(query) - 1
		query[last] = append(query[last], searchTerm{property, strings.TrimSpace(value), strings.Fields(value)})
		rest = strings.TrimSpace(after)
		switch {
		case rest == "":
			return query, nil
		case hasPrefixFold(rest, "AND "):
			rest = strings.TrimSpace(rest[4:])
		case hasPrefixFold(rest, "OR "):
			rest = strings.TrimSpace(rest[3:])
			query = append(query, nil)
		default:
			return nil, wrong
		}
	}
}

func (q searchQuery) match(field func(string) (any, bool)) bool {
	return slices.ContainsFunc(q, func(terms []searchTerm) bool {
		return !slices.ContainsFunc(terms, func(t searchTerm) bool { return !t.match(field) })
	})
}

// match compares the words of a name, and other properties from their beginning.
func (t searchTerm) match(field func(string) (any, bool)) bool {
	value, _ := field(t.property)
	switch v := value.(type) {
	case string:
		if hasPrefixFold(v, t.value) {
			return true
		}
		if t.property != "displayname" {
			return false
		}
		for _, want := range t.words {
			if !hasWord(v, want) {
				return false
			}
		}
		return true
	case []string:
		return slices.ContainsFunc(v, func(s string) bool {
			_, address, _ := strings.Cut(s, ":")
			return hasPrefixFold(s, t.value) || hasPrefixFold(address, t.value)
		})
	}
	return false
}

// hasWord reports whether a word of a name begins so.
func hasWord(name, prefix string) bool {
	for i := range len(name) {
		if (i == 0 || strings.IndexByte(" -'.", name[i-1]) >= 0) && hasPrefixFold(name[i:], prefix) {
			return true
		}
	}
	return false
}
