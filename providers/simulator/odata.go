package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// parseQuery reads a query string. System query options are case-insensitive
// with Graph; their names come out in lower case, except the two that keep
// their documented spelling.
func parseQuery(raw string) url.Values {
	values, err := url.ParseQuery(raw)
	if err != nil {
		values = url.Values{"$malformed": {raw}}
	}
	out := make(url.Values, len(values))
	for name, v := range values {
		switch lower := strings.ToLower(name); lower {
		case "startdatetime":
			name = "startDateTime"
		case "enddatetime":
			name = "endDateTime"
		default:
			if strings.HasPrefix(lower, "$") {
				name = lower
			}
		}
		out[name] = v
	}
	unwrapAgain(out)
	return out
}

// options refuses a request with a system query option that the operation does
// not know. Other query names are ignored, as OData wants.
func (c *call) options(known ...string) *problem {
	for name, values := range c.query {
		if !strings.HasPrefix(name, "$") {
			continue
		}
		if !slices.Contains(known, name) {
			return &problem{http.StatusBadRequest, "BadRequest", "The query parameter '" + name + "' is not supported for this request."}
		}
		if len(values) > 1 {
			return &problem{http.StatusBadRequest, "BadRequest", "Query option '" + name + "' was specified more than once, but it must be specified at most once."}
		}
	}
	return nil
}

// number reads a non-negative query option.
func (c *call) number(name string, fallback int) (int, *problem) {
	text := c.query.Get(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, &problem{http.StatusBadRequest, "BadRequest", "Invalid value '" + text + "' for " + name + " query option found. The " + name + " query option requires a non-negative integer value."}
	}
	return n, nil
}

// flag reads a true/false query option.
func (c *call) flag(name string) (bool, *problem) {
	switch text := c.query.Get(name); strings.ToLower(text) {
	case "":
		return false, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		return false, &problem{http.StatusBadRequest, "BadRequest", "Invalid value '" + text + "' for " + name + "."}
	}
}

// selection is a $select; nil takes the default set.
type selection map[string]bool

// selected reads $select and checks its names against a type.
func (c *call) selected(typeName string, known []string) (selection, *problem) {
	text := c.query.Get("$select")
	if strings.TrimSpace(text) == "" || strings.TrimSpace(text) == "*" {
		return nil, nil
	}
	s := selection{"id": true}
	for name := range strings.SplitSeq(text, ",") {
		name, _, _ = strings.Cut(strings.TrimSpace(name), "/")
		if name == "" || name == "*" {
			continue
		}
		i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, name) })
		if i < 0 {
			return nil, &problem{http.StatusBadRequest, "BadRequest", "Parsing OData Select and Expand failed: Could not find a property named '" + name + "' on type '" + typeName + "'."}
		}
		s[known[i]] = true
	}
	return s, nil
}

// cut takes from a list to $skip and the page's size, and says whether there is more.
func cut[T any](list []T, skip, size int) (page []T, more bool) {
	if skip >= len(list) {
		return nil, false
	}
	end := min(skip+size, len(list))
	return list[skip:end], end < len(list)
}

// link is the request's own address with some query options replaced; a value of
// "" takes the option away.
func (c *call) link(options ...string) string {
	var parts []string
	done := map[string]bool{}
	for i := 0; i+1 < len(options); i += 2 {
		done[options[i]] = true
	}
	names := make([]string, 0, len(c.query))
	for name := range c.query {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range c.query[name] {
			if !done[name] {
				parts = append(parts, name+"="+url.QueryEscape(value))
			}
		}
	}
	for i := 0; i+1 < len(options); i += 2 {
		if options[i+1] != "" {
			parts = append(parts, options[i]+"="+url.QueryEscape(options[i+1]))
		}
	}
	return "https://" + c.host + c.rawPath + "?" + strings.Join(parts, "&")
}

// preferences are what the Prefer header asks for.
type preferences struct {
	zone      *zone
	zoneName  string // as asked; the answer repeats it
	pageSize  int
	immutable bool
	text      bool
	names     []string // honoured, for Preference-Applied
}

func (p preferences) applied() string { return strings.Join(p.names, ", ") }

// readPrefer reads all Prefer header lines. Unknown preferences are ignored.
func (c *call) readPrefer() *problem {
	p := preferences{zone: utcZone, zoneName: "UTC"}
	for _, line := range c.header.Values("Prefer") {
		for _, item := range splitPrefer(line) {
			name, value, _ := strings.Cut(item, "=")
			name, value = strings.ToLower(strings.TrimSpace(name)), strings.Trim(strings.TrimSpace(value), `"`)
			switch name {
			case "outlook.timezone":
				z, ok := c.t.zones.find(value)
				if !ok {
					return &problem{http.StatusBadRequest, "TimeZoneNotSupportedException", "A valid TimeZone value must be specified. The following TimeZone value is not supported: '" + value + "'."}
				}
				p.zone, p.zoneName = z, value
				p.names = append(p.names, `outlook.timezone="`+value+`"`)
			case "odata.maxpagesize":
				n, err := strconv.Atoi(value)
				if err != nil || n < 1 {
					continue
				}
				p.pageSize = min(n, 1000)
				p.names = append(p.names, "odata.maxpagesize="+strconv.Itoa(n))
			case "idtype":
				if strings.EqualFold(value, "ImmutableId") {
					p.immutable = true
					p.names = append(p.names, `IdType="ImmutableId"`)
				}
			case "outlook.body-content-type":
				if strings.EqualFold(value, "text") {
					p.text = true
					p.names = append(p.names, `outlook.body-content-type="text"`)
				}
			}
		}
	}
	c.prefer = p
	return nil
}

// splitPrefer cuts at commas outside quotes.
func splitPrefer(line string) []string {
	var out []string
	quoted, from := false, 0
	for i := range len(line) {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ',' && !quoted:
			out = append(out, line[from:i])
			from = i + 1
		}
	}
	return append(out, line[from:])
}
