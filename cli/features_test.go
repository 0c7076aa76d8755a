package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// P2: off, on, off; the next connection uses what is in force then. A choice stays when
// a release chooses otherwise; who chose nothing follows the release.
func TestFeaturesP2(t *testing.T) {
	b := newMigrateBench(t)
	before, err := os.ReadFile(filepath.Join(b.dir, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	state := func() (on, chosen bool) {
		t.Helper()
		var list []featureObject
		code, out, errs := b.run("features", "--json")
		if err := json.Unmarshal([]byte(out), &list); code != exitDone || err != nil || len(list) != 1 || list[0].Name != "graph" {
			t.Fatalf("%d %v %s%s", code, err, out, errs)
		}
		if !strings.Contains(list[0].Maturity, "new") { // P13
			t.Errorf("the maturity is %q", list[0].Maturity)
		}
		return list[0].On, list[0].Chosen
	}
	next := func() string { // the provider of the next connection
		t.Helper()
		a, _, _ := newApp(t)
		a.flags.config, a.graphByDefault = filepath.Join(b.dir, "config.toml"), b.byDef
		s, err := (&setupDesk{app: a}).readDraft()
		if err != nil {
			t.Fatal(err)
		}
		return s.Get(providers.SetupProvider)
	}
	is := func(on, chosen bool, provider string) {
		t.Helper()
		if haveOn, haveChosen := state(); haveOn != on || haveChosen != chosen || next() != provider {
			t.Errorf("on %v, chosen %v, the next connection is %s; want %v, %v, %s", haveOn, haveChosen, next(), on, chosen, provider)
		}
	}
	is(true, false, "graph")
	for _, step := range []string{"off", "on", "off"} {
		b.must(exitDone, "features", "graph", step)
		is(step == "on", true, map[string]string{"on": "graph", "off": "ews"}[step])
	}
	// An upgrade: the release before had it off, this one has it on, or the other way
	// round. What was chosen stays.
	for _, release := range []bool{false, true} {
		b.byDef = &release
		is(false, true, "ews")
	}
	b.must(exitDone, "features", "graph", "default")
	for _, release := range []bool{false, true} {
		b.byDef = &release
		is(release, false, map[bool]string{true: "graph", false: "ews"}[release])
	}
	b.must(exitUsage, "features", "graph", "perhaps")
	b.must(exitUsage, "features", "teleport")
	after, err := os.ReadFile(filepath.Join(b.dir, "config.toml"))
	if err != nil || strings.TrimSpace(strings.Replace(string(after), "[features]", "", 1)) != strings.TrimSpace(string(before)) {
		t.Errorf("off, on, off and default left\n%s\nof\n%s", after, before)
	}
	if text := b.must(exitDone, "audit"); strings.Count(text, "feature graph") == 0 {
		t.Errorf("not in the trail: %s", text)
	}
}

// P3, P6: a mailbox that is authorised again moves to what is in force, and back by the
// same steps; protocol:ews is what is left.
func TestProfilesP3P6(t *testing.T) {
	b := newMigrateBench(t)
	room := string(b.rooms[0])
	if text := b.must(exitFailed, "profiles", "authorise", room); !strings.Contains(text, "roomdesk migrate plan") {
		t.Errorf("before a plan: %s", text)
	}
	b.must(exitPartly, "migrate", "plan")
	b.must(exitDone, "profiles", "authorise", room)
	if home := b.engine.m.Mailboxes[0].Home; home != "graph" {
		t.Fatalf("while the feature is on it is on %s", home)
	}
	if text := b.must(exitDone, "profiles", "authorise", room); !strings.Contains(text, "graph_api already") {
		t.Errorf("again: %s", text)
	}
	b.must(exitDone, "features", "graph", "off")
	b.must(exitDone, "profiles", "authorise", room)
	if home := b.engine.m.Mailboxes[0].Home; home != "ews" || b.engine.m.Mailboxes[1].Home != "ews" {
		t.Fatalf("while the feature is off it is on %s", home)
	}
	b.must(exitDone, "features", "graph", "on")
	b.must(exitDone, "profiles", "authorise", room)
	b.must(exitDone, "rooms", "--plain") // the mirror has them then
	var list []struct {
		Mailbox, Kind, Migration, Migrate string
		ProviderName                      string `json:"provider_name"`
		ProviderProtocol                  string `json:"provider_protocol"`
		Account                           string `json:"service_account_provider_name"`
	}
	_, out, _ := b.run("profiles", "--json")
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) != 4 {
		t.Fatalf("%v %s", err, out)
	}
	for _, p := range list {
		if p.ProviderName != "exchange" || p.ProviderProtocol != "graph_api" || p.Account != "ms_graph_calendars" || p.Kind != "room" || p.Migrate != "" {
			t.Errorf("%+v", p)
		}
	}
	if _, out, _ = b.run("profiles", "protocol:ews", "--json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("left on Exchange: %s", out)
	}
	if _, out, _ = b.run("profiles", "protocol:graph", "state:moved", "--plain"); strings.Count(out, "\n") != 1 || !strings.Contains(out, room) {
		t.Errorf("moved: %q", out)
	}
}

// P5, P6: the names are those that other programs read.
func TestProviderNamesP5(t *testing.T) {
	if providers.ServiceAccountGraph != "ms_graph_calendars" || providers.ServiceAccountExchange != "exchange" || providers.ProfileProvider != "exchange" ||
		providers.ProtocolGraph != "graph_api" || providers.ProtocolExchange != "exchange_web_services" {
		t.Error("a name changed that other programs read")
	}
	ews, graph := providers.ProfileOf("ews"), providers.ProfileOf("graph")
	if ews.ProviderName != graph.ProviderName || ews.Protocol == graph.Protocol || ews.Account != "exchange" {
		t.Errorf("%+v %+v", ews, graph)
	}
	ews.Name, ews.Mailbox, ews.Room = providers.Outside("Aalto"), "room1@contoso.com", true
	for query, want := range map[string]bool{"protocol:ews": true, "protocol:exchange": true, "protocol:graph": false, "aal room": true, "person": false, "": true, "state:moved": false} {
		if ews.Matches(query) != want {
			t.Errorf("%q gives %v", query, !want)
		}
	}
	if keystore.GraphByDefault != true {
		t.Error("Graph is the default (P1)")
	}
}
