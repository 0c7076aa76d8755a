package simulator

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"roomdesk/providers/simulator/exchange"
)

// exchangeModel shows the tenant's rooms, people and calendars to the Exchange face.
type exchangeModel struct{ t *Tenant }

// exchangeRoles are the application's permissions in Exchange Online.
func (t *Tenant) exchangeRoles() []string {
	if t.options.Exchange == ExchangeOnline {
		return []string{"full_access_as_app"}
	}
	return nil
}

func (x *exchangeModel) Now() time.Time { return x.t.options.Now() }

func (x *exchangeModel) Settle() {
	x.t.settle()
	for _, address := range x.t.exchange.Watched() {
		if m := x.t.world.find(address); m != nil {
			x.t.live(m.cell)
		}
	}
}

func (x *exchangeModel) Done() <-chan struct{} { return x.t.done }

func (x *exchangeModel) Wait(d time.Duration) func() bool {
	due := x.t.in(d)
	return func() bool { return x.t.reached(due) }
}

func (x *exchangeModel) Federated() bool { return x.t.options.HybridFreeBusy }

// zone shows a zone.
func (x *exchangeModel) zone(z *zone) exchange.Zone {
	return exchange.Zone{ID: z.windows, Name: x.t.zones.displayName(z.windows, x.t.started), Location: z.loc}
}

// Zone finds a zone by its Windows name only, as Exchange does.
func (x *exchangeModel) Zone(id string) (exchange.Zone, bool) {
	z, ok := x.t.zones.find(id)
	if !ok || !strings.EqualFold(z.windows, id) && !strings.EqualFold(id, "tzone://Microsoft/Utc") {
		return exchange.Zone{}, false
	}
	return x.zone(z), true
}

func (x *exchangeModel) Zones() []exchange.Zone {
	names := []string{"UTC"}
	for name := range windowsZones {
		names = append(names, name)
	}
	slices.Sort(names)
	var out []exchange.Zone
	for _, name := range names {
		if z, ok := x.t.zones.find(name); ok {
			out = append(out, x.zone(z))
		}
	}
	return out
}

// sightOf is how much of events a role shows.
func sightOf(r exchange.Role) sight {
	switch {
	case r >= exchange.DelegatePrivate:
		return seesAll
	case r >= exchange.Reviewer:
		return seesNoPrivate
	case r == exchange.FreeBusyDetails:
		return seesLimited
	}
	return seesTimes
}

// box finds the mailbox of an address and makes its calendar.
func (x *exchangeModel) box(address string) (*mailbox, error) {
	m := x.t.world.find(address)
	if m == nil || !m.hasMailbox() {
		return nil, exchange.Refuse("ErrorNonExistentMailbox", "")
	}
	x.t.ensure(m)
	return m, nil
}

func (x *exchangeModel) View(address string, from, to time.Time, as exchange.Role) ([]exchange.Item, error) {
	m, err := x.box(address)
	if err != nil {
		return nil, err
	}
	entries := x.t.entries(m, defaultCalendar, from.Unix(), to.Unix())
	slices.SortStableFunc(entries, func(a, b instance) int {
		if a.start != b.start {
			return int(a.start - b.start)
		}
		return int(a.end - b.end)
	})
	out := make([]exchange.Item, len(entries))
	for n, i := range entries {
		out[n] = x.item(m, i, as)
	}
	return out, nil
}

func (x *exchangeModel) All(address string, as exchange.Role) ([]exchange.Item, error) {
	m, err := x.box(address)
	if err != nil {
		return nil, err
	}
	x.t.mu.RLock()
	defer x.t.mu.RUnlock()
	var out []exchange.Item
	for e := range m.items(0) {
		if e.in == defaultCalendar {
			out = append(out, x.item(m, instance{e: e, start: e.start, end: e.end, kind: e.kind}, as))
		}
	}
	return out, nil
}

// exchangeID is an item's id as EWS spells it: the characters that Graph changes
// for URLs are base64's own.
func (m *mailbox) exchangeID(i instance) string {
	return toExchangeID(string(m.appendID(nil, instanceID(i), false)))
}

func toExchangeID(id string) string { return strings.NewReplacer("-", "/", "_", "+").Replace(id) }

// idBox is where a mutable id has its mailbox's own.
const idBox = 3

// boxOf finds the mailbox that an item's id belongs to.
func (x *exchangeModel) boxOf(id string) *mailbox {
	raw, err := base64.StdEncoding.DecodeString(id)
	if err != nil || len(raw) != mutableIDBytes {
		return nil
	}
	return x.t.world.find(string(raw[idBox : idBox+36]))
}

func (x *exchangeModel) BoxOf(id string) (string, bool) {
	m := x.boxOf(id)
	if m == nil {
		return "", false
	}
	return m.mail(), true
}

// parse reads an item's id.
func (x *exchangeModel) parse(id string) (m *mailbox, out itemID, err error) {
	if m = x.boxOf(id); m == nil {
		return nil, out, exchange.Refuse("ErrorInvalidIdMalformed", "")
	}
	out, ok, malformed := m.parseID(strings.NewReplacer("/", "-", "+", "_").Replace(id))
	switch {
	case malformed:
		return nil, out, exchange.Refuse("ErrorInvalidIdMalformed", "")
	case !ok:
		return nil, out, exchange.Refuse("ErrorItemNotFound", "")
	}
	x.t.ensure(m)
	return m, out, nil
}

