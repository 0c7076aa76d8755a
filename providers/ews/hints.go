package ews

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"roomdesk/providers"
)

// Bounds of streaming notifications. Exchange allows 10 open connections of an account,
// 3 on the oldest servers, and 200 subscriptions of one (how to maintain affinity).
const (
	maxStreams     = 3
	maxGroup       = 200
	streamMinutes  = 30               // the longest that the schema allows
	streamSilence  = 95 * time.Second // two of Exchange's usual heartbeats
	streamBrief    = 5 * time.Second  // a connection that ends sooner is a failure
	streamSoon     = 5 * time.Second
	streamSeldom   = 5 * time.Minute
	streamRefused  = 15 * time.Minute // where the connection as a whole is refused
	streamForget   = time.Hour        // until a mailbox that refused is asked again
	streamNobody   = 15 * time.Second // until it is asked again whose changes are wanted
	streamTogether = time.Second      // changes that come in flocks are told once
)

// HintStats is what streaming brought so far.
type HintStats struct {
	Streams       int   // connections that are open
	Subscriptions int   // calendars that they tell of
	Hints         int64 // mailboxes that were told, each once for a flock of changes
	Strangers     int64 // notifications of subscriptions that are none of ours: not believed
	Lost          int64 // connections that broke off, were silent or could not be made
}

type hintStats struct{ streams, subscriptions, hints, strangers, lost atomic.Int64 }

// Hints calls changed with mailboxes in whose default calendar something may have changed,
// as soon as Exchange's streaming notifications tell of it, until ctx ends. mailboxes says
// whose changes are wanted, the most wanted first; it is asked whenever a connection is
// made anew, at least every half hour, and what is beyond 600 is left out.
//
// It is never more than a hint: notifications get lost, so whoever relies on changes goes
// on to look by itself. What a connection broke off may have brought is told as a change
// of all its mailboxes. It returns nil once ctx has ended, and lives through all trouble
// until then. Calls of changed come one at a time for a connection.
func (p *Provider) Hints(ctx context.Context, mailboxes func() []providers.Address, changed func(...providers.Address)) error {
	ctx, cancel := context.WithCancel(providers.WithPriority(ctx, providers.Background))
	defer cancel()
	defer context.AfterFunc(p.engine.life, cancel)()
	var running sync.WaitGroup
	for n := range maxStreams {
		s := &stream{p: p, number: n, wanted: mailboxes, changed: changed, ids: map[providers.Address]string{}, refused: map[providers.Address]time.Time{}}
		running.Go(func() { s.run(ctx) })
	}
	running.Wait()
	return nil
}

// HintStats is a snapshot of the counters of [Provider.Hints].
func (p *Provider) HintStats() HintStats {
	h := &p.hints
	return HintStats{int(h.streams.Load()), int(h.subscriptions.Load()), h.hints.Load(), h.strangers.Load(), h.lost.Load()}
}

// stream is one connection and the subscriptions that it tells of.
type stream struct {
	p        *Provider
	number   int
	wanted   func() []providers.Address
	changed  func(...providers.Address)
	affinity affinity
	ids      map[providers.Address]string    // subscriptions
	refused  map[providers.Address]time.Time // until when a mailbox is left alone
	told     bool                            // a connection was open before
}

// group is the stream's part of the wanted mailboxes.
func (s *stream) group() []providers.Address {
	all := s.wanted()
	begin := min(s.number*maxGroup, len(all))
	group := slices.Clone(all[begin:min(begin+maxGroup, len(all))])
	now := s.p.now()
	maps.DeleteFunc(s.refused, func(_ providers.Address, until time.Time) bool { return !now.Before(until) })
	return slices.DeleteFunc(group, func(m providers.Address) bool { return !s.refused[m].IsZero() })
}

func (s *stream) run(ctx context.Context) {
	p := s.p
	for tries := 0; ctx.Err() == nil; {
		group := s.group()
		if len(group) == 0 {
			if p.engine.wait(ctx, streamNobody) != nil {
				return
			}
			continue
		}
		began := p.now()
		err := s.once(ctx, group)
		if ctx.Err() != nil {
			return
		}
		if err == nil && p.now().Sub(began) >= streamBrief {
			tries = 0
			continue // its time was over, or the server wished it
		}
		tries++
		p.hints.lost.Add(1)
		pause := s.pause(err, tries)
		p.engine.log.Debug("streaming notifications broke off", "stream", s.number, "error", err, "pause", pause)
		if p.engine.wait(ctx, pause) != nil {
			return
		}
	}
}

