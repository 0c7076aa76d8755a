package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"roomdesk/providers"
)

func (l *connectLines) makeCertificate(ctx context.Context) error {
	if l.setup.Made == nil {
		made, err := l.desk.MakeCertificate(ctx, l.setup)
		if err != nil {
			return err
		}
		l.setup.Made = &made
		if err := l.keep(ctx, 2); err != nil {
			return err
		}
	}
	made := l.setup.Made
	l.out.say("The certificate is made. Its key is kept and is nowhere else.\nUpload: %s\nThumbprint: %s\nGood until: %s", providers.Sanitise(made.File), made.Thumbprint, made.Expires.Format(time.DateOnly))
	_, err := l.line(ctx, "Press Enter when it is uploaded:", "In the portal, under Certificates & secrets, Certificates, Upload. The portal then shows the same thumbprint.")
	return err
}

func (l *connectLines) consent(ctx context.Context) error {
	if !l.setup.Individual() {
		return l.adminConsent(ctx)
	}
	l.sayConsent(l.setup.ConsentPlan(l.start.Records, nil))
	_, err := l.desk.SignInSetup(ctx, l.setup, l.showPrompt)
	return err
}

func (l *connectLines) test(ctx context.Context) error {
	for {
		l.answer = nil
		answer, err := l.desk.TestSetup(ctx, l.setup, l.secret, func(r providers.Rung) {
			if r.State != providers.RungNotRun {
				l.out.say("%s: %s. %s", r.Name, r.State, rungWords(r))
			}
		})
		if err != nil {
			return err
		}
		l.answer = &answer
		l.out.say("Result: %s.", strings.TrimRight(answer.Diagnosis.FirstLine(), "."))
		question := "Enter goes on, r tests again:"
		if answer.Refused() != nil || !answer.Known {
			question = "r tests again, edit goes back to the ids, quit leaves:"
		}
		typed, err := l.line(ctx, question, "Each rung stands in docs/doctor.md.")
		if err != nil {
			if !errors.Is(err, errBack) && !errors.Is(err, errLeave) && answer.Refused() != nil {
				return told(exitOfDiagnosis(answer.Diagnosis)) // nobody answers any more: what is wrong has been said
			}
			return err
		}
		switch {
		case strings.EqualFold(typed, "edit"):
			return errCorrect
		case typed == "" && answer.Known && answer.Refused() == nil:
			return nil
		}
	}
}

func (l *connectLines) who(ctx context.Context) error {
	a := l.answer
	if l.setup.Exchange() {
		l.exchangeWho()
		return l.confirm(ctx)
	}
	l.out.say("Tenant: %s, %s.", a.TenantName.Or("without a name"), a.TenantID)
	if len(a.Domains) > 0 {
		l.out.say("Verified domains: %s.", providers.Sanitise(strings.Join(a.Domains, ", ")))
	}
	if a.Account != "" {
		l.out.say("Account: %s.", a.Account)
	} else {
		l.out.say("Application: %s, %s.", a.AppName.Or("without a name"), providers.Sanitise(a.AppID))
	}
	l.out.say("Permissions: %s.", providers.Sanitise(strings.Join(a.Permissions, ", ")))
	for _, row := range []struct {
		label string
		list  []string
	}{{"Missing", a.Missing}, {"Not needed", a.Extra}} {
		if len(row.list) > 0 {
			l.out.say("%s: %s.", row.label, providers.Sanitise(strings.Join(row.list, ", ")))
		}
	}
	if a.Before != nil {
		changes := providers.ScopeChanges(a.Before, a.Permissions)
		if changes == "" {
			changes = "the same"
		}
		l.out.say("Compared with last time: %s.", providers.Sanitise(changes))
	}
	return l.confirm(ctx)
}

// confirm asks whether the right one answered, and keeps it or takes all back.
func (l *connectLines) confirm(ctx context.Context) error {
	for {
		typed, err := l.line(ctx, fmt.Sprintf("Is this right? y keeps it as %s, wrong takes everything back:", l.setup.NameOr()), "Until you say y nothing is kept.")
		switch {
		case err != nil:
			return err
		case yes(typed):
			return l.connected(ctx)
		case strings.EqualFold(typed, "wrong"), strings.EqualFold(typed, "w"), strings.EqualFold(typed, "n"):
			if err := l.desk.DropSetup(ctx, l.setup); err != nil {
				return err
			}
			l.secret.Wipe()
			l.setup.WipeHidden()
			l.out.say("Nothing is left of it: no credential, no connection.")
			return errWrong
		}
	}
}

func (l *connectLines) connected(ctx context.Context) error {
	connected, err := l.desk.ConnectSetup(ctx, l.setup, l.secret)
	if err != nil {
		return err
	}
	l.out.say("\nConnected %s. The credential is in %s.\nNext: roomdesk opens the console, and the first sync starts by itself; roomdesk book books a room.\nTo take it back: %s", connected.Name, connected.Kept, connected.Undo)
	if l.out.format == formatJSON {
		config, err := l.loadConfig()
		if err != nil {
			return err
		}
		c, err := findConnection(config, connected.Name)
		if err != nil {
			return err
		}
		return l.out.json(describeConnection(c, l.deps.Now()))
	}
	return nil
}
