package tui

import (
	"cmp"
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// rotateStage is how far the exchange of a credential is.
type rotateStage int

const (
	rotateEntering rotateStage = iota
	rotateMaking               // a certificate is being made
	rotateTrying
	rotateTried // the new one works; nothing is replaced yet
	rotateRefused
	rotateExchanging
	rotateDone // the new one is in place
)

// rotateDialog exchanges a credential for a new one. What is entered is in memory only.
type rotateDialog struct {
	connection string
	state      Rotation
	planned    bool
	kind       RotateKind
	value      hiddenField // secret or password
	password   hiddenField // of a PFX file
	ends       textField
	file, key  textField
	made       *MadeCertificate
	focus      rotateField
	stage      rotateStage
	failure    string
}

// rotateField is what can have the focus.
type rotateField int

const (
	rotateKind rotateField = iota
	rotateValue
	rotateEnds
	rotateFile
	rotateKeyFile
	rotatePassword
)

// openRotate opens the dialog on the chosen connection; from elsewhere on the one whose
// credential ends first, or whose rooms are shown.
func (m *Model) openRotate() tea.Cmd {
	d := &rotateDialog{connection: m.rotates(), kind: RotateSecret, focus: rotateValue}
	m.openDialog(d)
	return d.reread(m)
}

// rotates is the connection that a rotation is about; "" where there is none.
func (m *Model) rotates() string {
	if row := m.connections.row(); row != nil && m.view == viewConnections {
		return row.Name
	}
	if m.header.Expiring.Connection != "" {
		return m.header.Expiring.Connection
	}
	for i := range m.connections.rows {
		if m.connections.rows[i].Active {
			return m.connections.rows[i].Name
		}
	}
	return ""
}

// whyNotRotate says why nothing can be exchanged.
func whyNotRotate(m *Model) string {
	if why := m.whyNotDo(providers.VerbAdminister, ""); why != "" {
		return why
	}
	name := m.rotates()
	if name == "" {
		return "there is no connection"
	}
	for i := range m.connections.rows {
		row := &m.connections.rows[i]
		switch {
		case row.Name != name:
		case row.Demo:
			return "the simulated tenant keeps its own secret"
		case row.Old != nil:
			return m.connections.whyOld()
		case row.Kind == "individual":
			return "a person's connection has nothing to exchange: sign in again with roomdesk sign-in " + clean(name)
		}
	}
	return ""
}

// reread asks how the exchange stands.
func (d *rotateDialog) reread(m *Model) tea.Cmd {
	ws, connection := m.ws, d.connection
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		state, err := ws.PlanRotation(ctx, connection)
		return rotationRead{d, state, err}
	})
}

type rotationRead struct {
	dialog *rotateDialog
	state  Rotation
	err    error
}

func (a rotationRead) apply(*Model) tea.Cmd {
	d := a.dialog
	switch {
	case a.err != nil && !d.planned:
		d.failure = problemText(a.err)
	case a.err == nil:
		a.state.Trouble = d.state.Trouble
		first := !d.planned
		d.state, d.planned = a.state, true
		if first && d.state.What == "certificate" {
			d.choose(RotateMade)
		}
	}
	return nil
}

func (d *rotateDialog) scope() scope { return scopeRotate }

// fields are what can have the focus now.
func (d *rotateDialog) fields() []rotateField {
	switch {
	case d.state.Password:
		return []rotateField{rotateValue}
	case d.kind == RotateSecret:
		return []rotateField{rotateKind, rotateValue, rotateEnds}
	case d.kind == RotateMade:
		return []rotateField{rotateKind, rotateFile}
	case providers.PFXFile(d.file.text()):
		return []rotateField{rotateKind, rotateFile, rotatePassword}
	}
	return []rotateField{rotateKind, rotateFile, rotateKeyFile}
}

func (d *rotateDialog) move(by int) {
	fields := d.fields()
	at := 0
	for i, f := range fields {
		if f == d.focus {
			at = i
		}
	}
	d.focus = fields[(at+by+len(fields))%len(fields)]
}

// choose takes another kind of credential.
func (d *rotateDialog) choose(kind RotateKind) {
	d.kind = kind
	d.focus = rotateValue
	if kind != RotateSecret {
		d.focus = rotateFile
	}
	if kind == RotateMade && d.file.empty() {
		d.file.set("roomdesk-" + clean(d.connection) + "-next.cer")
	} else if kind == RotateFile && strings.HasSuffix(d.file.text(), "-next.cer") {
		d.file.set("")
	}
	d.edited()
}

