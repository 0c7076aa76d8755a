package tui

import "time"

// goodNoticeTime is how long a piece of good news stays.
const goodNoticeTime = 10 * time.Second

type notice struct {
	text  string
	bad   bool
	since time.Time
}

// notices is the status line's queue. Good news goes by itself; bad news stays
// until it is put away with esc.
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
	n.queue = append(n.queue, notice{text, bad, now})
	if len(n.queue) > 50 {
		n.queue = n.queue[1:]
	}
}

// current is what the line shows: bad news before good, then the newest.
func (n *notices) current() *notice {
	var found *notice
	for i := range n.queue {
		if c := &n.queue[i]; found == nil || c.bad || !found.bad {
			found = c
		}
	}
	return found
}

func (n *notices) expire(now time.Time) {
	kept := n.queue[:0]
	for _, c := range n.queue {
		if c.bad || now.Sub(c.since) < goodNoticeTime {
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
