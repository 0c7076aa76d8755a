package typed_test

import (
	"testing"
	"time"

	"roomdesk/providers"
)

// J3: what leaves for a series: the wall clock of its zone, the pattern and the range
// with the members that they have and no others, and the transaction id.
func TestCreateSeriesBody(t *testing.T) {
	start := time.Date(2027, 3, 23, 9, 0, 0, 0, time.UTC)
	day := start.Truncate(24 * time.Hour)
	for name, c := range map[string]struct {
		rule providers.Recurrence
		want string
	}{
		"weekly": {providers.Recurrence{Pattern: providers.PatternWeekly, Interval: 2, Weekdays: []time.Weekday{time.Tuesday, time.Friday}, FirstDay: time.Monday, Range: providers.RangeEndDate, End: day.AddDate(0, 1, 0), DayOfMonth: 9},
			`{"pattern":{"type":"weekly","interval":2,"daysOfWeek":["tuesday","friday"],"firstDayOfWeek":"monday"},"range":{"type":"endDate","startDate":"2027-03-23","endDate":"2027-04-23","recurrenceTimeZone":"W. Europe Standard Time"}}`},
		"daily": {providers.Recurrence{Pattern: providers.PatternDaily, Interval: 1, Range: providers.RangeNumbered, Count: 5},
			`{"pattern":{"type":"daily","interval":1},"range":{"type":"numbered","startDate":"2027-03-23","numberOfOccurrences":5,"recurrenceTimeZone":"W. Europe Standard Time"}}`},
		"by date": {providers.Recurrence{Pattern: providers.PatternAbsoluteMonthly, Interval: 1, DayOfMonth: 23, Range: providers.RangeNoEnd},
			`{"pattern":{"type":"absoluteMonthly","interval":1,"dayOfMonth":23},"range":{"type":"noEnd","startDate":"2027-03-23","recurrenceTimeZone":"W. Europe Standard Time"}}`},
		"by weekday, yearly": {providers.Recurrence{Pattern: providers.PatternRelativeYearly, Interval: 1, Weekdays: []time.Weekday{time.Tuesday}, Index: providers.IndexFourth, Month: time.March, Range: providers.RangeNumbered, Count: 2},
			`{"pattern":{"type":"relativeYearly","interval":1,"daysOfWeek":["tuesday"],"index":"fourth","month":3},"range":{"type":"numbered","startDate":"2027-03-23","numberOfOccurrences":2,"recurrenceTimeZone":"W. Europe Standard Time"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			r, objects := record(t, `{"id":"1","type":"seriesMaster","recurrence":`+c.want+`}`)
			c.rule.Start, c.rule.Zone = day, "Europe/Berlin"
			e, err := objects.CreateEvent(t.Context(), providers.EventDraft{TransactionID: "T-1", Organizer: organizer, Subject: providers.Outside("S"), Start: start, End: start.Add(time.Hour), Recurrence: &c.rule})
			if err != nil {
				t.Fatal(err)
			}
			compare(t, r.bodies[0], `{"transactionId":"T-1","subject":"S","start":{"dateTime":"2027-03-23T10:00:00","timeZone":"W. Europe Standard Time"},
				"end":{"dateTime":"2027-03-23T11:00:00","timeZone":"W. Europe Standard Time"},"recurrence":`+c.want+`}`)
			if name == "weekly" {
				c.rule.DayOfMonth = 0 // is no member of the pattern
			}
			if e.Type != providers.SeriesMaster || e.Recurrence == nil || !e.Recurrence.Equal(c.rule) {
				t.Errorf("read back as %+v", e.Recurrence)
			}
		})
	}
}

// A time that clocks show twice is sent as what they show: by UTC the series would
// leave its clocks.
func TestSeriesInTheHourThatComesTwice(t *testing.T) {
	r, objects := record(t, `{"id":"1"}`)
	start := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC) // 02:30 in Berlin, and again an hour later
	rule := providers.Recurrence{Pattern: providers.PatternDaily, Interval: 1, Range: providers.RangeNumbered, Count: 3, Start: start.Truncate(24 * time.Hour), Zone: "Europe/Berlin"}
	if _, err := objects.CreateEvent(t.Context(), providers.EventDraft{TransactionID: "T", Organizer: organizer, Start: start, End: start.Add(30 * time.Minute), Recurrence: &rule}); err != nil {
		t.Fatal(err)
	}
	if got := r.bodies[0]["start"].(map[string]any); got["dateTime"] != "2026-10-25T02:30:00" || got["timeZone"] != "W. Europe Standard Time" {
		t.Errorf("%v", got)
	}
}

func TestDeleteEventRequest(t *testing.T) {
	r, objects := record(t, "")
	if err := objects.DeleteEvent(t.Context(), organizer, "a/b="); err != nil {
		t.Fatal(err)
	}
	if req := r.requests[0]; req.Method != "DELETE" || req.URL.EscapedPath() != "/v1.0/users/adele%40contoso.test/events/a%2Fb%3D" || len(r.bodies[0]) != 0 {
		t.Errorf("%s %s", req.Method, req.URL.EscapedPath())
	}
}
