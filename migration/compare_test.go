package migration_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"roomdesk/migration"
	"roomdesk/providers"
)

const aalto = providers.Address("aalto@contoso.example")

var (
	noon   = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	window = providers.Interval{Start: noon.AddDate(0, 0, -7), End: noon.AddDate(0, 0, 62)}
)

const globalID = "040000008200E00074C5B7101A82E008"

func entry(change func(*providers.Event)) providers.Event {
	e := providers.Event{
		Mailbox: aalto, ID: "AAA", ICalUID: globalID + "00000000B0C1", Type: providers.SingleInstance, Start: noon, End: noon.Add(time.Hour), Zone: "W. Europe Standard Time",
		Subject: providers.Outside("Weekly"), OrganizerName: providers.Outside("Adele Vance"), Organizer: "adele@contoso.example", Location: providers.Outside("Aalto"),
		Coordinates: &providers.Coordinates{Latitude: 47.640123, Longitude: -122.129797}, ShowAs: providers.ShowBusy, Response: providers.ResponseAccepted, ETag: "1", Modified: noon,
		Attendees: []providers.Attendee{
			{Mailbox: "megan@contoso.example", Type: providers.Required, Response: providers.ResponsePending},
			{Mailbox: aalto, Type: providers.Resource, Response: providers.ResponseAccepted},
		},
	}
	if change != nil {
		change(&e)
	}
	return e
}

func compared(old, fresh []providers.Event) migration.Comparison {
	return migration.Compare(aalto, window, old, fresh)
}

// megan is an attendee, of a list of its own.
func megan(e *providers.Event) *providers.Attendee {
	e.Attendees = slices.Clone(e.Attendees)
	return &e.Attendees[slices.IndexFunc(e.Attendees, func(a providers.Attendee) bool {
		return strings.EqualFold(string(a.Mailbox), "megan@contoso.example")
	})]
}

// cosmetics are what the two services write differently of the same entry, with the
// reason that is shown; "" where it is not even told.
var cosmetics = []struct {
	name   string
	change func(*providers.Event)
	why    string
}{
	{"its id, ETag, stamp and time of change", func(e *providers.Event) {
		e.ID, e.ETag, e.Modified, e.TransactionID, e.CalendarID = "BBB", "2", noon.Add(time.Hour), "x", "y"
	}, ""},
	{"the online meeting", func(e *providers.Event) { e.OnlineMeeting, e.JoinURL = true, providers.Outside("https://teams") }, ""},
	{"P10: digits of coordinates", func(e *providers.Event) {
		e.Coordinates = &providers.Coordinates{Latitude: 47.6401285, Longitude: -122.1297912}
	}, "the coordinates agree to a metre"},
	{"P10: four decimals", func(e *providers.Event) {
		e.Coordinates = &providers.Coordinates{Latitude: 47.6401, Longitude: -122.1298}
	}, "one side writes the coordinates with fewer digits"},
	{"another name of the zone", func(e *providers.Event) { e.Zone = "Europe/Berlin" }, "two names of one time zone"},
	{"no name of the zone", func(e *providers.Event) { e.Zone = "tzone://Microsoft/Custom" }, "one side does not name the time zone, or has one of its own"},
	{"blanks around the subject", func(e *providers.Event) { e.Subject = providers.Outside(" Weekly\r\n") }, ""},
	{"the subject replaced", func(e *providers.Event) { e.Subject = providers.Outside("Adele Vance") }, "the room puts the organizer's name in place of the subject"},
	{"the subject after a name", func(e *providers.Event) { e.Subject = providers.Outside("Adele Vance Weekly") }, "the room puts the organizer's name in place of the subject"},
	{"the organizer among the attendees", func(e *providers.Event) {
		e.Attendees = append(slices.Clone(e.Attendees), providers.Attendee{Mailbox: "adele@contoso.example", Type: providers.Required, Response: providers.ResponseOrganizer})
	}, "only one side lists the organizer among the attendees"},
	{"the order of attendees", func(e *providers.Event) { e.Attendees = slices.Clone(e.Attendees); slices.Reverse(e.Attendees) }, ""},
	{"no answer yet", func(e *providers.Event) {
		megan(e).Response = providers.ResponseNone
	}, ""},
	{"the case of an address", func(e *providers.Event) {
		megan(e).Mailbox = "MEGAN@contoso.example"
	}, ""},
	{"parts of a second", func(e *providers.Event) { e.Start = e.Start.Add(300 * time.Millisecond) }, ""},
	{"the UID of one date", func(e *providers.Event) { e.ICalUID = strings.ToLower(globalID) + "07EA0B14b0c1" }, ""},
}

