package simulator

import (
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator/entra"
)

func TestMailboxSettings(t *testing.T) {
	tenant, c := checked(t, Options{Seed: 350})
	if err := tenant.Directory().Update(c.at.ClientID, func(a *entra.Application) { a.Roles = append(a.Roles, "MailboxSettings.ReadWrite") }); err != nil {
		t.Fatal(err)
	}
	c = connect(t, tenant)
	path := "/users/" + c.at.Organizer + "/mailboxSettings"
	if got := c.get(path); got["userPurpose"] != "user" || dig(got, "automaticRepliesSetting", "status") != "disabled" || dig(got, "language", "locale") != "en-US" || dig(got, "workingHours", "startTime") != "08:00:00.0000000" || got["dateFormat"] == nil || got["timeFormat"] == nil {
		t.Errorf("at the start: %v", got)
	}
	if got := c.get("/users/" + tenant.Rooms()[0].Mailbox + "/mailboxSettings/userPurpose"); got["value"] != "room" {
		t.Errorf("a room's purpose is %v", got["value"])
	}
	at := tenant.quiet()
	c.send(200, request{method: "PATCH", path: path, body: object{
		"timeZone": "Asia/Tokyo", "dateFormat": "dd.MM.yyyy", "timeFormat": "h:mm tt", "language": object{"locale": "nl-NL"}, "delegateMeetingMessageDeliveryOptions": "sendToDelegateAndPrincipal",
		"automaticRepliesSetting": object{"status": "scheduled", "externalAudience": "contactsOnly", "internalReplyMessage": "away", "externalReplyMessage": "gone", "scheduledStartDateTime": wire(at, "UTC"), "scheduledEndDateTime": wire(at.Add(time.Hour), "UTC")},
		"workingHours":            object{"daysOfWeek": []string{"sunday", "monday"}, "startTime": "07:30:00", "endTime": "15:00:00.0000000", "timeZone": object{"name": "Tokyo Standard Time"}},
	}})
	for property, want := range map[string]string{"timeZone": "Tokyo Standard Time", "dateFormat": "dd.MM.yyyy", "timeFormat": "h:mm tt"} {
		if got := c.get(path + "/" + property); got["value"] != want {
			t.Errorf("%s is %v, want %s", property, got["value"], want)
		}
	}
	if got := c.get(path + "/language"); got["locale"] != "nl-NL" || got["displayName"] != "Dutch (Netherlands)" {
		t.Errorf("language %v", got)
	}
	if got := c.get(path + "/workingHours"); got["startTime"] != "07:30:00.0000000" || dig(got, "daysOfWeek", 0) != "sunday" || dig(got, "timeZone", "name") != "Tokyo Standard Time" {
		t.Errorf("working hours %v", got)
	}
	got := c.get(path + "?$select=automaticRepliesSetting,delegateMeetingMessageDeliveryOptions")
	if dig(got, "automaticRepliesSetting", "status") != "scheduled" || dig(got, "automaticRepliesSetting", "scheduledEndDateTime", "dateTime") != at.Add(time.Hour).Format("2006-01-02T15:04:05.0000000") || got["timeZone"] != nil || got["delegateMeetingMessageDeliveryOptions"] != "sendToDelegateAndPrincipal" {
		t.Errorf("replies %v", got)
	}
	// A zone without a name: it shows in free/busy too.
	custom := object{"@odata.type": "#microsoft.graph.customTimeZone", "bias": -200, "name": "Customized Time Zone",
		"standardOffset": object{"time": "02:00:00", "dayOccurrence": 4, "dayOfWeek": "sunday", "month": 5, "year": 0},
		"daylightOffset": object{"daylightBias": -20, "time": "02:00:00.0000000", "dayOccurrence": 2, "dayOfWeek": "sunday", "month": 10, "year": 0}}
	c.send(200, request{method: "PATCH", path: path, body: object{"workingHours": object{"timeZone": custom}}})
	hours := c.schedule(t, at, at.Add(time.Hour), 30, c.at.Organizer)[0]["workingHours"]
	if dig(hours, "timeZone", "@odata.type") != "#microsoft.graph.customTimeZone" || dig(hours, "timeZone", "bias") != -200. || dig(hours, "timeZone", "daylightOffset", "daylightBias") != -20. || dig(hours, "startTime") != "07:30:00.0000000" {
		t.Errorf("in free/busy working hours are %v", hours)
	}
	before := string(c.send(200, request{method: "GET", path: path}).raw)
	for name, body := range map[string]object{
		"zone":        {"timeFormat": "HH:mm", "timeZone": "Nowhere"},
		"format":      {"dateFormat": "x"},
		"locale":      {"language": object{"locale": "english!"}},
		"hours":       {"workingHours": object{"startTime": "18:00:00", "endTime": "09:00:00"}},
		"custom zone": {"workingHours": object{"timeZone": object{"name": "x", "bias": 60}}},
		"purpose":     {"userPurpose": "room"},
		"replies":     {"automaticRepliesSetting": object{"status": "scheduled", "scheduledStartDateTime": wire(at, "UTC"), "scheduledEndDateTime": wire(at, "UTC")}},
	} {
		c.send(400, request{method: "PATCH", path: path, body: body})
		if after := string(c.send(200, request{method: "GET", path: path}).raw); after != before {
			t.Errorf("%s: a refused change left %s", name, after)
		}
	}
}

func TestSupportedTimeZones(t *testing.T) {
	_, c := checked(t, Options{Seed: 351})
	base := "/users/" + c.at.Organizer + "/outlook/supportedTimeZones"
	names := func(path string) map[string]string {
		out := map[string]string{}
		for _, v := range c.get(path)["value"].([]any) {
			out[dig(v, "alias").(string)] = dig(v, "displayName").(string)
		}
		return out
	}
	for _, path := range []string{base, base + "()", base + "(TimeZoneStandard='Windows')"} {
		if got := names(path); len(got) < 130 || got["W. Europe Standard Time"] != "(UTC+01:00) W. Europe Standard Time" || got["UTC"] == "" || got["Newfoundland Standard Time"] != "(UTC-03:30) Newfoundland Standard Time" {
			t.Errorf("%s: %d, %q", path, len(got), got["W. Europe Standard Time"])
		}
	}
	if got := names(base + "(TimeZoneStandard='Iana')"); got["Europe/Berlin"] == "" || got["W. Europe Standard Time"] != "" {
		t.Errorf("IANA: %d", len(got))
	}
	if r, err := c.try(request{method: "GET", path: base + "(TimeZoneStandard='Mars')"}); err != nil || r.status != 400 || !strings.Contains(r.errorCode(), "BadRequest") {
		t.Errorf("another standard: %d", r.status)
	}
}