// pause is how long a stream rests after a failure.
func (s *stream) pause(err error, tries int) time.Duration {
	least, most := streamSoon, streamSeldom
	switch {
	case tries == 1 && providers.Is(err, providers.Resync):
		return 0 // a server that started anew forgot what it was asked
	case providers.Is(err, providers.Unreachable, providers.Transient, providers.Resync), err == nil:
	case providers.ConcernsAll(err), providers.Is(err, providers.Permanent, providers.NotAllowed, providers.Unsupported):
		least, most = streamRefused, time.Hour
	case providers.Is(err, providers.Throttled):
		least, most = time.Minute, streamRefused
	}
	span := min(most, least<<min(tries-1, 10))
	return least/2 + time.Duration(s.p.engine.rand()*float64(span))
}

// once subscribes what is not subscribed yet and follows one connection to its end.
func (s *stream) once(ctx context.Context, group []providers.Address) error {
	maps.DeleteFunc(s.ids, func(m providers.Address, _ string) bool { return !slices.Contains(group, m) })
	s.affinity.reset(group[0])
	var again []providers.Address
	for _, mailbox := range group {
		if s.ids[mailbox] != "" {
			continue
		}
		id, err := s.p.subscribe(ctx, mailbox, &s.affinity)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			s.ids[mailbox] = id
			again = append(again, mailbox)
		case providers.Is(err, providers.NotAllowed, providers.NoMailbox, providers.Gone) && !providers.ConcernsAll(err):
			s.refused[mailbox] = s.p.now().Add(streamForget)
		case len(s.ids) > 0 && providers.Is(err, providers.Throttled):
			s.refused[mailbox] = s.p.now().Add(streamForget) // as many as the account may have
		default:
			return err
		}
	}
	if len(s.ids) == 0 {
		return &providers.Error{Class: providers.NotAllowed, Op: "listening for changes", Message: providers.Outside("no calendar may be listened to")}
	}
	if s.told { // what happened between two connections may be lost
		s.tell(again)
	}
	s.told = true
	return s.follow(ctx, group[slices.IndexFunc(group, func(m providers.Address) bool { return s.ids[m] != "" })])
}

// tell hands mailboxes on.
func (s *stream) tell(mailboxes []providers.Address) {
	if len(mailboxes) > 0 {
		s.p.hints.hints.Add(int64(len(mailboxes)))
		s.changed(mailboxes...)
	}
}

// subscribe asks for notifications of changes in a default calendar.
func (p *Provider) subscribe(ctx context.Context, mailbox providers.Address, a *affinity) (string, error) {
	message, err := p.one(ctx, call{op: "listening for changes", operation: "Subscribe", want: []string{"SubscribeResponseMessage"}, mailbox: mailbox, folder: "calendar", affinity: a, body: func(w *writer, how manner) {
		w.open("m:Subscribe")
		w.open("m:StreamingSubscriptionRequest")
		w.open("t:FolderIds")
		w.folder("calendar", how, mailbox)
		w.close("t:FolderIds")
		w.open("t:EventTypes")
		for _, kind := range []string{"CreatedEvent", "DeletedEvent", "ModifiedEvent", "MovedEvent"} {
			w.text("t:EventType", kind)
		}
		w.close("t:EventTypes")
		w.close("m:StreamingSubscriptionRequest")
		w.close("m:Subscribe")
	}})
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(message.value("SubscriptionId"))
	if id == "" || len(id) > 4<<10 {
		return "", &providers.Error{Class: providers.Foreign, Op: "listening for changes", Mailbox: mailbox, Status: 200, Message: providers.Outside("the answer has no subscription")}
	}
	return id, nil
}

// streamCall is the request that an open connection answers.
func (s *stream) streamCall(anchor providers.Address) call {
	ids := slices.Sorted(maps.Values(s.ids))
	how := asOwner
	if s.p.mannerOf(anchor) == asDelegate {
		how = asItself
	}
	return call{op: "listening for changes", operation: "GetStreamingEvents", want: []string{"GetStreamingEventsResponseMessage"}, mailbox: anchor, how: how, folder: "calendar", affinity: &s.affinity, body: func(w *writer, _ manner) {
		w.open("m:GetStreamingEvents")
		w.open("m:SubscriptionIds")
		for _, id := range ids {
			w.text("t:SubscriptionId", id)
		}
		w.close("m:SubscriptionIds")
		w.text("m:ConnectionTimeout", strconv.Itoa(streamMinutes))
		w.close("m:GetStreamingEvents")
	}}
}
