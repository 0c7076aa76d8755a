package exchange

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"
)

// subscription is what a caller wants to be told of: changes in calendars.
type subscription struct {
	id      string
	account string
	boxes   []string // addresses
	events  map[string]bool
	pull    bool
	timeout time.Duration
	due     func() bool // a pull subscription that nobody asks ends
	queue   []Notice
	from    int           // number of the first of queue
	wake    chan struct{} // signalled at a change
}

// maxNotices bounds what waits for a caller; beyond it the subscription is broken.
const maxNotices = 10_000

// take notes a change. The server's lock is held.
func (sub *subscription) take(n Notice) {
	if !slices.Contains(sub.boxes, strings.ToLower(n.Box)) || !sub.events[n.Kind+"Event"] || len(sub.queue) >= maxNotices {
		return
	}
	sub.queue = append(sub.queue, n)
	select {
	case sub.wake <- struct{}{}:
	default:
	}
}

// subscribe begins a streaming or a pull subscription.
func (c *Call) subscribe(w *writer) *Error {
	request := onlyChild(c.body)
	var sub *subscription
	var err *Error
	switch request.local() {
	case "StreamingSubscriptionRequest", "PullSubscriptionRequest":
		sub, err = c.newSubscription(request)
	default:
		err = notModelled("push subscriptions")
	}
	c.messages(w, "Subscribe", func() {
		c.message(w, "Subscribe", err, func() {
			w.leaf("m:SubscriptionId", sub.id)
			if sub.pull {
				w.leaf("m:Watermark", sub.watermark(0))
			}
		}, nil)
	})
	return nil
}

func (c *Call) newSubscription(request *node) (*subscription, *Error) {
	sub := &subscription{account: c.who.account(), events: map[string]bool{}, wake: make(chan struct{}, 1), pull: request.local() == "PullSubscriptionRequest"}
	folders := request.child("t:FolderIds").kids()
	if all := request.attribute("SubscribeToAllFolders"); all == "true" || all == "1" || len(folders) == 0 {
		return nil, notModelled("subscriptions to all folders")
	}
	for _, id := range folders {
		f, err := c.target(id)
		if err == nil {
			_, err = c.readable(f)
		}
		if err != nil {
			return nil, err
		}
		sub.boxes = append(sub.boxes, strings.ToLower(f.box.Address))
	}
	for _, kind := range request.child("t:EventTypes").kids() {
		sub.events[kind.value()] = true
	}
	if sub.pull {
		sub.timeout = time.Duration(number(request.child("t:Timeout").value(), 30)) * time.Minute
		sub.due = c.s.model.Wait(sub.timeout)
		if request.child("t:Watermark") != nil {
			return nil, fail("ErrorInvalidWatermark")
		}
	}
	for _, box := range sub.boxes {
		c.s.model.Watch(box)
	}
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	own := 0
	for _, have := range s.subs {
		if have.account == sub.account {
			own++
		}
	}
	if c.settings.Enforce && own >= c.settings.subscriptions() {
		return nil, fail("ErrorExceededSubscriptionCount")
	}
	s.serial++
	sub.id = base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "sub:%08d:%s", s.serial, sub.boxes[0]))
	s.subs[sub.id] = sub
	return sub, nil
}

// Watched lists the mailboxes that somebody wants to hear of.
func (s *Server) Watched() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, sub := range s.subs {
		out = append(out, sub.boxes...)
	}
	return out
}

// EndSubscriptions forgets all subscriptions, as a mailbox server that restarts.
func (s *Server) EndSubscriptions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, sub := range s.subs {
		delete(s.subs, id)
		select {
		case sub.wake <- struct{}{}:
		default:
		}
	}
}

// subscriptionOf finds one's own subscription. The lock is held.
func (c *Call) subscriptionOf(id string) (*subscription, *Error) {
	sub := c.s.subs[id]
	switch {
	case sub == nil:
		return nil, fail("ErrorSubscriptionNotFound")
	case sub.account != c.who.account():
		return nil, fail("ErrorSubscriptionAccessDenied")
	case sub.pull && sub.due():
		delete(c.s.subs, id)
		return nil, fail("ErrorExpiredSubscription")
	}
	return sub, nil
}

func (c *Call) unsubscribe(w *writer) *Error {
	c.s.mu.Lock()
	id := c.body.child("m:SubscriptionId").value()
	sub, err := c.subscriptionOf(id)
	if sub != nil {
		delete(c.s.subs, id)
		select {
		case sub.wake <- struct{}{}: // a connection that streams it hears of the end
		default:
		}
	}
	c.s.mu.Unlock()
	c.messages(w, "Unsubscribe", func() { c.message(w, "Unsubscribe", err, nil, nil) })
	return nil
}

// watermark is the place behind the n-th waiting change.
func (sub *subscription) watermark(n int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "AQ%012d", sub.from+n))
}

// getEvents answers what a pull subscription has since a watermark.
func (c *Call) getEvents(w *writer) *Error {
	c.s.model.Settle()
	c.s.mu.Lock()
	id := c.body.child("m:SubscriptionId").value()
	sub, err := c.subscriptionOf(id)
	var list []Notice
	previous := c.body.child("m:Watermark").value()
	if err == nil && !sub.pull {
		sub, err = nil, fail("ErrorInvalidPullSubscriptionId")
	}
	if err == nil {
		done := -1
		for n := range len(sub.queue) + 1 {
			if sub.watermark(n) == previous {
				done = n
			}
		}
		if done < 0 {
			err = fail("ErrorInvalidWatermark")
		} else {
			sub.queue, sub.from = sub.queue[done:], sub.from+done
			list = slices.Clone(sub.queue)
			sub.due = c.s.model.Wait(sub.timeout)
		}
	}
	c.s.mu.Unlock()
	c.messages(w, "GetEvents", func() {
		c.message(w, "GetEvents", err, func() {
			w.start("m:Notification")
			w.leaf("t:SubscriptionId", id)
			w.leaf("t:PreviousWatermark", previous)
			w.flag("t:MoreEvents", false)
			for n, notice := range list {
				c.event(w, notice, sub.watermark(n+1))
			}
			if len(list) == 0 {
				w.start("t:StatusEvent")
				w.leaf("t:Watermark", previous)
				w.end()
			}
			w.end()
		}, nil)
	})
	return nil
}

// event writes one notice; streaming has no watermarks.
func (c *Call) event(w *writer, n Notice, watermark string) {
	w.start("t:" + n.Kind + "Event")
	w.some("t:Watermark", watermark)
	w.leaf("t:TimeStamp", stamp(n.At, nil))
	w.empty("t:ItemId", "Id", n.ID, "ChangeKey", n.ChangeKey)
	if box, ok := c.s.model.Find(n.Box); ok {
		w.empty("t:ParentFolderId", "Id", c.s.folderID(box, "calendar"), "ChangeKey", folderKey)
	}
	w.end()
}
