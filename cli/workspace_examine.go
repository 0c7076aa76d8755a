package cli

import (
	"context"

	"roomdesk/doctor"
	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/tui"
)

// The part of [tui.Workspace] that finds out what is wrong with a connection.

// ExaminationSteps implements [tui.Examiner].
func (w *workspace) ExaminationSteps(connection string) []string {
	c := w.connection
	if connection != c.Name {
		if config, err := w.app.loadConfig(); err == nil {
			if other, ok := config.Find(connection); ok {
				c = other
			}
		}
	}
	return doctor.RungsOf(c)
}

// Examine implements [tui.Examiner].
func (w *workspace) Examine(ctx context.Context, question tui.Examination, report func(providers.Rung)) (providers.Diagnosis, error) {
	c, trail := w.connection, w.trail
	if question.Connection != c.Name {
		config, err := w.app.loadConfig()
		if err != nil {
			return providers.Diagnosis{}, err
		}
		if c, err = findConnection(config, question.Connection); err != nil {
			return providers.Diagnosis{}, err
		}
		trail = w.app.trail(w.app.auditPath(c, w.app.mirrorPath(c)), c)
	} else if !w.demo {
		// As it is configured now: it may have been corrected since the console opened.
		if config, err := w.app.loadConfig(); err == nil {
			if now, ok := config.Find(c.Name); ok {
				c = now
			}
		}
	}
	action := "doctor"
	if question.Write {
		action = "doctor --write"
	}
	if question.Inbox {
		action += " --inbox"
	}
	if err := w.app.mayAdminister(c, action); err != nil {
		return providers.Diagnosis{}, err
	}
	o := w.app.examination(c)
	o.Mailboxes, o.Outside, o.Inbox, o.Write, o.Report = question.Mailboxes, question.Outside, question.Inbox, question.Write, report
	d := w.app.diagnose(ctx, o, trail)
	if ctx.Err() == nil && !w.demo {
		w.app.noteTest(c, d)
	}
	return d, nil
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
