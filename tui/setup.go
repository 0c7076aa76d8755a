package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// setupDialog is the guided set-up of a connection: steps that can be gone back and
// forth without losing what was entered. The secret is in memory only.
type setupDialog struct {
	desk     SetupDesk
	setup    providers.Setup
	features []providers.SetupFeature
	taken    []string
	least    []string
	records  []providers.ConsentRecord // of the connections that there are
	resumed  bool                      // it goes on where an earlier one was left
	steps    []providers.SetupStep
	step     int
	fields   map[providers.SetupField]*textField
	secret   hiddenField
	hidden   map[providers.SetupField]*hiddenField // other fields that are never drawn
	at       int                                   // the item in focus
	why      string                                // why Enter did not go on
	help     bool
	begun    time.Time
	starting bool // nothing else is behind it: leaving it leaves the console

	run       int // generation of what runs now
	cancel    context.CancelFunc
	busy      string // what is waited for; "" nothing
	prompt    *providers.SignInPrompt
	who       *providers.SignedIn
	consent   *providers.ConsentPrompt // waited for
	given     *providers.ConsentGiven  // came back
	rungs     []providers.Rung
	answer    *providers.SetupAnswer
	failure   string
	connected *providers.SetupConnected
	picture   bool // the QR code is asked for

	keeping      int  // how often what was entered is being kept now
	keepAgain    bool // and once more after that
	afterKeeping []func(m *Model) tea.Cmd
}

// openSetup begins the set-up, or goes on with the one that was left.
func (m *Model) openSetup() tea.Cmd {
	desk := m.setup
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		start, err := desk.BeginSetup(ctx)
		return setupBegun{start, err}
	})
}

type setupBegun struct {
	start SetupStart
	err   error
}

func (a setupBegun) apply(m *Model) tea.Cmd {
	if a.err != nil {
		m.notices.add(m.now, "the set-up cannot begin: "+problemText(a.err), true)
		return nil
	}
	d := &setupDialog{desk: m.setup, setup: a.start.Setup, features: a.start.Features, taken: a.start.Taken, records: a.start.Records, begun: m.now,
		fields: map[providers.SetupField]*textField{}, resumed: !a.start.Setup.Saved.IsZero(), starting: m.ws == nil}
	d.changed()
	for _, s := range d.steps {
		for _, in := range s.Inputs {
			d.field(in.Field).set(d.setup.Get(in.Field))
		}
	}
	d.goTo(m, min(a.start.Setup.Step, len(d.steps)-1))
	// The secret was not kept: it goes on where that is asked for.
	for i, step := range d.steps[:d.step] {
		if field, _, ok := d.setup.Ready(step, d.secret.hidden(), d.taken, d.least, m.now); !ok && field != "" {
			d.goTo(m, i)
			break
		}
	}
	m.openDialog(d)
	return nil
}

// whyNotSetup says why no connection can be made from here.
func whyNotSetup(m *Model) string {
	if m.setup == nil {
		return "this is a demonstration: start roomdesk without it to connect a tenant"
	}
	return ""
}

// field is the text field of an input, made when it is first seen.
func (d *setupDialog) field(f providers.SetupField) *textField {
	if d.fields[f] == nil {
		d.fields[f] = &textField{}
		d.fields[f].set(d.setup.Get(f))
	}
	return d.fields[f]
}

// changed looks again at what follows from the choices.
func (d *setupDialog) changed() {
	d.steps = providers.SetupSteps(d.setup)
	d.least = d.desk.LeastPermissions(d.setup.Features)
}

func (d *setupDialog) now() *providers.SetupStep { return &d.steps[d.step] }

// setupItem is what can have the focus: an input, or one tick of it.
type setupItem struct {
	in   *providers.SetupInput
	tick int // of an input with ticks
}

func (d *setupDialog) items() []setupItem {
	var out []setupItem
	for i := range d.now().Inputs {
		in := &d.now().Inputs[i]
		if in.Kind != providers.SetupTicks {
			out = append(out, setupItem{in, -1})
			continue
		}
		for n := range d.features {
			out = append(out, setupItem{in, n})
		}
	}
	return out
}

// focus is the item in focus; false where the step has none.
func (d *setupDialog) focus() (setupItem, bool) {
	items := d.items()
	if len(items) == 0 {
		return setupItem{}, false
	}
	d.at = max(min(d.at, len(items)-1), 0)
	return items[d.at], true
}

func (d *setupDialog) scope() scope {
	item, ok := d.focus()
	switch {
	case !ok:
		return scopeSetupRun
	case item.in.Kind == providers.SetupText || item.in.Kind == providers.SetupHidden:
		return scopeSetupField
	}
	return scopeSetupChoice
}

func (d *setupDialog) typed(m *Model, k tea.KeyPressMsg) tea.Cmd {
	item, ok := d.focus()
	switch {
	case !ok:
	case item.in.Kind == providers.SetupHidden:
		if d.hiddenAt(item.in.Field).typed(k) {
			d.hiddenEdited(m, item.in.Field)
		}
	case item.in.Kind == providers.SetupText:
		if f := d.field(item.in.Field); f.typed(k) {
			d.setup.Set(item.in.Field, f.text())
			d.edited(m)
		}
	}
	return nil
}

