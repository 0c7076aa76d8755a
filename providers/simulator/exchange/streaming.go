package exchange

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// stream answers GetStreamingEvents: one envelope after another on an answer that
// goes on, until its time is over or nothing is left to tell of.
func (c *Call) stream(ctx context.Context) Answer {
	minutes := number(c.body.child("m:ConnectionTimeout").value(), 1)
	var ids []string
	for _, n := range c.body.child("m:SubscriptionIds").kids() {
		ids = append(ids, n.value())
	}
	s := c.s
	s.mu.Lock()
	b := s.budget(c.who.account())
	if c.settings.Enforce && b.hanging >= c.settings.hanging() {
		b.refused++
		s.mu.Unlock()
		return c.fault(fail("ErrorExceededConnectionCount"))
	}
	var live []*subscription
	var dead []string
	for _, id := range ids {
		sub, err := c.subscriptionOf(id)
		switch {
		case err != nil:
			c.note(err)
			dead = append(dead, id)
		case sub.pull:
			dead = append(dead, id)
		default:
			live = append(live, sub)
		}
	}
	b.hanging++
	s.mu.Unlock()

	a := Answer{Status: http.StatusOK}
	a.set("Content-Type", "text/xml; charset=utf-8")
	a.Stream = func(ctx context.Context, write func([]byte) error) error {
		defer func() {
			s.mu.Lock()
			b.hanging--
			s.mu.Unlock()
		}()
		if len(dead) > 0 {
			err := fail("ErrorInvalidSubscription")
			if len(live) == 0 {
				return write(c.streamed(err, nil, dead, "Closed"))
			}
			if failed := write(c.streamed(err, nil, dead, "")); failed != nil {
				return failed
			}
		}
		return c.follow(ctx, write, live, time.Duration(minutes)*time.Minute)
	}
	return a
}

// follow tells of changes as they come, and between them that the connection lives.
func (c *Call) follow(ctx context.Context, write func([]byte) error, live []*subscription, life time.Duration) error {
	s := c.s
	over := s.model.Wait(life)
	pulse := s.model.Wait(s.Settings().heartbeat())
	if err := write(c.streamed(nil, nil, nil, "OK")); err != nil {
		return err
	}
	ticker := time.NewTicker(waitStep)
	defer ticker.Stop()
	for {
		s.model.Settle()
		batches, gone := c.collect(live)
		if gone != nil { // somebody unsubscribed, or the server forgot
			return write(c.streamed(fail("ErrorSubscriptionNotFound"), nil, gone, "Closed"))
		}
		for _, b := range c.Disturb.notify(batches) {
			if err := write(c.streamed(nil, &b, nil, "")); err != nil {
				return err
			}
		}
		switch {
		case over():
			return write(c.streamed(nil, nil, nil, "Closed"))
		case pulse():
			pulse = s.model.Wait(s.Settings().heartbeat())
			if err := write(c.streamed(nil, nil, nil, "OK")); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return errors.New("the client went away")
		case <-s.model.Done():
			return errors.New("the server ends")
		case <-live[0].wake:
		case <-ticker.C:
		}
	}
}

// batch is what one subscription has to tell.
type batch struct {
	id   string
	list []Notice
}

// collect takes what waits; gone are the subscriptions that ended.
func (c *Call) collect(live []*subscription) (out []batch, gone []string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	for _, sub := range live {
		if c.s.subs[sub.id] != sub {
			gone = append(gone, sub.id)
			continue
		}
		if len(sub.queue) > 0 {
			out = append(out, batch{sub.id, sub.queue})
			sub.from, sub.queue = sub.from+len(sub.queue), nil
		}
	}
	return out, gone
}

// notify is what the fault of that name does to notices.
func (d Disturbance) notify(list []batch) []batch {
	switch d.Notify {
	case "drop":
		return nil
	case "dup":
		return append(list, list...)
	case "forged":
		for i := range list {
			list = append(list, batch{"Zm9yZ2Vk", list[i].list})
		}
	case "reorder":
		for _, b := range list {
			for i, j := 0, len(b.list)-1; i < j; i, j = i+1, j-1 {
				b.list[i], b.list[j] = b.list[j], b.list[i]
			}
		}
	}
	return list
}

// streamed is one envelope of the answer.
func (c *Call) streamed(err *Error, b *batch, dead []string, status string) []byte {
	// The service writes these envelopes without a prefix; clients split at them.
	w := &writer{}
	w.start("Envelope", "xmlns", soapSpace, "xmlns:s", soapSpace, "xmlns:m", messagesSpace, "xmlns:t", typesSpace)
	w.start("s:Header")
	w.b = append(w.b, serverInfo...)
	w.end()
	w.start("s:Body")
	c.messages(w, "GetStreamingEvents", func() {
		w.start("m:GetStreamingEventsResponseMessage", "ResponseClass", class(err))
		c.outcome(w, err)
		if b != nil {
			w.start("m:Notifications")
			w.start("t:Notification")
			w.leaf("t:SubscriptionId", b.id)
			for _, n := range b.list {
				c.event(w, n, "")
			}
			w.end()
			w.end()
		}
		if len(dead) > 0 {
			w.start("m:ErrorSubscriptionIds")
			for _, id := range dead {
				w.leaf("t:SubscriptionId", id)
			}
			w.end()
		}
		w.some("m:ConnectionStatus", status)
		w.end()
	})
	c.closeEnvelope(w)
	return w.b
}
