package sync_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/sync"
)

// trouble is one row of the table of faults: what goes wrong over a simulated
// tenant, and what a person reads. Whatever the row, all oracles hold.
type trouble struct {
	fault  string // its number, "F-001"
	name   string // which member of its family
	tenant simulator.Options
	at     time.Time // when it is; zero: whenever
	tune   func(*sync.Options)
	first  bool         // it meets the first sync; else the mirror is true before
	before func(*wired) // what the tenant's people did, a moment before
	faults []simulator.Fault
	make   func(*wired) (over func()) // trouble that is no fault of the tenant
	during func(*wired)               // while it lasts
	lasts  time.Duration              // 3 minutes
	within time.Duration              // until CONV, once it is over: 6 minutes
	say    string                     // a pattern of a sentence that is read; "" is none but passing ones
	lies   bool                       // the tenant may be believed about removals that never were
	quiet  bool                       // nothing is said at all
	only   int                        // so many rooms at most are named as having a problem; 0 is any
	most   int                        // requests while it lasts; 0: 150
	check  func(*wired, []simulator.Entry, *watchman)
}

// ownEvents are how many meetings of its own each room has besides the generated ones.
const ownEvents = 8

// happens runs a row.
func (row trouble) happens(t *testing.T) {
	if row.tenant.Rooms == 0 {
		row.tenant.Rooms = 3
	}
	row.tenant.People = max(row.tenant.People, 2)
	row.tenant.Seed += 5
	w := wire(t, row.tenant, row.at)
	defer w.end()
	if row.tune != nil {
		row.tune(&w.o)
		w.engine = sync.New(w.o)
	}
	w.people()
	if !row.first {
		w.run()
		w.synced()
		w.converges(2 * time.Minute)
	}
	if row.before != nil {
		row.before(w)
	}
	after := w.lastEntry()
	if row.lasts == 0 {
		row.lasts = 3 * time.Minute
	}
	w.lies = row.lies
	watch := w.look(max(5*time.Second, row.lasts/200))
	for _, f := range row.faults {
		w.inject(f)
	}
	over := func() {}
	if row.make != nil {
		over = row.make(w)
	}
	seq := uint64(0)
	if row.first {
		w.run()
	} else {
		seq = w.seq()
	}
	begin := time.Now()
	if row.during != nil {
		row.during(w)
	}
	time.Sleep(row.lasts - time.Since(begin))
	all := w.requests(after)
	hits := 0
	for _, f := range w.tenant.Faults() {
		hits += f.Hits
	}
	if len(row.faults) > 0 && hits == 0 {
		t.Error("the fault hit nothing")
	}
	w.tenant.ClearFaults()
	w.tenant.Directory().Calm()
	over()
	if row.within == 0 {
		row.within = 6 * time.Minute
	}
	w.converges(row.within)
	watch.end()
	if row.most == 0 {
		row.most = 150
	}
	w.quotaKept(all, row.most)
	w.secretKept(watch.said)
	w.spoken(row, watch, seq)
	if row.check != nil {
		row.check(w, all, watch)
	}
	if t.Failed() {
		return
	}
	w.durable()
}