// look finds an entry. The lock is held.
func (m *mailbox) look(id itemID) (instance, error) {
	i, ok := m.entry(id)
	if ok && i.stored().in == defaultCalendar {
		return i, nil
	}
	if e := m.find(id.num); e != nil && id.date != 0 && slices.Contains(e.cancelled, id.date) {
		return i, exchange.Refuse("ErrorCalendarOccurrenceIsDeletedFromRecurrence", "")
	}
	return i, exchange.Refuse("ErrorItemNotFound", "")
}

func (x *exchangeModel) Item(id string, as exchange.Role) (exchange.Item, error) {
	m, ref, err := x.parse(id)
	if err != nil {
		return exchange.Item{}, err
	}
	x.t.mu.RLock()
	defer x.t.mu.RUnlock()
	i, err := m.look(ref)
	if err != nil {
		return exchange.Item{}, err
	}
	return x.item(m, i, as), nil
}

// nth finds a date of a series by its number. The lock is held.
func (m *mailbox) nth(ref itemID, n int) (instance, error) {
	i, err := m.look(ref)
	switch {
	case err != nil:
		return i, err
	case i.kind != seriesMaster:
		return i, exchange.Refuse("ErrorCalendarCannotUseIdForOccurrenceId", "")
	case n < 1:
		return i, exchange.Refuse("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange", "")
	}
	date, count := int32(0), 0
	i.e.recurrence.dates(i.e.recurrence.first, func(day int32) bool {
		if count++; count == n {
			date = yyyymmdd(day)
		}
		return count < n
	})
	if date == 0 {
		return i, exchange.Refuse("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange", "")
	}
	ref.date = date
	return m.look(ref)
}

func (x *exchangeModel) Date(master string, n int, as exchange.Role) (exchange.Item, error) {
	m, ref, err := x.parse(master)
	if err != nil {
		return exchange.Item{}, err
	}
	x.t.mu.RLock()
	defer x.t.mu.RUnlock()
	i, err := m.nth(ref, n)
	if err != nil {
		return exchange.Item{}, err
	}
	return x.item(m, i, as), nil
}

func (x *exchangeModel) MasterOf(id string, as exchange.Role) (exchange.Item, error) {
	m, ref, err := x.parse(id)
	if err != nil {
		return exchange.Item{}, err
	}
	x.t.mu.RLock()
	defer x.t.mu.RUnlock()
	if ref.date == 0 {
		return exchange.Item{}, exchange.Refuse("ErrorCalendarCannotUseIdForRecurringMasterId", "")
	}
	ref.date = 0
	i, err := m.look(ref)
	if err != nil {
		return exchange.Item{}, err
	}
	return x.item(m, i, as), nil
}

func (x *exchangeModel) Busy(address string, from, to time.Time, as exchange.Role) (exchange.FreeBusy, error) {
	m, err := x.box(address)
	if err != nil {
		return exchange.FreeBusy{}, err
	}
	x.t.mu.RLock()
	defer x.t.mu.RUnlock()
	out := exchange.FreeBusy{Zone: x.zone(m.zoneNow()), Hours: x.hours(m)}
	for _, i := range m.busy(from.Unix(), to.Unix()) {
		out.Items = append(out.Items, x.item(m, i, as))
	}
	return out, nil
}

// hours are a mailbox's working hours.
func (x *exchangeModel) hours(m *mailbox) exchange.WorkingHours {
	h := m.hoursNow()
	if h == nil {
		h = &workHours{days: officeDays, start: officeStart, end: officeEnd}
	}
	z := m.zoneNow()
	if h.zone != nil {
		z = h.zone
	}
	out := exchange.WorkingHours{Zone: x.zone(z), Start: minuteOf(h.start), End: minuteOf(h.end)}
	if h.custom != nil {
		out.Zone.Location = time.FixedZone(h.custom.name, -h.custom.bias*60)
	}
	for d := range time.Weekday(7) {
		if h.days&(1<<d) != 0 {
			out.Days = append(out.Days, d)
		}
	}
	return out
}

// minuteOf counts the minutes of a time of day, 08:00:00.0000000.
func minuteOf(text string) int {
	at, err := time.Parse("15:04:05", text[:8])
	if err != nil {
		return 0
	}
	return at.Hour()*60 + at.Minute()
}

func (x *exchangeModel) Watch(address string) {
	if m := x.t.world.find(address); m != nil {
		x.t.ensure(m)
		x.t.watch(m)
	}
}

// tellExchange passes a change on to the subscriptions of the Exchange face.
func (t *Tenant) tellExchange(w watched) {
	if t.exchange == nil || w.in != defaultCalendar {
		return
	}
	kind := map[changeSet]string{createdChange: "Created", updatedChange: "Modified", deletedChange: "Deleted"}[w.what]
	t.exchange.Changed(exchange.Notice{
		Box: w.box.mail(), ID: toExchangeID(string(w.box.appendID(nil, w.id, false))), Kind: kind, At: t.present(),
		ChangeKey: string(w.box.appendKey(nil, w.id.num, 0, w.rev)),
	})
}
