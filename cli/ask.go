package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"sync"
)

// typedLine is a line that was typed, or why there is none.
type typedLine struct {
	text string
	err  error
}

// lines reads standard input line by line, and only where somebody waits for one. A
// line that nobody waits for any more goes to whoever asks next: reading cannot be
// broken off.
type lines struct {
	mu      sync.Mutex
	reader  *bufio.Reader
	pending chan typedLine
}

// line gives the channel on which the next line comes; who takes it from there calls
// lineTaken.
func (a *app) line() <-chan typedLine {
	l := &a.typed
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pending == nil {
		if l.reader == nil {
			l.reader = bufio.NewReader(a.deps.Stdin)
		}
		pending := make(chan typedLine, 1)
		l.pending = pending
		go func() {
			text, err := l.reader.ReadString('\n')
			if text != "" {
				err = nil
			}
			pending <- typedLine{text, err}
		}()
	}
	return l.pending
}

func (a *app) lineTaken() {
	a.typed.mu.Lock()
	defer a.typed.mu.Unlock()
	a.typed.pending = nil
}

// ask reads one line from the terminal, until ctx ends.
func (a *app) ask(ctx context.Context, question string) (string, error) {
	_, _ = fmt.Fprint(a.out.err, question)
	select {
	case <-ctx.Done():
		a.out.say("")
		return "", ctx.Err()
	case got := <-a.line():
		a.lineTaken()
		if got.err != nil {
			return "", failed("", "nothing was answered")
		}
		return strings.TrimSpace(got.text), nil
	}
}