func (w *wired) seq() uint64 {
	u, err := w.engine.Wait(w.t.Context(), 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return u.Seq
}

// spoken is the other half of SAY: what a person reads of a row.
func (w *wired) spoken(row trouble, watch *watchman, seq uint64) {
	w.t.Helper()
	said := make([]string, 0, len(watch.said))
	for sentence := range watch.said {
		said = append(said, sentence)
	}
	if u, err := w.engine.Wait(w.t.Context(), 0); err == nil && u.Seq > seq {
		for _, n := range u.Notices {
			said = append(said, n.Text)
		}
	}
	slices.Sort(said)
	switch {
	case row.say != "" && !slices.ContainsFunc(said, regexp.MustCompile(row.say).MatchString):
		w.t.Errorf("SAY: nobody says %q:\n%s", row.say, strings.Join(said, "\n"))
	case row.quiet && len(watch.said) > 0:
		w.t.Errorf("SAY: this is nobody's concern:\n%s", strings.Join(said, "\n"))
	case row.only > 0 && len(watch.named) > row.only:
		w.t.Errorf("SAY: %v have a problem, not %d", watch.named, row.only)
	}
}

// people puts meetings into each room's calendar: single ones, and a series.
func (w *wired) people() {
	day := w.o.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
	for _, room := range w.rooms() {
		for n := range ownEvents {
			w.create(room, fmt.Sprint("Own ", n), day.Add(time.Duration(6+3*n)*time.Hour), nil)
		}
		w.create(room, "Weekly", day.AddDate(0, 0, -14).Add(20*time.Hour), map[string]any{
			"pattern": map[string]any{"type": "weekly", "interval": 1, "daysOfWeek": []string{strings.ToLower(day.Weekday().String())}},
			"range":   map[string]any{"type": "noEnd", "startDate": day.AddDate(0, 0, -14).Format(time.DateOnly)},
		})
	}
}

func wireTime(at time.Time) map[string]any {
	return map[string]any{"dateTime": at.UTC().Format("2006-01-02T15:04:05"), "timeZone": "UTC"}
}

func (w *wired) below(mailbox providers.Address, path string) string {
	return "/users/" + url.PathEscape(string(mailbox)) + path
}

// create makes a meeting of half an hour and gives its id.
func (w *wired) create(mailbox providers.Address, subject string, start time.Time, recurrence map[string]any) string {
	w.t.Helper()
	in := map[string]any{"subject": subject, "start": wireTime(start), "end": wireTime(start.Add(30 * time.Minute))}
	if recurrence != nil {
		in["recurrence"] = recurrence
	}
	if w.local(mailbox) {
		return w.createBySOAP(mailbox, in)
	}
	var out struct {
		ID string `json:"id"`
	}
	w.do("POST", w.below(mailbox, "/events"), in, &out)
	return out.ID
}

// own finds the ids of the meetings that people put there, in their order.
func (w *wired) own(mailbox providers.Address) []string {
	span := promised(w.o.Now())
	truth, _ := w.tenant.Truth(string(mailbox), span.Start, span.End)
	ids := make([]string, ownEvents)
	for _, ev := range truth.Events {
		var n int
		if _, err := fmt.Sscanf(ev.Subject, "Own %d", &n); err == nil && n < ownEvents {
			ids[n] = w.id(mailbox, ev)
		}
	}
	return ids
}

// last is the id of the last occurrence of the weekly series that is promised, and
// its start.
func (w *wired) last(mailbox providers.Address) (id string, start time.Time) {
	for n := 0; ; n++ {
		at, found := w.find(mailbox, n)
		if !found {
			return id, start
		}
		id, start = w.id(mailbox, at), startOf(w.t, at)
	}
}

func startOf(t *testing.T, ev simulator.TruthEvent) time.Time {
	start, err := time.Parse(time.RFC3339, ev.Start)
	if err != nil {
		t.Fatal(err)
	}
	return start
}

func (w *wired) find(mailbox providers.Address, n int) (simulator.TruthEvent, bool) {
	truth, _ := w.tenant.Truth(string(mailbox), w.o.Now(), promised(w.o.Now()).End)
	for _, ev := range truth.Events {
		if ev.Subject == "Weekly" {
			if n--; n < 0 {
				return ev, true
			}
		}
	}
	return simulator.TruthEvent{}, false
}

// occurrence is the id of the n-th coming occurrence of the weekly series, and its
// start.
func (w *wired) occurrence(mailbox providers.Address, n int) (string, time.Time) {
	ev, found := w.find(mailbox, n)
	if !found {
		w.t.Fatal("there is no such occurrence")
	}
	return w.id(mailbox, ev), startOf(w.t, ev)
}

func (w *wired) move(mailbox providers.Address, id string, to time.Time) {
	if w.local(mailbox) {
		w.updateBySOAP(mailbox, id, "calendar:Start", "<t:Start>"+instant(to)+"</t:Start>", "calendar:End", "<t:End>"+instant(to.Add(30*time.Minute))+"</t:End>")
		return
	}
	w.do("PATCH", w.below(mailbox, "/events/"+url.PathEscape(id)), map[string]any{"start": wireTime(to), "end": wireTime(to.Add(30 * time.Minute))}, nil)
}

func (w *wired) rename(mailbox providers.Address, id, subject string) {
	if w.local(mailbox) {
		w.updateBySOAP(mailbox, id, "item:Subject", "<t:Subject>"+subject+"</t:Subject>")
		return
	}
	w.do("PATCH", w.below(mailbox, "/events/"+url.PathEscape(id)), map[string]any{"subject": subject}, nil)
}

func (w *wired) delete(mailbox providers.Address, id string) {
	if w.local(mailbox) {
		w.soap(mailbox, `<m:DeleteItem DeleteType="MoveToDeletedItems" SendMeetingCancellations="SendToNone"><m:ItemIds><t:ItemId Id="`+id+`"/></m:ItemIds></m:DeleteItem>`)
		return
	}
	w.do("DELETE", w.below(mailbox, "/events/"+url.PathEscape(id)), nil, nil)
}

// changes is what people do in each room: 5 meetings change, 3 are deleted, one is
// new, one date of the series moves.
func changes(w *wired) {
	for _, room := range w.rooms() {
		ids := w.own(room)
		for n, id := range ids {
			if n < 5 {
				w.rename(room, id, fmt.Sprint("Changed ", n))
			} else {
				w.delete(room, id)
			}
		}
		w.create(room, "New", w.o.Now().Add(7*time.Hour), nil)
		id, start := w.occurrence(room, 1)
		w.move(room, id, start.Add(2*time.Hour))
	}
}

// table is every row.
func table() []trouble {
	return slices.Concat(deltaTroubles(), throttlingTroubles(), identityTroubles())
}

// TestFaults runs every row. Under the race detector, which makes them ten times as
// long, it is every 29th, unless ROOMDESK_FAULTS=all.
func TestFaults(t *testing.T) {
	oneKey()
	few := raceDetector && os.Getenv("ROOMDESK_FAULTS") != "all"
	for n, row := range table() {
		if few && n%29 != 0 {
			continue
		}
		t.Run(row.fault+" "+row.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, row.happens)
		})
	}
}

