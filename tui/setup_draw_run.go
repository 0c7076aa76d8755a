package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"roomdesk/providers"
)

// drawConsent shows the link to be opened, as text and as a picture.
func (d *setupDialog) drawConsent(o *formLines, h int) {
	step := d.now()
	text, _ := d.link()
	if d.picture && text != "" {
		if d.drawPicture(o, text, h) {
			return
		}
	}
	if step.Role != "" && h >= 14 {
		o.pair("who", plain, step.Role)
	}
	if d.setup.Individual() && h < 14 {
		step = &providers.SetupStep{ID: step.ID} // what is asked for comes first
	}
	for _, p := range step.Text {
		o.para(dim, p)
	}
	if len(step.Text) > 0 {
		o.blank()
	}
	if d.setup.Individual() && (d.prompt == nil || h >= 14) {
		d.drawAsks(o)
	}
	switch {
	case d.prompt != nil:
		if d.prompt.Code != "" {
			o.pair("address", strong, clean(d.prompt.Address))
			o.pair("code", accentStrong, clean(d.prompt.Code))
			o.pair("", dim, "holds until "+d.prompt.Expires.In(o.m.zone).Format("15:04")+"; waiting for the sign-in")
		} else {
			o.pair("holds", dim, "until "+d.prompt.Expires.In(o.m.zone).Format("15:04")+"; waiting for the sign-in. y copies it, o opens it")
			d.drawLink(o, d.prompt.Address)
		}
	case d.setup.Individual() && d.busy != "":
		o.para(accent, "◌ asking the sign-in service…")
	case d.setup.Individual():
		o.para(plain, "Enter asks for the address. You sign in there, not here.")
	default:
		d.drawLink(o, text)
		o.pair("grants", plain, strings.Join(d.least, ", "))
		d.drawChanges(o)
		d.drawWays(o)
	}
	if d.picture && text != "" {
		o.blank()
		o.para(warn, "The screen is too small for the picture: y copies the link.")
	}
}

// drawPicture shows the link as a QR code, with the code to enter; false where the
// screen has no room for it.
func (d *setupDialog) drawPicture(o *formLines, text string, h int) bool {
	lines := qrLines(text, o.m.dark, o.w, h-len(o.lines)-2)
	if lines == nil {
		return false
	}
	if d.prompt != nil && d.prompt.Code != "" {
		o.lines = o.lines[:1]
		o.add(o.line().put(dim, "code  ").put(accentStrong, clean(d.prompt.Code)))
	}
	for _, s := range lines {
		o.add(o.line().put(plain, s))
	}
	return true
}

// drawLink shows a link over as many lines as it needs, without blanks in it.
func (d *setupDialog) drawLink(o *formLines, text string) {
	rest, first := providers.Sanitise(text), true // whole, for it may have to be selected
	for rest != "" {
		w := max(o.w-setupLabel, 10)
		head := rest
		if columns(rest) > w {
			head = cutHard(rest, w)
		}
		l := o.line()
		if first {
			l.to(2).put(dim, "link")
		}
		o.add(l.to(setupLabel).put(strong, head))
		rest, first = rest[len(head):], false
	}
}

func cutHard(s string, w int) string {
	for i := range s {
		if columns(s[:i]) >= w {
			return s[:i]
		}
	}
	return s
}

// drawTest shows the ladder as it is climbed, and the first cause.
func (d *setupDialog) drawTest(o *formLines, h int) {
	if d.busy == "" && len(d.rungs) == 0 && d.failure == "" {
		o.para(dim, d.now().Text[0])
		o.blank()
		o.para(plain, "Enter runs the test.")
		return
	}
	counts := map[providers.RungState]int{}
	for _, r := range d.rungs {
		counts[r.State]++
	}
	l := o.line().put(good, itoa(counts[providers.RungPassed])+" passed")
	if n := counts[providers.RungFailed]; n > 0 {
		l.put(dim, " · ").put(bad, itoa(n)+" failed")
	}
	if n := counts[providers.RungWaiting]; n > 0 {
		l.put(dim, " · ").put(warn, itoa(n)+" need time")
	}
	if n := counts[providers.RungNotRun]; n > 0 {
		l.put(dim, " · "+itoa(n)+" not run")
	}
	if d.busy != "" {
		l.put(accent, "   ◌ running…")
	} else if d.answer != nil {
		l.put(dim, "   in "+shortly(d.answer.Diagnosis.Took))
	}
	o.add(l)
	o.blank()
	d.drawRungs(o, h)
	if d.answer == nil {
		return
	}
	o.blank()
	o.pinned = len(o.lines)
	cause := d.answer.Diagnosis.Cause()
	if cause == nil {
		o.para(goodStrong, "✓ nothing is wrong: all that was tried works")
		o.para(dim, "Enter shows who answered. Nothing is kept yet.")
		return
	}
	drawTrouble(o, cause)
	if d.answer.Refused() == nil && d.answer.Known {
		o.para(dim, "It can be kept as it is: Enter goes on, r tries again.")
	} else {
		o.para(dim, "r tries again, in place, once it is put right.")
	}
}

