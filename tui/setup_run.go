package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// setupNews is one thing that what runs has told; it is dropped where something else
// runs by now.
type setupNews struct {
	d    *setupDialog
	run  int
	feed <-chan setupNews
	news func(m *Model, d *setupDialog) tea.Cmd
	last bool
}

func (a setupNews) apply(m *Model) tea.Cmd {
	var cmds []tea.Cmd
	if a.d.run == a.run {
		if cmd := a.news(m, a.d); cmd != nil {
			cmds = append(cmds, cmd)
		}
	}
	if !a.last {
		cmds = append(cmds, nextNews(a.feed))
	}
	return tea.Batch(cmds...)
}

func nextNews(feed <-chan setupNews) tea.Cmd {
	return func() tea.Msg { return <-feed }
}

// background runs work beside the console. What it tells is shown in order.
func (d *setupDialog) background(m *Model, busy string, work func(ctx context.Context, tell func(func(*Model, *setupDialog) tea.Cmd)) func(*Model, *setupDialog) tea.Cmd) tea.Cmd {
	d.stop()
	d.busy, d.why, d.failure = busy, "", ""
	ctx, cancel := context.WithCancel(m.ctx)
	d.cancel = cancel
	run := d.run
	feed := make(chan setupNews, 64)
	start := func() tea.Msg {
		defer cancel()
		tell := func(news func(*Model, *setupDialog) tea.Cmd) {
			select {
			case feed <- setupNews{d, run, feed, news, false}:
			case <-ctx.Done():
			}
		}
		end := work(ctx, tell)
		feed <- setupNews{d, run, feed, func(m *Model, d *setupDialog) tea.Cmd {
			d.busy = ""
			return end(m, d)
		}, true}
		return nil
	}
	return tea.Batch(start, nextNews(feed))
}

// makeCertificate makes the certificate of this set-up.
func (d *setupDialog) makeCertificate(m *Model) tea.Cmd {
	desk, setup := d.desk, d.copy()
	return d.background(m, "the key is being made", func(ctx context.Context, _ func(func(*Model, *setupDialog) tea.Cmd)) func(*Model, *setupDialog) tea.Cmd {
		made, err := desk.MakeCertificate(ctx, setup)
		return func(m *Model, d *setupDialog) tea.Cmd {
			if err != nil {
				d.failure = problemText(err)
				return nil
			}
			d.setup.Made = &made
			d.edited(m)
			return d.keep(m)
		}
	})
}

// signIn lets a person sign in on Microsoft's page.
func (d *setupDialog) signIn(m *Model) tea.Cmd {
	desk, setup := d.desk, d.copy()
	return d.background(m, "waiting for the sign-in", func(ctx context.Context, tell func(func(*Model, *setupDialog) tea.Cmd)) func(*Model, *setupDialog) tea.Cmd {
		who, err := desk.SignInSetup(ctx, setup, func(p providers.SignInPrompt) {
			tell(func(_ *Model, d *setupDialog) tea.Cmd {
				d.prompt = &p
				return nil
			})
		})
		return func(m *Model, d *setupDialog) tea.Cmd {
			d.prompt = nil
			if err != nil {
				d.failure = problemText(err)
				return nil
			}
			d.who = &who
			return tea.Batch(d.forward(m), d.test(m))
		}
	})
}

// test climbs the doctor's ladder; each rung is shown as it ends.
func (d *setupDialog) test(m *Model) tea.Cmd {
	desk, setup, secret := d.desk, d.copy(), d.secret.hidden()
	d.rungs, d.answer = nil, nil
	return d.background(m, "the test runs", func(ctx context.Context, tell func(func(*Model, *setupDialog) tea.Cmd)) func(*Model, *setupDialog) tea.Cmd {
		defer secret.Wipe()
		answer, err := desk.TestSetup(ctx, setup, secret, func(r providers.Rung) {
			tell(func(_ *Model, d *setupDialog) tea.Cmd {
				d.rungs = append(d.rungs, r)
				return nil
			})
		})
		return func(_ *Model, d *setupDialog) tea.Cmd {
			if err != nil {
				d.failure = problemText(err)
				return nil
			}
			d.answer = &answer
			if len(answer.Diagnosis.Rungs) > 0 {
				d.rungs = answer.Diagnosis.Rungs
			}
			return nil
		}
	})
}

