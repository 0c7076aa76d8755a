package cli

import (
	"context"
	"errors"
	"strings"

	"roomdesk/providers"
)

// adminConsent shows the link. The person says when consent is given, or lets the answer
// come back by itself.
func (l *connectLines) adminConsent(ctx context.Context) error {
	plan := l.setup.ConsentPlan(l.start.Records, l.desk.LeastPermissions(l.setup.Features))
	l.out.say("It grants: %s. Not mail.", strings.Join(plan.Asks, ", "))
	if changes := plan.Changes(); changes != "" {
		l.out.say("Compared with last time: %s.", providers.Sanitise(changes))
	}
	l.out.say("Link: %s", providers.Sanitise(l.desk.ConsentLink(l.setup)))
	const help = "An administrator opens the link, or chooses Grant admin consent under API permissions. A page that ends with AADSTS500113, or at an address that leads nowhere, " +
		"comes after the consent: the test shows whether it was given. l shows a link whose answer comes back to this machine; register for it: " + providers.ConsentReturnPlace + "."
	for {
		typed, err := l.line(ctx, "Press Enter when consent is given, or l and Enter to let the answer come back by itself:", help)
		if err != nil || typed == "" {
			return err
		}
		if !strings.EqualFold(typed, "l") {
			l.out.say("Not yet: Enter, l, back or quit.")
			continue
		}
		switch came, err := l.awaitConsent(ctx); {
		case ctx.Err() != nil, errors.Is(err, errBack), errors.Is(err, errLeave):
			return err
		case err != nil:
			l.out.say("Not yet: %s", explainedSetup(err))
		case came:
			return nil
		}
	}
}

// explainedSetup is the whole sentence of an error of the set-up.
func explainedSetup(err error) string {
	var w worded
	if errors.As(err, &w) {
		return w.text
	}
	return explain(err).sentence()
}

// awaitConsent waits for the answer. On a terminal Enter stops the waiting, and what is
// pasted may be the address at which the browser of another machine ended.
func (l *connectLines) awaitConsent(ctx context.Context) (came bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type end struct {
		given providers.ConsentGiven
		err   error
	}
	prompts, ended := make(chan providers.ConsentPrompt, 1), make(chan end, 1)
	go func() {
		given, err := l.desk.AwaitConsent(ctx, l.setup, func(p providers.ConsentPrompt) { prompts <- p })
		ended <- end{given, err}
	}()
	var prompt providers.ConsentPrompt
	select {
	case e := <-ended:
		return false, e.err
	case prompt = <-prompts:
	}
	l.out.say("Link: %s\nWaiting for the browser's answer until %s.", providers.Sanitise(prompt.Address), prompt.Expires.In(l.deps.Zone).Format("15:04"))
	var typed <-chan typedLine
	if terminal(l.deps.Stdin) {
		l.out.say("Enter waits no more. A browser on another machine ends at an address that leads nowhere: paste that address here.")
		typed = l.app.line()
	}
	for {
		select {
		case e := <-ended:
			if e.err == nil {
				l.out.say("Consent came back from tenant %s.", e.given.TenantID)
			}
			return e.err == nil, e.err
		case line := <-typed:
			l.lineTaken()
			text := strings.TrimSpace(line.text)
			switch {
			case line.err != nil:
				typed = nil // nobody types any more; the answer may still come
				continue
			case text == "":
				cancel()
				<-ended
				return false, nil
			}
			if err := prompt.Paste(text); err != nil {
				l.out.say("Not yet: %s", explainedSetup(err))
			}
			typed = l.app.line()
		}
	}
}
