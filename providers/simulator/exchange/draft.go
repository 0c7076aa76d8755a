package exchange

import (
	"slices"
	"strings"
)

// Property paths that a client may write, with the element that carries the value.
var writable = map[string]string{
	"item:Subject": "t:Subject", "item:Sensitivity": "t:Sensitivity", "item:Body": "t:Body", "item:Categories": "t:Categories", "item:Importance": "t:Importance",
	"item:ReminderIsSet": "t:ReminderIsSet", "item:ReminderMinutesBeforeStart": "t:ReminderMinutesBeforeStart",
	"calendar:Start": "t:Start", "calendar:End": "t:End", "calendar:IsAllDayEvent": "t:IsAllDayEvent", "calendar:LegacyFreeBusyStatus": "t:LegacyFreeBusyStatus",
	"calendar:Location": "t:Location", "calendar:IsResponseRequested": "t:IsResponseRequested", "calendar:RequiredAttendees": "t:RequiredAttendees",
	"calendar:OptionalAttendees": "t:OptionalAttendees", "calendar:Resources": "t:Resources", "calendar:Recurrence": "t:Recurrence",
	"calendar:StartTimeZone": "t:StartTimeZone", "calendar:EndTimeZone": "t:EndTimeZone", "calendar:MeetingTimeZone": "t:MeetingTimeZone", "calendar:AllowNewTimeProposal": "t:AllowNewTimeProposal",
	"item:Culture": "t:Culture", "item:ItemClass": "t:ItemClass", "calendar:UID": "t:UID", "calendar:ConferenceType": "t:ConferenceType", "item:ReminderDueBy": "t:ReminderDueBy",
}

// drafting collects what a client writes; times are read when the zones are known.
type drafting struct {
	c          *Call
	d          Draft
	start, end *node
}

// set takes one element of a CalendarItem.
func (g *drafting) set(n *node) *Error {
	text := func() *string { s := n.content(); return &s }
	word := func() *string { s := n.value(); return &s }
	flag := func() *bool { on := n.value() == "true" || n.value() == "1"; return &on }
	d := &g.d
	var err *Error
	switch n.local() {
	case "Subject":
		d.Subject = text()
	case "Sensitivity":
		d.Sensitivity = word()
	case "Importance":
		d.Importance = word()
	case "Body":
		d.Body = &Body{HTML: n.attribute("BodyType") == "HTML", Text: n.content()}
	case "Categories":
		list := []string{}
		for _, k := range n.children {
			list = append(list, k.value())
		}
		d.Categories = &list
	case "ReminderIsSet":
		d.ReminderSet = flag()
	case "ReminderMinutesBeforeStart":
		minutes := number(n.value(), 0)
		d.Reminder = &minutes
	case "ExtendedProperty":
		err = g.extended(n)
	case "Start":
		g.start = n
	case "End":
		g.end = n
	case "IsAllDayEvent":
		d.AllDay = flag()
	case "LegacyFreeBusyStatus":
		d.Show = word()
	case "Location":
		d.Location = text()
	case "IsResponseRequested":
		d.ResponseAsked = flag()
	case "AllowNewTimeProposal":
		d.NewTime = flag()
	case "RequiredAttendees":
		d.Required, err = readAttendees(n)
	case "OptionalAttendees":
		d.Optional, err = readAttendees(n)
	case "Resources":
		d.Resources, err = readAttendees(n)
	case "Recurrence":
		d.Recurrence, err = readRecurrence(n)
	case "StartTimeZone", "EndTimeZone", "MeetingTimeZone":
		err = g.zone(n)
	case "ItemClass":
		if n.value() != "IPM.Appointment" {
			err = notModelled("items of the class " + n.value())
		}
	case "Culture", "ConferenceType", "ReminderDueBy": // taken, and of no consequence
	case "IsOnlineMeeting":
		if *flag() { // there is no operation that makes a Teams meeting
			err = fail("ErrorInvalidPropertySet")
		}
	default:
		err = &Error{Code: "ErrorInvalidPropertySet", Message: "Set action is invalid for property '" + n.local() + "'."}
	}
	return err
}

func (g *drafting) zone(n *node) *Error {
	var z Zone
	if n.local() == "MeetingTimeZone" {
		var ok bool
		if z, ok = g.c.s.model.Zone(n.attribute("TimeZoneName")); !ok {
			return fail("ErrorTimeZone")
		}
		g.d.StartZone, g.d.EndZone = &z, &z
		return nil
	}
	z, err := g.c.zoneOf(n)
	if err != nil {
		return err
	}
	if n.local() == "StartTimeZone" {
		g.d.StartZone = &z
	} else {
		g.d.EndZone = &z
	}
	return nil
}

func (g *drafting) extended(n *node) *Error {
	f, err := readExtendedField(n.child("t:ExtendedFieldURI"))
	if err != nil {
		return err
	}
	if n.child("t:Values") != nil {
		return notModelled("properties with several values")
	}
	g.d.Properties = append(g.d.Properties, Property{ID: f.graphName(), Value: n.child("t:Value").content()})
	return nil
}

