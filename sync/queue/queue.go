// Package queue says which mailbox is read next, and by whom. A [Queue] holds one
// job for each mailbox for as long as that is mirrored. Whoever works claims jobs
// for a time, its lease, and reports how they ended; what a worker that died had
// claimed becomes free with the end of the lease. Several processes may work on
// one queue.
//
// [NewMemory] is one that ends with its process. The store has one in a table,
// and package queuetest holds every implementation to the same rules.
package queue

import (
	"context"
	"errors"
	"time"

	"roomdesk/providers"
)

// Priority orders jobs that are due; the higher comes first.
type Priority int

// Priorities. Numbers between them are free for later.
const (
	// Rest is for what nobody waits for.
	Rest Priority = 0
	// First is for mailboxes of which nothing is mirrored yet.
	First Priority = 10
	// OnScreen is for what somebody looks at.
	OnScreen Priority = 20
	// Asked is for what somebody asked for.
	Asked Priority = 30
)

// Job is the next reading of a mailbox.
type Job struct {
	Mailbox  providers.Address
	Due      time.Time // not before; microseconds count
	Priority Priority
	Tries    int // failures in a row
}

// Claim is a job in the hands of a worker.
type Claim struct {
	Job
	// Token tells this claim from every other one of the same mailbox.
	Token int64
}

// Stats is a queue at a glance.
type Stats struct {
	Jobs    int
	Due     int // claimable now, were it not for a pause
	Claimed int
	Failing int       // with failures in a row
	Oldest  time.Time // when the job was due that has waited longest; zero: none is due
	Paused  time.Time // until then nothing is handed out; zero: not paused
}

// ErrLost: the claim ended meanwhile, because its lease was over and somebody else
// claimed the job, or because the mailbox was removed. What the worker found does
// not count.
var ErrLost = errors.New("the job is no longer claimed by this worker")

// Queue hands out each mailbox to one worker at a time. All methods are safe for
// concurrent use. An end of the process at any moment loses nothing that a
// lasting implementation reported as done.
type Queue interface {
	// Enqueue adds jobs. A mailbox that has a job already keeps it as it is.
	Enqueue(ctx context.Context, jobs ...Job) error
	// Wake makes the jobs of mailboxes due no later than a time and no less
	// urgent than a priority, and forgets their failures. While one is claimed
	// this is remembered, and counts once the claim is completed. Mailboxes
	// without a job are ignored.
	Wake(ctx context.Context, due time.Time, priority Priority, mailboxes ...providers.Address) error
	// Claim hands out up to n jobs that are due, by priority, then by when they
	// were due, then by mailbox. Each is the caller's for the length of the
	// lease. next is when a job that was not handed out can be claimed, as far as
	// is known now, or the end of the pause; zero where there is none.
	Claim(ctx context.Context, n int, lease time.Duration) (claims []Claim, next time.Time, err error)
	// Extend prolongs claims to the length of the lease from now. Claims that
	// were lost are left alone.
	Extend(ctx context.Context, lease time.Duration, claims ...Claim) error
	// Complete ends a claim with success; the next reading is due at a time, or
	// earlier where the job was woken meanwhile.
	Complete(ctx context.Context, claim Claim, due time.Time, priority Priority) error
	// Snooze gives a claim back unfinished, for no fault of the job. It is not
	// handed out before a time.
	Snooze(ctx context.Context, claim Claim, until time.Time) error
	// Fail ends a claim with a failure, which is counted. The job is not handed
	// out before a time, even where it was woken while it was claimed.
	Fail(ctx context.Context, claim Claim, until time.Time) error
	// Remove forgets mailboxes; claims of them are lost.
	Remove(ctx context.Context, mailboxes ...providers.Address) error
	// Pause keeps everything from being handed out until a time. A pause is
	// never shortened, except by the zero time, which ends it.
	Pause(ctx context.Context, until time.Time) error
	Stats(ctx context.Context) (Stats, error)
}

// Less is the order in which due jobs are handed out.
func Less(a, b Job) bool {
	switch {
	case a.Priority != b.Priority:
		return a.Priority > b.Priority
	case !a.Due.Equal(b.Due):
		return a.Due.Before(b.Due)
	}
	return a.Mailbox < b.Mailbox
}
