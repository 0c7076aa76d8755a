package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// ExchangeDesk is the part of the set-up that makes connections to an Exchange server.
type ExchangeDesk interface {
	// ExchangeCommands let the service account act for rooms and for the mailboxes that
	// were named: ready to be run in the Exchange Management Shell.
	ExchangeCommands(s providers.Setup) []string
	// FindServer asks Autodiscover for the server. That it tells none is no error.
	// Network.
	FindServer(ctx context.Context, s providers.Setup, secret providers.Hidden) (providers.SetupServerFound, error)
}

// search asks Autodiscover for the server, and goes on to the test where it tells it.
func (d *setupDialog) search(m *Model) tea.Cmd {
	desk, setup, secret := d.desk, d.copy(), d.secret.hidden()
	return d.background(m, "Autodiscover is asked", func(ctx context.Context, _ func(func(*Model, *setupDialog) tea.Cmd)) func(*Model, *setupDialog) tea.Cmd {
		defer secret.Wipe()
		found, err := desk.FindServer(ctx, setup, secret)
		return func(m *Model, d *setupDialog) tea.Cmd {
			if err != nil {
				d.failure = problemText(err)
				return nil
			}
			d.setup.Found = &found
			d.changed()
			d.goTo(m, d.step) // to the field that may have appeared
			return d.keep(m)
		}
	})
}

// nextExchange goes on from a step that only Exchange has; false: as from any other.
func (d *setupDialog) nextExchange(m *Model) (tea.Cmd, bool) {
	switch d.now().ID {
	case providers.StepRights:
		if d.setup.Searched() == nil {
			return tea.Batch(d.forward(m), d.search(m)), true
		}
	case providers.StepServer:
		if d.setup.Searched() == nil {
			return d.search(m), true
		}
		return tea.Batch(d.forward(m), d.test(m)), true
	}
	return nil, false
}

// copyCommands copies what is run in the Exchange Management Shell.
func (d *setupDialog) copyCommands(*Model) tea.Cmd {
	d.why = "the commands copied, where the terminal allows it"
	return tea.SetClipboard(strings.Join(d.desk.ExchangeCommands(d.setup), "\n"))
}

// drawRights prints the commands that let the account act for others.
func (d *setupDialog) drawRights(o *formLines, h int) {
	step := d.now()
	o.para(accent, step.Where)
	for _, text := range step.Text {
		if h >= 14 { // else the commands come first
			o.para(dim, text)
		}
	}
	if step.Role != "" && h >= 20 {
		o.para(dim, step.Role)
	}
	o.blank()
	for _, command := range d.desk.ExchangeCommands(d.setup) {
		for i, s := range wrapCommand(clean(command), max(o.w-4, 10)) {
			l := o.line()
			if i == 0 {
				l.put(accentStrong, "> ")
			}
			o.add(l.to(2).put(strong, s))
		}
	}
	if h >= 20 && !d.setup.OAuth() {
		o.blank()
		o.para(dim, "Where the account has the role already, go on. Without it each calendar can be shared with the account; mails then say \"on behalf of\".")
	}
	o.blank()
	o.add(o.line().put(accentStrong, "s").put(plain, " copies the commands").put(dim, "   ").put(accentStrong, "enter").put(plain, " looks for the server"))
}

// wrapCommand breaks a command at blanks, and where there is none in a word.
func wrapCommand(text string, w int) []string {
	var out []string
	for _, s := range wrap(text, w) {
		for columns(s) > w {
			head := cutHard(s, w)
			out, s = append(out, head), s[len(head):]
		}
		out = append(out, s)
	}
	return out
}

