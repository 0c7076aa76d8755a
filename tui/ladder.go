package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// examinationTime bounds one examination. Rooms that are asked for an answer may
// take a minute each.
const examinationTime = 10 * time.Minute

// examine is how a ladder is climbed: [Examiner.Examine], or over a connection
// that is not stored yet.
type examine func(ctx context.Context, question Examination, report func(providers.Rung)) (providers.Diagnosis, error)

// ladder is an examination on the screen, step by step as it goes. It is drawn by
// the dialog that holds it.
type ladder struct {
	steps    []ExaminationStep
	examine  examine
	question Examination

	rungs     []providers.Rung // those that have ended
	diagnosis providers.Diagnosis
	err       error
	running   bool
	ended     time.Time
	list      scroll
	moved     bool // the bar was moved: it stays where the person put it
	run       *ladderRun
}

// ladderRun is one examination under way. Answers of an earlier one are dropped.
type ladderRun struct {
	rungs chan providers.Rung
	end   chan ladderEnd
	stop  context.CancelFunc
}

type ladderEnd struct {
	diagnosis providers.Diagnosis
	err       error
}

func newLadder(steps []ExaminationStep, by examine, question Examination) *ladder {
	return &ladder{steps: steps, examine: by, question: question}
}

// start examines, also again: what was seen before goes away.
func (p *ladder) start(m *Model) tea.Cmd {
	p.halt()
	ctx, stop := context.WithTimeout(m.ctx, examinationTime)
	run := &ladderRun{rungs: make(chan providers.Rung, len(p.steps)+1), end: make(chan ladderEnd, 1), stop: stop}
	p.run, p.running, p.rungs, p.diagnosis, p.err, p.ended, p.moved = run, true, nil, providers.Diagnosis{}, nil, time.Time{}, false
	p.list = scroll{n: len(p.steps), height: 1}
	by, question := p.examine, p.question
	return func() tea.Msg {
		go func() {
			defer stop()
			diagnosis, err := by(ctx, question, func(r providers.Rung) {
				select {
				case run.rungs <- r:
				case <-ctx.Done():
				}
			})
			close(run.rungs)
			run.end <- ladderEnd{diagnosis, err}
		}()
		return p.next(run)
	}
}

// next waits for what comes next of a run.
func (p *ladder) next(run *ladderRun) tea.Msg {
	if rung, more := <-run.rungs; more {
		return ladderRung{p, run, rung}
	}
	return ladderEnded{p, run, <-run.end}
}

// halt stops what is under way. What it wrote is still taken away.
func (p *ladder) halt() {
	if p.run != nil {
		p.run.stop()
	}
	p.running = false
}

type ladderRung struct {
	ladder *ladder
	run    *ladderRun
	rung   providers.Rung
}

func (a ladderRung) apply(*Model) tea.Cmd {
	p := a.ladder
	if p.run != a.run || !p.running {
		return nil
	}
	p.rungs = append(p.rungs, a.rung)
	p.follow()
	return func() tea.Msg { return p.next(a.run) }
}

type ladderEnded struct {
	ladder *ladder
	run    *ladderRun
	end    ladderEnd
}

func (a ladderEnded) apply(m *Model) tea.Cmd {
	p := a.ladder
	if p.run != a.run || !p.running {
		return nil
	}
	p.running, p.ended, p.diagnosis, p.err = false, m.now, a.end.diagnosis, a.end.err
	if p.err == nil {
		p.rungs = p.diagnosis.Rungs
	}
	p.follow()
	return m.readConnections()
}

// follow puts the bar on what matters, until a person moves it: the first cause,
// else the step that is tried now.
func (p *ladder) follow() {
	if p.moved {
		return
	}
	at := min(len(p.rungs), max(len(p.steps)-1, 0))
	if n := p.causeAt(); n >= 0 {
		at = n
	} else if !p.running {
		at = 0
	}
	p.list.at = at
}

// so is what is known so far as a diagnosis.
func (p *ladder) so() providers.Diagnosis {
	if !p.running && p.err == nil {
		return p.diagnosis
	}
	return providers.Diagnosis{Rungs: p.rungs}
}