// edited drops what rested on what was entered before.
func (d *rotateDialog) edited() {
	d.stage, d.failure, d.made = rotateEntering, "", nil
}

// busy reports whether an answer is awaited.
func (d *rotateDialog) busy() bool {
	return d.stage == rotateTrying || d.stage == rotateExchanging || d.stage == rotateMaking
}

func (d *rotateDialog) typed(_ *Model, k tea.KeyPressMsg) tea.Cmd {
	if d.busy() || d.stage == rotateDone || !d.planned {
		return nil
	}
	changed := false
	switch d.focus {
	case rotateKind:
		kinds := []RotateKind{RotateSecret, RotateFile, RotateMade}
		at := 0
		for i, kind := range kinds {
			if kind == d.kind {
				at = i
			}
		}
		switch k.String() {
		case "right", "space":
			at = (at + 1) % len(kinds)
		case "left":
			at = (at + len(kinds) - 1) % len(kinds)
		default:
			return nil
		}
		d.choose(kinds[at])
		d.focus = rotateKind
		return nil
	case rotateValue:
		changed = d.value.typed(k)
	case rotatePassword:
		changed = d.password.typed(k)
	default:
		changed = d.text().typed(k)
	}
	if changed {
		d.edited()
	}
	return nil
}

// text is the text field in focus.
func (d *rotateDialog) text() *textField {
	switch d.focus {
	case rotateFile:
		return &d.file
	case rotateKeyFile:
		return &d.key
	}
	return &d.ends
}

// pasted takes a secret whole, and tries it at once where its form is right.
func (d *rotateDialog) pasted(m *Model, text string) tea.Cmd {
	if d.busy() || d.stage == rotateDone || !d.planned {
		return nil
	}
	switch d.focus {
	case rotateKind:
		return nil
	case rotateValue:
		d.value.replace(text)
	case rotatePassword:
		d.password.replace(text)
	default:
		d.text().insert(text)
	}
	d.edited()
	if d.focus == rotateValue && !d.value.empty() {
		return d.try(m)
	}
	return nil
}

// entered is the new credential.
func (d *rotateDialog) entered() NewCredential {
	return NewCredential{Kind: d.kind, Value: d.value.hidden(), Ends: strings.TrimSpace(d.ends.text()), File: d.file.text(), KeyFile: d.key.text(), Password: d.password.hidden()}
}

// advice is what the form of the value tells, before anything is asked.
func (d *rotateDialog) advice() providers.Advice {
	if d.state.Password || d.kind != RotateSecret || d.value.empty() {
		return providers.Advice{}
	}
	return providers.CheckSecretValue(string(d.value.value), d.state.ClientID, d.state.TenantID)
}

// whyNot says why enter cannot go on.
func (d *rotateDialog) whyNot() string {
	switch {
	case !d.planned:
		return cmp.Or(d.failure, "what is in place is not known yet")
	case d.busy():
		return "the answer is awaited"
	case (d.state.Password || d.kind == RotateSecret) && d.value.empty():
		return "paste the new " + d.word() + " first"
	case d.kind != RotateSecret && !d.state.Password && strings.TrimSpace(d.file.text()) == "":
		return "name the file first"
	case d.stage == rotateRefused && d.state.Password:
		return "this password was refused: another try with it could lock the account"
	}
	if advice := d.advice(); advice.Wrong {
		return advice.Text
	}
	return ""
}

// next does what enter does: make, try, exchange, close.
func (d *rotateDialog) next(m *Model) tea.Cmd {
	if d.stage == rotateDone {
		d.leave(m)
		return nil
	}
	if why := d.whyNot(); why != "" {
		d.failure = why
		return nil
	}
	switch {
	case d.stage == rotateTried:
		return d.exchange(m)
	case d.kind == RotateMade && d.made == nil && !d.state.Password:
		return d.make(m)
	}
	return d.try(m)
}

// leave closes the dialog and overwrites what was entered.
func (d *rotateDialog) leave(m *Model) {
	d.value.wipe()
	d.password.wipe()
	m.closeDialog()
	switch {
	case d.stage == rotateExchanging:
		m.notices.add(m.now, "the exchange goes on: 6 Connections shows what became of it", false)
	case d.stage == rotateDone && d.state.Previous && d.state.Trouble == "":
		m.notices.add(m.now, "the old "+d.word()+" of "+clean(d.connection)+" is removed by itself once a whole sync succeeded", false)
	}
}

// word is what the new credential is.
func (d *rotateDialog) word() string {
	switch {
	case d.state.Password:
		return "password"
	case d.kind == RotateSecret:
		return "client secret"
	}
	return "certificate"
}
