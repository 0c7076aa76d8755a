package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"roomdesk/providers"
)

// progress shows long work on standard error: one line that renews itself on a
// terminal, else a line every few seconds. Nothing appears for work that ends
// within its first moment.
type progress struct {
	out   *output
	what  string
	live  bool // a terminal that may be redrawn
	since time.Time
	shown time.Time
	drawn bool
	phase providers.SyncPhase // told last
	to    io.Writer           // of lines of JSON
}

const (
	progressFirst = 300 * time.Millisecond
	progressBar   = 100 * time.Millisecond
	progressLine  = 5 * time.Second
)

func (a *app) progress(what string) *progress {
	now := a.deps.Now()
	return &progress{out: a.out, what: what, live: terminal(a.deps.Stderr) && !a.flags.accessible, since: now, shown: now, to: a.deps.Stderr}
}

// tell shows how the sync comes along: on a terminal as a bar, with --json as one
// object a line, else as a line for each phase and every few seconds.
func (p *progress) tell(s providers.SyncProgress) {
	if p.live && p.out.format != formatJSON {
		p.what = "reading " + s.Phase.Words()
		pace := ""
		if s.Phase != providers.PhaseChanges {
			pace = s.ShortPace(p.out.now(), p.out.zone)
		}
		p.bar(s.Done, s.Total, pace)
		return
	}
	now := p.out.now()
	begins := s.Phase != p.phase && now.Sub(p.since) >= progressFirst
	if !begins && now.Sub(p.shown) < progressLine || s.Phase == providers.PhaseChanges && p.phase == "" {
		return
	}
	p.shown, p.phase = now, s.Phase
	if p.out.format == formatJSON {
		// Nobody is left to tell where it cannot be written.
		_ = p.out.line(p.to, map[string]progressObject{"progress": p.out.progress(s)})
		return
	}
	p.out.say("%s", progressLineOf(s, now, p.out.zone))
}

// progressLineOf is a whole line: what is read, how far, how fast, until when.
func progressLineOf(s providers.SyncProgress, now time.Time, zone *time.Location) string {
	if s.Phase == providers.PhaseChanges {
		return "reading changes: the first sync is complete"
	}
	text := fmt.Sprintf("reading %s: %d", s.Phase.Words(), s.Done)
	if s.Total > 0 {
		text += fmt.Sprintf(" of %d", s.Total)
	}
	return text + ", " + s.Pace(now, zone)
}

// step tells how much is done; total 0 is not known.
func (p *progress) step(done, total int) {
	if p.live {
		p.bar(done, total, "")
		return
	}
	now := p.out.now()
	if now.Sub(p.shown) < progressLine {
		return
	}
	p.shown = now
	text := fmt.Sprintf("%s: %d", p.what, done)
	if total > 0 {
		text = fmt.Sprintf("%s: %d of %d", p.what, done, total)
	}
	p.out.say("%s", text)
}

// bar renews the line on a terminal. What stands behind the bar does not move it.
func (p *progress) bar(done, total int, pace string) {
	now := p.out.now()
	pause := progressBar
	if !p.drawn {
		pause = progressFirst
	}
	if now.Sub(p.shown) < pause {
		return
	}
	p.shown, p.drawn = now, true
	text := fmt.Sprintf("%s: %d", p.what, done)
	if total > 0 {
		const width = 24
		full := min(max(done, 0)*width/total, width)
		text = fmt.Sprintf("%s %s%s %*d of %d", p.what, strings.Repeat("█", full), strings.Repeat("░", width-full), len(fmt.Sprint(total)), done, total)
	}
	if pace != "" {
		text += "  " + pace
	}
	if p.out.width > 0 {
		text = ansi.Truncate(text, p.out.width-1, "…")
	}
	_, _ = fmt.Fprintf(p.out.err, "\r\x1b[K%s", text)
}

// end takes the line away.
func (p *progress) end() {
	if p.drawn {
		_, _ = fmt.Fprint(p.out.err, "\r\x1b[K")
		p.drawn = false
	}
}
