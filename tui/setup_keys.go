package tui

import (
	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

func setupKeys() []binding {
	with := func(do func(m *Model, d *setupDialog) tea.Cmd) func(m *Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if d, ok := topOf[*setupDialog](m); ok {
				return do(m, d)
			}
			return nil
		}
	}
	only := func(do func(m *Model, d *setupDialog)) func(m *Model) tea.Cmd {
		return with(func(m *Model, d *setupDialog) tea.Cmd { do(m, d); return nil })
	}
	why := func(say func(m *Model, d *setupDialog) string) func(m *Model) string {
		return func(m *Model) string {
			if d, ok := topOf[*setupDialog](m); ok {
				return say(m, d)
			}
			return "no set-up is open"
		}
	}
	at := func(id providers.SetupStepID, otherwise string) func(m *Model) string {
		return why(func(_ *Model, d *setupDialog) string {
			if d.now().ID != id {
				return otherwise
			}
			return ""
		})
	}
	shared := func(s scope, help ...string) []binding {
		return []binding{
			{scope: s, keys: []string{"enter"}, label: "enter", what: "go on", more: "go on; where something is missing, to that field with the reason", rank: 1, run: with(func(m *Model, d *setupDialog) tea.Cmd { return d.next(m) })},
			{scope: s, keys: []string{"pgup", "alt+left"}, label: "pgup", what: "step back", more: "the step before; nothing is lost by it", rank: 7, why: why(func(_ *Model, d *setupDialog) string {
				if d.step == 0 || d.connected != nil {
					return "there is no step before"
				}
				return ""
			}), run: with(func(m *Model, d *setupDialog) tea.Cmd { return d.back(m) })},
			{scope: s, keys: []string{"esc"}, label: "esc", what: "leave", more: "leave; asks first where anything was entered, and keeps what is not secret", rank: 8, run: with(func(m *Model, d *setupDialog) tea.Cmd { return d.leave(m) })},
			{scope: s, keys: help, label: help[0], what: "explain", more: "what this field or step is, and where in which portal", rank: 6, run: only(func(_ *Model, d *setupDialog) { d.help = !d.help })},
			{scope: s, keys: []string{"ctrl+x"}, label: "ctrl+x", what: "begin anew", more: "forget what was entered, and begin from the start", run: with(func(m *Model, d *setupDialog) tea.Cmd { return d.anew(m) })},
		}
	}
	moving := func(s scope) []binding {
		return []binding{
			{scope: s, keys: []string{"tab", "down"}, label: "tab", what: "next field", rank: 2, run: only(func(_ *Model, d *setupDialog) { d.move(1) })},
			{scope: s, keys: []string{"shift+tab", "up"}, label: "shift+tab", what: "field before", run: only(func(_ *Model, d *setupDialog) { d.move(-1) })},
		}
	}
	keys := append(shared(scopeSetupField, "f1", "ctrl+g"), moving(scopeSetupField)...)
	keys = append(keys, binding{
		scope: scopeSetupField, keys: []string{"ctrl+o"}, label: "ctrl+o", what: "take it", more: "take the value that was probably meant", rank: 3,
		why: why(func(m *Model, d *setupDialog) string {
			item, ok := d.focus()
			if !ok || item.in.Kind != providers.SetupText || d.advice(m, item.in.Field).Offer == "" {
				return "nothing else is offered"
			}
			return ""
		}),
		run: with(func(m *Model, d *setupDialog) tea.Cmd { return d.takeOffer(m) }),
	})
	keys = append(keys, shared(scopeSetupChoice, "?", "f1", "ctrl+g")...)
	keys = append(keys, moving(scopeSetupChoice)...)
	keys = append(
		keys,
		binding{scope: scopeSetupChoice, keys: []string{"right"}, label: "← →", what: "change", more: "the next choice", rank: 3, run: only(func(m *Model, d *setupDialog) { d.choose(m, 1) })},
		binding{scope: scopeSetupChoice, keys: []string{"left"}, label: "←", what: "change", more: "the choice before", run: only(func(m *Model, d *setupDialog) { d.choose(m, -1) })},
		binding{scope: scopeSetupChoice, keys: []string{"space"}, label: "space", what: "tick", more: "tick or untick; of a choice: the next", rank: 4, run: only(func(m *Model, d *setupDialog) { d.tick(m) })},
	)
	keys = append(keys, shared(scopeSetupRun, "?", "f1")...)
	linked := why(func(_ *Model, d *setupDialog) string {
		if text, _ := d.link(); text == "" {
			return "there is no link here"
		}
		return ""
	})
	keys = append(
		keys,
		binding{scope: scopeSetupRun, keys: []string{"y"}, label: "y", what: "copy link", more: "copy the link, through the terminal (OSC 52)", rank: 2, why: linked, run: with(func(m *Model, d *setupDialog) tea.Cmd { return d.copyShown(m) })},
		binding{scope: scopeSetupRun, keys: []string{"s"}, label: "s", what: "copy commands", more: "copy the commands for the Exchange Management Shell, through the terminal (OSC 52)", rank: 2, why: at(providers.StepRights, "there are no commands here"), run: with(func(m *Model, d *setupDialog) tea.Cmd { return d.copyCommands(m) })},
		binding{scope: scopeSetupRun, keys: []string{"m"}, label: "m", what: "as message", more: "copy link and permissions as a message to the administrator who has to consent", rank: 5, why: why(func(_ *Model, d *setupDialog) string {
			if d.letter() == "" {
				return "there is nothing to consent to here"
			}
			return ""
		}), run: with(func(m *Model, d *setupDialog) tea.Cmd { return d.copyLetter(m) })},
		binding{scope: scopeSetupRun, keys: []string{"c"}, label: "c", what: "copy code", more: "copy the code of the sign-in", rank: 3, why: why(func(_ *Model, d *setupDialog) string {
			if d.prompt == nil || d.prompt.Code == "" {
				return "there is no code"
			}
			return ""
		}), run: with(func(m *Model, d *setupDialog) tea.Cmd { return d.copyCode(m) })},
		binding{scope: scopeSetupRun, keys: []string{"g"}, label: "g", what: "QR code", more: "the link as a QR code, where the screen has room for it, or as text", rank: 4, why: linked, run: only(func(_ *Model, d *setupDialog) { d.picture = !d.picture })},
		binding{scope: scopeSetupRun, keys: []string{"o"}, label: "o", what: "open", more: "open the link in this machine's browser; a private window is safer, for there no other account answers", rank: 7, why: why(func(_ *Model, d *setupDialog) string {
			if text, _ := d.link(); text == "" || d.now().ID != providers.StepConsent {
				return "there is no link here"
			}
			return ""
		}), run: with(func(m *Model, d *setupDialog) tea.Cmd { return d.openLink(m) })},
		binding{scope: scopeSetupRun, keys: []string{"l"}, label: "l", what: "come back", more: "let the answer to an administrator's consent come back here by itself; once more: go on by hand", rank: 6, why: why(func(_ *Model, d *setupDialog) string {
			if d.now().ID != providers.StepConsent || d.setup.Individual() {
				return "there is nothing to consent to here"
			}
			return ""
		}), run: with(func(m *Model, d *setupDialog) tea.Cmd { return d.awaitConsent(m) })},
		binding{scope: scopeSetupRun, keys: []string{"r", "t"}, label: "r", what: "test again", more: "run the test again, in place", rank: 2, why: at(providers.StepTest, "there is no test here"), run: with(func(m *Model, d *setupDialog) tea.Cmd { return d.test(m) })},
		binding{scope: scopeSetupRun, keys: []string{"w"}, label: "w", what: "wrong account", more: "it was the wrong account: everything is taken back, in keyring, configuration and mirror", rank: 3, why: why(func(_ *Model, d *setupDialog) string {
			switch {
			case d.busy != "":
				return d.busy
			case d.now().ID != providers.StepWho && d.now().ID != providers.StepDone:
				return "nobody has answered yet"
			}
			return ""
		}), run: with(func(m *Model, d *setupDialog) tea.Cmd { return d.wrong(m) })},
	)
	return keys
}
