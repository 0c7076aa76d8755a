package exchange

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// itemShape is what a caller wants to know of items.
type itemShape struct {
	base     string
	want     map[string]bool
	extended []extendedField
	bodyType string
	bodiless bool // texts are never given, as in SyncFolderItems
}

// extendedField names an extended property.
type extendedField struct {
	set, distinguished, name, id, tag, kind string
}

// distinguishedSets are property sets with names of their own.
var distinguishedSets = map[string]string{
	"Meeting": meetingSet, "Appointment": "{00062002-0000-0000-c000-000000000046}", "Common": "{00062008-0000-0000-c000-000000000046}",
	"PublicStrings": "{00020329-0000-0000-c000-000000000046}", "Address": "{00062004-0000-0000-c000-000000000046}",
	"InternetHeaders": "{00020386-0000-0000-c000-000000000046}", "CalendarAssistant": "{11000e07-b51b-40d6-af21-caa85edab1d0}", "UnifiedMessaging": "{4442858e-a9e3-4e80-b900-317a210cc15b}",
}

func readExtendedField(n *node) (extendedField, *Error) {
	f := extendedField{set: n.attribute("PropertySetId"), distinguished: n.attribute("DistinguishedPropertySetId"), name: n.attribute("PropertyName"),
		id: n.attribute("PropertyId"), tag: n.attribute("PropertyTag"), kind: n.attribute("PropertyType")}
	sets := 0
	for _, s := range []string{f.set, f.distinguished} {
		if s != "" {
			sets++
		}
	}
	switch {
	case f.tag != "" && (sets > 0 || f.name != "" || f.id != ""), f.tag == "" && (sets != 1 || (f.name == "") == (f.id == "")):
		return f, fail("ErrorInvalidExtendedProperty")
	}
	return f, nil
}

func (f extendedField) attributes() []string {
	var out []string
	for _, a := range [][2]string{{"DistinguishedPropertySetId", f.distinguished}, {"PropertySetId", f.set}, {"PropertyTag", f.tag}, {"PropertyName", f.name}, {"PropertyId", f.id}, {"PropertyType", f.kind}} {
		if a[1] != "" {
			out = append(out, a[0], a[1])
		}
	}
	return out
}

// graphName is the property's name as the calendars keep it: the same on both faces.
func (f extendedField) graphName() string {
	if f.tag != "" {
		return f.kind + " " + strings.ToLower(f.tag)
	}
	set := "{" + strings.ToLower(f.set) + "}"
	if f.distinguished != "" {
		set = distinguishedSets[f.distinguished]
	}
	if f.name != "" {
		return f.kind + " " + set + " Name " + f.name
	}
	n, err := strconv.Atoi(f.id)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s %s Id 0x%x", f.kind, set, n)
}

func fieldOf(uri string) (itemField, bool) {
	i := slices.IndexFunc(itemFields, func(f itemField) bool { return f.uri == uri })
	if i < 0 {
		return itemField{}, false
	}
	return itemFields[i], true
}

// readItemShape reads ItemShape; finding is for FindItem, which
// refuses what it cannot give.
func (c *Call) readItemShape(n *node, finding bool) (itemShape, *Error) {
	s := itemShape{base: n.child("t:BaseShape").value(), want: map[string]bool{}, bodyType: n.child("t:BodyType").value()}
	if in := n.child("t:IncludeMimeContent").value(); in == "true" || in == "1" {
		return s, notModelled("MIME content of calendar items")
	}
	for _, p := range n.child("t:AdditionalProperties").kids() {
		switch p.name {
		case "t:ExtendedFieldURI":
			f, err := readExtendedField(p)
			if err != nil {
				return s, err
			}
			s.extended = append(s.extended, f)
			s.want["extended"] = true
		case "t:FieldURI":
			uri := p.attribute("FieldURI")
			f, known := fieldOf(uri)
			switch {
			case !strings.HasPrefix(uri, "item:") && !strings.HasPrefix(uri, "calendar:") && !strings.HasPrefix(uri, "folder:"):
				// Of another kind of item, which this one may have been: left out.
			case uri == "item:ItemId" || slices.Contains(knownButBlank, uri):
			case !known:
				return s, &Error{Code: "ErrorInvalidPropertyRequest", Message: "Property '" + uri + "' is not valid for this object type."}
			case c.version < f.since:
				return s, &Error{Code: "ErrorInvalidPropertyRequest", Message: "Property '" + uri + "' is newer than the requested server version."}
			case finding && f.heavy && f.uri != "calendar:Recurrence":
				return s, &Error{Code: "ErrorInvalidPropertyRequest", Message: "Property '" + uri + "' is not valid for this operation."}
			default:
				s.want[uri] = true
			}
		default: // indexed properties are those of contacts and messages: left out
		}
	}
	return s, nil
}

func (s itemShape) has(f itemField) bool {
	if s.bodiless && (f.uri == "item:Body" || f.uri == "item:TextBody") {
		return false
	}
	return s.want[f.uri] || s.base == "AllProperties" && !f.rare || s.base == "Default" && f.usual
}

// item writes an item in the schema's order.
func (w *itemWriter) item(i Item) {
	w.start("t:CalendarItem")
	w.empty("t:ItemId", "Id", i.ID, "ChangeKey", i.ChangeKey)
	for _, f := range itemFields {
		if w.shape.has(f) && w.c.version >= f.since && !(w.finding && f.heavy) && f.present(i) {
			f.write(w, i)
		}
	}
	w.end()
}