// shortly is a length of time with a decimal while it is short.
func shortly(d time.Duration) string {
	if d >= 10*time.Second {
		return providers.Age(d)
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
}

// drawRungs draws a line for each rung where there is room, else their names.
func (d *setupDialog) drawRungs(o *formLines, h int) {
	if h-2-len(o.lines) >= len(d.rungs)+8 || h >= 28 {
		// Those that were not run for want of another are told in one line.
		var left []string
		for _, r := range d.rungs {
			if r.State == providers.RungNotRun {
				left = append(left, r.Name)
				continue
			}
			mark, look, _ := rungLook(r.State)
			seen := r.Seen
			if r.Trouble != nil {
				seen = r.Trouble.What
			}
			o.add(o.line().put(look, mark).to(2).put(plain, r.Name).to(setupLabel+2).put(dim, clean(seen)))
		}
		if len(left) > 0 {
			o.pair("not run", faint, strings.Join(left, ", "))
		}
		return
	}
	l := o.line()
	for _, r := range d.rungs {
		mark, look, _ := rungLook(r.State)
		if l.width > 0 && l.width+4+columns(r.Name) > o.w {
			o.add(l)
			l = o.line()
		}
		if l.width > 0 {
			l.put(plain, "  ")
		}
		name := plain
		if r.State == providers.RungNotRun {
			name = faint
		}
		l.put(look, mark+" ").put(name, r.Name)
	}
	o.add(l)
}

// drawTrouble shows a cause: what, where, which value to change, and how long to wait.
func drawTrouble(o *formLines, t *providers.Trouble) {
	look, mark := badStrong, "✗ "
	if !t.Again.IsZero() {
		look, mark = warn, "◌ "
	}
	o.para(look, mark+clean(t.What))
	if t.Or != "" {
		o.pair("or", dim, clean(t.Or))
	}
	if t.Where != "" {
		o.pair("where", plain, clean(t.Where))
	}
	if t.Change != "" {
		o.pair("change", strong, clean(t.Change))
	}
	if left := t.Again.Sub(o.m.now); !t.Again.IsZero() {
		if left > 0 {
			o.pair("timer", warn, "at most "+providers.Age(left)+" to go, until "+t.Again.In(o.m.zone).Format("15:04"))
		} else {
			o.pair("timer", warn, "the time is over: r tries again")
		}
	}
	if t.Unknown && t.RequestID != "" {
		o.pair("request", dim, clean(t.RequestID))
	}
}

// drawWho shows who answered, for the person to say whether that is right.
func (d *setupDialog) drawWho(o *formLines) {
	a := d.answer
	if a == nil {
		o.para(dim, "Nobody has answered yet: pgup goes back to the test.")
		return
	}
	if d.setup.Exchange() {
		d.drawExchangeWho(o)
		return
	}
	o.para(dim, d.now().Text[0])
	o.blank()
	o.pair("tenant", strong, shown(a.TenantName, "without a name"))
	o.pair("", dim, clean(a.TenantID))
	if len(a.Domains) > 0 {
		o.pair("domains", plain, clean(strings.Join(a.Domains, ", ")))
	}
	if a.Account != "" {
		o.pair("account", strong, clean(a.Account))
	} else {
		o.pair("application", strong, shown(a.AppName, "without a name"))
		o.pair("", dim, clean(a.AppID))
	}
	if d.given != nil {
		o.pair("consent", plain, "came back from tenant "+clean(d.given.TenantID)+" at "+d.given.At.In(o.m.zone).Format("15:04"))
	}
	o.pair("may", plain, clean(strings.Join(a.Permissions, ", ")))
	if len(a.Missing) > 0 {
		o.pair("missing", warn, clean(strings.Join(a.Missing, ", ")))
	}
	if len(a.Extra) > 0 {
		o.pair("not needed", warn, clean(strings.Join(a.Extra, ", ")))
	}
	if a.Before != nil {
		added := minus(a.Permissions, a.Before)
		gone := minus(a.Before, a.Permissions)
		if len(added)+len(gone) == 0 {
			o.pair("last time", dim, "the same")
		} else {
			o.pair("last time", plain, strings.TrimSpace(signed("+", added)+" "+signed("-", gone)))
		}
	}
	o.blank()
	if d.busy != "" {
		o.para(accent, "◌ "+d.busy+"…")
		return
	}
	where := d.keptWords(d.setup.Get(providers.SetupKeystore))
	o.pinned = len(o.lines)
	o.add(o.line().put(accentStrong, "enter").put(plain, " keeps it as "+clean(d.setup.NameOr())+", in "+where).put(dim, "   ").put(accentStrong, "w").put(plain, " takes all back"))
}

func minus(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

func signed(sign string, list []string) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(sign + clean(s) + " ")
	}
	return strings.TrimSpace(b.String())
}

// drawDone says what works now and what happens next.
func (d *setupDialog) drawDone(o *formLines) {
	a := d.answer
	if d.connected == nil || a == nil {
		o.para(dim, "Nothing is connected yet.")
		return
	}
	if d.busy != "" {
		o.para(accent, "◌ "+d.busy+"…")
		return
	}
	o.para(goodStrong, "✓ "+clean(d.connected.Name)+" is connected")
	o.blank()
	o.pair("tenant", plain, shown(a.TenantName, "without a name"))
	who := shown(a.AppName, "the application")
	if a.Account != "" {
		who = clean(a.Account)
	}
	o.pair("signs in", plain, who)
	o.pair("kept in", plain, clean(d.connected.Kept))
	works := "rooms, calendars and booking"
	if d.setup.Exchange() {
		works = levelWords(a.Level)
	}
	if len(a.Missing) > 0 {
		works = "what these permissions allow: " + clean(strings.Join(a.Permissions, ", "))
	}
	o.pair("works now", plain, works)
	if len(a.Permissions) > 0 && len(a.Missing) == 0 {
		o.pair("granted", plain, clean(strings.Join(a.Permissions, ", ")))
	}
	o.pair("next", strong, "Enter opens the console: the first sync starts by itself, and rooms can be booked before it ends. b there books the chosen room.")
	o.blank()
	o.pair("undo", dim, "w takes it back at once; later: "+clean(d.connected.Undo))
}