// changes are what somebody may have done.
var changes = []struct {
	name, field string
	change      func(*providers.Event)
}{
	{"moved", "start", func(e *providers.Event) { e.Start = e.Start.Add(time.Second) }},
	{"longer", "end", func(e *providers.Event) { e.End = e.End.Add(15 * time.Minute) }},
	{"all day", "all_day", func(e *providers.Event) { e.AllDay = true }},
	{"another zone", "time_zone", func(e *providers.Event) { e.Zone = "Europe/London" }},
	{"subject", "subject", func(e *providers.Event) { e.Subject = providers.Outside("Weekly 2") }},
	{"organizer", "organizer", func(e *providers.Event) { e.Organizer = "megan@contoso.example" }},
	{"location", "location", func(e *providers.Event) { e.Location = providers.Outside("Elsewhere") }},
	{"coordinates gone", "coordinates", func(e *providers.Event) { e.Coordinates = nil }},
	{"another building", "coordinates", func(e *providers.Event) {
		e.Coordinates = &providers.Coordinates{Latitude: 47.640223, Longitude: -122.129797}
	}},
	{"fewer digits than four", "coordinates", func(e *providers.Event) { e.Coordinates = &providers.Coordinates{Latitude: 47.64, Longitude: -122.13} }},
	{"one attendee less", "attendees", func(e *providers.Event) { e.Attendees = e.Attendees[1:] }},
	{"an attendee's role", "attendees", func(e *providers.Event) {
		e.Attendees = slices.Clone(e.Attendees)
		e.Attendees[0].Type = providers.Optional
	}},
	{"the room's answer", "attendees", func(e *providers.Event) {
		e.Attendees = slices.Clone(e.Attendees)
		e.Attendees[1].Response = providers.ResponseDeclined
	}},
	{"shown as free", "show_as", func(e *providers.Event) { e.ShowAs = providers.ShowFree }},
	{"private", "private", func(e *providers.Event) { e.Private = true }},
	{"cancelled", "cancelled", func(e *providers.Event) { e.Cancelled = true }},
	{"own answer", "response", func(e *providers.Event) { e.Response = providers.ResponseDeclined }},
	{"without its series", "type", func(e *providers.Event) { e.Stub = true }},
}

