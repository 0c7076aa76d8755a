package cli_test

import (
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"roomdesk/cli"
	"roomdesk/providers/simulator"
	"roomdesk/providers/simulator/entra"
)

// scriptComplains lets a script fail as a test does.
type scriptComplains struct{ *testscript.TestScript }

func (scriptComplains) Helper() {}

func (s scriptComplains) Fatal(args ...any) { s.Fatalf("%v", args) }

var (
	shownLink = regexp.MustCompile(`open this link[^\n]*\n\n  (https://\S+)\n`)
	shownCode = regexp.MustCompile(`(?s)open this address[^\n]*\n\n  (https://\S+)\n\nand enter the code\n\n  ([A-Z0-9]{9})\n`)
)

// signIn signs a person in with the link or the code that a process wrote to a file:
// signin FILE USER [PAGE]. What the browser shows in the end has to hold PAGE. The
// authorization codes that go by are canaries from then on, and so is the proof key
// that belongs to the link.
func signIn(ts *testscript.TestScript, _ bool, args []string) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	var address, code string
	for address == "" {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err != nil && !os.IsNotExist(err) {
			ts.Fatalf("%v", err)
		}
		if m := shownLink.FindSubmatch(text); m != nil {
			address = string(m[1])
		} else if m := shownCode.FindSubmatch(text); m != nil {
			address, code = string(m[1]), string(m[2])
		}
		select {
		case <-tick.C:
		case <-deadline:
			ts.Fatalf("no link and no code in %s: %s", args[0], text)
		}
	}
	tenant := ts.Value(tenantKey{}).(*simulator.Tenant)
	page, codes := cli.SignInAt(scriptComplains{ts}, ts.Getenv("TENANT"), address, code, args[1], tenant.Endpoints().UserPassword)
	if len(args) > 2 && !strings.Contains(page, args[2]) {
		ts.Fatalf("the browser shows %s", page)
	}
	c := ts.Value(canaryKey{}).(*canaries)
	if c.needles == nil {
		c.needles = map[string][]byte{}
	}
	c.needles["the password"] = []byte(tenant.Endpoints().UserPassword)
	for _, code := range codes {
		c.needles["an authorization code"] = []byte(code)
	}
	if m := regexp.MustCompile(`code_challenge=([\w-]{43})`).FindStringSubmatch(address); m != nil {
		c.challenges = append(c.challenges, m[1])
	}
}

// changePerson does to a person's account what an administrator does: person revoke
// USER ends the sign-in, person disable USER blocks the account.
func changePerson(ts *testscript.TestScript, _ bool, args []string) {
	directory := ts.Value(tenantKey{}).(*simulator.Tenant).Directory()
	switch args[0] {
	case "revoke":
		ts.Check(directory.RevokeSessions(args[1]))
	case "disable":
		ts.Check(directory.UpdateUser(args[1], func(u *entra.User) { u.Disabled = true }))
	default:
		ts.Fatalf("usage: person revoke or disable USER")
	}
	directory.RevokeTokens()
}
