package simulator

import (
	"math/rand/v2"
	"strings"
)

// plan is what somebody has in mind before it has a time and a room.
type plan struct {
	subject string
	length  int64 // seconds
	guests  int   // invited besides the organiser
	sens    sensitivity
	show    showAs
	hours   []int // whole hours at which it may begin; nil: any of the day
	outside bool  // some of the guests are of another company
}

// idea is a kind of meeting that companies have. In subjects {project} is a
// project, {team} a department, {name} a given name, {firm} is
// another company, {job} an open position; {host} and {guest} are those who meet.
type idea struct {
	weight   int
	subjects []string
	lengths  []int // minutes
	least    int   // people, the organiser included
	most     int
	hours    []int
	sens     sensitivity
	outside  bool
}

var ideas = []idea{
	{10, []string{"{host} / {guest}", "1:1 {host} and {guest}", "Catch-up {guest}"}, []int{30, 30, 25}, 2, 2, nil, 0, false},
	{10, []string{"{project}: design review", "{project}: API review", "{project}: backlog", "{project}: test plan", "{project}: risks", "{project} status"}, []int{30, 60, 60, 50}, 3, 7, nil, 0, false},
	{6, []string{"{team} weekly", "{team} planning", "{team} budget", "{team}: targets for next quarter"}, []int{60, 60, 30}, 4, 9, nil, 0, false},
	{6, []string{"Interview: {job}", "Interview: {job}, second round", "Debrief: {job}"}, []int{60, 60, 30}, 2, 4, nil, 0, true},
	{5, []string{"{firm}: quarterly review", "{firm}: renewal", "{firm}: onboarding", "Visit of {firm}", "Demo for {firm}"}, []int{60, 90, 60}, 4, 10, []int{9, 10, 11, 13, 14, 15}, 0, true},
	{4, []string{"Retrospective {project}", "Sprint review {project}", "Estimation {project}", "Release {project}: go or no-go", "Incident review {project}"}, []int{60, 60, 90, 30}, 4, 8, nil, 0, false},
	{3, []string{"Workshop {project}", "Customer journey workshop", "Threat modelling {project}", "Migration rehearsal"}, []int{120, 180, 120, 240}, 5, 14, []int{9, 10, 13, 14}, 0, false},
	{3, []string{"Contract review {firm}", "Data protection review", "Pricing", "Supplier negotiation {firm}"}, []int{60, 60, 90}, 3, 6, nil, 0, false},
	{2, []string{"Onboarding {name}", "First day {name}", "Training: spreadsheets", "Training: first aid", "Training: presenting"}, []int{60, 120, 180}, 3, 12, []int{9, 10, 13}, 0, false},
	{2, []string{"Cake for {name}", "Farewell {name}", "Coffee with the new joiners", "Birthday {name}"}, []int{30, 30, 60}, 6, 20, []int{15, 16}, 0, false},
	{1, []string{"Lunch and learn: {project}", "Brown bag: accessibility", "Team lunch"}, []int{60}, 8, 24, []int{12}, 0, false},
	{1, []string{"Dry run for the board", "Quarterly figures", "Press briefing", "Works council", "Portfolio review"}, []int{60, 90, 120}, 5, 12, nil, 0, false},
	{2, []string{"Performance review", "Salary talk", "Personal", "Feedback {guest}"}, []int{30, 60}, 2, 2, nil, 2, false},
	{1, []string{"Reorganisation", "Offer: {job}", "Acquisition: next steps"}, []int{60, 30}, 3, 5, nil, 3, false},
}

var (
	firms     = []string{"Fabrikam", "Northwind", "Litware", "Tailspin", "Wingtip", "Adatum", "Woodgrove", "Proseware"}
	positions = []string{"Test Engineer", "Product Designer", "Account Manager", "Controller", "Site Reliability Engineer", "Recruiter", "Data Analyst", "Legal Counsel"}
)

