package tui

import (
	"strings"

	"roomdesk/providers"
)

// setupLabel is the column at which the fields of the set-up begin.
const setupLabel = 16

// railWidth is the width of the list of steps, where there is room for it.
const (
	railWidth   = 20
	railAtLeast = 92 // columns of the dialog
)

func (d *setupDialog) size(_ *Model, w, h int) (int, int) { return min(w, 104), min(h, 30) }

func (d *setupDialog) draw(m *Model, w, h int) ([]string, int, int) {
	keys := m.drawKeys(d.scope(), onPanel, 0, w)
	rail := 0
	if w >= railAtLeast {
		rail = railWidth
	}
	o := &formLines{m: m, w: w - rail, cx: -1, cy: -1}
	d.drawHead(o, rail > 0)
	if d.help {
		d.drawHelp(o)
	} else {
		d.drawStep(o, h)
	}
	d.drawWhy(o)
	lines, cx, cy := o.fitted(h, "")
	if rail == 0 {
		lines[len(lines)-1] = keys
		return lines, cx, cy
	}
	side := d.drawRail(m)
	for i := range lines[:len(lines)-1] {
		l := newLine(m.theme, onPanel, w)
		if i < len(side) {
			l.raw(side[i])
		}
		lines[i] = l.to(rail-2).put(ruled, "│").to(rail).raw2(lines[i]).done()
	}
	lines[len(lines)-1] = keys
	if cx >= 0 {
		cx += rail
	}
	return lines, cx, cy
}

// raw2 is raw for a chain.
func (l *line) raw2(s string) *line {
	l.raw(s)
	return l
}

// stepMark is how far a step is: a character, and its look.
func (d *setupDialog) stepMark(i int) (string, role) {
	switch {
	case d.connected != nil, i < d.step:
		return "✓", good
	case i == d.step:
		return "▸", accentStrong
	case i <= d.setup.Step:
		return "○", plain
	}
	return "·", faint
}

func (d *setupDialog) drawRail(m *Model) []string {
	lines := []string{newLine(m.theme, onPanel, railWidth).put(strong, "Connect").done(), ""}
	for i := range d.steps {
		mark, look := d.stepMark(i)
		l := newLine(m.theme, onPanel, railWidth-2).put(look, mark).to(2)
		switch {
		case i == d.step:
			l.put(strong, d.steps[i].Short)
		case look == good:
			l.put(plain, d.steps[i].Short)
		default:
			l.put(dim, d.steps[i].Short)
		}
		lines = append(lines, l.done())
	}
	return lines
}

// drawHead says which step this is; where there is no list of steps beside it, how far
// each one is.
func (d *setupDialog) drawHead(o *formLines, rail bool) {
	step := d.now()
	l := o.line().put(strong, step.Title).put(dim, "  "+itoa(d.step+1)+" of "+itoa(len(d.steps)))
	if d.resumed {
		l.put(warn, "  gone on with, from "+d.setup.Saved.In(o.m.zone).Format("Mon 2 Jan 15:04"))
	}
	if !rail {
		wide := 3 * len(d.steps)
		if start := o.w - wide; start > l.width+1 {
			l.to(start)
			for i := range d.steps {
				mark, look := d.stepMark(i)
				l.put(look, " "+mark+" ")
			}
		}
	}
	o.add(l)
	o.blank()
}

// para adds a paragraph.
func (o *formLines) para(r role, text string) {
	for _, s := range wrap(text, o.w) {
		o.add(o.line().put(r, s))
	}
}

// pair adds a label and what stands beside it, wrapped.
func (o *formLines) pair(label string, r role, text string) {
	for i, s := range wrap(text, max(o.w-setupLabel, 10)) {
		l := o.line()
		if i == 0 {
			l.to(2).put(dim, label)
		}
		o.add(l.to(setupLabel).put(r, s))
	}
}

