package tui

import (
	"time"
)

func (d *rotateDialog) size(m *Model, w, _ int) (int, int) {
	w = min(92, w)
	return w, len(d.build(m, w).lines) + 2
}

func (d *rotateDialog) draw(m *Model, w, h int) ([]string, int, int) {
	return d.build(m, w).fitted(h, m.drawKeys(scopeRotate, onPanel, 0, w))
}

func (d *rotateDialog) build(m *Model, w int) *formLines {
	o := &formLines{m: m, w: w, cx: -1, cy: -1}
	what := "credential"
	if d.planned {
		what = clean(d.state.What)
	}
	o.add(o.line().put(strong, "Rotate the "+what+" of "+clean(d.connection)).put(dim, "  without a gap"))
	o.blank()
	switch {
	case !d.planned && d.failure != "":
		o.pinned = len(o.lines)
		o.note(bad, "✗ "+clean(d.failure))
		return o
	case !d.planned:
		o.add(o.line().put(accent, "◌ looking what is there…"))
		return o
	}
	d.drawNow(o)
	if !d.state.Password {
		o.add(o.line().to(2).put(dim, "portal").to(labelWidth+2).put(plain, "Entra > App registrations > Certificates & secrets"))
		o.add(o.line().to(labelWidth+2).put(dim, "of application "+clean(d.state.ClientID)))
	}
	if d.stage != rotateDone {
		d.drawFields(o)
	}
	o.blank()
	d.drawSteps(o)
	o.blank()
	d.drawWord(o)
	return o
}

// drawNow says what is in place.
func (d *rotateDialog) drawNow(o *formLines) {
	m := o.m
	if d.stage == rotateDone {
		l := o.line().to(2).put(dim, "in place").to(labelWidth+2).put(good, "the new "+d.word())
		o.add(l.put(dim, ", kept in "+clean(d.state.Kept)))
		return
	}
	text := "kept in " + clean(d.state.Kept)
	look := plain
	switch days, words := m.daysTo(d.state.Ends); {
	case d.state.Password:
		text = "of " + clean(d.state.Account) + ", " + text
	case d.state.Ends.IsZero():
		text += "; when it ends is not known"
	case days < 0:
		text, look = text+"; ended "+words, bad
	default:
		text += "; ends " + words
		if days > 0 {
			text += ", on " + d.state.Ends.Add(-time.Second).UTC().Format(time.DateOnly)
		}
		if days < expiresNowDays {
			look = warn
		}
	}
	for i, s := range wrap(text, o.w-labelWidth-2) {
		l := o.line()
		if i == 0 {
			l.to(2).put(dim, "now")
		}
		o.add(l.to(labelWidth+2).put(look, s))
	}
}

func (d *rotateDialog) drawFields(o *formLines) {
	for _, f := range d.fields() {
		switch f {
		case rotateKind:
			l := d.label(o, f, "new one")
			for _, kind := range []struct {
				kind RotateKind
				text string
			}{{RotateSecret, "secret"}, {RotateFile, "certificate file"}, {RotateMade, "certificate made here"}} {
				look := dim
				if kind.kind == d.kind {
					look = accentStrong
					l.put(accent, "●").put(look, " "+kind.text+"  ")
					continue
				}
				l.put(look, "○ "+kind.text+"  ")
			}
			o.add(l)
		case rotateValue:
			l := d.label(o, f, "new "+map[bool]string{true: "password", false: "value"}[d.state.Password])
			d.drawField(o, f, l, func(l *line) int {
				words := d.value.words()
				l.put(strong, words)
				return columns(words)
			})
		case rotatePassword:
			d.drawField(o, f, d.label(o, f, "its password"), func(l *line) int {
				words := d.password.words()
				l.put(strong, words)
				return columns(words)
			})
		case rotateEnds:
			d.drawText(o, f, "ends on", &d.ends, "as 2027-05-31, as the portal shows it; so that you are told in time")
		case rotateFile:
			label, hint := "certificate", "PEM with its key, or PFX"
			if d.kind == RotateMade {
				label, hint = "upload file", "the public half is written there"
			}
			d.drawText(o, f, label, &d.file, hint)
		case rotateKeyFile:
			d.drawText(o, f, "its key", &d.key, "where it is not in the same file")
		}
	}
}

func (d *rotateDialog) label(o *formLines, f rotateField, label string) *line {
	if d.focus == f && !d.busy() {
		o.focusY = len(o.lines)
		return o.line().put(accentStrong, "▸ ").put(accent, label).to(labelWidth + 2)
	}
	return o.line().put(plain, "  ").put(dim, label).to(labelWidth + 2)
}

