package simulator

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"roomdesk/providers/providertest"
)

// serving says what the tenant does about an operation.
type serving uint8

const (
	notServed serving = iota
	served
	refused // answers, but the prober could not make it succeed
)

// servingOf reads it from the answer to a request that should succeed.
func servingOf(r reply) serving {
	message, _ := dig(r.body, "error", "message").(string)
	switch {
	case r.status >= 200 && r.status < 300:
		return served
	case r.status == 501, r.status == 405, strings.HasPrefix(message, "Resource not found for the segment"):
		return notServed
	}
	return refused
}

// notServedReasons reads which operations are not served, and why: a line has the
// method, the folded path and the reason.
func notServedReasons(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open("testdata/operations-not-served.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.SplitN(line, " ", 3)
		if len(parts) < 3 || strings.TrimSpace(parts[2]) == "" {
			t.Errorf("no method, path and reason: %q", line)
			continue
		}
		out[parts[0]+" "+parts[1]] = strings.TrimSpace(parts[2])
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// Every operation of the contract is asked for as a program would. What answers is
// held to the contract in both directions; what does not stands in a list with its
// reason, and nothing else does. docs/simulated-tenant-operations.md is made here.
func TestOperationsOfTheContract(t *testing.T) {
	checker := providertest.Contract(t)
	p := newProber(t, checker)
	reasons, met := notServedReasons(t), map[string]bool{}
	results := map[string]serving{}
	for _, o := range checker.Operations() {
		ask := p.make(o)
		got, err := ask.client.try(ask.request)
		if err != nil {
			t.Fatalf("%s: %v", o.ID, err)
		}
		what := o.Method + " " + folded(o.Path)
		results[o.ID] = servingOf(got)
		reason, listed := reasons[what]
		switch results[o.ID] {
		case refused:
			t.Errorf("%s %s: a request that should succeed gets %d %s", ask.method, ask.path, got.status, got.raw)
		case served:
			if listed {
				t.Errorf("%s %s is served (%s), but listed as not served: %s", o.Method, o.Path, o.ID, reason)
			}
			p.options(o, ask)
		case notServed:
			if !listed {
				t.Errorf("%s %s is not served (%d %s), and testdata/operations-not-served.txt has no reason", o.Method, o.Path, got.status, got.errorCode())
			}
			met[what] = true
		}
	}
	for what := range reasons {
		if !met[what] {
			t.Errorf("%s is listed as not served, and no such operation is refused", what)
		}
	}
	after := checker.Operations()
	for _, o := range after {
		if results[o.ID] == served && o.Succeeded() == 0 {
			t.Errorf("%s is served, but no answer of it was held to the contract", o.ID)
		}
		t.Logf("%-8s %-95s %d requests, answers %v", o.Method, o.Path, o.Requests, o.Answers)
	}
	keepDocument(t, "../../docs/simulated-tenant-operations.md", operationsDocument(after, results, reasons))
}

// options asks once more with those query options that the contract lists and
// that need no knowledge of the data. An option may be refused, but not with an
// error of the server.
func (p *prober) options(o providertest.Operation, ask attempt) {
	p.t.Helper()
	if o.Method != "GET" {
		return
	}
	joint := "?"
	if strings.Contains(ask.path, "?") {
		joint = "&"
	}
	for _, ref := range p.contract[o.ID].Parameters {
		value := ""
		switch ref.Value.Name {
		case "$top":
			value = "2"
		case "$skip":
			value = "1"
		case "$count":
			value = "true"
		case "$select":
			if s := ref.Value.Schema.Value; s.Items != nil {
				var names []string
				for _, name := range s.Items.Value.Enum {
					if len(names) < 3 && !strings.HasPrefix(fmt.Sprint(name), "@") {
						names = append(names, fmt.Sprint(name))
					}
				}
				value = strings.Join(names, ",")
			}
		}
		if value == "" {
			continue
		}
		got, err := ask.client.try(request{method: "GET", path: ask.path + joint + ref.Value.Name + "=" + value})
		if err != nil || got.status >= 500 {
			p.t.Errorf("%s with %s=%s: %d %s %v", ask.path, ref.Value.Name, value, got.status, got.raw, err)
		}
	}
}

// Folding joins spellings and ways to a calendar, and nothing else.
func TestOperationsFold(t *testing.T) {
	for in, want := range map[string]string{
		"/me/calendarView/delta()": "/users/{user-id}/calendar/calendarView/delta",
		"/users/{user-id}/calendars/{calendar-id}/events/{event-id}/forward": "/users/{user-id}/calendar/events/{event-id}/forward",
		"/users/{user-id}/calendars/{calendar-id}":                           "/users/{user-id}/calendars/{calendar-id}",
		"/me":                              "/users/{user-id}",
		"/places/microsoft.graph.roomList": "/places/graph.{type}",
		"/places/{place-id}/microsoft.graph.roomList/rooms":                     "/places/{place-id}/graph.roomList/rooms",
		"/users/{user-id}/mailboxSettings/language":                             "/users/{user-id}/mailboxSettings/{property}",
		"/servicePrincipals(appId='{appId}')/appRoleAssignments":                "/servicePrincipals/{servicePrincipal-id}/appRoleAssignments",
		"/me/outlook/supportedTimeZones(TimeZoneStandard='{TimeZoneStandard}')": "/users/{user-id}/outlook/supportedTimeZones",
	} {
		if got := folded(in); got != want {
			t.Errorf("%s folds to %s, want %s", in, got, want)
		}
	}
	if !slices.Contains(strings.Split(folded("/users/delta"), "/"), "delta") {
		t.Error("users/delta is lost")
	}
}
