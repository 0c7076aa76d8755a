package tui

import (
	"context"
	"slices"
	"time"

	"roomdesk/providers"
)

// fakeExaminations is what the fake finds when it examines, and what it was asked.
type fakeExaminations struct {
	diagnoses   []providers.Diagnosis // one after the other, the last one again and again
	examineErr  error
	examined    []Examination
	examination int
}

func fakeSteps() []string {
	return []string{
		"settings", "credential", "name", "connection", "tls", "clock", "tenant", "application", "sign-in", "token", "graph", "places", "calendars", "people",
		"organizer", "test mailbox", "rooms", "room calendars", "named mailboxes", "availability", "teams", "outside", "inbox", "write", "room answers", "exchange",
	}
}

func (f *fakeWorkspace) ExaminationSteps(question Examination) []ExaminationStep {
	var out []ExaminationStep
	names := f.together(question)
	for _, of := range names {
		for _, name := range fakeSteps() {
			step := ExaminationStep{Name: name}
			if len(names) > 1 {
				step.Connection = of
			}
			out = append(out, step)
		}
	}
	return out
}

// together are the connections that a question is about.
func (f *fakeWorkspace) together(question Examination) []string {
	var out []string
	at := slices.IndexFunc(f.connections, func(c ConnectionRow) bool { return c.Name == question.Connection })
	if question.Alone || at < 0 || f.connections[at].Organisation == "" {
		return []string{question.Connection}
	}
	for _, c := range f.connections {
		if c.Organisation == f.connections[at].Organisation {
			out = append(out, c.Name)
		}
	}
	return out
}

func (f *fakeWorkspace) Examine(_ context.Context, question Examination, report func(providers.Rung)) (providers.Diagnosis, error) {
	f.mu.Lock()
	f.examined = append(f.examined, question)
	var d providers.Diagnosis
	if len(f.diagnoses) > 0 {
		d = f.diagnoses[min(f.examination, len(f.diagnoses)-1)]
		f.examination++
	}
	err := f.examineErr
	f.mu.Unlock()
	for _, r := range d.Rungs {
		report(r)
	}
	return d, err
}

// diagnosed is a diagnosis in which the rungs before the named one passed, that one
// has the trouble, and those after it stand on it; "" is a healthy connection.
func diagnosed(at string, state providers.RungState, t *providers.Trouble) providers.Diagnosis {
	d := providers.Diagnosis{Connection: "contoso", Started: fakeNow(), Took: 2 * time.Second}
	seen := map[string]string{
		"settings": "tenant, client ID and organizer have the right form", "credential": "a secret from the keyring", "name": "login.microsoftonline.com is 20.190.159.2",
		"connection": "20.190.159.2:443, 20.20.32.9:443 answer", "tls": "login.microsoftonline.com by DigiCert", "clock": "as the service's", "tenant": "it exists",
		"application": "the tenant knows it as roomdesk", "sign-in": "a token came", "token": "4 permissions, good for 59 min", "graph": "Contoso", "places": "rooms can be listed",
		"calendars": "can be read", "people": "can be read", "rooms": "37 rooms", "room calendars": "37 of 37 can be read",
	}
	passed := true
	for i, name := range fakeSteps() {
		r := providers.Rung{Name: name, State: providers.RungPassed, Seen: seen[name], Took: time.Duration(i*17) * time.Millisecond}
		switch {
		case name == at:
			r.State, r.Trouble, r.Seen, passed = state, t, "", false
		case !passed:
			r.State, r.Seen, r.Took = providers.RungNotRun, "needs "+at+", which failed", 0
		case name == "write", name == "exchange", name == "outside", name == "inbox", name == "named mailboxes", name == "room answers":
			r.State, r.Seen = providers.RungNotRun, "only when asked"
		}
		d.Rungs = append(d.Rungs, r)
	}
	return d
}

// unconsented is mistake 6 as the doctor tells it.
func unconsented() providers.Diagnosis {
	return diagnosed("calendars", providers.RungFailed, &providers.Trouble{
		Mistake: 6, Doc: "6", Class: providers.NotAllowed, What: "Calendars.ReadWrite is not in the token and calendars are refused: it is not granted",
		Where: "Entra admin center > App registrations > roomdesk > API permissions", Change: "add Calendars.ReadWrite under Application permissions and choose Grant admin consent",
		Status: 403, Code: "ErrorAccessDenied", RequestID: "5c1b2f3e-0000-4000-8000-7d3a11112222", Raw: providers.Outside("Access is denied."),
		Hint: "access to OData is disabled or not granted",
	})
}

// spreading is mistake 7: only time has to pass.
func spreading() providers.Diagnosis {
	return diagnosed("calendars", providers.RungWaiting, &providers.Trouble{
		Mistake: 7, Doc: "7", Class: providers.NotAllowed, What: "Calendars.ReadWrite was granted 4 min ago and is not in the token yet: this is no error",
		Change: "try again when the time is over", Again: fakeNow().Add(26 * time.Minute),
	})
}

// organisation has two connections, of which one reaches the mailboxes on premises, and
// another tenant.
func (f *fakeWorkspace) organisation() {
	f.connections = []ConnectionRow{
		{Name: "contoso", Provider: "Graph", Tenant: "contoso.com", Identity: "roomdesk facilities", Kind: "enterprise", Keystore: "keyring", Credential: "present", Healthy: true, LastUse: fakeNow().Add(-6 * time.Second), Active: true, Organisation: "contoso", Home: "cloud"},
		{Name: "hq", Provider: "Exchange", Tenant: "contoso.com", Identity: "CONTOSO\\svc-roomdesk", Kind: "enterprise", Keystore: "keyring", Credential: "present", Healthy: true, LastUse: fakeNow().Add(-6 * time.Second), Active: true, Organisation: "contoso", Home: "on premises",
			Tested: fakeNow().Add(-2 * time.Hour), TestHealthy: true, TestResult: "nothing is wrong: all that was tried works"},
		{Name: "fabrikam", Provider: "Graph", Tenant: "fabrikam.com", Identity: "roomdesk facilities", Kind: "enterprise", Keystore: "keyring", Credential: "locked", LastUse: fakeNow().Add(-26 * time.Hour)},
	}
}

// organisation has the console read the connections of one.
func (d *driver) organisation() {
	d.ws.organisation()
	d.run(d.m.readConnections())
}

// bothExamined are the diagnoses of contoso and hq as one.
func (f *fakeWorkspace) bothExamined(cloud, local providers.Diagnosis) providers.Diagnosis {
	cloud.Connection, local.Connection = "contoso", "hq"
	return providers.Together(cloud, local)
}
