package cli

import (
	"context"
	"strings"

	"roomdesk/providers"
)

// rights prints the commands that let the account act for others.
func (l *connectLines) rights(ctx context.Context) error {
	for _, command := range l.desk.ExchangeCommands(l.setup) {
		l.out.say("  %s", providers.Sanitise(command))
	}
	help := "They are run in the Exchange Management Shell. Where the account has the role already, press Enter."
	if l.setup.OAuth() {
		help = "They are run in the Exchange Management Shell, and change nothing. The permission is granted in the Entra admin center."
	}
	_, err := l.line(ctx, "Press Enter when the account has the right:", help)
	return err
}

// server looks for the server, and asks for its address where Autodiscover does not
// tell it.
func (l *connectLines) server(ctx context.Context, n int) error {
	if l.setup.Searched() == nil {
		found, err := l.desk.FindServer(ctx, l.setup, l.secret)
		if err != nil {
			return err
		}
		l.setup.Found = &found
	}
	found := l.setup.Searched()
	for _, tried := range found.Tried {
		l.out.say("Tried: %s.", strings.TrimRight(tried, "."))
	}
	switch {
	case found.Refused != "":
		l.out.say("Found: %s. Not possible: %s.", providers.Sanitise(found.URL), strings.TrimRight(providers.Sanitise(found.Refused), "."))
	case found.URL != "":
		l.out.say("Server: %s.", providers.Sanitise(found.URL))
		return nil
	default:
		l.out.say("Autodiscover does not tell the server.")
	}
	for _, in := range l.stepNow(n).Inputs {
		if err := l.input(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

// exchangeNeed says on the first step what Exchange Web Services are still for.
func (l *connectLines) exchangeNeed() {
	l.out.say("Exchange Server on premises keeps Exchange Web Services. Exchange Online has blocked them since %s except for listed applications, and ends them on %s, %s from now: choose Microsoft Graph for it.",
		providers.EWSBlocked().Format("2006-01-02"), providers.EWSEnd().Format("2006-01-02"), plural(providers.EWSDaysLeft(l.deps.Now()), "day", ""))
	if l.setup.OAuth() {
		l.out.say("It needs an application of Entra ID with the permission full_access_as_app of Office 365 Exchange Online, and a server that trusts the tenant.")
		return
	}
	l.out.say("It needs a service account with a mailbox of its own and its licence, and the role ApplicationImpersonation.")
}

// exchangeWho says which server answered, which mailbox was opened, and what was read.
func (l *connectLines) exchangeWho() {
	a := l.answer
	l.out.say("Server: %s.", providers.Sanitise(l.setup.ExchangeServer()))
	l.out.say("Signs in: %s.", a.AppName.Or(providers.Sanitise(a.AppID)))
	for _, row := range [][2]string{{"Opened", "calendar"}, {"Rooms", "rooms"}} {
		if rung, ok := a.Diagnosis.Rung(row[1]); ok && rung.State == providers.RungPassed {
			l.out.say("%s: %s.", row[0], rung.Seen)
		}
	}
	l.out.say("Access: %s. No Teams meetings: Exchange Web Services cannot make them.", a.Level)
}
