package cli

import (
	"fmt"
	"strings"
	"time"
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
}

const (
	progressFirst = 300 * time.Millisecond
	progressBar   = 100 * time.Millisecond
	progressLine  = 5 * time.Second
)

func (a *app) progress(what string) *progress {
	now := a.deps.Now()
	return &progress{out: a.out, what: what, live: terminal(a.deps.Stderr) && !a.flags.accessible, since: now, shown: now}
}

// step tells how much is done; total 0 is not known.
func (p *progress) step(done, total int) {
	now := p.out.now()
	pause := progressLine
	if p.live {
		pause = progressBar
		if !p.drawn {
			pause = progressFirst
		}
	}
	if now.Sub(p.shown) < pause {
		return
	}
	p.shown = now
	text := fmt.Sprintf("%s: %d", p.what, done)
	if total > 0 {
		text = fmt.Sprintf("%s: %d of %d", p.what, done, total)
	}
	if !p.live {
		p.out.say("%s", text)
		return
	}
	if total > 0 {
		const width = 24
		full := min(done*width/total, width)
		text = fmt.Sprintf("%s %s%s %d of %d", p.what, strings.Repeat("█", full), strings.Repeat("░", width-full), done, total)
	}
	p.drawn = true
	_, _ = fmt.Fprintf(p.out.err, "\r\x1b[K%s", text)
}

// end takes the line away.
func (p *progress) end() {
	if p.drawn {
		_, _ = fmt.Fprint(p.out.err, "\r\x1b[K")
		p.drawn = false
	}
}
