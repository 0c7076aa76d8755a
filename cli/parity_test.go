package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator"
)

// parityStep is a command that both services answer; its words may name {room},
// {other}, {organizer}, {guest}, {day} and what an earlier step kept.
type parityStep struct {
	name string
	args string
	keep string // the name under which .id of the answer is kept
	code int
}

func paritySteps() []parityStep {
	return []parityStep{
		{name: "whoami", args: "whoami --json"},
		{name: "sync", args: "sync --once --json"},
		{name: "rooms", args: "rooms --json"},
		{name: "room", args: "rooms show {room} --json"},
		{name: "people", args: "people --json"},
		{name: "calendars", args: "calendars {organizer} --json"},
		{name: "freebusy", args: "freebusy {room} {other} --from {day} --to +7d --json"},
		{name: "events", args: "events {room} --from {week} --to +7d --json"},
		{name: "book", args: "book --room {room} --start {day}T09:00 --end +1h --subject Parity --attendee {guest} --json", keep: "booking"},
		{name: "conflict", args: "book --room {room} --start {day}T09:00 --end +30m --json", code: 4},
		{name: "insist", args: "book --room {room} --start {day}T09:30 --end +30m --even-if-busy --json", code: 4},
		{name: "bookings", args: "bookings --json"},
		{name: "show", args: "bookings show {booking} --json"},
		{name: "extend", args: "bookings extend {booking} --by 30m --yes --json"},
		{name: "move", args: "bookings move {booking} --room {other} --yes --json"},
		{name: "series", args: "book --room {room} --start {day}T06:00 --end +30m --subject Weekly --repeat weekly\u00a0x3 --yes --json", keep: "series"},
		{name: "one date", args: "bookings cancel {series} --date {next} --scope one --yes --json"},
		{name: "cancel series", args: "bookings cancel {series} --scope all --yes --json"},
		{name: "sync again", args: "sync --once --json"},
		{name: "booked", args: "events {other} --from {day} --to +24h --json"},
		{name: "export json", args: "export {other} --from {day} --to +24h --format json"},
		{name: "export csv", args: "export {other} --from {day} --to +24h --format csv"},
		{name: "export ics", args: "export {other} --from {day} --to +24h --format ics"},
		{name: "cancel", args: "bookings cancel {booking} --yes --json"},
		{name: "sync at last", args: "sync --once --json"},
		{name: "verify", args: "verify --json", code: exitPartly},
		{name: "rooms again", args: "rooms --json"},
	}
}

// answerOf is one service's organisation, which was made of the same seed as the other's.
type answerOf struct {
	*matrix
	kept map[string]string
}

func openParity(t *testing.T, exchange string) *answerOf {
	t.Helper()
	tenant, err := StartTenant(t.Context(), simulator.Options{Rooms: 4, People: 4, Seed: 7, RoomAnswerDelay: 20 * time.Millisecond, Exchange: exchange})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tenant.Close(); err != nil {
			t.Error(err)
		}
	})
	m := &matrix{t: t, ctx: t.Context(), tenant: tenant, dir: t.TempDir()}
	if err := tenant.WriteDir(m.dir); err != nil {
		t.Fatal(err)
	}
	day := time.Now().UTC().AddDate(0, 0, 3)
	for day.Weekday() != time.Sunday {
		day = day.AddDate(0, 0, 1)
	}
	return &answerOf{m, map[string]string{
		"room": tenant.Rooms()[0].Mailbox, "other": tenant.Rooms()[1].Mailbox, "organizer": tenant.Endpoints().Organizer, "guest": tenant.Endpoints().TestMailbox,
		"day": day.Format(time.DateOnly), "next": day.AddDate(0, 0, 7).Format(time.DateOnly), "week": day.AddDate(0, 0, -6).Format(time.DateOnly),
	}}
}

