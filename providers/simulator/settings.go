package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// settingsProperties are the names that $select may use.
var settingsProperties = []string{"archiveFolder", "automaticRepliesSetting", "dateFormat", "delegateMeetingMessageDeliveryOptions", "language", "timeFormat", "timeZone", "userPurpose", "workingHours"}

// mailboxSettings answers a mailbox's settings, or one of them.
func (c *call) mailboxSettings() answer {
	if c.method == http.MethodPatch && c.depth() == 3 {
		return c.patchSettings()
	}
	if p := c.need(mailboxArea, readSettings...); p != nil {
		return c.refuse(p)
	}
	if c.method != http.MethodGet {
		return c.wrongMethod()
	}
	if p := c.options("$select"); p != nil {
		return c.refuse(p)
	}
	base := "users('" + c.mailKey + "')/mailboxSettings"
	w := &writer{}
	if c.depth() == 3 {
		pick, p := c.selected("microsoft.graph.mailboxSettings", settingsProperties)
		if p != nil {
			return c.refuse(p)
		}
		c.writeSettings(w, pick, c.context(base))
		return c.ok(w)
	}
	w.open()
	w.string("@odata.context", c.context(base+"/"+c.segments[3]))
	c.t.mu.RLock()
	defer c.t.mu.RUnlock()
	switch c.name(3) {
	case "timezone":
		w.string("value", c.mailbox.zoneNow().windows)
	case "userpurpose":
		w.string("value", c.mailbox.purpose())
	case "dateformat":
		w.string("value", "yyyy-MM-dd")
	case "timeformat":
		w.string("value", "HH:mm")
	case "workinghours":
		w.hours(c.mailbox.zoneNow())
	case "language":
		w.string("locale", "en-US")
		w.string("displayName", "English (United States)")
	default:
		return c.noSegment(c.segments[3])
	}
	w.close()
	return c.ok(w)
}

func (m *mailbox) purpose() string {
	if m.kind == roomBox {
		return "room"
	}
	return "user"
}

func (c *call) writeSettings(w *writer, pick selection, context string) {
	wants := func(name string) bool { return pick == nil || pick[name] }
	c.t.mu.RLock()
	defer c.t.mu.RUnlock()
	w.open()
	w.string("@odata.context", context)
	if wants("timeZone") {
		w.string("timeZone", c.mailbox.zoneNow().windows)
	}
	if wants("dateFormat") {
		w.string("dateFormat", "yyyy-MM-dd")
	}
	if wants("timeFormat") {
		w.string("timeFormat", "HH:mm")
	}
	if wants("userPurpose") {
		w.string("userPurpose", c.mailbox.purpose())
	}
	if wants("delegateMeetingMessageDeliveryOptions") {
		w.string("delegateMeetingMessageDeliveryOptions", "sendToDelegateOnly")
	}
	if wants("language") {
		w.key("language")
		w.open()
		w.string("locale", "en-US")
		w.string("displayName", "English (United States)")
		w.close()
	}
	if wants("workingHours") {
		w.workingHours(c.mailbox.zoneNow())
	}
	w.close()
}

// patchSettings changes the time zone; other settings are not modelled.
func (c *call) patchSettings() answer {
	if p := c.need(mailboxArea, writeSettings...); p != nil {
		return c.refuse(p)
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(c.body, &fields) != nil {
		return c.fail(http.StatusBadRequest, "RequestBodyRead", "The request's body is no JSON object.")
	}
	for name, raw := range fields {
		switch {
		case strings.HasPrefix(name, "@odata."):
		case name == "timeZone":
			var text string
			z, ok := utcZone, json.Unmarshal(raw, &text) == nil
			if ok {
				z, ok = c.t.zones.find(text)
			}
			if !ok {
				return c.fail(http.StatusBadRequest, "ErrorInvalidTimeZone", "The time zone is not known.")
			}
			c.t.mu.Lock()
			c.mailbox.settings.zone = z
			c.t.mu.Unlock()
			c.entry.Effect = "changed mailbox settings"
		case slices.Contains(settingsProperties, name):
			return c.fail(http.StatusNotImplemented, "NotImplemented", "The simulated tenant changes only the time zone.")
		default:
			return c.fail(http.StatusBadRequest, "RequestBodyRead", "The property '"+name+"' does not exist on type 'microsoft.graph.mailboxSettings'.")
		}
	}
	w := &writer{}
	c.writeSettings(w, nil, c.context("users('"+c.mailKey+"')/mailboxSettings"))
	return c.ok(w)
}

// outlook answers the list of time zones.
func (c *call) outlook() answer {
	if p := c.need(directoryArea, readUsers...); p != nil {
		return c.refuse(p)
	}
	name := strings.ToLower(c.name(3))
	if c.depth() != 4 || !strings.HasPrefix(name, "supportedtimezones") {
		return c.noSegment(c.segments[c.depth()-1])
	}
	if c.method != http.MethodGet {
		return c.wrongMethod()
	}
	iana := strings.Contains(name, "iana")
	names := make([]string, 0, len(windowsZones)+1)
	for windows, zone := range windowsZones {
		if iana {
			names = append(names, zone)
		} else {
			names = append(names, windows)
		}
	}
	names = append(names, "UTC")
	slices.Sort(names)
	w := &writer{}
	w.open()
	w.string("@odata.context", c.context("Collection(microsoft.graph.timeZoneInformation)"))
	w.key("value")
	w.b = append(w.b, '[')
	for _, n := range slices.Compact(names) {
		w.open()
		w.string("alias", n)
		w.string("displayName", n)
		w.close()
	}
	w.closeList()
	w.close()
	return c.ok(w)
}
