package sync

import (
	"context"
	"crypto/rand"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

const (
	// attendEvery is how often the process that syncs looks at what others told.
	attendEvery = 3 * time.Second
	// attentionFor is how long that counts, and half of it after what time it is
	// told again.
	attentionFor = time.Minute
	// askedFor is how long a wish stands in the store, to be seen once.
	askedFor = 4 * attendEvery
)

// asked is what people asked for while another process syncs. Guarded by
// Engine.mu.
type asked struct {
	mailboxes []providers.Address
	all       bool
	no        int64
	at        time.Time
}

// add notes a wish to be told. Guarded by e.mu.
func (a *asked) add(now time.Time, mailboxes []providers.Address) {
	if now.Sub(a.at) > askedFor {
		a.mailboxes, a.all = nil, false
	}
	a.mailboxes = append(a.mailboxes, mailboxes...)
	a.all = a.all || len(mailboxes) == 0
	a.at = now
	a.no++
}

// teller tells the process that syncs what is looked at here.
type teller struct {
	engine  *Engine
	watcher string
	told    int64 // of the screen
	no      int64 // of the wishes
	at      time.Time
	some    bool // something is told at present
}

func (e *Engine) newTeller() *teller { return &teller{engine: e, watcher: rand.Text()} }

// tell writes what is new, and before it ends counting again what is not.
func (t *teller) tell(ctx context.Context) error {
	e := t.engine
	e.mu.Lock()
	now := e.now()
	a := store.Attention{Watcher: t.watcher, OnScreen: e.screen.here, Until: now.Add(attentionFor)}
	told, no := e.screen.told, e.asked.no
	wish := no != 0 && now.Sub(e.asked.at) <= askedFor
	if wish {
		a.Asked, a.AskedAll, a.AskedNo = e.asked.mailboxes, e.asked.all, no
	}
	e.mu.Unlock()
	some := len(a.OnScreen) > 0 || wish
	if told == t.told && no == t.no && (!t.some || some && now.Sub(t.at) < attentionFor/2) {
		return nil
	}
	if !some && !t.some {
		t.told, t.no = told, no
		return nil
	}
	// What fails is told again with the next news, or in time to go on counting.
	t.told, t.no, t.at, t.some = told, no, now, true
	err := e.store.PayAttention(ctx, a)
	t.some = some || err != nil
	return err
}

// end takes back what was told.
func (t *teller) end(ctx context.Context) {
	if !t.some {
		return
	}
	if err := t.engine.store.PayAttention(context.WithoutCancel(ctx), store.Attention{Watcher: t.watcher}); err != nil {
		t.engine.log.Info("the process that syncs learns only by the clock that nobody looks any more", "error", err)
	}
}

// attend looks at what other processes told, until ctx ends.
func (e *Engine) attend(ctx context.Context) {
	followed := map[string]int64{}
	ticker := time.NewTicker(attendEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		all, err := e.store.Attentions(ctx)
		if err != nil {
			if ctx.Err() == nil {
				e.log.Warn("what is on other screens cannot be read", "error", err)
			}
			continue
		}
		e.heed(all, followed)
	}
}

// heed takes up what others look at and ask for.
func (e *Engine) heed(all []store.Attention, followed map[string]int64) {
	e.mu.Lock()
	var elsewhere []providers.Address
	for _, a := range all {
		elsewhere = append(elsewhere, a.OnScreen[:min(len(a.OnScreen), screenMost)]...)
	}
	if len(elsewhere)+len(e.screen.elsewhere) > 0 {
		e.screen.elsewhere = elsewhere
		e.rewatch()
	}
	e.mu.Unlock()
	for _, a := range all {
		if a.AskedNo <= followed[a.Watcher] {
			continue
		}
		followed[a.Watcher] = a.AskedNo
		if a.AskedAll {
			e.Retry()
		}
		if len(a.Asked) > 0 {
			e.Retry(a.Asked...)
		}
	}
	for watcher := range followed {
		if !has(all, watcher) {
			delete(followed, watcher)
		}
	}
	e.awake()
}

func has(all []store.Attention, watcher string) bool {
	for _, a := range all {
		if a.Watcher == watcher {
			return true
		}
	}
	return false
}