func (d *setupDialog) drawStep(o *formLines, h int) {
	step := d.now()
	switch step.ID {
	case providers.StepRights:
		d.drawRights(o, h)
		return
	case providers.StepConsent:
		d.drawConsent(o, h)
		return
	case providers.StepTest:
		d.drawTest(o, h)
		return
	case providers.StepWho:
		d.drawWho(o)
		return
	case providers.StepDone:
		d.drawDone(o)
		return
	}
	if step.ID == providers.StepServer && d.drawServer(o, h) {
		return
	}
	roomy := h >= 22
	if h < 14 {
		step = &providers.SetupStep{ID: step.ID, Inputs: step.Inputs} // the fields come first
	}
	if step.Where != "" {
		o.para(accent, step.Where)
	}
	for _, text := range step.Text {
		o.para(dim, text)
	}
	if step.Role != "" && (roomy || step.ID == providers.StepNeed) {
		o.para(dim, step.Role)
	}
	if len(o.lines) > 2 {
		o.blank()
	}
	n := 0
	for i := range step.Inputs {
		in := &step.Inputs[i]
		if in.Kind == providers.SetupTicks {
			d.drawTicks(o, in, n)
			n += len(d.features)
			continue
		}
		d.drawInput(o, in, n == d.at, roomy)
		n++
	}
	if step.ID == providers.StepNeed {
		d.drawLeast(o, roomy)
	}
	if made := d.setup.Made; made != nil && step.ID == providers.StepCredential && d.setup.Get(providers.SetupCredential) == providers.SetupMade {
		o.blank()
		o.pair("made", good, "its key is in "+d.keptWords(made.Keystore)+" and nowhere else")
		o.pair("upload", strong, clean(made.File))
		o.pair("thumbprint", plain, made.Thumbprint)
		o.pair("good until", plain, made.Expires.In(o.m.zone).Format("2 Jan 2006"))
	}
	if item, ok := d.focus(); ok {
		left := h - len(o.lines) - 4 // for the keys, the rule, and why Enter does not go on
		if left -= len(wrap(item.in.Help, o.w)); left < 0 {
			return
		}
		o.blank()
		o.add(o.line().repeat(ruled, "─", o.w))
		o.para(dim, item.in.Help)
		if left < len(item.in.Choices) {
			return
		}
		for _, option := range item.in.Choices {
			o.add(o.line().to(2).put(plain, option.Label).to(28).put(dim, option.Note))
		}
	}
}

func (d *setupDialog) keptWords(kind string) string {
	for _, s := range d.steps {
		for _, in := range s.Inputs {
			for _, option := range in.Choices {
				if in.Field == providers.SetupKeystore && option.Value == kind {
					return option.Label
				}
			}
		}
	}
	return clean(kind)
}

// inputMark is whether a field is as it should be.
func (d *setupDialog) inputMark(m *Model, in *providers.SetupInput) (string, role) {
	a := d.advice(m, in.Field)
	filled := in.Kind == providers.SetupHidden && !d.hiddenAt(in.Field).empty() || in.Kind != providers.SetupHidden && d.setup.Get(in.Field) != ""
	switch {
	case a.Wrong:
		return "✗", bad
	case in.Kind == providers.SetupChoice || filled && (a.Fine || a.Text == ""):
		return "✓", good
	}
	return " ", plain
}

func (d *setupDialog) drawInput(o *formLines, in *providers.SetupInput, focused, roomy bool) {
	m := o.m
	mark, look := d.inputMark(m, in)
	l := o.line().put(look, mark).to(2)
	if focused {
		l = o.line().put(accentStrong, "▸").to(2)
		l.put(accent, in.Label)
		o.focusY = len(o.lines)
	} else {
		l.put(dim, in.Label)
	}
	l.to(setupLabel)
	switch in.Kind {
	case providers.SetupChoice:
		d.drawChoice(o, l, in, focused)
	case providers.SetupHidden:
		d.drawHidden(o, l, d.hiddenAt(in.Field), focused)
	default:
		d.drawText(o, l, in, focused)
	}
	a := d.advice(m, in.Field)
	if a.Text == "" || !focused && !a.Wrong || in.Kind == providers.SetupChoice && !a.Wrong {
		return
	}
	tone := dim
	switch {
	case a.Wrong:
		tone = bad
	case a.Fine:
		tone = good
	}
	text := clean(a.Text)
	if a.Wrong {
		text = "✗ " + text // also without colours
	}
	for i, s := range wrap(text, max(o.w-setupLabel, 10)) {
		if !roomy && i > 2 {
			break
		}
		o.add(o.line().to(setupLabel).put(tone, s))
	}
	if a.Offer != "" && focused {
		o.add(o.line().to(setupLabel).put(accentStrong, "ctrl+o").put(dim, " takes ").put(strong, clean(a.Offer)))
	}
}

func (d *setupDialog) drawChoice(o *formLines, l *line, in *providers.SetupInput, focused bool) {
	for _, option := range in.Choices {
		if option.Value != d.setup.Get(in.Field) {
			continue
		}
		if focused {
			l.put(chip, " ‹ "+option.Label+" › ")
		} else {
			l.put(plain, option.Label)
		}
		l.put(dim, "  "+option.Note)
	}
	o.add(l)
}

// box draws what is typed into on its own ground.
func box(l *line, width int, focused bool, draw func(look role) int) (cursor int) {
	ground, look, start := l.ground, plain, l.width
	if focused {
		l.ground, look = onSpan, strong
	}
	at := draw(look)
	l.to(start + width)
	l.style(plain)
	l.ground = ground
	return start + at
}