// pasted puts a paste into the field in focus. Into the secret it replaces what was
// there, for nobody sees what a second paste would be joined to.
func (d *setupDialog) pasted(m *Model, text string) tea.Cmd {
	item, ok := d.focus()
	switch {
	case !ok:
		d.pastedConsent(text)
	case item.in.Kind == providers.SetupHidden:
		d.hiddenAt(item.in.Field).replace(text)
		d.hiddenEdited(m, item.in.Field)
	case item.in.Kind == providers.SetupText:
		f := d.field(item.in.Field)
		if d.advice(m, item.in.Field).Wrong {
			f.set("") // a wrong value is replaced, not added to
		}
		f.insert(trimPaste(text))
		d.setup.Set(item.in.Field, f.text())
		d.edited(m)
	}
	return nil
}

// edited drops what rested on the value before.
func (d *setupDialog) edited(*Model) {
	d.why = ""
	d.rungs, d.answer, d.failure = nil, nil, ""
	if id := d.now().ID; id == providers.StepNeed || id == providers.StepApplication || id == providers.StepCredential || id == providers.StepAccount {
		d.who, d.given = nil, nil // who signed in or consented did so elsewhere
	}
	d.changed()
}

func (d *setupDialog) advice(m *Model, f providers.SetupField) providers.Advice {
	return d.setup.Check(f, d.secret.hidden(), d.taken, d.least, m.now)
}

// takeOffer takes the value that was probably meant.
func (d *setupDialog) takeOffer(m *Model) tea.Cmd {
	item, ok := d.focus()
	if !ok || item.in.Kind != providers.SetupText {
		return nil
	}
	if a := d.advice(m, item.in.Field); a.Offer != "" {
		d.field(item.in.Field).set(a.Offer)
		d.setup.Set(item.in.Field, a.Offer)
		d.edited(m)
	}
	return nil
}

// move goes to another item, by so many.
func (d *setupDialog) move(by int) {
	d.why = ""
	n := len(d.items())
	if n == 0 {
		return
	}
	d.at = ((d.at+by)%n + n) % n
}

// choose changes the choice in focus.
func (d *setupDialog) choose(m *Model, by int) {
	item, ok := d.focus()
	if !ok || item.in.Kind != providers.SetupChoice {
		return
	}
	options := item.in.Choices
	i := slices.IndexFunc(options, func(o providers.SetupOption) bool { return o.Value == d.setup.Get(item.in.Field) })
	i = ((i+by)%len(options) + len(options)) % len(options)
	d.setup.Set(item.in.Field, options[i].Value)
	if item.in.Field == providers.SetupKind {
		credential := providers.SetupBySecret
		if d.setup.Individual() {
			credential = providers.SetupDeviceCode
		}
		d.setup.Set(providers.SetupCredential, credential)
	}
	d.edited(m)
}

// tick takes or leaves what is in focus, or changes the choice.
func (d *setupDialog) tick(m *Model) {
	item, ok := d.focus()
	switch {
	case !ok:
	case item.tick < 0:
		d.choose(m, 1)
	default:
		name := d.features[item.tick].Name
		if i := slices.Index(d.setup.Features, name); i >= 0 {
			d.setup.Features = slices.Delete(slices.Clone(d.setup.Features), i, i+1)
		} else {
			d.setup.Features = append(slices.Clone(d.setup.Features), name)
		}
		d.edited(m)
	}
}

// next goes on, or says what stands in the way.
func (d *setupDialog) next(m *Model) tea.Cmd {
	if d.consent != nil {
		d.stop() // the test says whether it was given
	}
	if d.busy != "" {
		d.why = "one moment: " + d.busy
		return nil
	}
	step := d.now()
	if field, why, ok := d.setup.Ready(*step, d.secret.hidden(), d.taken, d.least, m.now); !ok {
		d.why = why
		// A focus that is elsewhere goes to what is missing.
		for i, item := range d.items() {
			if item.in.Field == field {
				d.at = i
				break
			}
		}
		return nil
	}
	if cmd, own := d.nextExchange(m); own {
		return cmd
	}
	switch step.ID {
	case providers.StepCredential:
		if d.setup.Get(providers.SetupCredential) == providers.SetupMade && d.setup.Made == nil {
			return d.makeCertificate(m)
		}
	case providers.StepConsent:
		if d.setup.Individual() && d.who == nil {
			return d.signIn(m)
		}
		return tea.Batch(d.forward(m), d.test(m))
	case providers.StepTest:
		if d.answer == nil {
			return d.test(m)
		}
		if t := d.answer.Refused(); t != nil || !d.answer.Known {
			d.why = "this has to be put right first; r runs the test again"
			return nil
		}
	case providers.StepWho:
		return d.connect(m)
	case providers.StepDone:
		return d.finish(m)
	}
	return d.forward(m)
}

