package cli

import (
	"context"
	"slices"

	"roomdesk/audit"
	"roomdesk/doctor"
	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/tui"
)

// The part of [tui.Workspace] that finds out what is wrong with a connection.

// ExaminationSteps implements [tui.Examiner].
func (w *workspace) ExaminationSteps(question tui.Examination) []tui.ExaminationStep {
	var out []tui.ExaminationStep
	connections, err := w.examinedFor(question)
	if err != nil { // Examine says so
		connections = []keystore.Connection{w.connection}
	}
	for _, c := range connections {
		for _, name := range doctor.RungsOf(c) {
			step := tui.ExaminationStep{Name: name}
			if len(connections) > 1 {
				step.Connection = c.Name
			}
			out = append(out, step)
		}
	}
	return out
}

// organisationOf are the connections that belong together with one, as they are
// configured now: they may have been corrected since the console opened.
func (w *workspace) organisationOf(name string) ([]keystore.Connection, error) {
	if w.demo {
		return w.connections(), nil
	}
	config, err := w.app.loadConfig()
	if err == nil {
		if all := config.Organisation(name); len(all) > 0 {
			return all, nil
		}
	}
	if name == w.connection.Name { // not in the configuration, or that cannot be read
		return w.connections(), nil
	}
	if err != nil {
		return nil, err
	}
	_, err = findConnection(config, name)
	return nil, err
}

// examinedFor are the connections that a question is about.
func (w *workspace) examinedFor(question tui.Examination) ([]keystore.Connection, error) {
	all, err := w.organisationOf(question.Connection)
	if at := slices.IndexFunc(all, func(c keystore.Connection) bool { return c.Name == question.Connection }); err == nil && question.Alone && at >= 0 {
		return all[at : at+1], nil
	}
	return all, err
}

// Examine implements [tui.Examiner].
func (w *workspace) Examine(ctx context.Context, question tui.Examination, report func(providers.Rung)) (providers.Diagnosis, error) {
	organisation, err := w.organisationOf(question.Connection)
	if err != nil {
		return providers.Diagnosis{}, err
	}
	connections, err := w.examinedFor(question)
	if err != nil {
		return providers.Diagnosis{}, err
	}
	action := "doctor"
	if question.Write {
		action = "doctor --write"
	}
	if question.Inbox {
		action += " --inbox"
	}
	for _, c := range connections {
		if err := w.app.mayAdminister(c, action); err != nil {
			return providers.Diagnosis{}, err
		}
	}
	var each []providers.Diagnosis
	for _, c := range connections {
		o := w.app.examination(c)
		beside, done := w.besideOf(ctx, c, organisation)
		o.Mailboxes, o.Outside, o.Inbox, o.Write, o.Beside = here(question.Mailboxes, beside), question.Outside, question.Inbox, question.Write, beside
		o.Report = func(r providers.Rung) {
			if len(connections) > 1 {
				r.Connection = c.Name
			}
			report(r)
		}
		d := w.app.diagnose(ctx, o, w.logOf(c))
		done()
		if ctx.Err() == nil && !w.demo {
			w.app.noteTest(c, d)
		}
		each = append(each, d)
	}
	return providers.Together(each...), nil
}

// besideOf is the other connection beside one, with what the open mirror knows of homes
// where it is theirs.
func (w *workspace) besideOf(ctx context.Context, c keystore.Connection, organisation []keystore.Connection) (*doctor.Beside, func()) {
	if len(w.members) > 1 && len(organisation) > 1 && w.has(c.Name) {
		return w.app.beside(c, organisation, w.homes.all())
	}
	return w.app.besideOf(ctx, c, organisation)
}

// logOf is where what is done over a connection is written down.
func (w *workspace) logOf(c keystore.Connection) *audit.Log {
	if w.has(c.Name) {
		return w.trail
	}
	return w.app.trail(w.app.auditPath(c, w.app.mirrorPath(c)), c)
}

// has reports whether a connection is one of those that are open.
func (w *workspace) has(name string) bool {
	return slices.ContainsFunc(w.members, func(p part) bool { return p.connection.Name == name })
}

// examination is what is examined of a connection unless more is asked for.
func (a *app) examination(c keystore.Connection) doctor.Options {
	return doctor.Options{Connection: c, Now: a.deps.Now, Wait: a.deps.Wait, Secret: func(ctx context.Context) (keystore.Secret, error) {
		store, err := a.secrets(c)
		if err != nil {
			return keystore.Secret{}, err
		}
		return store.Get(ctx, c.SecretKey())
	}}
}
