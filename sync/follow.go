package sync

import (
	"context"
	"fmt"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

// followEvery is how often an engine that may not sync looks for changes, and
// for the chance to take over.
const followEvery = time.Second

// planAgain is the pause before a store that cannot be used is tried again.
const planAgain = 5 * time.Second

// lead waits until this process may sync.
func (e *Engine) lead(ctx context.Context) error {
	held, err := e.store.Lease()
	if held || err != nil {
		return err
	}
	e.mu.Lock()
	e.follows = true
	e.mu.Unlock()
	e.hub.notice(fmt.Sprintf("Another roomdesk (%s) keeps this store in sync; this one follows.", e.store.Holder()), false, e.now())
	var follower *store.Follower
	defer func() {
		if follower != nil {
			follower.Close() //nolint:errcheck // it only read
		}
	}()
	tell := e.newTeller()
	defer tell.end(ctx)
	ticker := time.NewTicker(followEvery)
	defer ticker.Stop()
	for failing := false; ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case ping := <-e.pings:
			close(ping)
			continue
		case <-ticker.C:
		}
		if err := tell.tell(ctx); err != nil && ctx.Err() == nil {
			e.log.Warn("the process that syncs cannot be told what is on the screen", "error", err)
		}
		var changed bool
		if follower == nil {
			follower, err = e.store.Follow(ctx)
			changed = true // whatever came before
		} else {
			changed, err = follower.Changed(ctx)
		}
		if changed {
			e.hub.all()
		}
		if err == nil {
			held, err = e.store.Lease()
		}
		switch {
		case err != nil && ctx.Err() == nil:
			// Another program may hold the file for a while, for example a backup.
			if !failing {
				e.cannotUseStore(err)
			}
			failing = true
		case held:
			if failing {
				e.storeIsBack()
			}
			e.mu.Lock()
			e.follows = false
			e.mu.Unlock()
			return nil
		default:
			if failing {
				e.storeIsBack()
			}
			failing = false
		}
	}
}

// cannotUseStore tells that the store cannot be used, and that it is tried again.
func (e *Engine) cannotUseStore(err error) {
	now := e.now()
	e.log.Warn("the store cannot be used", "error", err)
	e.hub.state(aboutStore, "The local store cannot be used: "+providers.ProblemOf(err, now).Sentence(now)+". It is tried again.", true, now)
}

// storeIsBack tells that it can be used again.
func (e *Engine) storeIsBack() {
	e.hub.state(aboutStore, "The local store can be used again.", false, e.now())
}

// planned plans until that succeeds: while another program holds the store, or the
// disk fails, there is nothing else to do.
func (e *Engine) planned(ctx context.Context) error {
	for told := false; ; told = true {
		err := e.plan(ctx)
		if err == nil && told {
			e.storeIsBack()
		}
		if err == nil || e.once || !providers.Is(err, providers.Local) {
			return err
		}
		if !told {
			e.cannotUseStore(err)
		}
		for again := time.After(planAgain); again != nil; {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case ping := <-e.pings:
				close(ping)
			case <-again:
				again = nil
			}
		}
		e.mu.Lock()
		e.fresh()
		e.mu.Unlock()
	}
}