func readAttendees(n *node) (*[]Attendee, *Error) {
	list := []Attendee{}
	for _, a := range n.children {
		box := a.child("t:Mailbox")
		address := box.child("t:EmailAddress").value()
		if routing := box.child("t:RoutingType").value(); routing != "" && !strings.EqualFold(routing, "SMTP") {
			return nil, notModelled("addresses of the type " + routing)
		}
		if address == "" {
			return nil, fail("ErrorInvalidRecipients")
		}
		list = append(list, Attendee{Name: box.child("t:Name").value(), Address: address})
	}
	return &list, nil
}

// finish reads the times: without an offset they are meant in the item's zone, else
// in the context's, else in UTC.
func (g *drafting) finish() *Error {
	if g.d.StartZone == nil && g.c.context != nil && g.start != nil {
		g.d.StartZone = g.c.context
	}
	if g.d.EndZone == nil && g.d.StartZone != nil && g.end != nil {
		g.d.EndZone = g.d.StartZone
	}
	for _, side := range []struct {
		from *node
		zone *Zone
		end  bool
	}{{g.start, g.d.StartZone, false}, {g.end, g.d.EndZone, true}} {
		if side.from == nil {
			continue
		}
		at, absolute, err := parseDateTime(side.from.value())
		if err != nil {
			return fail("ErrorInvalidRequest")
		}
		if !absolute && side.zone != nil {
			at = inZone(at, side.zone.Location)
		}
		if side.end {
			g.d.End = &at
		} else {
			g.d.Start = &at
		}
	}
	return nil
}

// erase takes the properties of DeleteItemField away.
func (g *drafting) erase(path *node) *Error {
	if path.name == "t:ExtendedFieldURI" {
		f, err := readExtendedField(path)
		if err != nil {
			return err
		}
		g.d.DropProperties = append(g.d.DropProperties, f.graphName())
		return nil
	}
	empty, none := "", []Attendee{}
	switch uri := path.attribute("FieldURI"); uri {
	case "item:Subject":
		g.d.Subject = &empty
	case "item:Body":
		g.d.Body = &Body{}
	case "calendar:Location":
		g.d.Location = &empty
	case "item:Categories":
		g.d.Categories = &[]string{}
	case "calendar:RequiredAttendees":
		g.d.Required = &none
	case "calendar:OptionalAttendees":
		g.d.Optional = &none
	case "calendar:Resources":
		g.d.Resources = &none
	default:
		return &Error{Code: "ErrorInvalidPropertyDelete", Message: "Property '" + uri + "' can not be deleted."}
	}
	return nil
}

// change takes one SetItemField, AppendToItemField or DeleteItemField.
func (g *drafting) change(n *node, have Item) *Error {
	if len(n.children) == 0 {
		return fail("ErrorInvalidRequest")
	}
	path := n.children[0]
	if n.local() == "DeleteItemField" {
		return g.erase(path)
	}
	if len(n.children) != 2 || n.children[1].local() != "CalendarItem" && n.children[1].local() != "Item" {
		return &Error{Code: "ErrorIncorrectUpdatePropertyCount", Message: "An object within a change description must contain one and only one property to modify."}
	}
	value := onlyChild(n.children[1])
	if value == nil {
		return &Error{Code: "ErrorIncorrectUpdatePropertyCount", Message: "An object within a change description must contain one and only one property to modify."}
	}
	want := "t:ExtendedProperty"
	if path.name != "t:ExtendedFieldURI" {
		var ok bool
		if want, ok = writable[path.attribute("FieldURI")]; !ok {
			return &Error{Code: "ErrorInvalidPropertySet", Message: "Set action is invalid for property '" + path.attribute("FieldURI") + "'."}
		}
	}
	if value.name != want {
		return &Error{Code: "ErrorUpdatePropertyMismatch", Message: "The property in the change description does not match the property that is set."}
	}
	if n.local() == "SetItemField" {
		return g.set(value)
	}
	switch path.attribute("FieldURI") { // what can be added to
	case "item:Body":
		joined := Body{HTML: value.attribute("BodyType") == "HTML", Text: value.content()}
		if have.Body != nil {
			joined = Body{HTML: have.Body.HTML, Text: have.Body.Text + value.content()}
		}
		g.d.Body = &joined
		return nil
	case "calendar:RequiredAttendees", "calendar:OptionalAttendees", "calendar:Resources":
		more, err := readAttendees(value)
		if err != nil {
			return err
		}
		kind := map[string]string{"RequiredAttendees": "Required", "OptionalAttendees": "Optional", "Resources": "Resource"}[value.local()]
		all := slices.DeleteFunc(slices.Clone(have.Attendees), func(a Attendee) bool { return a.Kind != kind })
		all = append(all, *more...)
		*map[string]**[]Attendee{"Required": &g.d.Required, "Optional": &g.d.Optional, "Resource": &g.d.Resources}[kind] = &all
		return nil
	}
	return &Error{Code: "ErrorInvalidPropertyAppend", Message: "Append action is invalid for property '" + path.attribute("FieldURI") + "'."}
}