// causeAt is the step with the first cause, -1 for none.
func (p *ladder) causeAt() int {
	cause := p.so().Cause()
	for i := range p.rungs {
		if cause != nil && p.rungs[i].Trouble == cause {
			return i
		}
	}
	return -1
}

// of names the connections that are tested: two where an organisation has them.
func (p *ladder) of() []string {
	var out []string
	for _, s := range p.steps {
		if s.Connection != "" && !slices.Contains(out, s.Connection) {
			out = append(out, s.Connection)
		}
	}
	if len(out) == 0 {
		out = []string{p.question.Connection}
	}
	return out
}

// chosen is the step that the bar is on, nil where it has not ended.
func (p *ladder) chosen() *providers.Rung {
	if p.list.at >= len(p.rungs) || p.list.at < 0 {
		return nil
	}
	return &p.rungs[p.list.at]
}

func (p *ladder) move(by int) {
	p.moved = true
	p.list.n = len(p.steps)
	p.list.move(by)
}

// sentence is the first line of the diagnosis, as people pass it on.
func (p *ladder) sentence() string { return p.so().FirstLine() }

// support is what somebody else needs to help: each step and what the service said.
func (p *ladder) support() string {
	var b strings.Builder
	b.WriteString("roomdesk test of " + clean(strings.Join(p.of(), " and ")) + ", " + p.diagnosis.Started.UTC().Format("2006-01-02 15:04 UTC") + "\n" + p.sentence() + "\n\n")
	for i := range p.rungs {
		r := &p.rungs[i]
		if r.Connection != "" {
			b.WriteString(clean(r.Connection) + " ")
		}
		b.WriteString(r.Name + ": " + strings.TrimPrefix(string(r.State)+": "+rungText(r), "not run: ") + "\n")
		for _, pair := range evidenceOf(r.Trouble) {
			b.WriteString("  " + pair[0] + ": " + pair[1] + "\n")
		}
	}
	return b.String()
}

// testDialog is an examination of a configured connection.
type testDialog struct{ *ladder }

func (m *Model) openTest(name string) tea.Cmd {
	question := Examination{Connection: name}
	d := &testDialog{newLadder(m.ws.ExaminationSteps(question), m.ws.Examine, question)}
	m.openDialog(d)
	return d.start(m)
}

// alone tests the chosen connection without the other one of its organisation, or both
// again.
func (d *testDialog) alone(m *Model) tea.Cmd {
	d.question.Alone = !d.question.Alone
	d.steps = m.ws.ExaminationSteps(d.question)
	return d.start(m)
}

func (d *testDialog) scope() scope                          { return scopeTest }
func (d *testDialog) typed(*Model, tea.KeyPressMsg) tea.Cmd { return nil }
func (d *testDialog) pasted(*Model, string) tea.Cmd         { return nil }

// askToWrite asks before anything is written.
func (p *ladder) askToWrite(m *Model) {
	text := []string{"An event is written into the organizer's calendar, read, and taken away again: private, shown as free, two weeks ahead at night. Nobody gets mail."}
	if rooms := m.names(p.question.Mailboxes); rooms != "" {
		text = append(text, "These rooms are booked for half an hour in which they are free, until they have answered: "+rooms+".")
	}
	m.openDialog(&question{title: "Write into the tenant, to test it?", text: text, no: "do not write", yes: "write and take away", do: func(m *Model) tea.Cmd {
		p.question.Write = true
		cmd := p.start(m)
		p.question.Write = false // again is without writing, until it is asked for again
		return cmd
	}})
}

// askForInbox asks before the one question that leaves the calendar folders.
func (p *ladder) askForInbox(m *Model) {
	m.openDialog(&question{title: "Ask for a mail folder, to prove that it is refused?", text: []string{
		"Nothing of roomdesk ever touches mail. This asks once for the inbox folder of a mailbox whose calendar answers, and must be refused: refused is passed. Nothing in the folder is listed or read.",
		"It is the only question outside of calendar folders, and stands in the audit trail here before it is asked.",
	}, no: "do not ask", yes: "ask for the inbox", do: func(m *Model) tea.Cmd {
		p.question.Inbox = true
		cmd := p.start(m)
		p.question.Inbox = false // only when asked for
		return cmd
	}})
}