// connect keeps what was tested, once the person has said that it is the right one.
func (d *setupDialog) connect(m *Model) tea.Cmd {
	desk, setup, secret := d.desk, d.copy(), d.secret.hidden()
	return d.background(m, "the connection is being kept", func(ctx context.Context, _ func(func(*Model, *setupDialog) tea.Cmd)) func(*Model, *setupDialog) tea.Cmd {
		defer secret.Wipe()
		connected, err := desk.ConnectSetup(ctx, setup, secret)
		return func(m *Model, d *setupDialog) tea.Cmd {
			if err != nil {
				d.failure = problemText(err)
				return nil
			}
			d.connected = &connected
			d.wipe()
			d.goTo(m, len(d.steps)-1)
			if m.ws == nil {
				return nil
			}
			return m.readConnections()
		}
	})
}

// wrong takes everything back: it was the wrong account.
func (d *setupDialog) wrong(m *Model) tea.Cmd {
	d.stop()
	desk, setup := d.desk, d.copy()
	d.wipe()
	d.busy = "everything is taken back"
	return d.whenKept(m, func(m *Model) tea.Cmd {
		return m.ask(networkTime, func(ctx context.Context) tea.Msg {
			return setupDropped{d, desk.DropSetup(ctx, setup), false}
		})
	})
}

type setupDropped struct {
	d    *setupDialog
	err  error
	anew bool
}

func (a setupDropped) apply(m *Model) tea.Cmd {
	if a.anew {
		if a.err != nil {
			m.notices.add(m.now, "not everything could be taken back: "+problemText(a.err), true)
		}
		return m.openSetup()
	}
	d := a.d
	d.busy = ""
	d.setup.Made, d.who, d.given, d.connected, d.answer, d.rungs = nil, nil, nil, nil, nil, nil
	d.setup.Step = 1
	d.changed()
	d.goTo(m, 1)
	if a.err != nil {
		d.failure = "not everything could be taken back: " + problemText(a.err)
		return nil
	}
	d.failure = ""
	d.why = "nothing is left of it: no credential, no connection. Correct the ids, then sign in with the right account in a private window"
	if d.setup.Exchange() {
		d.why = "nothing is left of it: no credential, no connection. Correct account and mailboxes; the password is asked for again"
	}
	if m.ws == nil {
		return nil
	}
	return m.readConnections()
}

// finish opens the console on the new connection.
func (d *setupDialog) finish(m *Model) tea.Cmd {
	if d.connected == nil {
		return d.close(m)
	}
	return m.leaveFor(d.connected.Name)
}

// copyShown copies the link or the code that is shown.
func (d *setupDialog) copyShown(m *Model) tea.Cmd {
	text, what := d.link()
	if text == "" {
		return nil
	}
	d.why = what + " copied, where the terminal allows it"
	return tea.SetClipboard(text)
}

// link is what a person opens in a browser now, and what it is.
func (d *setupDialog) link() (text, what string) {
	switch {
	case d.prompt != nil:
		return d.prompt.Address, "the address"
	case d.consent != nil:
		return d.consent.Address, "the link"
	case d.now().ID == providers.StepConsent && !d.setup.Individual():
		return d.desk.ConsentLink(d.setup), "the link"
	case d.now().ID == providers.StepCredential && d.setup.Made != nil:
		return d.setup.Made.File, "the path"
	}
	return "", ""
}

// letter is the link as a message to the administrator who has to consent.
func (d *setupDialog) letter() string {
	if d.now().ID != providers.StepConsent || d.setup.Individual() {
		return ""
	}
	return "Please let roomdesk see and book the meeting rooms of our organisation.\n\n" +
		"Open this link in a private browser window and sign in as a Privileged Role Administrator or a Global Administrator:\n" +
		d.desk.ConsentLink(d.setup) + "\n\n" +
		"It asks for " + strings.Join(d.least, ", ") + ". It does not ask for mail.\n" +
		"The permission page may come twice, 1 of 2 and 2 of 2; the second is no failure.\n"
}

// copyLetter copies it.
func (d *setupDialog) copyLetter(*Model) tea.Cmd {
	d.why = "a message for the administrator copied, where the terminal allows it"
	return tea.SetClipboard(d.letter())
}

// copyCode copies the code of a sign-in.
func (d *setupDialog) copyCode(*Model) tea.Cmd {
	if d.prompt == nil || d.prompt.Code == "" {
		return nil
	}
	d.why = "the code copied, where the terminal allows it"
	return tea.SetClipboard(d.prompt.Code)
}
