package cli

import (
	"bytes"
	"strings"
	"testing"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// lines answers the questions of the set-up line by line.
func (e *empty) lines(answers ...string) (said string, err error) {
	a := e.process()
	var errs bytes.Buffer
	a.deps.Stdin, a.deps.Stderr = strings.NewReader(strings.Join(answers, "\n")+"\n"), &errs
	a.flags.accessible = true
	a.prepareOutput()
	err = a.connectByLines(e.t.Context())
	return errs.String(), err
}

// need, cloud and what follows of it are answered by Enter: what stands in brackets.
var keepNeed = []string{"", "", ""}

// The same steps as plain questions: every wrong answer gets the console's sentence and
// is asked again, help is there, and at the end the connection is kept once.
func TestConnectLineByLine(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 4, People: 4})
	said, err := e.lines(append(append([]string{}, keepNeed...),
		"contoso,com", "y", // a typo, and what was meant
		"back",                                   // the step before
		"1", "1", "rooms booking people domains", // the step once more, answered
		"?", e.at.TenantID, e.at.TenantID, e.at.ClientID, // the tenant's id as client id
		"", "", "", "", "Places.Read.All", "y",
		"1", e.at.SecretID, e.at.ClientSecret, "31.12.2030", "y", "",
		"The desk <"+e.at.Organizer+">", "y", e.at.TestMailbox, "", "", "my desk", "desk",
		"", // consent is given
		"", // the test passed
		"y",
	)...)
	if err != nil {
		t.Fatalf("%v\n%s", explain(err).sentence(), said)
	}
	for _, want := range []string{
		"Step 1 of 8: What you need.", "Step 8", "a domain has dots and no commas", "Is contoso.com meant?", "Directory (tenant) ID. A verified domain",
		"this is the tenant's id", "Place.Read.All is the right name", "this looks like the Secret ID", "write the day as 2030-12-31", "only the address itself",
		"use letters, digits", "/adminconsent?client_id=", "private window", "sign-in: passed.", "Result: nothing is wrong", "Tenant: Contoso", "Connected desk.", "roomdesk disconnect desk",
	} {
		if want == "Step 8" {
			continue
		}
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said:\n%s", want, said)
		}
	}
	if strings.Contains(said, e.at.ClientSecret) || strings.ContainsAny(said, "\x1b\r") {
		t.Error("the secret is said, or the cursor moves")
	}
	config, err := e.process().loadConfig()
	if err != nil || len(config.Connections) != 1 {
		t.Fatalf("%v %v", config.Names(), err)
	}
	c := config.Connections[0]
	if c.Name != "desk" || c.Tenant != e.at.TenantID || c.SecretExpires.String() != "2030-12-31" || c.Organizer != strings.ToLower(e.at.Organizer) || len(c.Permissions) == 0 {
		t.Errorf("%+v", c)
	}
	if secret, err := e.memory.Get(t.Context(), c.SecretKey()); err != nil || secret.Reveal() != e.at.ClientSecret {
		t.Errorf("the credential: %v", err)
	}
}

// Answers that end in the middle, and quit: nothing is connected, what is not secret is
// kept, and another run goes on with it.
func TestConnectLineByLineGoesOn(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 4, People: 4})
	said, err := e.lines(append(append([]string{}, keepNeed...), e.at.TenantID, e.at.ClientID, "", "", "", "", "", "", e.at.ClientSecret, "", "", "quit")...)
	if explain(err).code != exitFailed || !strings.Contains(said, "goes on with it") {
		t.Fatalf("%v\n%s", err, said)
	}
	if text := e.files(); strings.Contains(text, e.at.ClientSecret) || strings.Contains(text, "[[connections]]") || !strings.Contains(text, e.at.ClientID) {
		t.Errorf("after quit there is\n%s", text)
	}
	// What stands in brackets is taken; the secret is asked for once more. Then nobody
	// answers.
	again := append(append([]string{}, keepNeed...), "", "", "", "", "", "", "")
	said, err = e.lines(append(again, "", e.at.ClientSecret, "", "", e.at.Organizer)...)
	if err == nil || !strings.Contains(said, "Going on with what was left") || !strings.Contains(said, "["+e.at.TenantID+"]") {
		t.Fatalf("%v\n%s", err, said)
	}
	said, err = e.lines(append(again, "", e.at.ClientSecret, "", "", "", "", "", "", "", "", "", "wrong")...)
	if explain(err).code != exitSignIn || !strings.Contains(said, "Nothing is left of it") {
		t.Fatalf("%v\n%s", err, said)
	}
	if text := e.files(); text != "" {
		t.Errorf("after the wrong account there is\n%s", text)
	}
}

// A mistake of the catalogue ends with its sentence and the exit code of the doctor
// where nobody answers what to do about it.
func TestConnectLineByLineRefuses(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 4, People: 4, Mistakes: []int{6}})
	said, err := e.lines(append(append([]string{}, keepNeed...), e.at.TenantID, e.at.ClientID, "", "", "", "", "", "1", e.at.ClientSecret, "", "", e.at.Organizer, "", "", "", "", "")...)
	if f := explain(err); f.code != exitSignIn || !f.silent {
		t.Fatalf("%+v\n%s", f, said)
	}
	if !strings.Contains(said, "Result: Calendars.ReadWrite is not") || !strings.Contains(said, "r tests again") {
		t.Errorf("said:\n%s", said)
	}
	if strings.Contains(e.files(), "[[connections]]") {
		t.Error("it is connected")
	}
}

// What is typed for connect graph gets the same sentences.
func TestConnectGraphSaysTheSame(t *testing.T) {
	e := newEmpty(t, simulator.Options{Rooms: 2, People: 2})
	for _, row := range []struct {
		flag, value string
		advice      providers.Advice
	}{
		{"tenant", "contoso,com", providers.CheckTenantID("contoso,com", "")},
		{"client-id", e.at.TenantID, providers.CheckAppID(e.at.TenantID, e.at.TenantID)},
		{"organizer", "desk@contoso.con", providers.CheckMailbox("desk@contoso.con")},
		{"domain", "contoso.onmircosoft.com", providers.CheckDomain("contoso.onmircosoft.com")},
		{"graph-url", "http://x.example", providers.CheckHTTPS("http://x.example")},
	} {
		a := e.process()
		command := a.connectCommand()
		graph, _, err := command.Find([]string{"graph"})
		if err != nil {
			t.Fatal(err)
		}
		for flag, value := range map[string]string{"name": "x", "tenant": e.at.TenantID, "client-id": e.at.ClientID, row.flag: row.value} {
			if err := graph.Flags().Set(flag, value); err != nil {
				t.Fatal(err)
			}
		}
		a.deps.Stdin = strings.NewReader("x")
		var errs bytes.Buffer
		a.deps.Stderr = &errs
		graph.SetContext(t.Context())
		_ = graph.RunE(graph, nil)
		what, _, _ := strings.Cut(row.advice.Text, "; ")
		if a.code != exitUsage || !strings.Contains(errs.String(), "--"+row.flag) || !strings.Contains(errs.String(), what) || !strings.Contains(errs.String(), row.advice.Offer) {
			t.Errorf("%s %q: code %d, %s", row.flag, row.value, a.code, errs.String())
		}
	}
}