// does runs a step and gives what it told.
func (p *answerOf) does(s parityStep) string {
	p.t.Helper()
	var args []string
	for word := range strings.FieldsSeq(strings.ReplaceAll(s.args, "\u00a0", "_")) {
		for name, value := range p.kept {
			word = strings.ReplaceAll(word, "{"+name+"}", value)
		}
		args = append(args, strings.ReplaceAll(word, "_x", " x"))
	}
	code, out, errs := p.run(args...)
	if code != s.code {
		p.t.Errorf("%s: exit %d, want %d\n%s%s", s.name, code, s.code, out, errs)
	}
	if s.keep != "" {
		var o struct{ ID string }
		if err := json.Unmarshal([]byte(out), &o); err != nil || o.ID == "" {
			p.t.Fatalf("%s: %v\n%s", s.name, err, out)
		}
		p.kept[s.keep] = o.ID
	}
	return out
}

// fields are the leaves of an answer by their path, with their type.
func fields(value any, path string, into map[string]string) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			fields(inner, path+"."+name, into)
		}
		into[path+"{}"] = fmt.Sprint(slices.Sorted(maps.Keys(v)))
	case []any:
		for i, inner := range v {
			fields(inner, fmt.Sprintf("%s[%s]", path, place(inner, i)), into)
		}
		into[path+"[]"] = fmt.Sprint(len(v))
	default:
		into[path] = since.ReplaceAllString(fmt.Sprintf("%T %v", v, v), "for a moment")
	}
}

// since is how long something has lasted, in a sentence.
var since = regexp.MustCompile(`\bfor \d+ s\b`)

// place is by what an entry of a list is found again in another list.
func place(entry any, i int) string {
	if o, ok := entry.(map[string]any); ok {
		for _, key := range []string{"room", "mailbox", "verb"} {
			if name, ok := o[key].(string); ok && (key != "room" || o["why"] != nil) {
				return fmt.Sprint(name, o["name"], o["start"])
			}
		}
	}
	return fmt.Sprint(i)
}

// fieldsOf reads an answer into its fields: JSON by its names, other formats by line.
func fieldsOf(text string) map[string]string {
	into := map[string]string{}
	var value any
	if json.Unmarshal([]byte(text), &value) == nil {
		fields(value, "", into)
		return into
	}
	lines := strings.Split(strings.TrimRight(text, "\r\n"), "\n")
	for i, line := range lines {
		if name, rest, ok := strings.Cut(line, ":"); ok && strings.HasPrefix(lines[0], "BEGIN:") {
			into[fmt.Sprintf("[%d].%s", i, name)] = rest
		} else {
			for n, cell := range strings.Split(line, ",") {
				into[fmt.Sprintf("[%d].%d", i, n)] = cell
			}
		}
	}
	return into
}

var index = regexp.MustCompile(`\[[^]]+\]`)

// parityAllowed are the differences that are meant, by step and path, and why. Any
// other is an error, and so is one that is allowed and does not occur.
func parityAllowed() map[string]string {
	return map[string]string{
		`^[a-z ]+[^ ]*\.(id|event_id|series_id|ical_uid)$|^export ics\[\]\.UID$|^export csv\[\]\.15$`:                                                                                                  "each service has ids of its own, and what is made anew has a new one",
		`\.(created|sent|updated|answered|asked|ended|since|age_s|seconds|DTSTAMP|LAST-MODIFIED)$`:                                                                                                     "the moment of the run",
		`^rooms?( again)?(\[\])?\.(accessible|building|capacity|floor|floor_number|nickname|phone|section|zone)$|^rooms?( again)?(\[\])?\.(devices|equipment|tags)\[\]( missing)?$`:                    "room lists tell name and address only; what nobody tells is empty or null",
		`\.provider$|^whoami\.(provider_name|provider_protocol|app_id|app_name|tenant_name)$|^whoami\.connections\[\]\.(acts_as|home|provider_name|provider_protocol)$|^rooms?( again)?(\[\])?\.home$`: "who is asked, and as whom",
		`\.access\.denied\[\](|\{\} added|\.verb added|\.why added)$|^whoami\.verbs\[\]\.(allowed|why)$`:                                                                                               "Teams is left out, with the reason (P8)",
		`^calendars\[\](|[.{]\S* missing|\.owner_name|\.integrated_conferencing)$`:                                                                                                                     "the default calendar only, without Teams; its owner is named by address",
		`^people\[\](|[.{]\S* missing|\.enabled)$`:                      "the address book has no accounts of people who left, and does not tell of sign-ins",
		`\.alternatives\[\](|[.{]\S* added)$`:                           "what is offered instead goes by seats and equipment; where nobody knows them more is offered",
		`^sync( again| at last)?\.(people|requests|listing\.reported)$`: "how much was asked, and of how many people",
	}
}