// drawField draws a field of which the text is written by put, which gives the cursor.
func (d *rotateDialog) drawField(o *formLines, f rotateField, l *line, put func(l *line) int) {
	if d.focus == f && !d.busy() {
		ground, start := l.ground, l.width
		l.ground = onSpan
		at := put(l)
		l.to(max(min(o.w-2, start+44), start+1))
		l.style(plain)
		l.ground = ground
		o.cx, o.cy = start+at, len(o.lines)
	} else {
		put(l)
	}
	o.add(l)
}

func (d *rotateDialog) drawText(o *formLines, f rotateField, label string, field *textField, hint string) {
	width := max(min(o.w-labelWidth-4, 44), 8)
	d.drawField(o, f, d.label(o, f, label), func(l *line) int { return field.draw(l, strong, width) })
	if field.empty() && d.focus == f {
		for _, s := range wrap(hint, o.w-labelWidth-2) {
			o.add(o.line().to(labelWidth+2).put(dim, s))
		}
	}
}

// drawSteps are the steps of the exchange, each with how far it is.
func (d *rotateDialog) drawSteps(o *formLines) {
	type step struct {
		state int // 0 to come, 1 now, 2 done, 3 refused
		text  string
	}
	tried := map[rotateStage]int{rotateTrying: 1, rotateTried: 2, rotateExchanging: 2, rotateDone: 2, rotateRefused: 3}[d.stage]
	placed := map[rotateStage]int{rotateExchanging: 1, rotateDone: 2}[d.stage]
	steps := []step{
		{tried, "the new one is tried in memory: it signs in and reads"},
		{placed, "it takes the old one's place; both are kept"},
	}
	read, dropped := 0, 0
	reading := "something is read with it"
	if d.state.Open {
		reading = "a whole sync succeeds with it"
	}
	if d.stage == rotateDone {
		read, dropped = 1, 0
		switch {
		case !d.state.Previous:
			read, dropped = 2, 2
		case d.state.Trouble != "":
			read = 3
		case d.state.Total > 0:
			reading += ": " + thousands(d.state.Read) + " of " + thousands(d.state.Total) + " mailboxes"
		}
	}
	steps = append(steps, step{read, reading}, step{dropped, "the old one is removed from " + clean(d.state.Kept)})
	for _, s := range steps {
		l := o.line().to(2)
		switch s.state {
		case 1:
			l.put(accentStrong, "◌ ").put(plain, s.text)
		case 2:
			l.put(goodStrong, "✓ ").put(plain, s.text)
		case 3:
			l.put(badStrong, "✗ ").put(plain, s.text)
		default:
			l.put(dim, "· "+s.text)
		}
		o.add(l)
	}
}

// drawWord says what is true, and what to press.
func (d *rotateDialog) drawWord(o *formLines) {
	o.pinned = len(o.lines)
	say := func(r role, text string) {
		for _, s := range wrap(clean(text), o.w-2) {
			o.add(o.line().to(2).put(r, s))
		}
	}
	advice := d.advice()
	switch {
	case d.stage == rotateDone && d.state.Trouble != "":
		say(warn, d.state.Trouble)
		say(dim, "The old one is kept. Once the new one reads, the old one is removed by itself.")
	case d.stage == rotateDone && d.state.Previous:
		say(plain, "The new one is in use. esc closes; the rest goes on by itself.")
	case d.stage == rotateDone:
		say(good, "Done: nothing was missed.")
		if !d.state.Password {
			say(plain, "Now delete the old one in the portal, too.")
		}
	case d.stage == rotateMaking:
		say(accent, "◌ making a key and its certificate…")
	case d.stage == rotateTrying:
		say(accent, "◌ signing in with it…")
	case d.stage == rotateExchanging:
		say(accent, "◌ exchanging…")
	case d.stage == rotateTried:
		say(good, "It works. Nothing is replaced yet: enter puts it in the old one's place.")
	case d.failure != "":
		say(bad, d.failure)
		if d.stage == rotateRefused && !d.state.Password {
			say(dim, "Nothing is replaced. A new one may need a minute: enter tries again.")
		} else if d.stage == rotateRefused {
			say(dim, "Nothing is replaced.")
		}
	case advice.Wrong:
		say(bad, advice.Text)
	case d.made != nil:
		say(plain, "Upload "+d.made.File+" in the portal, under Certificates. It shows the thumbprint "+d.made.Thumbprint+".")
		say(dim, "Its key is in "+clean(d.state.Kept)+" and nowhere else. Then press enter.")
	case d.state.Password:
		say(plain, "Change the password of "+clean(d.state.Account)+" on its server first, then paste it here.")
	case d.kind == RotateSecret && d.value.empty():
		say(plain, "Make a new one in the portal and paste its Value here: it is tried at once.")
	case d.kind == RotateMade:
		say(plain, "Enter makes a key, which stays in "+clean(d.state.Kept)+", and writes the half to upload.")
	default:
		say(dim, "Enter tries it, in memory.")
	}
}