var ideaWeights = func() (sum int) {
	for _, i := range ideas {
		sum += i.weight
	}
	return sum
}()

// planFor is a single meeting that fits a room's seats.
func planFor(r *rand.Rand, seats int) plan {
	for range 12 {
		i := drawIdea(r)
		// Nobody takes the boardroom for two, unless nothing else is left.
		if i.least > seats || i.most*4 < seats && r.IntN(4) > 0 {
			continue
		}
		return i.plan(r, seats)
	}
	return ideas[1].plan(r, max(seats, 3))
}

func drawIdea(r *rand.Rand) *idea {
	n := r.IntN(ideaWeights)
	for k := range ideas {
		if n -= ideas[k].weight; n < 0 {
			return &ideas[k]
		}
	}
	return &ideas[0]
}

func (i *idea) plan(r *rand.Rand, seats int) plan {
	people := i.least + r.IntN(max(min(i.most, seats)-i.least, 0)+1)
	p := plan{
		subject: worded(r, i.subjects[r.IntN(len(i.subjects))]), length: int64(i.lengths[r.IntN(len(i.lengths))]) * 60,
		guests: people - 1, sens: i.sens, show: showBusy, hours: i.hours, outside: i.outside,
	}
	switch n := r.IntN(40); {
	case n < 3:
		p.show = showTentative
	case n == 3 && p.sens == 0:
		p.sens = 1
	}
	return p
}

// worded fills the names into a subject.
func worded(r *rand.Rand, s string) string {
	for _, w := range []struct {
		mark string
		of   func() string
	}{
		{"{project}", func() string { return projects[r.IntN(len(projects))] }},
		{"{team}", func() string { return departments[r.IntN(len(departments))].name }},
		{"{name}", func() string { return givenNames[r.IntN(len(givenNames))] }},
		{"{firm}", func() string { return firms[r.IntN(len(firms))] }},
		{"{job}", func() string { return positions[r.IntN(len(positions))] }},
	} {
		if strings.Contains(s, w.mark) {
			s = strings.ReplaceAll(s, w.mark, w.of())
		}
	}
	return s
}

// nameThose fills the names of those who meet into a subject: the organiser and the
// first person invited.
func (e *event) nameThose() {
	if !strings.Contains(e.subject, "{") {
		return
	}
	given := func(c *contact) string {
		first, _, _ := strings.Cut(c.name, " ")
		return first
	}
	guest := "all"
	for _, a := range e.attendees {
		if a.kind != resource {
			guest = given(a.who)
			break
		}
	}
	e.subject = strings.NewReplacer("{host}", given(e.organizer), "{guest}", guest).Replace(e.subject)
}

// startWeights is how often meetings begin in each hour, and dayWeights how many
// there are on each day of the week, Sunday first: the middle of the week and of
// the half days is full, Friday afternoon is not.
var (
	startWeights = [24]int{8: 4, 9: 13, 10: 17, 11: 13, 12: 3, 13: 13, 14: 16, 15: 13, 16: 8, 17: 2}
	dayWeights   = [7]float64{weekendShare, 1, 1.15, 1.1, 1.1, 0.75, weekendShare}
)

// startMinute draws when a meeting begins, in minutes from midnight: on the hour,
// on the half, and seldom at a quarter.
func (p plan) startMinute(r *rand.Rand) int {
	hour := 0
	if p.hours != nil {
		hour = p.hours[r.IntN(len(p.hours))]
	} else {
		n := r.IntN(105) // the sum of startWeights is 102; the rest is early
		for hour = 8; hour < 17 && n >= startWeights[hour]; hour++ {
			n -= startWeights[hour]
		}
	}
	return hour*60 + []int{0, 0, 0, 0, 0, 0, 30, 30, 30, 30, 30, 15}[r.IntN(12)]
}

// seriesIdea is a kind of meeting that comes again and again.
type seriesIdea struct {
	weight   int
	subjects []string
	lengths  []int
	least    int
	most     int
	hours    []int
	days     uint8 // bit n is weekday n; 0: one of them
	shape    seriesShape
}