// differs lists the fields in which two answers differ, without places in lists, and
// which of them one alone has.
func differs(a, b string) map[string]string {
	left, right := fieldsOf(a), fieldsOf(b)
	out := map[string]string{}
	for path := range left {
		there, both := right[path]
		switch {
		case !both:
			out[index.ReplaceAllString(path, "[]")+" missing"] = left[path] + " | "
		case there != left[path]:
			out[index.ReplaceAllString(path, "[]")] = left[path] + " | " + there
		}
	}
	for path := range right {
		if _, both := left[path]; !both {
			out[index.ReplaceAllString(path, "[]")+" added"] = " | " + right[path]
		}
	}
	return out
}

func TestParityOfBothServices(t *testing.T) { // P9
	graph, exchange := openParity(t, ""), openParity(t, simulator.ExchangeOnPremises)
	allowed, used := map[string]*regexp.Regexp{}, map[string]bool{}
	for pattern := range parityAllowed() {
		allowed[pattern] = regexp.MustCompile(pattern)
	}
	compared := 0
	for _, s := range paritySteps() {
		left, right := graph.does(s), exchange.does(s)
		compared += len(fieldsOf(left))
		found := differs(left, right)
		for _, path := range slices.Sorted(maps.Keys(found)) {
			meant := false
			for pattern, at := range allowed {
				if at.MatchString(s.name + path) {
					meant, used[pattern] = true, true
				}
			}
			if !meant {
				t.Errorf("%s%s: %.300s", s.name, path, found[path])
			}
		}
	}
	page, err := os.ReadFile("../docs/exchange.md")
	if err != nil {
		t.Fatal(err)
	}
	for pattern, why := range parityAllowed() {
		if !strings.Contains(strings.Join(strings.Fields(string(page)), " "), why) {
			t.Errorf("docs/exchange.md does not say: %s", why)
		}
		if !used[pattern] {
			t.Errorf("%s does not occur any more: %s", why, pattern)
		}
	}
	// L4: whatever was asked of Exchange, no folder but calendars was named.
	named, requests := map[string]int{}, 0
	for _, e := range exchange.tenant.Ledger() {
		requests++
		if e.Folder != "" {
			named[e.Folder]++
		}
		if otherFolder(e) {
			t.Errorf("L4: %s names %s", e.Operation, e.Folder)
		}
	}
	if named["calendar"] == 0 {
		t.Errorf("L4: the ledger names no folder at all: %v", named)
	}
	t.Logf("%d requests to Exchange, folders named: %v", requests, named)
	t.Logf("%d commands, %d fields compared, %d kinds of differences allowed", len(paritySteps()), compared, len(allowed))
}

// The comparison itself: another value, another type, and a field that is missing are
// seen.
func TestParityIsCompared(t *testing.T) {
	for _, c := range [][2]string{{`[{"a":1}]`, `[{"a":2}]`}, {`{"a":1}`, `{"a":"1"}`}, {`{"a":1,"b":null}`, `{"a":1}`}, {`{"a":[]}`, `{"a":null}`}, {"x,y\n1,2\n", "x,y\n1,3\n"}} {
		if len(differs(c[0], c[1])) == 0 {
			t.Errorf("%s and %s are the same", c[0], c[1])
		}
	}
}
