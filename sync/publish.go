package sync

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"roomdesk/providers"
)

// metaProgress is where the process that syncs keeps how it comes along, for
// those that do not.
const metaProgress = "sync.progress"

// published is what others cannot see in the rows themselves.
type published struct {
	Phase       providers.SyncPhase `json:"phase"`
	Done        int                 `json:"done"`
	Total       int                 `json:"total"`
	Rate        float64             `json:"rate,omitempty"`
	Left        time.Duration       `json:"left,omitempty"`
	ThrottledTo time.Time           `json:"throttled_to,omitzero"`
	Stalled     time.Time           `json:"stalled,omitzero"`
	Requests    int64               `json:"requests,omitempty"`
	Problem     *providers.Problem  `json:"problem,omitempty"`
}

// publication is the text to keep; "" once the first sync is over and nothing
// stands in the way, so that a quiet mirror writes nothing.
func publication(p providers.SyncProgress, now time.Time) (string, error) {
	if p.Phase == providers.PhaseChanges && p.Problem == nil && !p.ThrottledTo.After(now) {
		return "", nil
	}
	out := published{Phase: p.Phase, ThrottledTo: p.ThrottledTo, Problem: p.Problem}
	if p.Phase != providers.PhaseChanges {
		out.Done, out.Total, out.Rate, out.Left, out.Stalled, out.Requests = p.Done, p.Total, p.Rate, p.Left, p.Stalled, p.Requests
	}
	text, err := json.Marshal(out)
	return string(text), err
}

// publish keeps how the sync comes along in the store until ctx ends.
func (e *Engine) publish(ctx context.Context) {
	last, err := e.store.Meta(ctx, metaProgress) // of a process that died
	if err != nil {
		last = "?"
	}
	defer func() {
		if last != "" {
			e.setPublished(context.WithoutCancel(ctx), "")
		}
	}()
	ticker := time.NewTicker(attendEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		text, err := publication(e.Progress(), e.now())
		if err != nil || text == last {
			continue
		}
		if e.setPublished(ctx, text) {
			last = text
		}
	}
}

func (e *Engine) setPublished(ctx context.Context, text string) bool {
	err := e.store.SetMeta(ctx, metaProgress, text)
	if err != nil && !errors.Is(err, context.Canceled) {
		e.log.Info("others cannot be told how the sync comes along", "error", err)
	}
	return err == nil
}

// fromOther takes over what the process that syncs says. Where none does, what it
// last said is no longer so.
func (e *Engine) fromOther(ctx context.Context, p *providers.SyncProgress) error {
	if p.By = e.store.Holder(); p.By == "" {
		return nil
	}
	text, err := e.store.Meta(ctx, metaProgress)
	if err != nil || text == "" {
		return err
	}
	var other published
	if json.Unmarshal([]byte(text), &other) != nil {
		return nil //nolint:nilerr // said by a version that says it in another way
	}
	p.ThrottledTo, p.Problem = other.ThrottledTo, other.Problem
	if other.Phase != providers.PhaseChanges {
		p.Phase, p.Done, p.Total, p.Rate, p.Left, p.Stalled, p.Requests = other.Phase, other.Done, other.Total, other.Rate, other.Left, other.Stalled, other.Requests
	}
	return nil
}
