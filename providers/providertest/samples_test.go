package providertest

import (
	"net/http"
	"strings"
)

const (
	goodRooms = `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#places/microsoft.graph.room","value":[
		{"id":"3162F1E1-C4C0-604B-51D8-91DA78989EB1","emailAddress":"aalto@contoso.example","displayName":"Aalto","capacity":12,"building":"HQ",
		 "floorNumber":3,"floorLabel":"3","isWheelChairAccessible":true,"tags":["Quiet"],"bookingType":"standard",
		 "geoCoordinates":{"latitude":47.6,"longitude":-122.1},"address":null}]}`
	goodEvent = `{"@odata.etag":"W/\"abc\"","id":"AAMk1","subject":"Design review","type":"singleInstance","showAs":"busy","sensitivity":"normal",
		"isAllDay":false,"isCancelled":false,"isOrganizer":true,"iCalUId":"0400","transactionId":"7e1d1a90-43cb-4c8e-8c4c-51f4d5a60a44",
		"start":{"dateTime":"2026-11-21T09:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-11-21T10:00:00.0000000","timeZone":"UTC"},
		"body":{"contentType":"text","content":""},"recurrence":null,"onlineMeeting":{"joinUrl":"https://teams.microsoft.com/l/x"},"isOnlineMeeting":true,
		"onlineMeetingProvider":"teamsForBusiness","organizer":{"emailAddress":{"name":"Adele","address":"adele@contoso.example"}},
		"attendees":[{"type":"resource","status":{"response":"accepted","time":"2026-11-21T08:00:00Z"},"emailAddress":{"name":"Aalto","address":"aalto@contoso.example"}}]}`
	goodDraft = `{"subject":"Design review","start":{"dateTime":"2026-11-21T09:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-11-21T10:00:00","timeZone":"UTC"},
		"isOnlineMeeting":true,"onlineMeetingProvider":"teamsForBusiness","transactionId":"7e1d1a90-43cb-4c8e-8c4c-51f4d5a60a44",
		"attendees":[{"@odata.type":"#microsoft.graph.attendee","type":"resource","emailAddress":{"address":"aalto@contoso.example"}}]}`
	goodAsk      = `{"schedules":["aalto@contoso.example"],"startTime":{"dateTime":"2026-11-21T00:00:00","timeZone":"UTC"},"endTime":{"dateTime":"2026-11-22T00:00:00","timeZone":"UTC"},"availabilityViewInterval":30}`
	goodSchedule = `{"value":[{"scheduleId":"aalto@contoso.example","availabilityView":"0220","scheduleItems":[{"status":"busy","isPrivate":false,"subject":"x","location":"y",
		"start":{"dateTime":"2026-11-21T09:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-11-21T10:00:00.0000000","timeZone":"UTC"}}],
		"workingHours":{"daysOfWeek":["monday"],"startTime":"08:00:00.0000000","endTime":"17:00:00.0000000","timeZone":{"name":"W. Europe Standard Time"}}},
		{"scheduleId":"nobody@contoso.example","error":{"message":"unknown","responseCode":"ErrorMailRecipientNotFound"}}]}`
	goodError = `{"error":{"code":"ErrorItemNotFound","message":"The specified object was not found in the store.","innerError":{"date":"2026-11-21T09:00:00","request-id":"r","client-request-id":"c"}}}`
	goodDelta = `{"@odata.deltaLink":"https://graph.microsoft.com/v1.0/users/u/calendarView/delta?$deltatoken=x","value":[
		{"@odata.type":"#microsoft.graph.event","@odata.etag":"W/\"1\"","id":"o1","seriesMasterId":"m1","type":"occurrence","start":{"dateTime":"2026-11-21T09:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-11-21T10:00:00.0000000","timeZone":"UTC"}},
		{"@odata.type":"#microsoft.graph.event","id":"gone","@removed":{"reason":"deleted"}}]}`
	jsonType = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
)

// sample is an exchange as it would cross the wire.
type sample struct {
	method, path, ask string
	status            int
	answer            string
	header            http.Header // of the answer
}

func goodSamples() map[string]sample {
	return map[string]sample{
		"rooms":            {"GET", "/v1.0/places/microsoft.graph.room?%24top=100&$skip=0&$count=true", "", 200, goodRooms, nil},
		"rooms, short":     {"GET", "/v1.0/places/graph.room?$select=id%2CdisplayName", "", 200, goodRooms, nil},
		"event":            {"GET", "/v1.0/users/adele%40contoso.example/events/AAMk1", "", 200, goodEvent, nil},
		"create":           {"POST", "/v1.0/users/adele@contoso.example/events", goodDraft, 201, goodEvent, nil},
		"cancel":           {"POST", "/v1.0/users/u/events/AAMk1/cancel", `{"comment":"leak"}`, 202, "", nil},
		"delete":           {"DELETE", "/v1.0/users/u/events/AAMk1", "", 204, "", nil},
		"schedule":         {"POST", "/v1.0/users/u/calendar/getSchedule", goodAsk, 200, goodSchedule, nil},
		"schedule, SDK":    {"POST", "/v1.0/users/u/calendar/getSchedule", strings.Replace(strings.Replace(goodAsk, "schedules", "Schedules", 1), "startTime", "StartTime", 1), 200, goodSchedule, nil},
		"delta":            {"GET", "/v1.0/users/u/calendarView/delta()?startDateTime=2026-11-21T00:00:00Z&endDateTime=2026-12-21T00:00:00Z", "", 200, goodDelta, nil},
		"delta, next page": {"GET", "/v1.0/users/u/calendarView/delta?$skiptoken=abc", "", 200, goodDelta, nil},
		"error":            {"GET", "/v1.0/users/u/events/none", "", 404, goodError, nil},
		"throttled":        {"GET", "/v1.0/users/u/events/none", "", 429, strings.Replace(goodError, "ErrorItemNotFound", "ApplicationThrottled", 1), nil},
		"batch":            batchOf(goodAsk, goodSchedule),
		"sign-in":          {"POST", "/contoso.example/oauth2/v2.0/token", "grant_type=x", 400, "anything", nil},
	}
}

func batchOf(ask, answer string) sample {
	return sample{"POST", "/v1.0/$batch",
		`{"requests":[{"id":"1","method":"GET","url":"/places/microsoft.graph.room?$top=1"},
		  {"id":"2","method":"POST","url":"users/u/calendar/getSchedule","headers":{"Content-Type":"application/json"},"body":` + ask + `}]}`,
		200, `{"responses":[{"id":"2","status":200,"headers":{"Content-Type":"application/json"},"body":` + answer + `},
		  {"id":"1","status":429,"headers":{"Retry-After":"3","Content-Type":"application/json"},"body":` + goodError + `}]}`, nil}
}