// elsewhere are faults of the three sections that are no matter of reading, or
// whose family is proved by other tests: which ones, and why.
var elsewhere = map[string]struct {
	why   string
	tests []string // "directory.Test"
}{
	"F-067": {"no $batch is sent at all, which every row looks for; what concerns several mailboxes in one request is free/busy",
		[]string{"sync.TestABatchWouldBeSeen", "sync.TestPoisonedMailboxIsSplitOff", "providers/graph.TestAvailabilityComesInOrder", "providers/graph.TestAvailabilityErrorsStayWithTheirMailbox"}},
	"F-073": {"200 mailboxes at once, so over a scripted source", []string{"sync.TestNoHerd", "sync.TestAfterASleep"}},
}

// The oracle would notice a batch: one that the tenant's people send stands in the
// ledger as such.
func TestABatchWouldBeSeen(t *testing.T) { // F-067
	t.Parallel()
	oneKey()
	bubble(t, func(t *testing.T) {
		w := wire(t, simulator.Options{Rooms: 1, People: 2, Seed: 5}, time.Time{})
		defer w.end()
		seen := func() bool { return slices.ContainsFunc(w.tenant.Ledger(), batch) }
		w.create(w.room(0), "Alone", w.o.Now().Add(time.Hour), nil)
		if seen() {
			t.Error("a request by itself looks like a batch")
		}
		w.do("POST", "/$batch", map[string]any{"requests": []any{map[string]any{"id": "1", "method": "GET", "url": w.below(w.room(0), "/events")}}}, nil)
		if !seen() {
			t.Error("a batch is not seen")
		}
	})
}