func TestCosmeticDifferencesP10(t *testing.T) { // F-127
	for _, c := range cosmetics {
		got := compared([]providers.Event{entry(nil)}, []providers.Event{entry(c.change)})
		want := providers.ParityCounts{Same: 1}
		if c.why != "" && !strings.Contains(c.why, "coordinates") {
			want = providers.ParityCounts{Cosmetic: 1}
		}
		if got.Counts != want {
			t.Errorf("%s: %+v", c.name, got)
			continue
		}
		if c.why == "" {
			continue
		}
		f := got.Entries[0].Fields
		if len(f) != 1 || !f[0].Cosmetic || f[0].Why != c.why || f[0].Before.Raw() == f[0].After.Raw() {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

func TestRealDifferences(t *testing.T) { // F-127
	for _, c := range changes {
		got := compared([]providers.Event{entry(nil)}, []providers.Event{entry(c.change)})
		if got.Counts != (providers.ParityCounts{Different: 1}) || migration.Same(entry(nil), entry(c.change)) {
			t.Errorf("%s: %+v", c.name, got)
			continue
		}
		if !slices.ContainsFunc(got.Entries[0].Fields, func(f providers.ParityField) bool {
			return f.Field == c.field && !f.Cosmetic && f.Before.Raw() != f.After.Raw()
		}) {
			t.Errorf("%s: fields %+v", c.name, got.Entries[0].Fields)
		}
	}
}

// P10: digits of coordinates are no difference that is counted, so that the report shows
// those that are; beside another difference, and by themselves, both sides' stand there.
func TestRawCoordinatesAreInTheDifferenceP10(t *testing.T) {
	got := compared([]providers.Event{entry(nil)}, []providers.Event{entry(cosmetics[2].change)})
	if got.Counts != (providers.ParityCounts{Same: 1}) || got.Entries[0].Kind != providers.ParitySame {
		t.Errorf("%+v", got)
	}
	both := compared([]providers.Event{entry(nil)}, []providers.Event{entry(func(e *providers.Event) { cosmetics[2].change(e); e.Zone = "Europe/Berlin" })})
	if both.Counts != (providers.ParityCounts{Cosmetic: 1}) || len(both.Entries[0].Fields) != 2 {
		t.Errorf("%+v", both)
	}
	f := got.Entries[0].Fields[0]
	if f.Field != "coordinates" || f.Before.Raw() != "47.640123, -122.129797" || f.After.Raw() != "47.6401285, -122.1297912" {
		t.Errorf("%+v", f)
	}
}

func TestPairing(t *testing.T) { // F-127
	date := func(day int, id string, change func(*providers.Event)) providers.Event {
		return entry(func(e *providers.Event) {
			e.Type, e.ID, e.SeriesMasterID = providers.Occurrence, id, "master"
			e.Start = e.Start.AddDate(0, 0, day)
			e.End = e.Start.Add(time.Hour)
			if change != nil {
				change(e)
			}
		})
	}
	moved := func(from time.Time) func(*providers.Event) {
		return func(e *providers.Event) { e.Type, e.OriginalStart = providers.Exception, from }
	}
	stub := func(e *providers.Event) {
		*e = providers.Event{Mailbox: aalto, Type: providers.Occurrence, ID: e.ID, SeriesMasterID: e.SeriesMasterID, Start: e.Start, End: e.End, Stub: true}
	}
	master := entry(func(e *providers.Event) { e.Type, e.ID = providers.SeriesMaster, "master" })
	none := func(e *providers.Event) { e.ICalUID = "" }
	for _, c := range []struct {
		name       string
		old, fresh []providers.Event
		want       providers.ParityCounts
	}{
		{"dates of a series share a UID", []providers.Event{date(1, "a", nil), date(2, "b", nil)}, []providers.Event{date(2, "x", nil), date(1, "y", nil)}, providers.ParityCounts{Same: 2}},
		{"a date is missing", []providers.Event{date(1, "a", nil), date(2, "b", nil)}, []providers.Event{date(2, "x", nil)}, providers.ParityCounts{Same: 1, Missing: 1}},
		{"a date that was moved", []providers.Event{date(3, "a", moved(noon.AddDate(0, 0, 1)))}, []providers.Event{date(3, "x", moved(noon.AddDate(0, 0, 1)))}, providers.ParityCounts{Same: 1}},
		{"a date that was moved since", []providers.Event{date(1, "a", nil)}, []providers.Event{date(3, "x", moved(noon.AddDate(0, 0, 1)))}, providers.ParityCounts{Different: 1}},
		{"two dates that were moved since, from where their series has them",
			[]providers.Event{date(3, "a", moved(noon.AddDate(0, 0, 1))), date(5, "b", moved(noon.AddDate(0, 0, 2)))},
			[]providers.Event{date(4, "x", moved(noon.AddDate(0, 0, 1))), date(6, "y", moved(noon.AddDate(0, 0, 2)))}, providers.ParityCounts{Different: 2}},
		{"a meeting that was moved since", []providers.Event{entry(nil)}, []providers.Event{entry(func(e *providers.Event) { e.Start, e.End = noon.Add(time.Hour), noon.Add(2*time.Hour) })}, providers.ParityCounts{Different: 1}},
		{"dates without details", []providers.Event{date(1, "a", nil)}, []providers.Event{date(1, "x", stub), master}, providers.ParityCounts{Same: 1}},
		{"masters are no entries", []providers.Event{master}, nil, providers.ParityCounts{}},
		{"outside of the window", []providers.Event{date(100, "a", nil)}, nil, providers.ParityCounts{}},
		{"doubled", []providers.Event{entry(nil)}, []providers.Event{entry(nil), entry(nil)}, providers.ParityCounts{Same: 1, Extra: 1}},
		{"doubled on both sides", []providers.Event{entry(nil), entry(nil)}, []providers.Event{entry(nil), entry(nil)}, providers.ParityCounts{Same: 2}},
		{"doubled, and the same is found first", []providers.Event{entry(nil)}, []providers.Event{entry(changes[4].change), entry(nil)}, providers.ParityCounts{Same: 1, Extra: 1}},
		{"without a UID", []providers.Event{entry(none)}, []providers.Event{entry(none)}, providers.ParityCounts{Same: 1}},
		{"without a UID, at another time", []providers.Event{entry(none)}, []providers.Event{entry(func(e *providers.Event) { e.ICalUID, e.Start = "", noon.Add(-time.Hour) })}, providers.ParityCounts{Missing: 1, Extra: 1}},
		{"extra", nil, []providers.Event{entry(nil)}, providers.ParityCounts{Extra: 1}},
	} {
		if got := compared(c.old, c.fresh); got.Counts != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
		if back := compared(c.fresh, c.old).Counts; back != (providers.ParityCounts{Same: c.want.Same, Cosmetic: c.want.Cosmetic, Missing: c.want.Extra, Extra: c.want.Missing, Different: c.want.Different}) {
			t.Errorf("%s: the other way round %+v", c.name, back)
		}
	}
}

// calendar draws entries of a mailbox as one service has them.
func calendar(t *rapid.T) []providers.Event {
	n := rapid.IntRange(0, 12).Draw(t, "entries")
	var all []providers.Event
	for i := range n {
		all = append(all, entry(func(e *providers.Event) {
			series := rapid.Bool().Draw(t, "series")
			e.ID = string(rune('a' + i))
			e.ICalUID = globalID + "00000000" + rapid.SampledFrom([]string{"AA", "BB"}).Draw(t, "uid")
			if !series {
				e.ICalUID += string(rune('a' + i))
			} else {
				e.Type = providers.Occurrence
			}
			e.Start = noon.Add(time.Duration(i) * 3 * time.Hour)
			e.End = e.Start.Add(time.Hour)
			e.Private = rapid.Bool().Draw(t, "private")
			e.Subject = providers.Outside(rapid.StringN(0, 20, 40).Draw(t, "subject"))
		}))
	}
	return all
}

func TestPropertiesOfComparing(t *testing.T) { // F-127, P10
	rapid.Check(t, func(t *rapid.T) {
		old := calendar(t)
		fresh := slices.Clone(old)
		real := map[int]bool{}
		for i := range fresh {
			fresh[i].ID = "other-" + fresh[i].ID
			for range rapid.IntRange(0, 2).Draw(t, "cosmetics") {
				c := cosmetics[rapid.IntRange(0, len(cosmetics)-1).Draw(t, "cosmetic")]
				if strings.HasPrefix(c.name, "the UID") || strings.Contains(c.name, "subject") {
					continue // of the fixed subject and UID
				}
				c.change(&fresh[i])
			}
			if rapid.IntRange(0, 3).Draw(t, "really") == 0 {
				c := changes[rapid.IntRange(0, len(changes)-1).Draw(t, "change")]
				before := fresh[i]
				c.change(&fresh[i])
				if c.name == "private" && before.Private || c.name == "coordinates gone" && before.Coordinates == nil {
					continue
				}
				real[i] = true
			}
		}
		rapid.Permutation(fresh).Draw(t, "order")
		got := compared(old, fresh)
		// Two dates of a series that both moved without saying from where cannot be told
		// apart: they are missing and extra.
		if want := len(real); got.Counts.Different+got.Counts.Missing != want || got.Counts.Missing != got.Counts.Extra || got.Counts.Total() != len(old)+got.Counts.Extra {
			t.Fatalf("%d real changes in %d entries: %+v", want, len(old), got)
		}
		back := compared(fresh, old)
		if back.Counts != got.Counts {
			t.Fatalf("not symmetric: %+v and %+v", got.Counts, back.Counts)
		}
		if len(real) == 0 && rapid.Bool().Draw(t, "one less") && len(fresh) > 0 {
			gone := compared(old, fresh[1:]).Counts
			if gone.Missing != 1 || gone.Extra+gone.Different != 0 {
				t.Fatalf("one less: %+v", gone)
			}
		}
		if migration.ContentHash(old) != migration.ContentHash(slices.Clone(old)) {
			t.Fatal("the hash changes")
		}
	})
}

func TestContentHash(t *testing.T) {
	one := []providers.Event{entry(nil), entry(func(e *providers.Event) { e.ICalUID = "other" })}
	hash := migration.ContentHash(one)
	two := slices.Clone(one)
	slices.Reverse(two)
	two[0].ID, two[1].ETag, two[0].Zone = "B", "9", "Europe/Berlin"
	if migration.ContentHash(two) != hash {
		t.Error("what is no change has another hash")
	}
	for _, c := range changes {
		if c.field == "coordinates" || c.name == "without its series" {
			continue
		}
		if migration.ContentHash([]providers.Event{entry(c.change), one[1]}) == hash {
			t.Errorf("%s has the same hash", c.name)
		}
	}
	if migration.ContentHash(one[:1]) == hash || migration.ContentHash(append(one, one[0])) == hash {
		t.Error("one less, or one twice, has the same hash")
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("uid", "subject", "W. Europe Standard Time", "a@b.example", 47.6, -122.1, int64(0), int64(3600))
	f.Add("\xff\x00", "\x1b]0;x\x07", "\u202e", "", math.NaN(), math.Inf(1), int64(math.MinInt64), int64(math.MaxInt64))
	f.Add(globalID, "", "", "@", 0.0, 0.0, int64(-1), int64(-1))
	f.Fuzz(func(t *testing.T, uid, subject, zone, address string, latitude, longitude float64, start, length int64) {
		e := providers.Event{
			ID: uid, ICalUID: uid, SeriesMasterID: address, Subject: providers.Outside(subject), Zone: zone, Location: providers.Outside(subject),
			Organizer: providers.Address(address), OrganizerName: providers.Outside(subject), Coordinates: &providers.Coordinates{Latitude: latitude, Longitude: longitude},
			Start: time.Unix(start, 0), End: time.Unix(start, 0).Add(time.Duration(length)), Stub: length%2 == 0, Type: providers.EventType(zone),
			Attendees: []providers.Attendee{{Text: providers.Outside(address), Type: providers.AttendeeType(subject), Response: providers.Response(zone)}},
		}
		all := []providers.Event{e, entry(nil)}
		if got := compared(all, all); !got.Counts.Whole() {
			t.Errorf("differs from itself: %+v", got)
		}
		if math.IsNaN(latitude) {
			return
		}
		got, back := compared(all, all[1:]).Counts, compared(all[1:], all).Counts
		if got.Missing != back.Extra || got.Total() != back.Total() {
			t.Errorf("%+v and %+v", got, back)
		}
		if hash := migration.ContentHash(all); hash != migration.ContentHash(slices.Clone(all)) {
			t.Error("the hash changes")
		}
	})
}
