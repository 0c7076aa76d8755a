package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// awaitConsent waits for the answer to an administrator's consent, or waits no more.
func (d *setupDialog) awaitConsent(m *Model) tea.Cmd {
	if d.consent != nil || d.busy != "" {
		d.stop()
		d.why = "it is not waited for: Enter goes on by hand"
		return nil
	}
	desk, setup := d.desk, d.copy()
	d.given = nil
	return d.background(m, "waiting for the consent", func(ctx context.Context, tell func(func(*Model, *setupDialog) tea.Cmd)) func(*Model, *setupDialog) tea.Cmd {
		given, err := desk.AwaitConsent(ctx, setup, func(p providers.ConsentPrompt) {
			tell(func(_ *Model, d *setupDialog) tea.Cmd {
				d.consent = &p
				return nil
			})
		})
		return func(m *Model, d *setupDialog) tea.Cmd {
			d.consent = nil
			if err != nil {
				d.failure = problemText(err)
				return nil
			}
			d.given = &given
			return tea.Batch(d.forward(m), d.test(m))
		}
	})
}

// pastedConsent takes the address at which the browser of another machine ended.
func (d *setupDialog) pastedConsent(text string) {
	if d.consent == nil || d.consent.Paste == nil || strings.TrimSpace(text) == "" {
		return
	}
	d.why = ""
	if err := d.consent.Paste(text); err != nil {
		d.why = problemText(err)
	}
}

// plan is what the consent page will ask for.
func (d *setupDialog) plan() providers.ConsentPlan {
	return d.setup.ConsentPlan(d.records, d.least)
}

// drawAsks says what a person's consent page will ask for, before it is opened.
func (d *setupDialog) drawAsks(o *formLines) {
	o.pair("asks for", plain, strings.Join(d.plan().Asks, ", ")+"; not for mail")
	d.drawChanges(o)
	o.blank()
}

// drawChanges says what of it is another than when this tenant was connected last.
func (d *setupDialog) drawChanges(o *formLines) {
	plan := d.plan()
	switch {
	case !plan.Known:
	case len(plan.Added)+len(plan.Dropped) == 0:
		o.pair("last time", dim, "the same")
	default:
		o.pair("last time", warn, clean(strings.TrimSpace(signed("+", plan.Added)+" "+signed("-", plan.Dropped))))
	}
	if len(plan.Dropped) > 0 && d.setup.Individual() {
		o.pair("", dim, providers.ConsentStays)
	}
}

// drawWays says what else can be done than opening the link and coming back by hand.
func (d *setupDialog) drawWays(o *formLines) {
	switch {
	case d.consent != nil:
		o.pair("waiting", accent, "until "+d.consent.Expires.In(o.m.zone).Format("15:04")+" for the browser's answer; Enter goes on without it")
		o.pair("elsewhere", dim, "a browser on another machine ends at an address that leads nowhere: paste that address here")
	case d.busy != "":
		o.pair("waiting", accent, "◌ "+d.busy+"…")
	default:
		o.pair("then", plain, "Enter, once it is given: the test looks for it")
		o.pair("or by itself", dim, "l: the answer comes back here, where http://localhost is registered; ? says how")
		o.pair("or there", dim, d.now().Where)
	}
}

// drawConsentHelp explains how the answer comes back, and how the pages may end.
func (d *setupDialog) drawConsentHelp(o *formLines) {
	o.pair("by itself", plain, "l shows a link whose answer comes back to this machine, and waits for it. Register for it: "+providers.ConsentReturnPlace+
		". Without that the page ends with AADSTS50011: l once more takes the link without it.")
	o.pair("by hand", plain, "open the link, consent, and press Enter here. A page that ends with AADSTS500113, or at an address that leads nowhere, comes after the consent: the test shows whether it was given.")
	o.blank()
}

// openLink opens what is shown in a browser, because the person said so.
func (d *setupDialog) openLink(m *Model) tea.Cmd {
	text, _ := d.link()
	if text == "" {
		return nil
	}
	desk := d.desk
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		return setupOpened{d, desk.OpenLink(ctx, text)}
	})
}

type setupOpened struct {
	d   *setupDialog
	err error
}

func (a setupOpened) apply(*Model) tea.Cmd {
	a.d.why = "handed to this machine's browser: look whether the right account answers there"
	if a.err != nil {
		a.d.why = "the browser cannot be opened (" + problemText(a.err) + "): y copies the link"
	}
	return nil
}
