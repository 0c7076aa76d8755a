package sync

import (
	"context"
	"fmt"
	"strings"
	"time"

	"roomdesk/providers"
)

// hold keeps everything from starting: until a moment, because the service asked
// the application as a whole to wait, or until a probe succeeds, because the host
// or the sign-in failed for all. Guarded by Engine.mu.
type hold struct {
	until     time.Time
	shut      bool
	verifying bool
	problem   *providers.Problem // nil while the first probe has not answered
	probe     *task
	last      *providers.Interruption // the newest that is over; nil: none
}

func (h *hold) blocks(t *task, now time.Time) bool {
	if now.Before(h.until) {
		return true
	}
	return h.shut && t.rank != rankProbe
}

// Bounds of waiting between probes.
const (
	probeSoon     = time.Second
	probeSignIn   = time.Minute // no more than one try a minute: sign-ins get locked
	probeAtMost   = time.Minute
	probeSignInTo = 15 * time.Minute
	probeLasting  = 15 * time.Minute // what only an administrator ends
	probeHourly   = time.Hour
)

// concernsAll reports classes that may concern the host or the sign-in, and not
// only one mailbox.
func concernsAll(err error) bool { return providers.ConcernsAll(err) }

// shutUntilProbe lets nothing start but the probe, which is due at a time.
// Guarded by e.mu.
func (e *Engine) shutUntilProbe(due time.Time) {
	e.hold.shut = true
	if e.hold.probe == nil {
		e.hold.probe = &task{name: "probe", rank: rankProbe, do: e.probe}
	}
	e.s.put(e.hold.probe, due)
}

// probe asks who is there, and lets everything go on if the answer makes sense.
func (e *Engine) probe(r *taskRun) error {
	e.mu.Lock()
	local := e.hold.problem != nil && e.hold.problem.Class == providers.Local
	e.mu.Unlock()
	var err error
	if local {
		err = e.store.SetMeta(r.ctx, "sync.probe", e.now().UTC().Format(time.RFC3339))
	} else if err = e.identify(r.ctx); err != nil && !concernsAll(err) && !providers.Is(err, providers.Local) && !e.mustEnd() {
		// The host answers and knows us; what it said about this one question
		// matters less than the others.
		err = nil
	}
	if err != nil {
		return err
	}
	e.mu.Lock()
	was := e.hold.problem
	e.hold.shut, e.hold.problem, e.hold.probe = false, nil, nil
	if was != nil {
		e.hold.last = &providers.Interruption{From: was.Since, To: e.now(), What: was.What()}
	}
	e.mu.Unlock()
	if was != nil {
		e.hub.state(aboutReading, "Reading goes on: "+was.What()+" is over.", false, e.now())
	}
	e.hub.progress()
	return nil
}

// identify refuses a tenant that the store does not belong to.
func (e *Engine) identify(ctx context.Context) error {
	e.requests.Add(1)
	identity, err := e.source.Identify(ctx)
	if err != nil || identity.TenantID == "" {
		return err
	}
	// A connection may know its tenant by a domain only: the first answer binds.
	bound, err := e.store.Bind(ctx, identity.TenantID)
	if err != nil || strings.EqualFold(bound, identity.TenantID) {
		return err
	}
	fatal := &providers.Error{
		Class: providers.Foreign, Op: "syncing", Advice: "choose another data directory with --data, or connect again",
		Err: fmt.Errorf("the connection answers for tenant %s and the local store belongs to tenant %s", providers.Sanitise(identity.TenantID), bound),
	}
	e.mu.Lock()
	e.s.fatal = fatal
	e.mu.Unlock()
	return fatal
}

// mustEnd reports whether going on would be wrong.
func (e *Engine) mustEnd() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.s.fatal != nil
}

// stopped notes what stops everything, and plans the next probe. Guarded by e.mu.
func (e *Engine) stopped(err error, tries int, now time.Time) {
	since := now
	if e.hold.problem != nil {
		since = e.hold.problem.Since
	}
	p := providers.ProblemOf(err, since)
	p.Tries = tries
	wait := e.full(probeSoon, probeAtMost, tries)
	if p.Class.Locks() {
		wait = e.full(probeSignIn, probeSignInTo, tries)
	}
	lasts := p.Again() != providers.AgainSoon
	if lasts {
		wait = e.full(probeLasting, probeHourly, tries)
	}
	p.NextTry = now.Add(max(wait, retryAfter(err)))
	first := e.hold.problem == nil
	e.hold.problem = p
	e.shutUntilProbe(p.NextTry)
	if first {
		e.hub.state(aboutReading, "Reading stopped: "+p.Sentence(now)+".", true, now)
	}
	e.log.Warn("reading stopped", "error", err, "next_try", p.NextTry)
	if e.once && (lasts || p.Class.Locks() || tries >= onceTries) {
		e.outcome.Problem = p
		e.s.abandon()
		clear(e.left)
	}
}

// verify finds out whether an error concerns everything. Until it knows, others
// that fail alike wait for the answer.
func (e *Engine) verify(ctx context.Context, err error) (all bool, wait bool) {
	e.mu.Lock()
	if e.hold.shut || e.hold.verifying {
		e.mu.Unlock()
		return false, true
	}
	e.hold.verifying = true
	e.mu.Unlock()
	answer := e.identify(ctx)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.hold.verifying = false
	if concernsAll(answer) {
		e.stopped(answer, 1, e.now())
		return true, true
	}
	return false, false
}
