package doctor_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"roomdesk/doctor"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// mailAsked are the requests for anything of mail that a tenant got.
func (p *patient) mailAsked() (paths []string) {
	for _, e := range p.tenant.Ledger() {
		if path := strings.ToLower(e.Path); strings.Contains(path, "/mail") && !strings.Contains(path, "mailboxsettings") || strings.Contains(path, "/messages") {
			paths = append(paths, e.Method+" "+e.Path)
		}
	}
	return paths
}

// L3, L4: mail is provably out of reach. The probe runs only on request, asks one
// folder and nothing in it, and is passed by a refusal; an answer is a failure that
// says which permission has to go.
func TestL3MailIsOutOfReach(t *testing.T) {
	p := admit(t, simulator.Options{})
	if rung, _ := p.examine().Rung("inbox"); rung.State != providers.RungNotRun || !strings.Contains(rung.Seen, "--inbox") {
		t.Errorf("unasked: %s %q", rung.State, rung.Seen)
	}
	if asked := p.mailAsked(); len(asked) > 0 {
		t.Fatalf("unasked: %q", asked)
	}
	p.options.Inbox = true
	d := p.examine()
	if rung, _ := d.Rung("inbox"); rung.State != providers.RungPassed || !strings.Contains(rung.Seen, "is refused, as it should be, while its calendar answers") || d.Cause() != nil {
		t.Errorf("%s %q, cause %q", rung.State, rung.Seen, d.FirstLine())
	}
	if asked := p.mailAsked(); len(asked) != 1 || asked[0] != "GET /v1.0/users/"+p.tenant.Endpoints().Organizer+"/mailFolders/inbox" {
		t.Errorf("asked %q", asked)
	}
	for _, permission := range []string{"Mail.ReadBasic.All", "Mail.Read"} {
		p := admit(t, simulator.Options{})
		p.options.Inbox = true
		directory := p.tenant.Directory()
		directory.SetConsentDelay(0)
		if err := directory.Grant(p.tenant.Endpoints().ClientID, permission); err != nil {
			t.Fatal(err)
		}
		d := p.examine()
		rung, _ := d.Rung("inbox")
		if rung.State != providers.RungFailed || !strings.Contains(rung.Trouble.What, "because "+permission+" is in the token") || !strings.Contains(rung.Trouble.Where, "API permissions") ||
			!strings.HasPrefix(rung.Trouble.Change, "remove "+permission+" ") || !rung.Trouble.Partly || d.Cause() != rung.Trouble {
			t.Errorf("%s: %s\n%s", permission, d.FirstLine(), lines(d))
		}
	}
}

// A mailbox that is refused as a whole proves nothing about mail: one is asked whose
// calendar answers, and where there is none nothing is asked.
func TestL3ARefusedMailboxProvesNothing(t *testing.T) {
	p := admit(t, simulator.Options{})
	p.options.Inbox = true
	p.tenant.SetAccessPolicy(simulator.AccessPolicy{Denied: []string{p.tenant.Endpoints().Organizer}})
	d := p.examine()
	if rung, _ := d.Rung("inbox"); rung.State != providers.RungPassed || strings.Contains(rung.Seen, p.tenant.Endpoints().Organizer) {
		t.Errorf("%s %q\n%s", rung.State, rung.Seen, lines(d))
	}
	for _, path := range p.mailAsked() {
		if strings.Contains(path, p.tenant.Endpoints().Organizer) {
			t.Errorf("asked %s", path)
		}
	}
	p = admit(t, simulator.Options{})
	p.options.Inbox = true
	p.tenant.SetAccessPolicy(simulator.AccessPolicy{Allowed: []string{}})
	d = p.examine()
	if rung, _ := d.Rung("inbox"); rung.State != providers.RungNotRun || len(p.mailAsked()) > 0 {
		t.Errorf("%s %q, asked %q", rung.State, rung.Seen, p.mailAsked())
	}
}

// mailOpen is a prober to which an inbox answers as it is told.
type mailOpen struct {
	doctor.Prober
	err   error
	token *providers.TokenSeen
}

func (m mailOpen) Inbox(context.Context, providers.Address) error { return m.err }

func (m mailOpen) Token(ctx context.Context) (providers.TokenSeen, error) {
	token, err := m.Prober.Token(ctx)
	if m.token != nil {
		token.Roles, token.Scopes = m.token.Roles, m.token.Scopes
	}
	return token, err
}

// What else may come of it: a grant in Exchange that no token shows, a person's own
// permission, and trouble that proves nothing.
func TestL3WhatElseTheInboxSays(t *testing.T) {
	for name, c := range map[string]struct {
		err     error
		account string
		scopes  []string
		state   providers.RungState
		says    string
	}{
		"granted in Exchange": {nil, "", nil, providers.RungFailed, "RBAC for Applications*Remove-ManagementRoleAssignment"},
		"a person's":          {nil, "11111111-2222-4333-8444-555555555555", []string{"Calendars.ReadWrite", "Mail.Read"}, providers.RungFailed, "because Mail.Read is in the token*remove Mail.Read under Delegated permissions"},
		"no inbox":            {&providers.Error{Class: providers.Gone, Status: http.StatusNotFound}, "", nil, providers.RungNotRun, "proves nothing"},
		"throttled":           {&providers.Error{Class: providers.Throttled, Status: http.StatusTooManyRequests}, "", nil, providers.RungWaiting, "asked to wait"},
		"something else":      {&providers.Error{Class: providers.Permanent, Status: http.StatusTeapot, Message: providers.Outside("short and stout")}, "", nil, providers.RungFailed, "as it came"},
	} {
		t.Run(name, func(t *testing.T) {
			p := admit(t, simulator.Options{})
			p.options.Inbox, p.options.Connection.AccountID = true, c.account
			open := mailOpen{err: c.err}
			if c.account != "" {
				p.options.Secret, p.options.Connection.Account = nil, p.options.Connection.Organizer
				open.token = &providers.TokenSeen{Scopes: c.scopes}
			}
			d := p.examineBy(func(prober doctor.Prober) doctor.Prober { open.Prober = prober; return open })
			rung, _ := d.Rung("inbox")
			text := rung.Seen
			if rung.Trouble != nil {
				text = rung.Trouble.Sentence()
			}
			if rung.State != c.state || !inOrder(text, c.says) {
				t.Errorf("%s: %s\n%s", rung.State, text, lines(d))
			}
		})
	}
}

// inOrder reports whether a text has all parts, which stars part, one after another.
func inOrder(text, parts string) bool {
	for part := range strings.SplitSeq(parts, "*") {
		_, rest, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = rest
	}
	return true
}