func (d *setupDialog) drawText(o *formLines, l *line, in *providers.SetupInput, focused bool) {
	f, width := d.field(in.Field), max(min(o.w-setupLabel, 60), 8)
	if f.empty() && !focused {
		switch {
		case in.Field == providers.SetupName:
			l.put(faint, d.setup.NameOr())
		case in.Field == providers.SetupPublicFile:
			l.put(faint, "roomdesk-"+d.setup.NameOr()+".cer, in the directory where roomdesk was started")
		case in.Optional:
			l.put(faint, d.usually(in.Field))
		}
		o.add(l)
		return
	}
	y := len(o.lines)
	x := box(l, width, focused, func(look role) int { return f.draw(l, look, width) })
	if focused {
		o.cx, o.cy = x, y
	}
	o.add(l)
}

// usually is what holds where nothing is written into an optional field.
func (d *setupDialog) usually(f providers.SetupField) string {
	switch f {
	case providers.SetupAuthority:
		return "Microsoft's"
	case providers.SetupAudience:
		return "the server's own root"
	case providers.SetupCAFile:
		return "those that this machine trusts"
	case providers.SetupOrganizer:
		if d.setup.Exchange() {
			return "the mailbox above"
		}
		return "your own mailbox"
	case providers.SetupTestMailbox, providers.SetupDomains:
		if d.setup.Individual() {
			return "your own"
		}
		return "the organizer's"
	case providers.SetupOutside:
		return "none: that a limit holds is not proved"
	case providers.SetupExpires:
		return "not known: its end is not counted down"
	case providers.SetupPermissions:
		return "not compared: paste what the portal lists"
	}
	return "none"
}

// drawHidden draws that there is a secret, and nothing of it.
func (d *setupDialog) drawHidden(o *formLines, l *line, f *hiddenField, focused bool) {
	y := len(o.lines)
	x := box(l, max(min(o.w-setupLabel, 60), 8), focused, func(look role) int {
		l.put(look, f.words())
		return columns(f.words())
	})
	if focused {
		o.cx, o.cy = x, y
	}
	o.add(l)
}

func (d *setupDialog) drawTicks(o *formLines, in *providers.SetupInput, first int) {
	for n, f := range d.features {
		l := o.line()
		focused := first+n == d.at
		if focused {
			l.put(accentStrong, "▸")
			o.focusY = len(o.lines)
		}
		if n == 0 {
			look := dim
			if focused {
				look = accent
			}
			l.to(2).put(look, in.Label)
		}
		l.to(setupLabel)
		on := false
		for _, name := range d.setup.Features {
			on = on || name == f.Name
		}
		switch {
		case on:
			l.put(good, "✓ ")
		default:
			l.put(faint, "· ")
		}
		look := plain
		if focused {
			look = strong
		}
		l.put(look, f.Name).to(setupLabel+13).put(dim, f.What)
		o.add(l)
	}
}

// drawLeast compares what is asked for with what the other provider would need.
func (d *setupDialog) drawLeast(o *formLines, roomy bool) {
	left := strings.Join(d.setup.WillNotWork(), "; ")
	switch {
	case d.setup.Exchange():
		d.drawEnd(o, roomy)
		return
	case d.setup.Individual():
		o.blank()
		if left != "" {
			o.pair("not then", warn, left)
		}
		o.pair("asks for", plain, strings.Join(d.plan().Asks, ", "))
		return
	}
	o.blank()
	graph := strings.Join(d.least, ", ")
	if graph == "" {
		graph = "nothing yet"
	}
	o.pair("Graph needs", plain, graph)
	if left != "" {
		o.pair("not then", warn, left)
	}
	if roomy {
		o.pair("EWS needs", dim, "full_access_as_app: every mailbox with its mail; so Graph asks for less")
	}
}

// drawHelp explains the step and its fields; nothing is asked of the network for it.
func (d *setupDialog) drawHelp(o *formLines) {
	step := d.now()
	if item, ok := d.focus(); ok {
		o.para(accent, item.in.Label)
		o.para(plain, item.in.Help)
		for _, option := range item.in.Choices {
			o.add(o.line().to(2).put(plain, option.Label).to(28).put(dim, option.Note))
		}
		o.blank()
	}
	if step.Where != "" {
		o.pair("where", plain, step.Where)
	}
	if step.Role != "" {
		o.pair("who", plain, step.Role)
	}
	if step.ID == providers.StepConsent && !d.setup.Individual() {
		d.drawConsentHelp(o)
	}
	for _, text := range step.Text {
		o.para(dim, text)
	}
	o.blank()
	o.para(dim, "Nothing is kept before the end but what you typed, without the secret. More in docs/connect.md.")
}

// drawWhy says below all else why Enter did not go on, and what failed.
func (d *setupDialog) drawWhy(o *formLines) {
	if d.failure != "" {
		o.blank()
		o.pinned = len(o.lines)
		for i, s := range wrap("✗ "+d.failure, o.w) {
			if i < 4 {
				o.add(o.line().put(bad, s))
			}
		}
		return
	}
	if d.why != "" {
		o.blank()
		o.pinned = len(o.lines)
		for i, s := range wrap(clean(d.why), o.w) {
			if i < 3 {
				o.add(o.line().put(warn, s))
			}
		}
	}
}