// also are tests outside the table that prove more of a number that has rows.
var also = map[string][]string{
	"F-001": {"sync.TestResyncKeepsTheRows", "providers/graph.TestLostStateIsResync"},
	"F-005": {"sync.TestPageLoopEnds", "providers/graph.TestCircleOfPages"},
	"F-012": {"sync.TestStubsHaveTheirMastersDetails", "sync/store.TestStubsInherit"},
	"F-017": {"sync.TestForgottenRemovalIsFound", "sync.TestFreeBusyFindsWhatChangesForget"},
	"F-020": {"sync.TestWindowRolls"},
	"F-024": {"providers/graph.TestDecodeRefusesTruncationAtEveryByte"},
	"F-028": {"sync.TestMassDisappearanceIsVerified", "sync/store.TestBrakeOnRemovals"},
	"F-029": {"sync.TestAWindowThatIsTooMuchIsDivided"},
	"F-031": {"sync.TestSingleFlight"},
	"F-033": {"sync.TestAStormOfInvisibleChangesTellsNobody"},
	"F-034": {"sync.TestColdStartWithFailingRooms", "sync.TestFirstSyncOrder"},
	"F-063": {"sync.TestRetryAfterIsLaw"},
	"F-064": {"sync.TestBackOffGrowsWithJitterAndEnds"},
	"F-069": {"sync.TestAppWidePauseHoldsEverything"},
	"F-072": {"sync.TestConvergesAfterRandomFaults"},
	"F-080": {"providers/graph.TestForeignLinksAreRefused", "providers/graph.TestForeignLinkSendsNothing"},
	"F-082": {"sync.TestSignedOutStopsEverythingAndProbesSlowly"},
	"F-087": {"sync.TestNoAccessIsProbedSlowly"},
	"F-089": {"sync.TestTheClockIsSetBack"},
	"F-090": {"sync.TestAfterASleep"},
}

// catalogue are the numbers of the sections on delta and lists, on throttling and
// server trouble, and on identity and time.
var catalogue = []string{
	"F-001", "F-002", "F-005", "F-006", "F-007", "F-009", "F-010", "F-012", "F-014", "F-016", "F-017", "F-019", "F-020", "F-022", "F-023", "F-024", "F-025",
	"F-028", "F-029", "F-031", "F-032", "F-033", "F-034",
	"F-063", "F-064", "F-065", "F-067", "F-069", "F-071", "F-072", "F-073", "F-074", "F-076", "F-077", "F-078", "F-080",
	"F-081", "F-082", "F-083", "F-085", "F-086", "F-087", "F-088", "F-089", "F-090", "F-091", "F-094",
}

func TestEveryFaultHasARow(t *testing.T) {
	rows := map[string]int{}
	names := map[string]bool{}
	for _, row := range table() {
		rows[row.fault]++
		if name := row.fault + " " + row.name; names[name] {
			t.Errorf("two rows are called %q", name)
		} else {
			names[name] = true
		}
	}
	page, err := os.ReadFile(filepath.Join("..", "docs", "sync.md"))
	if err != nil {
		t.Fatal(err)
	}
	table := strings.Join(regexp.MustCompile(`(?m)^\| F-.*$`).FindAllString(string(page), -1), "\n")
	for _, name := range regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(table, -1) {
		if !slices.ContainsFunc([]string{"sync", "sync/store", "providers/graph"}, func(dir string) bool { return exists(dir + "." + name[1]) }) {
			t.Errorf("docs/sync.md names %s, which is no test", name[1])
		}
	}
	for _, number := range catalogue {
		if !strings.Contains(table, number) {
			t.Errorf("docs/sync.md does not name %s", number)
		}
		reason, other := elsewhere[number]
		switch {
		case rows[number] == 0 && !other:
			t.Errorf("%s has neither a row nor a reason", number)
		case rows[number] > 0 && other:
			t.Errorf("%s has rows and a reason for having none", number)
		case other && reason.why == "":
			t.Errorf("%s has a reason without words", number)
		}
		for _, name := range append(reason.tests, also[number]...) {
			if !exists(name) {
				t.Errorf("%s: there is no test %s", number, name)
			}
		}
		delete(rows, number)
	}
	for number := range rows {
		t.Errorf("%s is in no section", number)
	}
}

// exists reports whether there is a test "directory.Test".
func exists(name string) bool {
	i := strings.LastIndex(name, ".Test")
	files, err := filepath.Glob(filepath.Join("..", name[:i], "*_test.go"))
	if err != nil {
		return false
	}
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(text), "func "+name[i+1:]+"(")
	})
}