func (d *setupDialog) forward(m *Model) tea.Cmd {
	d.goTo(m, min(d.step+1, len(d.steps)-1))
	return d.keep(m)
}

// back goes to the step before; nothing is lost by it.
func (d *setupDialog) back(m *Model) tea.Cmd {
	if d.step == 0 || d.connected != nil {
		return nil
	}
	d.stop()
	d.goTo(m, d.step-1)
	return nil
}

// goTo shows a step, with the focus on the first field that is still empty.
func (d *setupDialog) goTo(m *Model, step int) {
	d.step, d.at, d.why, d.help, d.picture = step, 0, "", false, false
	d.setup.Step = max(d.setup.Step, step)
	for i, item := range d.items() {
		empty := item.in.Kind == providers.SetupText && d.setup.Get(item.in.Field) == "" || item.in.Kind == providers.SetupHidden && d.hiddenAt(item.in.Field).empty()
		if empty && (!item.in.Optional || i == 0) {
			d.at = i
			break
		}
	}
	if item, ok := d.focus(); ok && d.setup.Individual() && step == 3 && item.in.Optional {
		d.at = 0
	}
}

// keep keeps what is not secret, so that it can be gone on with; one after the other, so
// that what was entered later is not replaced by what was entered before.
func (d *setupDialog) keep(m *Model) tea.Cmd {
	if d.keeping > 0 {
		d.keepAgain = true
		return nil
	}
	desk, setup := d.desk, d.copy()
	setup.Step = d.step
	d.keeping++
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		return setupKept{d, desk.KeepSetup(ctx, setup)}
	})
}

// whenKept does something once nothing is being kept any more, so that what is taken back
// does not come again.
func (d *setupDialog) whenKept(m *Model, do func(m *Model) tea.Cmd) tea.Cmd {
	if d.keeping == 0 {
		return do(m)
	}
	d.afterKeeping = append(d.afterKeeping, do)
	return nil
}

// copy is what was entered, safe to be read while more is entered.
func (d *setupDialog) copy() providers.Setup {
	s := d.setup
	s.Values = map[providers.SetupField]string{}
	for f, value := range d.setup.Values {
		s.Values[f] = value
	}
	s.Features = slices.Clone(d.setup.Features)
	s.CopyHidden()
	return s
}

type setupKept struct {
	d   *setupDialog
	err error
}

func (a setupKept) apply(m *Model) tea.Cmd {
	m.notices.over("set-up kept")
	if a.err != nil {
		m.notices.state(m.now, "set-up kept", "what was entered could not be kept: "+problemText(a.err), true)
	}
	if a.d.keeping--; a.d.keeping > 0 {
		return nil
	}
	if a.d.keepAgain {
		a.d.keepAgain = false
		return a.d.keep(m)
	}
	var cmds []tea.Cmd
	for _, do := range a.d.afterKeeping {
		cmds = append(cmds, do(m))
	}
	a.d.afterKeeping = nil
	return tea.Batch(cmds...)
}

// leave asks before anything is thrown away.
func (d *setupDialog) leave(m *Model) tea.Cmd {
	if d.help {
		d.help = false
		return nil
	}
	if d.connected != nil {
		return d.finish(m)
	}
	if !d.setup.Begun() && d.secret.empty() && len(d.hidden) == 0 {
		return d.close(m)
	}
	text := []string{"What you entered is kept, except the secret, which is forgotten: c goes on here another time. Nothing is connected."}
	if d.who != nil {
		text[0] = "What you entered is kept, except the sign-in, which is forgotten: c goes on here another time. Nothing is connected."
	}
	m.openDialog(&question{title: "Leave the set-up?", text: text, no: "stay", yes: "leave it", do: func(m *Model) tea.Cmd {
		return tea.Batch(d.keep(m), d.close(m))
	}})
	return nil
}

// close ends the dialog; where nothing is behind it the welcome is shown again.
func (d *setupDialog) close(m *Model) tea.Cmd {
	d.stop()
	d.wipe()
	m.closeDialog()
	return nil
}

// stop ends what runs.
func (d *setupDialog) stop() {
	d.run++
	d.busy, d.prompt, d.consent = "", nil, nil
	if d.cancel != nil {
		d.cancel()
		d.cancel = nil
	}
}

// anew forgets what an earlier set-up left, and begins from the start.
func (d *setupDialog) anew(m *Model) tea.Cmd {
	m.openDialog(&question{title: "Begin anew?", text: []string{"What was entered is forgotten, and the key of a certificate that was made here is removed."}, no: "go on with it", yes: "begin anew", do: func(m *Model) tea.Cmd {
		desk, setup := d.desk, d.copy()
		d.stop()
		d.wipe()
		m.closeDialog()
		return d.whenKept(m, func(m *Model) tea.Cmd {
			return m.ask(networkTime, func(ctx context.Context) tea.Msg {
				return setupDropped{nil, desk.DropSetup(ctx, setup), true}
			})
		})
	}})
	return nil
}
