package sync_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/providers/simulator"
)

// notOverExchange are the faults that Exchange Web Services cannot have, and why.
func notOverExchange() map[string]string {
	return map[string]string{
		"F-002": "there is no address to go on from: a state is text inside the request",
		"F-006": "an empty page has no link: what is last is said outright",
		"F-012": "dates of series come from a view, never as ids alone",
		"F-022": "a lie names a property of JSON; what XML may lie about is in providers/ews's own tests",
		"F-029": "the size of a page is the client's to choose",
		"F-033": "change keys do not come with the names of what changed",
		"F-080": "answers hold no links",
		"F-067": "there are no batches of other requests",
		"F-081": "a password does not end; tokens are the sign-in's own tests",
		"F-083": "no claims are asked of a password",
		"F-085": "no claims are asked of a password",
		"F-086": "these are refusals of the token service",
		"F-088": "there is no permission to write: rights are those of the mailbox",
	}
}

// otherRows are single rows that are told otherwise over Exchange, and why.
func otherRows() map[string]string {
	return map[string]string{
		"F-005 first sync":                          "nothing is shown before the state is known (decision 13), and a state that goes in circles is refused",
		"F-028 a lie about every meeting of a room": "a lie names a property of JSON",
		"F-028 a lie about every room":              "a lie names a property of JSON",
		"F-082 an hour":                             "there is no token service",
		"F-087 a policy leaves out a room":          "a scope does, below",
		"F-087 calendars are refused, places not":   "one right for all: impersonation",
	}
}

// inOtherWords are sentences that Exchange has others for.
func inOtherWords() map[string]string {
	return map[string]string{
		"F-034 some rooms fail from the start":    "had trouble.*tried again in",
		"F-082 an hour, tokens are made":          "way of signing in",
		"F-087 places are refused from the start": "the server refuses Exchange Web Services",
		"F-069 an announced quarter of an hour":   "",
	}
}

// modelled reports whether the simulated Exchange knows a fault's words.
func modelled(f simulator.Fault) bool {
	known := func(word string, words ...string) bool { return word == "" || slices.Contains(words, word) }
	return f.Lie == nil && f.Quota == "" && f.Token == nil && f.Tenant == "" && f.Batch == "" &&
		known(f.Delta, "expire", "late", "omit", "ghost_removed") && known(f.Page, "loop", "dup", "drop", "reorder")
}

// overExchange is the same row over Exchange; false where it makes no sense there. The
// oracles and the sentences are the same; the bounds of requests are three times as
// wide, because a calendar's items are asked for by name.
func (row trouble) overExchange() (trouble, bool) {
	name := row.fault + " " + row.name
	if notOverExchange()[row.fault] != "" || otherRows()[name] != "" || slices.ContainsFunc(row.faults, func(f simulator.Fault) bool { return !modelled(f) }) {
		return row, false
	}
	if say, other := inOtherWords()[name]; other {
		row.say = say
	}
	row.tenant.Exchange = simulator.ExchangeOnPremises
	if row.fault != "F-071" && row.fault != "F-074" {
		row.check = nil // it looks at addresses of Graph, or at a wait for one room, which Exchange asks of the whole account
	}
	if row.most == 0 {
		row.most = 150
	}
	row.most *= 3
	return row, true
}

// exchangeTroubles are rows of Exchange alone.
func exchangeTroubles() []trouble {
	o := simulator.Options{Exchange: simulator.ExchangeOnPremises}
	settings := func(change func(w *wired)) func(*wired) func() {
		return func(w *wired) func() {
			before, _ := w.tenant.ExchangeSettings()
			change(w)
			return func() { w.must(w.tenant.SetExchange(before)) }
		}
	}
	return []trouble{
		{fault: "F-087", name: "a scope leaves out a room", tenant: o, before: changes, only: 1, check: others, say: "may not act for this mailbox.*ApplicationImpersonation", lasts: 30 * time.Minute, within: 80 * time.Minute, most: 1200,
			make: settings(func(w *wired) {
				s, _ := w.tenant.ExchangeSettings()
				for _, room := range w.rooms()[1:] {
					s.Scope = append(s.Scope, string(room))
				}
				s.Scope = append(s.Scope, w.tenant.Endpoints().Organizer)
				w.must(w.tenant.SetExchange(s))
			})},
		{fault: "F-087", name: "the right to impersonate is taken away", tenant: o, before: changes, say: "may not act for this mailbox.*ApplicationImpersonation", lasts: 30 * time.Minute, within: 80 * time.Minute, most: 600,
			make: settings(func(w *wired) {
				s, _ := w.tenant.ExchangeSettings()
				s.Impersonation = false
				w.must(w.tenant.SetExchange(s))
			})},
		{fault: "F-082", name: "the password is refused for an hour", tenant: o, before: changes, say: "sign-in failed|signing in|password", lasts: time.Hour, within: 20 * time.Minute, most: 600,
			make: settings(func(w *wired) {
				s, _ := w.tenant.ExchangeSettings()
				s.NTLM = false
				w.must(w.tenant.SetExchange(s))
				w.sever()
			})},
	}
}

// TestFaultsOverExchange runs the rows that Exchange can have, with the same oracles.
// A third of them is run each day, all within three; under the race detector it is every
// 41st. ROOMDESK_FAULTS=all runs all.
func TestFaultsOverExchange(t *testing.T) { // P9
	oneKey()
	every := 3
	switch {
	case all():
		every = 1
	case raceDetector:
		every = 41
	}
	today := time.Now().YearDay()
	var rows []trouble
	for _, row := range table() {
		if row, ok := row.overExchange(); ok {
			rows = append(rows, row)
		}
	}
	rows = append(rows, exchangeTroubles()...)
	t.Logf("%d of %d rows", len(rows), len(table()))
	for n, row := range rows {
		if (n+today)%every != 0 {
			continue
		}
		t.Run(row.fault+" "+row.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, row.happens)
		})
	}
}

// Every fault of reading is told over Exchange, or it says why not; no reason is for
// nothing.
func TestEveryFaultIsToldOverExchangeOrSaysWhyNot(t *testing.T) {
	told, known := map[string]bool{"F-073": true}, map[string]bool{"F-067": true} // F-073: over a scripted source
	for _, row := range append(table(), exchangeTroubles()...) {
		name := row.fault + " " + row.name
		known[row.fault], known[name] = true, true
		if _, ok := row.overExchange(); ok {
			told[row.fault] = true
			if otherRows()[name] != "" || notOverExchange()[row.fault] != "" {
				t.Errorf("%s is told and has a reason for not being told", name)
			}
		}
	}
	for _, number := range catalogue {
		if told[number] == (notOverExchange()[number] != "") {
			t.Errorf("%s: told over Exchange %v, with the reason %q", number, told[number], notOverExchange()[number])
		}
	}
	for _, reasons := range []map[string]string{notOverExchange(), otherRows(), inOtherWords()} {
		for name := range reasons {
			if !known[name] {
				t.Errorf("%s is no fault and no row", name)
			}
		}
	}
	page, err := os.ReadFile("../docs/exchange.md")
	if err != nil {
		t.Fatal(err)
	}
	for number := range notOverExchange() {
		if !strings.Contains(string(page), number) {
			t.Errorf("docs/exchange.md does not say that %s is no matter of Exchange", number)
		}
	}
}
