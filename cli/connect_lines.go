package cli

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/tui"
)

// connectLines is the guided set-up as plain questions, one line at a time: for screen
// readers, for terminals that draw nothing, and for answers that are piped in. It has
// the steps and the sentences of the console's.
type connectLines struct {
	*app
	desk   *setupDesk
	setup  providers.Setup
	start  tui.SetupStart
	secret providers.Hidden
	answer *providers.SetupAnswer
}

// What an answer may ask for instead of answering.
var (
	errBack    = errors.New("the step before")
	errLeave   = errors.New("leave")
	errCorrect = errors.New("correct what was entered")
	errWrong   = errors.New("the wrong account") // everything was taken back
	errDiffer  = errors.New("what was typed twice differs")
)

// connectByLines runs the set-up line by line.
func (a *app) connectByLines(ctx context.Context) (err error) {
	l := &connectLines{app: a, desk: &setupDesk{app: a}}
	if l.start, err = l.desk.BeginSetup(ctx); err != nil {
		return err
	}
	l.setup = l.start.Setup
	defer l.secret.Wipe()
	defer func() { l.setup.WipeHidden() }()
	defer l.desk.forgetPerson()
	a.out.say("Connect a tenant. Eight steps. Enter keeps what stands in brackets; ? explains; back goes to the step before; quit leaves.")
	if !l.setup.Saved.IsZero() {
		a.out.say("Going on with what was left on %s. The secret was not kept.", l.setup.Saved.In(a.deps.Zone).Format("Mon 2 Jan 15:04"))
	}
	steps := len(providers.SetupSteps(l.setup))
	for n := 0; n < steps; {
		step := providers.SetupSteps(l.setup)[n]
		err := l.step(ctx, n, steps, step)
		switch {
		case errors.Is(err, errBack):
			n = max(n-1, 0)
			continue
		case errors.Is(err, errCorrect):
			n = 1
			continue
		case errors.Is(err, errWrong):
			return told(exitSignIn)
		case errors.Is(err, errLeave):
			if err := l.keep(ctx, n); err != nil {
				return err
			}
			a.out.say("Nothing is connected. What was entered is kept, without the secret: roomdesk connect goes on with it.")
			return told(exitFailed)
		case err != nil:
			return errors.Join(err, l.keep(context.WithoutCancel(ctx), n))
		}
		n++
		if n < steps-1 {
			if err := l.keep(ctx, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *connectLines) keep(ctx context.Context, step int) error {
	l.setup.Step = step
	return l.desk.KeepSetup(ctx, l.setup)
}

func (l *connectLines) step(ctx context.Context, n, steps int, step providers.SetupStep) error {
	say := l.out.say
	if step.ID == providers.StepDone {
		return nil // told when it was kept
	}
	say("\nStep %d of %d: %s.", n+1, steps, step.Title)
	if step.Where != "" {
		say("Where: %s.", step.Where)
	}
	for _, text := range step.Text {
		say("%s", text)
	}
	if step.Role != "" {
		say("Who: %s", step.Role)
	}
	switch step.ID {
	case providers.StepRights:
		return l.rights(ctx)
	case providers.StepServer:
		return l.server(ctx, n)
	case providers.StepConsent:
		return l.consent(ctx)
	case providers.StepTest:
		return l.test(ctx)
	case providers.StepWho:
		return l.who(ctx)
	}
	// The fields of a step change with its choices.
	for i := 0; i < len(l.stepNow(n).Inputs); i++ {
		err := l.input(ctx, l.stepNow(n).Inputs[i])
		if errors.Is(err, errDiffer) {
			i -= 2
			continue
		}
		if err != nil {
			return err
		}
	}
	if step.ID == providers.StepNeed && l.setup.Exchange() {
		l.exchangeNeed()
		return nil
	}
	if step.ID == providers.StepNeed && !l.setup.Individual() {
		say("Graph needs: %s. Add them under Application permissions, not Delegated. Mail is not among them.", strings.Join(l.desk.LeastPermissions(l.setup.Features), ", "))
	}
	if step.ID == providers.StepNeed && l.setup.Individual() {
		say("You will be asked for: %s.", strings.Join(providers.PersonScopes(l.setup.PersonLevel()), ", "))
	}
	if left := l.setup.WillNotWork(); step.ID == providers.StepNeed && len(left) > 0 {
		say("Will not work then: %s.", strings.Join(left, "; "))
	}
	if step.ID == providers.StepCredential && l.setup.Get(providers.SetupCredential) == providers.SetupMade && !l.setup.Individual() {
		return l.makeCertificate(ctx)
	}
	return nil
}

func (l *connectLines) stepNow(n int) providers.SetupStep { return providers.SetupSteps(l.setup)[n] }

// line asks one question.
func (l *connectLines) line(ctx context.Context, question, help string) (string, error) {
	for {
		typed, err := l.ask(ctx, question+" ")
		switch {
		case ctx.Err() != nil:
			return "", err
		case err != nil:
			return "", usage("answer the questions on standard input, or give all by flags: roomdesk connect graph --help", "nothing was answered")
		}
		if !terminal(l.deps.Stdin) {
			l.out.say("") // nobody pressed Enter
		}
		switch strings.ToLower(typed) {
		case "?":
			l.out.say("%s", help)
			continue
		case "back":
			return "", errBack
		case "quit":
			return "", errLeave
		}
		return typed, nil
	}
}

func (l *connectLines) input(ctx context.Context, in providers.SetupInput) error {
	for {
		var err error
		switch in.Kind {
		case providers.SetupChoice:
			err = l.choice(ctx, in)
		case providers.SetupTicks:
			err = l.ticks(ctx, in)
		case providers.SetupHidden:
			err = l.hidden(ctx, in)
		default:
			err = l.text(ctx, in)
		}
		if err != nil {
			return err
		}
		ok, err := l.fits(ctx, in)
		if ok || err != nil {
			return err
		}
	}
}

// fits says what there is to say of an answer, in the console's sentences; false asks
// again.
func (l *connectLines) fits(ctx context.Context, in providers.SetupInput) (bool, error) {
	one := providers.SetupStep{Inputs: []providers.SetupInput{in}}
	least := l.desk.LeastPermissions(l.setup.Features)
	_, why, ok := l.setup.Ready(one, l.secret, l.start.Taken, least, l.deps.Now())
	advice := l.setup.Check(in.Field, l.secret, l.start.Taken, least, l.deps.Now())
	given := in.Kind == providers.SetupText && l.setup.Get(in.Field) != ""
	if ok && (!given || advice.Text == "" || !advice.Wrong) {
		if given && advice.Text != "" && advice.Fine {
			l.out.say("Good: %s.", advice.Text)
		} else if given && advice.Text != "" {
			l.out.say("%s.", sentence(advice.Text))
		}
		return true, nil
	}
	if why == "" {
		why = advice.Text
	}
	l.out.say("Not yet: %s.", strings.TrimRight(why, "."))
	if in.Field == providers.SetupPassphraseAgain && advice.Wrong {
		l.setup.SetHidden(providers.SetupPassphrase, providers.Hidden{}) // nobody sees which of the two is wrong: both are asked again
		l.setup.SetHidden(providers.SetupPassphraseAgain, providers.Hidden{})
		return false, errDiffer
	}
	if advice.Offer == "" {
		return false, nil
	}
	typed, err := l.line(ctx, "Is "+providers.Sanitise(advice.Offer)+" meant? y or n:", "y takes it.")
	if err != nil {
		return false, err
	}
	if yes(typed) {
		l.setup.Set(in.Field, advice.Offer)
		return l.fits(ctx, in)
	}
	return false, nil
}

func yes(typed string) bool { return strings.EqualFold(typed, "y") || strings.EqualFold(typed, "yes") }

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (l *connectLines) text(ctx context.Context, in providers.SetupInput) error {
	have := l.setup.Get(in.Field)
	if in.Field == providers.SetupName && have == "" {
		have = l.setup.NameOr()
	}
	question := in.Ask
	if have != "" {
		question += " [" + providers.Sanitise(have) + "]"
	}
	typed, err := l.line(ctx, question, in.Help)
	switch {
	case err != nil:
		return err
	case typed == "-" && in.Optional:
		l.setup.Set(in.Field, "")
	case typed != "":
		l.setup.Set(in.Field, typed)
	}
	return nil
}

// hidden asks for the secret: without echo on a terminal.
func (l *connectLines) hidden(ctx context.Context, in providers.SetupInput) error {
	if kind := l.setup.Get(providers.SetupKeystore); in.Field == providers.SetupSecret && (kind == "env" || kind == "systemd") {
		l.out.say("The secret is read from its place, so it is not asked for.")
		return nil
	}
	var typed string
	var err error
	if stdin, ok := l.deps.Stdin.(interface{ Fd() uintptr }); ok && terminal(l.deps.Stdin) {
		question := in.Ask + " It is not shown."
		if in.Field == providers.SetupSecret && l.secret.Len() > 0 || l.setup.HiddenAt(in.Field).Len() > 0 {
			question += " [kept in memory]"
		}
		typed, err = l.typeSecret(ctx, stdin.Fd(), question+" ")
		switch strings.ToLower(typed) {
		case "back":
			return errBack
		case "quit":
			return errLeave
		case "?":
			l.out.say("%s", in.Help)
			return l.hidden(ctx, in)
		}
	} else {
		typed, err = l.line(ctx, in.Ask, in.Help)
	}
	if err != nil {
		return err
	}
	if in.Field != providers.SetupSecret {
		if typed != "" {
			l.setup.SetHidden(in.Field, providers.NewHidden(typed))
		}
		return nil
	}
	if typed != "" {
		l.secret.Wipe()
		l.secret = providers.NewHidden(strings.TrimSpace(typed))
	}
	return nil
}

func (l *connectLines) choice(ctx context.Context, in providers.SetupInput) error {
	now := 0
	for i, option := range in.Choices {
		if option.Value == l.setup.Get(in.Field) {
			now = i
		}
		l.out.say("  %d  %s: %s", i+1, option.Label, option.Note)
	}
	for {
		typed, err := l.line(ctx, in.Ask+" ["+strconv.Itoa(now+1)+"]", in.Help)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(in.Choices, func(o providers.SetupOption) bool {
			return strings.EqualFold(o.Value, typed) || strings.EqualFold(o.Label, typed)
		})
		if n, err := strconv.Atoi(typed); err == nil {
			at = n - 1
		}
		if typed == "" {
			at = now
		}
		if at < 0 || at >= len(in.Choices) {
			l.out.say("Not yet: type a number from 1 to %d.", len(in.Choices))
			continue
		}
		l.setup.Set(in.Field, in.Choices[at].Value)
		if in.Field == providers.SetupKind {
			credential := providers.SetupBySecret
			if l.setup.Individual() {
				credential = providers.SetupDeviceCode
			}
			if at != now {
				l.setup.Set(providers.SetupCredential, credential)
			}
		}
		return nil
	}
}

func (l *connectLines) ticks(ctx context.Context, in providers.SetupInput) error {
	for _, f := range l.start.Features {
		l.out.say("  %-10s %s", f.Name, f.What)
	}
	for {
		typed, err := l.line(ctx, in.Ask+" ["+strings.Join(l.setup.Features, " ")+"]", in.Help)
		if err != nil || typed == "" {
			return err
		}
		var names []string
		for _, name := range providers.SetupList(strings.ToLower(typed)) {
			if !slices.ContainsFunc(l.start.Features, func(f providers.SetupFeature) bool { return f.Name == name }) {
				l.out.say("Not yet: there is no %q.", providers.Sanitise(name))
				names = nil
				break
			}
			names = append(names, name)
		}
		if len(names) > 0 {
			l.setup.Features = names
			return nil
		}
	}
}

// checkTyped refuses values in the sentences of the set-up, before any request.
func checkTyped(c keystore.Connection) error {
	check := func(flag, value string, look func(string) providers.Advice) error {
		if value == "" {
			return nil
		}
		a := look(value)
		if !a.Wrong {
			return nil
		}
		what, next, _ := strings.Cut(a.Text, "; ")
		if a.Offer != "" {
			next = "write " + providers.Sanitise(a.Offer)
		}
		between := ": "
		if strings.HasPrefix(what, `"`) {
			between = " "
		}
		return usage(next, "%s%s%s", flag, between, what)
	}
	for _, row := range []struct {
		flag, value string
		look        func(string) providers.Advice
	}{
		{"--tenant", c.Tenant, func(s string) providers.Advice { return providers.CheckTenantID(s, "") }},
		{"--client-id", c.ClientID, func(s string) providers.Advice { return providers.CheckAppID(s, c.Tenant) }},
		{"--authority-url", c.AuthorityURL, providers.CheckHTTPS},
		{"--graph-url", c.GraphURL, providers.CheckHTTPS},
		{"--organizer", c.Organizer, providers.CheckMailbox},
		{"--test-mailbox", c.TestMailbox, providers.CheckMailbox},
	} {
		if err := check(row.flag, row.value, row.look); err != nil {
			return err
		}
	}
	for _, domain := range c.Domains {
		if err := check("--domain", domain, providers.CheckDomain); err != nil {
			return err
		}
	}
	return nil
}