type seriesShape uint8

const (
	everyWeekly seriesShape = iota
	everySecondWeek
	everyMonth
)

const (
	workdays = 0b0111110
	onFriday = 1 << 5
)

var seriesIdeas = []seriesIdea{
	{6, []string{"{project} stand-up", "{team} stand-up", "Support handover", "Build triage"}, []int{15, 15, 30}, 4, 8, []int{9, 10}, workdays, everyWeekly},
	{10, []string{"{team} weekly", "{project} weekly", "Pipeline review", "Hiring sync", "Architecture forum", "Design critique"}, []int{60, 60, 30, 50}, 4, 10, nil, 0, everyWeekly},
	{5, []string{"{host} / {guest}", "1:1 {host} and {guest}"}, []int{30}, 2, 2, nil, 0, everyWeekly},
	{4, []string{"Sprint planning {project}", "Sprint review {project}", "Retrospective {project}"}, []int{90, 60, 60}, 5, 9, []int{9, 10, 13, 14}, 0, everySecondWeek},
	{3, []string{"Leadership team", "Budget round", "Customer board", "Portfolio review"}, []int{90, 120, 60}, 6, 12, []int{9, 10, 13}, 0, everySecondWeek},
	{2, []string{"Safety round", "Works council", "Figures of the month", "Supplier day {firm}"}, []int{60, 90}, 4, 12, nil, 0, everyMonth},
	{1, []string{"Deep cleaning", "Room check", "Plants"}, []int{30, 60}, 1, 1, []int{17}, onFriday, everyWeekly},
	{1, []string{"Choir", "Language class", "Chess club", "Yoga"}, []int{60}, 4, 14, []int{12, 17}, 0, everyWeekly},
}

// allHands is held in the largest rooms.
var allHands = seriesIdea{1, []string{"All-hands", "Town hall", "Site meeting"}, []int{60}, 20, 60, []int{10, 15, 16}, 1<<2 | 1<<4, everyMonth}

var seriesWeights = func() (sum int) {
	for _, i := range seriesIdeas {
		sum += i.weight
	}
	return sum
}()

// drawSeries is a kind of series that fits a room's seats.
func drawSeries(r *rand.Rand, seats int) *seriesIdea {
	for range 12 {
		n := r.IntN(seriesWeights)
		for k := range seriesIdeas {
			if n -= seriesIdeas[k].weight; n < 0 {
				if seriesIdeas[k].least <= seats {
					return &seriesIdeas[k]
				}
				break
			}
		}
	}
	return &seriesIdeas[2]
}

func (i *seriesIdea) plan(r *rand.Rand, seats int) plan {
	people := i.least + r.IntN(max(min(i.most, seats)-i.least, 0)+1)
	return plan{
		subject: worded(r, i.subjects[r.IntN(len(i.subjects))]), length: int64(i.lengths[r.IntN(len(i.lengths))]) * 60,
		guests: min(people-1, 12), show: showBusy, hours: i.hours,
	}
}

// repeat gives a recurrence its pattern.
func (i *seriesIdea) repeat(r *rand.Rand, rc *recurrence) {
	day := uint8(1) << (1 + r.IntN(5))
	if i.days == workdays || i.days != 0 && i.days&(i.days-1) == 0 {
		day = i.days
	} else if i.days != 0 {
		for i.days&day == 0 {
			day = uint8(1) << (1 + r.IntN(5))
		}
	}
	rc.days = day
	switch i.shape {
	case everyWeekly:
		rc.pattern, rc.interval = weekly, 1
		if i.days == 0 && r.IntN(7) == 0 {
			rc.days |= uint8(1) << (1 + r.IntN(5))
		}
	case everySecondWeek:
		rc.pattern, rc.interval = weekly, 2
	case everyMonth:
		rc.pattern, rc.interval, rc.index = relativeMonthly, 1, uint8(r.IntN(5))
	}
}
