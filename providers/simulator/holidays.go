package simulator

import "time"

// holiday is a day off by country; month and day are fixed each year.
var holidayDates = map[string][]struct {
	name  string
	month time.Month
	day   int
}{
	"":               {{"New Year's Day", 1, 1}, {"Christmas Day", 12, 25}},
	"Netherlands":    {{"Koningsdag", 4, 27}, {"Bevrijdingsdag", 5, 5}, {"Tweede Kerstdag", 12, 26}},
	"United Kingdom": {{"Boxing Day", 12, 26}},
	"Germany":        {{"Tag der Arbeit", 5, 1}, {"Tag der Deutschen Einheit", 10, 3}, {"Zweiter Weihnachtstag", 12, 26}},
	"United States":  {{"Independence Day", 7, 4}, {"Veterans Day", 11, 11}},
	"Portugal":       {{"Dia da Liberdade", 4, 25}, {"Imaculada Conceição", 12, 8}},
	"Singapore":      {{"National Day", 8, 9}},
	"India":          {{"Republic Day", 1, 26}, {"Independence Day", 8, 15}},
	"France":         {{"Fête nationale", 7, 14}, {"Armistice", 11, 11}},
	"Australia":      {{"Australia Day", 1, 26}, {"Anzac Day", 4, 25}},
	"Brazil":         {{"Independência do Brasil", 9, 7}},
	"Japan":          {{"Kinrō Kansha no Hi", 11, 23}},
}

// makeHolidays makes the read-only holiday calendars, one for each country; all
// mailboxes of a country show the same.
func makeHolidays(w *world, now time.Time) map[string][]*event {
	out := map[string][]*event{}
	for _, b := range w.buildings {
		country := b.city.country
		if out[country] != nil {
			continue
		}
		owner := &contact{address: "holidays@" + "outlook.example", name: country + " holidays"}
		num := uint32(holidayNumbers)
		for year := now.Year() - 1; year <= now.Year()+3; year++ {
			for _, h := range append(holidayDates[""], holidayDates[country]...) {
				num++
				start := time.Date(year, h.month, h.day, 0, 0, 0, 0, b.zone.loc).Unix()
				end := time.Date(year, h.month, h.day+1, 0, 0, 0, 0, b.zone.loc).Unix()
				out[country] = append(out[country], &event{
					num: num, rev: 1, self: 1, uid: mix(uint64(num)<<32 ^ uint64(len(out))), subject: h.name, start: start, end: end,
					zone: b.zone, endZone: b.zone, created: start - 86400*365, modified: start - 86400*365,
					show: showFree, imp: 1, flags: allDayFlag | readOnlyFlag | isOrganizerFlag, resp: respondedOrganizer, organizer: owner,
				})
			}
		}
	}
	return out
}

// holidayNumbers is where the numbers of holidays begin, far above any event's.
const holidayNumbers = 0xf0000000

func (t *Tenant) holidayEvents(m *mailbox) []*event {
	if m.kind != personBox {
		return nil
	}
	return t.holidays[m.person.home.city.country]
}
