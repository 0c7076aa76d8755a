package simulator

import (
	"regexp"
	"slices"
	"strings"
)

// wireProperty is Graph's singleValueLegacyExtendedProperty in a request.
type wireProperty struct {
	ID    string `json:"id"`
	Value string `json:"value"`
}

// propertyID is how a property is named: its type, then a property set and a name
// or a number in it, or a tag.
var propertyID = regexp.MustCompile(`^(?i)[a-z0-9]+ (\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\} (name .+|id 0x[0-9a-f]+)|0x[0-9a-f]+)$`)

// propertyRows are properties as a filter sees them.
func propertyRows(list []extendedProperty) rows {
	out := make(rows, len(list))
	for i, v := range list {
		out[i] = func(name string) (any, bool) {
			switch name {
			case "id":
				return v.id, true
			case "value":
				return v.value, true
			}
			return nil, false
		}
	}
	return out
}

// applyExtended stores properties; one with an empty value is taken away.
func (w *wireEvent) applyExtended(e *event) *problem {
	if len(w.Extended) == 0 {
		return nil
	}
	list := slices.Clone(e.seldom().properties)
	for _, have := range w.Extended {
		if !propertyID.MatchString(have.ID) {
			return bad("ErrorInvalidArgument", "The extended property's id '"+have.ID+"' is invalid.")
		}
		list = slices.DeleteFunc(list, func(p extendedProperty) bool { return strings.EqualFold(p.id, have.ID) })
		list = append(list, extendedProperty{have.ID, have.Value})
	}
	e.seldomCopy().properties = list
	return nil
}

// expansion is a parsed $expand of events.
type expansion struct {
	instances, exceptions, calendar, extensions bool
	properties                                  filter // nil: not asked for
}

const maxExpandedInstances = 1000

// readExpand reads $expand.
func (c *call) readExpand() *problem {
	text := strings.TrimSpace(c.query.Get("$expand"))
	if text == "" {
		return nil
	}
	c.expand = &expansion{}
	for _, item := range splitOutside(text) {
		name, inner, nested := strings.Cut(strings.TrimSpace(item), "(")
		inner = strings.TrimSuffix(strings.TrimSpace(inner), ")")
		switch strings.ToLower(name) {
		case "instances":
			c.expand.instances = true
		case "exceptionoccurrences":
			c.expand.exceptions = true
		case "calendar":
			c.expand.calendar = true
		case "extensions":
			c.expand.extensions = true
		case "singlevalueextendedproperties":
			option, expression, _ := strings.Cut(inner, "=")
			if !nested || !strings.EqualFold(strings.TrimSpace(option), "$filter") {
				return bad("ErrorInvalidUrlQueryExpand", "Expanding singleValueExtendedProperties needs a $filter by id.")
			}
			f, err := parseFilter(expression)
			if err != nil {
				return bad("ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes: "+err.Error())
			}
			if _, err := f.test(propertyRows([]extendedProperty{{}})[0]); err != nil {
				return bad("ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes: "+err.Error())
			}
			c.expand.properties = f
		case "multivalueextendedproperties", "attachments":
			// An event here has neither; the service leaves the property out then.
		default:
			return bad("BadRequest", "Parsing OData Select and Expand failed: Could not find a property named '"+name+"' on type 'microsoft.graph.event'.")
		}
	}
	return nil
}

// splitOutside cuts at commas outside of brackets and quotes.
func splitOutside(text string) []string {
	var out []string
	depth, quoted, from := 0, false, 0
	for i := range len(text) {
		switch ch := text[i]; {
		case ch == '\'':
			quoted = !quoted
		case quoted:
		case ch == '(':
			depth++
		case ch == ')':
			depth--
		case ch == ',' && depth == 0:
			out = append(out, text[from:i])
			from = i + 1
		}
	}
	return append(out, text[from:])
}

// expanded writes what $expand asks for; x is the event as the reader sees it.
func (e *eventEncoder) expanded(i instance, x *event) {
	want := *e.expand
	inner := *e
	inner.expand = nil
	list := func(name string, entries []instance) {
		e.key(name)
		e.openValue('[')
		inner.writer = e.writer
		for _, entry := range entries {
			inner.event(entry, false)
		}
		e.closeList()
	}
	if want.instances || want.exceptions {
		var all, changed []instance
		if i.kind == seriesMaster {
			all = i.e.instances(nil, i.e.start-maxOffset, i.e.start+maxViewDays*86400)
			slices.SortStableFunc(all, func(a, b instance) int { return int(a.start - b.start) })
			all = all[:min(len(all), maxExpandedInstances)]
			for _, entry := range all {
				if entry.kind == exceptionKind {
					changed = append(changed, entry)
				}
			}
		}
		if want.instances {
			list("instances", all)
		}
		if want.exceptions {
			list("exceptionOccurrences", changed)
		}
	}
	if want.extensions {
		e.key("extensions")
		e.b = append(e.b, '[', ']')
	}
	if want.calendar {
		if f, ok := e.m.folder(i.stored().in); ok {
			e.key("calendar")
			inner.writer, inner.pick = e.writer, nil
			inner.calendar(f, "")
		}
	}
	if want.properties == nil || e.basic {
		return
	}
	opened := false
	fields := propertyRows(x.seldom().properties)
	for n, p := range x.seldom().properties {
		if ok, err := want.properties.test(fields[n]); err != nil || !ok {
			continue
		}
		if !opened {
			opened = true
			e.key("singleValueExtendedProperties")
			e.openValue('[')
		}
		e.open()
		e.string("id", p.id)
		e.string("value", p.value)
		e.close()
	}
	if opened {
		e.closeList()
	}
}
