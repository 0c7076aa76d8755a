package providers

import (
	"strings"
	"testing"
	"time"
)

// Each rule by itself: what it does with a request, and with what proof.
func TestRoomRulesJudge(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC) // a Monday, 9:00 in Berlin
	hour := func(at time.Time, n int) Interval { return Interval{at, at.Add(time.Duration(n) * time.Hour)} }
	base := RuleQuestion{Organizer: "adele@contoso.com", Span: hour(now.Add(time.Hour), 1), Now: now, People: 4, Seats: 4, Zone: berlin, Dates: 1}
	for name, row := range map[string]struct {
		rules func(*RoomRules)
		ask   func(*RuleQuestion)
		want  RuleOutcome
		words string // of the first reason
		proof Proof
	}{
		"usual":                          {want: RuleAccepts},
		"no automation":                  {rules: func(r *RoomRules) { r.AutomateProcessing = "None" }, want: RuleSilent, words: "does not answer", proof: Proven},
		"updates only":                   {rules: func(r *RoomRules) { r.AutomateProcessing = "AutoUpdate" }, want: RuleSilent, words: "does not answer", proof: Proven},
		"as long as allowed":             {ask: func(q *RuleQuestion) { q.Span = hour(now, 24) }, want: RuleAccepts},
		"too long":                       {ask: func(q *RuleQuestion) { q.Span = hour(now, 25) }, want: RuleRefuses, words: "at most 24 h", proof: Proven},
		"any length":                     {rules: func(r *RoomRules) { r.MaximumDurationInMinutes = 0 }, ask: func(q *RuleQuestion) { q.Span = hour(now, 70) }, want: RuleAccepts},
		"whole days":                     {ask: func(q *RuleQuestion) { q.Span, q.AllDay = hour(now, 48), true }, want: RuleAccepts},
		"too far ahead":                  {ask: func(q *RuleQuestion) { q.Span = hour(now.AddDate(0, 0, 181), 1) }, want: RuleRefuses, words: "180 days ahead", proof: Proven},
		"too far, assumed":               {rules: func(r *RoomRules) { r.Assumed = []string{"BookingWindowInDays"} }, ask: func(q *RuleQuestion) { q.Span = hour(now.AddDate(0, 0, 181), 1) }, want: RuleRefuses, words: "180 days ahead", proof: Inferred},
		"series within":                  {ask: func(q *RuleQuestion) { q.Series, q.Dates, q.Last = true, 10, now.AddDate(0, 0, 70) }, want: RuleAccepts},
		"series beyond":                  {ask: func(q *RuleQuestion) { q.Series, q.Dates, q.Last = true, 30, now.AddDate(0, 0, 210) }, want: RuleRefuses, words: "end within 180 days", proof: Proven},
		"series without end":             {ask: func(q *RuleQuestion) { q.Series, q.Dates = true, 30 }, want: RuleRefuses, words: "end within 180 days", proof: Proven},
		"series beyond, cut":             {rules: func(r *RoomRules) { r.EnforceSchedulingHorizon = false }, ask: func(q *RuleQuestion) { q.Series, q.Dates = true, 30 }, want: RuleAccepts},
		"no series":                      {rules: func(r *RoomRules) { r.AllowRecurringMeetings = false }, ask: func(q *RuleQuestion) { q.Series, q.Dates, q.Last = true, 3, now.AddDate(0, 0, 21) }, want: RuleRefuses, words: "no recurring", proof: Proven},
		"working hours":                  {rules: func(r *RoomRules) { r.ScheduleOnlyDuringWorkHours = true }, want: RuleAccepts},
		"evening":                        {rules: func(r *RoomRules) { r.ScheduleOnlyDuringWorkHours = true }, ask: func(q *RuleQuestion) { q.Span = hour(now.Add(8*time.Hour), 1) }, want: RuleRefuses, words: "working hours", proof: Inferred},
		"Saturday":                       {rules: func(r *RoomRules) { r.ScheduleOnlyDuringWorkHours = true }, ask: func(q *RuleQuestion) { q.Span = hour(now.AddDate(0, 0, 5), 1) }, want: RuleRefuses, words: "working hours", proof: Inferred},
		"too many people":                {rules: func(r *RoomRules) { r.EnforceCapacity = true }, ask: func(q *RuleQuestion) { q.People = 5 }, want: RuleRefuses, words: "4 people", proof: Proven},
		"too many, not enforced":         {ask: func(q *RuleQuestion) { q.People = 5 }, want: RuleAccepts},
		"clash":                          {ask: func(q *RuleQuestion) { q.Clashes = 1 }, want: RuleRefuses, words: "no clashes", proof: Proven},
		"clash allowed":                  {rules: func(r *RoomRules) { r.AllowConflicts = true }, ask: func(q *RuleQuestion) { q.Clashes = 1 }, want: RuleAccepts},
		"one clash of ten":               {ask: func(q *RuleQuestion) { q.Series, q.Dates, q.Clashes, q.Last = true, 10, 1, now.AddDate(0, 0, 70) }, want: RuleRefuses, words: "1 of 10 dates clash, and it tolerates none", proof: Proven},
		"tolerated by number":            {rules: func(r *RoomRules) { r.MaximumConflictInstances = 3 }, ask: func(q *RuleQuestion) { q.Series, q.Dates, q.Clashes, q.Last = true, 10, 3, now.AddDate(0, 0, 70) }, want: RuleAccepts},
		"one more than tolerated":        {rules: func(r *RoomRules) { r.MaximumConflictInstances = 3 }, ask: func(q *RuleQuestion) { q.Series, q.Dates, q.Clashes, q.Last = true, 10, 4, now.AddDate(0, 0, 70) }, want: RuleRefuses, words: "tolerates 3", proof: Proven},
		"tolerated by share":             {rules: func(r *RoomRules) { r.ConflictPercentageAllowed = 30 }, ask: func(q *RuleQuestion) { q.Series, q.Dates, q.Clashes, q.Last = true, 10, 3, now.AddDate(0, 0, 70) }, want: RuleAccepts},
		"more than the share":            {rules: func(r *RoomRules) { r.ConflictPercentageAllowed = 30 }, ask: func(q *RuleQuestion) { q.Series, q.Dates, q.Clashes, q.Last = true, 10, 4, now.AddDate(0, 0, 70) }, want: RuleRefuses, words: "tolerates 30 %", proof: Proven},
		"listed":                         {rules: func(r *RoomRules) { r.AllBookInPolicy, r.BookInPolicy = false, []string{"ADELE@contoso.com"} }, want: RuleAccepts},
		"not listed":                     {rules: func(r *RoomRules) { r.AllBookInPolicy, r.BookInPolicy = false, []string{"desk@contoso.com", "x"} }, want: RuleRefuses, words: "2 listed people", proof: Inferred},
		"nobody":                         {rules: func(r *RoomRules) { r.AllBookInPolicy = false }, want: RuleRefuses, words: "nobody may book it", proof: Proven},
		"approval for all":               {rules: func(r *RoomRules) { r.AllBookInPolicy, r.AllRequestInPolicy = false, true }, want: RuleAsks, words: "has to approve", proof: Proven},
		"approval for the listed":        {rules: func(r *RoomRules) { r.AllBookInPolicy, r.RequestInPolicy = false, []string{"adele@contoso.com"} }, want: RuleAsks, words: "has to approve", proof: Proven},
		"too long, but may be asked for": {rules: func(r *RoomRules) { r.AllRequestOutOfPolicy = true }, ask: func(q *RuleQuestion) { q.Span = hour(now, 25) }, want: RuleAsks, words: "has to approve", proof: Proven},
		"too long for the listed":        {rules: func(r *RoomRules) { r.AllBookInPolicy, r.BookInPolicy = false, []string{"adele@contoso.com"} }, ask: func(q *RuleQuestion) { q.Span = hour(now, 25) }, want: RuleRefuses, words: "at most 24 h", proof: Proven},
	} {
		rules, ask := UsualRoomRules("aalto@contoso.com"), base
		if row.rules != nil {
			row.rules(&rules)
		}
		if row.ask != nil {
			row.ask(&ask)
		}
		got, why := rules.Judge(ask)
		if got != row.want || (len(why) > 0) != (row.words != "") || len(why) > 0 && (!strings.Contains(why[0].Words, row.words) || why[0].Proof != row.proof) {
			t.Errorf("%s: %s %v, want %s %q %s", name, got, why, row.want, row.words, row.proof)
		}
	}
}
