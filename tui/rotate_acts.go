package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"
)

// make has a certificate made, of which the public half is to be uploaded.
func (d *rotateDialog) make(m *Model) tea.Cmd {
	d.stage, d.failure = rotateMaking, ""
	ws, connection, file := m.ws, d.connection, d.file.text()
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		made, err := ws.MakeNext(ctx, connection, file)
		return rotationMade{d, made, err}
	})
}

type rotationMade struct {
	dialog *rotateDialog
	made   MadeCertificate
	err    error
}

func (a rotationMade) apply(*Model) tea.Cmd {
	d := a.dialog
	d.stage = rotateEntering
	if a.err != nil {
		d.failure = problemText(a.err)
		return nil
	}
	d.made = &a.made
	return nil
}

// try signs in with what was entered. Nothing is stored.
func (d *rotateDialog) try(m *Model) tea.Cmd {
	if why := d.whyNot(); why != "" {
		d.failure = why
		return nil
	}
	d.stage, d.failure = rotateTrying, ""
	ws, connection, entered := m.ws, d.connection, d.entered()
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		return rotationTried{d, ws.TryCredential(ctx, connection, entered)}
	})
}

type rotationTried struct {
	dialog *rotateDialog
	err    error
}

func (a rotationTried) apply(*Model) tea.Cmd {
	d := a.dialog
	d.stage = rotateTried
	if a.err != nil {
		d.stage, d.failure = rotateRefused, problemText(a.err)
	}
	return nil
}

// exchange puts the new one in the old one's place.
func (d *rotateDialog) exchange(m *Model) tea.Cmd {
	d.stage, d.failure = rotateExchanging, ""
	ws, connection, entered := m.ws, d.connection, d.entered()
	return m.ask(networkTime, func(ctx context.Context) tea.Msg {
		state, err := ws.Rotate(ctx, connection, entered)
		return rotationDone{d, state, err}
	})
}

type rotationDone struct {
	dialog *rotateDialog
	state  Rotation
	err    error
}

func (a rotationDone) apply(m *Model) tea.Cmd {
	d := a.dialog
	closed := true
	if top, ok := topOf[*rotateDialog](m); ok && top == d {
		closed = false
	}
	name := clean(d.connection)
	switch {
	case a.err != nil && closed:
		m.notices.add(m.now, "the credential of "+name+" was not exchanged: "+problemText(a.err), true)
	case a.err != nil:
		d.stage, d.failure = rotateRefused, problemText(a.err)
		return nil
	case closed:
		m.notices.add(m.now, "the credential of "+name+" is exchanged", false)
	}
	if a.err == nil {
		d.state, d.stage = a.state, rotateDone
		d.value.wipe()
		d.password.wipe()
	}
	return tea.Batch(m.readHeader(), m.readConnections(), d.reread(m))
}
