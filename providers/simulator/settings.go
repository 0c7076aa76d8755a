package simulator

import (
	"net/http"
	"slices"
	"strings"
)

// settingsProperties are the names that $select may use.
var settingsProperties = []string{"archiveFolder", "automaticRepliesSetting", "dateFormat", "delegateMeetingMessageDeliveryOptions", "language", "timeFormat", "timeZone", "userPurpose", "workingHours"}

var (
	replyStatuses = []string{"disabled", "alwaysEnabled", "scheduled"}
	audiences     = []string{"none", "contactsOnly", "all"}
	deliveries    = []string{"sendToDelegateAndInformationToPrincipal", "sendToDelegateAndPrincipal", "sendToDelegateOnly"}
)

// moreSettings are the settings beside the time zone. It is immutable.
type moreSettings struct {
	dateFormat, timeFormat string
	locale, language       string
	delivery               string
	hours                  *workHours // nil: office hours in the mailbox's zone
	replies                automaticReplies
}

type automaticReplies struct {
	status, audience   string
	internal, external string
	start, end         int64
	zone               *zone
}

// defaultSettings are those of a new mailbox. The times of automatic replies that
// nobody set lie a day apart, as in a new mailbox of the service.
func (t *Tenant) defaultSettings() *moreSettings {
	from := t.started.Truncate(3600e9).Unix()
	return &moreSettings{
		dateFormat: "yyyy-MM-dd", timeFormat: "HH:mm", locale: "en-US", language: "English (United States)", delivery: "sendToDelegateOnly",
		replies: automaticReplies{status: "disabled", audience: "none", start: from, end: from + 86400, zone: utcZone},
	}
}

// settingsNow are the settings after all changes. The lock is held.
func (t *Tenant) settingsNow(m *mailbox) *moreSettings {
	if m.settings.more != nil {
		return m.settings.more
	}
	return t.defaultSettings()
}

// zoneNow is the mailbox's zone after changes of its settings.
func (m *mailbox) zoneNow() *zone {
	if m.settings.zone != nil {
		return m.settings.zone
	}
	return m.zone
}

// hoursNow are the mailbox's working hours where they were changed, else nil.
func (m *mailbox) hoursNow() *workHours {
	if m.settings.more != nil {
		return m.settings.more.hours
	}
	return nil
}

// mailboxSettings answers a mailbox's settings, or one of them.
func (c *call) mailboxSettings() answer {
	if c.method == http.MethodPatch && c.depth() == 3 {
		return c.patchSettings()
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
		c.t.mu.RLock()
		defer c.t.mu.RUnlock()
		c.writeSettings(w, pick, c.context(base))
		return c.ok(w)
	}
	if c.depth() > 4 {
		return c.noSegment(c.segments[4])
	}
	c.t.mu.RLock()
	defer c.t.mu.RUnlock()
	set := c.t.settingsNow(c.mailbox)
	w.open()
	w.string("@odata.context", c.context(base+"/"+c.segments[3]))
	switch c.name(3) {
	case "timezone":
		w.string("value", c.mailbox.zoneNow().windows)
	case "userpurpose":
		w.string("value", c.mailbox.purpose())
	case "dateformat":
		w.string("value", set.dateFormat)
	case "timeformat":
		w.string("value", set.timeFormat)
	case "delegatemeetingmessagedeliveryoptions":
		w.string("value", set.delivery)
	case "workinghours":
		w.hours(c.mailbox.zoneNow(), set.hours)
	case "language":
		w.string("locale", set.locale)
		w.string("displayName", set.language)
	case "automaticrepliessetting":
		w.replies(set.replies)
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
	if m.person != nil && m.person.kind == KindShared {
		return "shared"
	}
	return "user"
}

// writeSettings writes all of the settings. The lock is held.
func (c *call) writeSettings(w *writer, pick selection, context string) {
	wants := func(name string) bool { return pick == nil || pick[name] }
	set := c.t.settingsNow(c.mailbox)
	w.open()
	w.string("@odata.context", context)
	for _, text := range [][2]string{{"timeZone", c.mailbox.zoneNow().windows}, {"dateFormat", set.dateFormat}, {"timeFormat", set.timeFormat},
		{"userPurpose", c.mailbox.purpose()}, {"delegateMeetingMessageDeliveryOptions", set.delivery}} {
		if wants(text[0]) {
			w.string(text[0], text[1])
		}
	}
	if wants("language") {
		w.key("language")
		w.open()
		w.string("locale", set.locale)
		w.string("displayName", set.language)
		w.close()
	}
	if wants("automaticRepliesSetting") {
		w.key("automaticRepliesSetting")
		w.open()
		w.replies(set.replies)
		w.close()
	}
	if wants("workingHours") {
		w.workingHours(c.mailbox.zoneNow(), set.hours)
	}
	w.close()
}

// replies writes the members of automaticRepliesSetting.
func (w *writer) replies(r automaticReplies) {
	w.string("status", r.status)
	w.string("externalAudience", r.audience)
	w.string("internalReplyMessage", r.internal)
	w.string("externalReplyMessage", r.external)
	w.dateTime("scheduledStartDateTime", r.start, r.zone, r.zone.windows)
	w.dateTime("scheduledEndDateTime", r.end, r.zone, r.zone.windows)
}

// outlook answers the list of time zones.
func (c *call) outlook() answer {
	name := strings.ToLower(c.name(3))
	if c.depth() != 4 || !strings.HasPrefix(name, "supportedtimezones") {
		return c.noSegment(c.segments[c.depth()-1])
	}
	if c.method != http.MethodGet {
		return c.wrongMethod()
	}
	if p := c.options(); p != nil {
		return c.refuse(p)
	}
	iana := false
	switch strings.TrimPrefix(name, "supportedtimezones") {
	case "", "(timezonestandard='windows')", "(timezonestandard=microsoft.graph.timezonestandard'windows')":
	case "(timezonestandard='iana')", "(timezonestandard=microsoft.graph.timezonestandard'iana')":
		iana = true
	default:
		return c.fail(http.StatusBadRequest, "BadRequest", "The value of the parameter TimeZoneStandard is no member of timeZoneStandard.")
	}
	type entry struct{ alias, display string }
	list := []entry{{"UTC", "(UTC) Coordinated Universal Time"}}
	for windows, zone := range windowsZones {
		if iana {
			list = append(list, entry{zone, zone})
		} else {
			list = append(list, entry{windows, c.t.zones.displayName(windows, c.t.options.Now())})
		}
	}
	slices.SortFunc(list, func(a, b entry) int { return strings.Compare(a.alias, b.alias) })
	w := &writer{}
	w.open()
	w.string("@odata.context", c.context("Collection(microsoft.graph.timeZoneInformation)"))
	w.key("value")
	w.b = append(w.b, '[')
	for _, e := range slices.Compact(list) {
		w.open()
		w.string("alias", e.alias)
		w.string("displayName", e.display)
		w.close()
	}
	w.closeList()
	w.close()
	return c.ok(w)
}
