package cli

import (
	"context"
	"slices"
	stdsync "sync"
	"time"

	"golang.org/x/sync/errgroup"

	"roomdesk/booking"
	"roomdesk/providers"
)

const (
	// lookAtMost bounds the look at bookings. A meeting that is not there is only said
	// to be deleted after ten seconds of not finding it.
	lookAtMost = 14 * time.Second
	// looksAtATime is how many bookings are looked at at the same time.
	looksAtATime = 8
)

// lookNow asks the tenant how bookings stand, those that owe an answer first, and tells
// what changed since they were last looked at. The error is a [*stale] one where the
// tenant could not be asked about some: these are as they were known.
func (s *session) lookNow(ctx context.Context, which func(providers.Booking) bool) error {
	if err := s.refresh(ctx); err != nil {
		return err
	}
	before, err := s.store.Bookings(ctx)
	if err != nil {
		return err
	}
	began := s.app.deps.Now()
	watched := slices.DeleteFunc(slices.Clone(before), func(b providers.Booking) bool {
		return !which(b) || !booking.Watched(b, began)
	})
	if len(watched) == 0 {
		return nil
	}
	slices.SortStableFunc(watched, func(a, b providers.Booking) int { return a.Request.Start.Compare(b.Request.Start) })
	looking, stop := context.WithTimeout(ctx, lookAtMost)
	defer stop()
	desk := s.newDesk(nil, nil)
	bar := s.app.progress("looking at bookings")
	var mu stdsync.Mutex
	var problem error
	done := 0
	var group errgroup.Group
	group.SetLimit(looksAtATime)
	for _, b := range watched {
		group.Go(func() error {
			if looking.Err() != nil {
				return nil
			}
			_, err := desk.Look(looking, b.ID)
			mu.Lock()
			defer mu.Unlock()
			done++
			bar.step(done, len(watched))
			if err != nil && problem == nil {
				problem = err
			}
			if notReached(err) { // the others would wait for the same
				stop()
			}
			return nil
		})
	}
	_ = group.Wait() // its functions give none
	bar.end()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	after, err := s.store.Bookings(ctx)
	if err != nil {
		return err
	}
	s.app.tellNews(after, began)
	switch {
	case problem != nil:
		return &stale{problem}
	case done < len(watched):
		return &stale{context.DeadlineExceeded}
	}
	return nil
}

// notReached reports a failure that concerns every booking.
func notReached(err error) bool {
	return err != nil && providers.Is(err, providers.Unreachable, providers.SignedOut, providers.UntrustedHost, providers.Foreign, providers.Throttled)
}

// tellNews tells what others did, as it was noticed since then.
func (a *app) tellNews(bookings []providers.Booking, since time.Time) {
	for _, b := range bookings {
		if b.News.Words != "" && !b.News.At.Before(since) && b.DateOf == "" {
			a.out.say("! %s, %s: %s", a.out.span(providers.Interval{Start: b.Request.Start, End: b.Request.End}), b.RoomName.Or(string(b.Request.Room)), providers.Sanitise(b.News.Words))
		}
	}
}

// look is lookNow unless nobody shall be asked. Where the tenant could not be asked
// that is told at once, and told again by the exit code of the error given.
func (a *app) look(ctx context.Context, s *session, offline bool, which func(providers.Booking) bool) (old, err error) {
	if offline {
		return nil, nil
	}
	err = s.lookNow(ctx, which)
	if !isStale(err) {
		return nil, err
	}
	a.out.say("roomdesk: some bookings are told as they were known, the tenant could not be asked: %s", explain(err.(*stale).cause).sentence())
	return told(exitPartly), nil
}

// bookings are those made here, newest first; dates of a series that were changed by
// themselves stand in that series.
func (s *session) bookings(ctx context.Context) ([]providers.Booking, error) {
	all, err := s.store.Bookings(ctx)
	return slices.DeleteFunc(all, func(b providers.Booking) bool { return b.DateOf != "" }), err
}

func every(providers.Booking) bool { return true }