// drawServer shows what Autodiscover was asked and what it said; the field for the
// address stands below only where it told none.
func (d *setupDialog) drawServer(o *formLines, h int) bool {
	found := d.setup.Searched()
	switch {
	case d.busy != "":
		for _, text := range d.now().Text {
			o.para(dim, text)
		}
		o.blank()
		o.para(accent, "◌ "+d.busy+"…")
		return true
	case found == nil:
		for _, text := range d.now().Text {
			o.para(dim, text)
		}
		o.blank()
		o.para(plain, "Enter asks.")
		return true
	}
	most := len(found.Tried)
	if h < 20 {
		most = min(most, 2)
	}
	for _, tried := range found.Tried[:most] {
		o.para(dim, "tried "+clean(tried))
	}
	if left := len(found.Tried) - most; left > 0 {
		o.para(faint, "and "+itoa(left)+" more")
	}
	switch {
	case found.Refused != "":
		o.blank()
		o.pair("found", bad, clean(found.URL))
		o.para(bad, "✗ "+clean(found.Refused))
	case found.URL != "":
		o.blank()
		o.pair("server", strong, clean(found.URL))
		o.blank()
		o.para(dim, "Enter tests the connection. Nothing is kept yet.")
		return true
	default:
		o.para(warn, "Autodiscover does not tell the server: type its address.")
	}
	o.blank()
	return false
}

// drawEnd says on the first step what Exchange Web Services are still for.
func (d *setupDialog) drawEnd(o *formLines, roomy bool) {
	o.blank()
	left := "until " + providers.EWSEnd().Format("2006-01-02")
	if n := providers.EWSDaysLeft(o.m.now); n > 0 {
		left += ", " + itoa(n) + " days from now"
	}
	o.pair("on premises", plain, "Exchange Server keeps Exchange Web Services: this is for it")
	o.pair("in the cloud", warn, "Exchange Online has blocked them since "+providers.EWSBlocked().Format("2006-01-02")+" except for listed applications, "+left+": choose Microsoft Graph")
	switch {
	case !roomy:
	case d.setup.OAuth():
		o.pair("it needs", dim, "an application with full_access_as_app, which opens whole mailboxes; roomdesk asks for calendars only")
	default:
		o.pair("it needs", dim, "a service account with a mailbox of its own and its licence, and the role ApplicationImpersonation, which opens whole mailboxes; roomdesk asks for calendars only")
	}
}

// drawExchangeWho shows which server answered, and which mailbox was opened.
func (d *setupDialog) drawExchangeWho(o *formLines) {
	a := d.answer
	o.para(dim, d.now().Text[0])
	o.blank()
	o.pair("server", strong, clean(d.setup.ExchangeServer()))
	o.pair("domains", plain, clean(strings.Join(a.Domains, ", ")))
	o.pair("signs in", strong, shown(a.AppName, a.AppID))
	for _, row := range [][2]string{{"opened", "calendar"}, {"rooms", "rooms"}} {
		if rung, ok := a.Diagnosis.Rung(row[1]); ok && rung.State == providers.RungPassed {
			o.pair(row[0], plain, clean(rung.Seen))
		}
	}
	o.pair("may", plain, levelWords(a.Level))
	o.pair("Teams", dim, "no: Exchange Web Services cannot make Teams meetings")
	o.blank()
	if d.busy != "" {
		o.para(accent, "◌ "+d.busy+"…")
		return
	}
	where := d.keptWords(d.setup.Get(providers.SetupKeystore))
	o.pinned = len(o.lines)
	o.add(o.line().put(accentStrong, "enter").put(plain, " keeps it as "+clean(d.setup.NameOr())+", in "+where).put(dim, "   ").put(accentStrong, "w").put(plain, " takes all back"))
}

// levelWords is a level of access over Exchange in words.
func levelWords(level providers.AccessLevel) string {
	switch level {
	case providers.FullAccess:
		return "full access: book, change and cancel as the mailboxes' owner"
	case providers.Restricted:
		return "restricted to calendars that are shared with the account"
	case providers.FreeBusyAccess:
		return "free/busy only: nothing can be booked"
	}
	return "not known"
}
