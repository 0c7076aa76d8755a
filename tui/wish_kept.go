package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"
)

// WishKeeper keeps the line of the latest booking's wishes over restarts.
type WishKeeper interface {
	// LastWish is that line; "" where there is none.
	LastWish(ctx context.Context) (string, error)
	KeepWish(ctx context.Context, line string) error
}

type wishAnswer struct {
	line string
	err  error
}

// readWish reads the wishes of the latest booking of an earlier start.
func (m *Model) readWish() tea.Cmd {
	ws := m.ws
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		line, err := ws.LastWish(ctx)
		return wishAnswer{line, err}
	})
}

func (a wishAnswer) apply(m *Model) tea.Cmd {
	if m.find.last == "" && a.err == nil { // without it the key says that there is none
		m.find.last = clean(a.line)
	}
	return nil
}

type wishKept struct{ err error }

func (a wishKept) apply(m *Model) tea.Cmd {
	m.notices.over("wish kept")
	if a.err != nil {
		m.notices.state(m.now, "wish kept", "the wish is not kept for the next start: "+problemText(a.err), true)
	}
	return nil
}

// keepWish keeps the line of a booking for the key that repeats it.
func (m *Model) keepWish(line string) tea.Cmd {
	m.find.last = line
	ws := m.ws
	return m.ask(readTime, func(ctx context.Context) tea.Msg { return wishKept{ws.KeepWish(ctx, line)} })
}
