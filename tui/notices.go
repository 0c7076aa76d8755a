package tui

import (
	"slices"
	"time"
)

// goodNoticeTime is how long a piece of good news stays.
const goodNoticeTime = 10 * time.Second

type notice struct {
	text   string
	bad    bool
	answer bool // to a key that was pressed just now
	since  time.Time
	about  string // the state that it tells of; "" for none
}

// notices is the status line's queue. Good news goes by itself; bad news stays
// until it is put away with esc, or until what it tells of is over. What answers a key stands before what was there: a key
// that seems to do nothing is worse than bad news that waits for some seconds.
type notices struct{ queue []notice }

func (n *notices) add(now time.Time, text string, bad bool) {
	if text == "" {
		return
	}
	text = clean(text)
	for i := range n.queue {
		if n.queue[i].text == text {
			n.queue[i].since = now
			return
		}
	}
	n.put(notice{text: text, bad: bad, since: now})
}

// state tells of something that lasts: it takes the place of what was told of it before.
func (n *notices) state(now time.Time, about, text string, bad bool) {
	n.over(about)
	n.add(now, text, bad)
	for i := range n.queue {
		if n.queue[i].text == clean(text) {
			n.queue[i].about = about
		}
	}
}

// over drops what was told of something that has ended.
func (n *notices) over(about string) {
	if about != "" {
		n.queue = slices.DeleteFunc(n.queue, func(c notice) bool { return c.about == about })
	}
}

// reply says why a key does nothing. It is the newest, also where it was said before.
func (n *notices) reply(now time.Time, text string) {
	text = clean(text)
	n.queue = slices.DeleteFunc(n.queue, func(c notice) bool { return c.text == text })
	n.put(notice{text: text, answer: true, since: now})
}

func (n *notices) put(fresh notice) {
	n.queue = append(n.queue, fresh)
	if len(n.queue) > 50 {
		n.queue = n.queue[1:]
	}
}

// current is what the line shows: bad news before good, then the newest. An answer to
// a key stands before all that was there when the key was pressed.
func (n *notices) current() *notice {
	var found *notice
	for i := range n.queue {
		if c := &n.queue[i]; found == nil || c.answer || c.bad || !found.bad {
			found = c
		}
	}
	return found
}

func (n *notices) expire(now time.Time) {
	kept := n.queue[:0]
	for _, c := range n.queue {
		old := now.Sub(c.since) >= goodNoticeTime
		if c.answer = c.answer && !old; c.bad || !old {
			kept = append(kept, c)
		}
	}
	n.queue = kept
}

// dismiss puts away what the line shows and reports whether there was anything.
func (n *notices) dismiss() bool {
	c := n.current()
	if c == nil {
		return false
	}
	text := c.text
	kept := n.queue[:0]
	for _, q := range n.queue {
		if q.text != text {
			kept = append(kept, q)
		}
	}
	n.queue = kept
	return true
}
