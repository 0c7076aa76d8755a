package sync_test

import (
	"encoding/json"
	"fmt"
	"time"

	"roomdesk/providers/simulator"
)

// shapeTroubles are answers that do not look as they should: F-022 to F-025.
func shapeTroubles() []trouble {
	var rows []trouble
	lie := func(f, field, how, value string) {
		l := &simulator.Lie{Field: field, How: how}
		if value != "" {
			l.Value = json.RawMessage(value)
		}
		rows = append(rows, trouble{fault: f, name: fmt.Sprint(field, " ", how, " ", value), first: true, tune: hourly, within: 70 * time.Minute,
			faults: []simulator.Fault{{Path: view, Lie: l}}})
	}
	for _, field := range []string{"subject", "location", "attendees", "organizer", "showAs", "type", "iCalUId"} {
		lie("F-022", field, "null", "")
	}
	for _, field := range []string{"end", "start", "id", "organizer.emailAddress", "@odata.etag"} {
		lie("F-022", field, "remove", "")
	}
	lie("F-022", "type", "value", `"conference"`)
	lie("F-022", "showAs", "value", `"dreaming"`)
	lie("F-022", "sensitivity", "value", `"cosmic"`)
	lie("F-023", "start.dateTime", "type", "")
	lie("F-023", "isAllDay", "type", "")
	lie("F-023", "attendees", "value", `{"a":1}`)
	for _, kind := range []string{"null_value", "not_array", "no_value", "not_json", "empty", "huge_number", "deep_nesting", "duplicate_keys", "invalid_utf8", "bom"} {
		within := 6 * time.Minute
		if kind == "invalid_utf8" {
			within = 70 * time.Minute // a changed text is a lie, and found when all is read anew
		}
		rows = append(rows,
			trouble{fault: "F-023", name: kind + " for one room", before: changes, make: onRoom(0, simulator.Fault{Path: view, Garble: kind}), only: 1, tune: hourly, within: within},
			trouble{fault: "F-023", name: kind + " first", first: true, faults: []simulator.Fault{{Path: view, Garble: kind, Times: 5}}, tune: hourly, within: within})
	}
	for _, n := range []int{1, 2, 17, 100, 500, 1000, 1500, 2000, 3000} {
		rows = append(rows, trouble{fault: "F-024", name: fmt.Sprint("after ", n, " bytes"), first: true, tenant: manyPages, faults: []simulator.Fault{{Path: view, Truncate: n, Nth: 2, Times: 7}}})
	}
	for name, f := range map[string]simulator.Fault{
		"everywhere": {Network: "captive_portal"}, "on calendars": {Path: view, Garble: "html"}, "labelled as text": {Path: view, Garble: "wrong_type"},
		"a redirect to it": {Network: "redirect_foreign", Link: "https://portal.example.test"},
	} {
		rows = append(rows,
			trouble{fault: "F-025", name: name, before: changes, faults: []simulator.Fault{f}, say: "network sign-in page|does not come from the service"},
			trouble{fault: "F-025", name: name + ", first sync", first: true, faults: []simulator.Fault{f}, say: "network sign-in page|does not come from the service"})
	}
	return rows
}
