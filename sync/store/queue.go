package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/queue"
)

// Queue is the store's [queue.Queue]: a table beside what is mirrored. Its clock
// is the store's.
type Queue struct{ store *Store }

var _ queue.Queue = (*Queue)(nil)

// Queue hands out the mailboxes of this store. Opening the store, or taking over
// its lease, frees what a process that died had claimed.
func (s *Store) Queue() *Queue { return &Queue{s} }

// metaPause is where the end of a pause is kept, in microseconds.
const metaPause = "queue.pause"

// freeJobs gives back every claim: whoever had one is gone, because the store's
// lease was free.
const freeJobs = `UPDATE job SET lease = NULL, token = token + 1, due = min(due, coalesce(woken_due, due)), priority = max(priority, coalesce(woken_priority, priority)),
	woken_due = NULL, woken_priority = NULL WHERE lease IS NOT NULL`

func (q *Queue) write(ctx context.Context, op string, run func(*batch) error) error {
	return q.store.write(ctx, op, run)
}

// Enqueue implements [queue.Queue].
func (q *Queue) Enqueue(ctx context.Context, jobs ...queue.Job) error {
	return q.write(ctx, "queueing", func(b *batch) error {
		for _, job := range jobs {
			if err := b.exec("INSERT INTO job (mailbox, due, priority, tries) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (mailbox) DO NOTHING",
				string(job.Mailbox), micros(job.Due), int(job.Priority), job.Tries); err != nil {
				return err
			}
		}
		return nil
	})
}

// Wake implements [queue.Queue].
func (q *Queue) Wake(ctx context.Context, due time.Time, priority queue.Priority, mailboxes ...providers.Address) error {
	if len(mailboxes) == 0 {
		return nil
	}
	addresses := jsonAddresses(mailboxes)
	return q.write(ctx, "queueing", func(b *batch) error {
		if err := b.exec(`UPDATE job SET woken_due = min(coalesce(woken_due, ?2), ?2), woken_priority = max(coalesce(woken_priority, ?3), ?3)
			WHERE lease IS NOT NULL AND mailbox IN (SELECT value FROM json_each(?1))`, addresses, micros(due), int(priority)); err != nil {
			return err
		}
		return b.exec(`UPDATE job SET due = min(due, ?2), priority = max(priority, ?3), tries = 0
			WHERE lease IS NULL AND (due > ?2 OR priority < ?3 OR tries <> 0) AND mailbox IN (SELECT value FROM json_each(?1))`,
			addresses, micros(due), int(priority))
	})
}

// Claim implements [queue.Queue].
func (q *Queue) Claim(ctx context.Context, n int, lease time.Duration) (claims []queue.Claim, next time.Time, err error) {
	err = q.write(ctx, "claiming", func(b *batch) error {
		claims, next = nil, time.Time{}
		now := q.store.now()
		paused, err := b.pause()
		if err != nil {
			return err
		}
		if paused > micros(now) {
			next = instant(paused)
			return nil
		}
		if err := b.exec(`UPDATE job SET lease = NULL, due = min(due, coalesce(woken_due, due)), priority = max(priority, coalesce(woken_priority, priority)),
				tries = CASE WHEN woken_due IS NULL THEN tries ELSE 0 END, woken_due = NULL, woken_priority = NULL
			WHERE lease IS NOT NULL AND lease <= ?1`, micros(now)); err != nil {
			return err
		}
		if n > 0 {
			if claims, err = b.due(micros(now), n); err != nil {
				return err
			}
		}
		for i := range claims {
			c := &claims[i]
			c.Token++
			if err := b.exec("UPDATE job SET token = ?2, lease = ?3 WHERE mailbox = ?1", string(c.Mailbox), c.Token, micros(now.Add(lease))); err != nil {
				return err
			}
		}
		var at sql.NullInt64
		if err := b.row(`SELECT min(at) FROM (SELECT min(due) AS at FROM job WHERE lease IS NULL UNION ALL
			SELECT min(max(lease, due)) FROM job WHERE lease IS NOT NULL AND mailbox NOT IN (SELECT value FROM json_each(?1)))`, jsonClaims(claims)).Scan(&at); err != nil {
			return err
		}
		if at.Valid {
			next = instant(at.Int64)
		}
		return nil
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return claims, next, nil
}

// due finds the jobs to hand out, with the token that they have now.
func (b *batch) due(now int64, n int) (claims []queue.Claim, err error) {
	err = b.each(`SELECT mailbox, due, priority, tries, token FROM job WHERE lease IS NULL AND due <= ?1
		ORDER BY priority DESC, due, mailbox LIMIT ?2`, []any{now, n}, func(row rowScanner) error {
		var mailbox string
		var due int64
		var c queue.Claim
		err := row.Scan(&mailbox, &due, &c.Priority, &c.Tries, &c.Token)
		c.Mailbox, c.Due = providers.Address(mailbox), instant(due)
		claims = append(claims, c)
		return err
	})
	return claims, err
}

func jsonClaims(claims []queue.Claim) string {
	mailboxes := make([]providers.Address, len(claims))
	for i, c := range claims {
		mailboxes[i] = c.Mailbox
	}
	return jsonAddresses(mailboxes)
}

func (b *batch) pause() (int64, error) {
	var text string
	err := b.row("SELECT value FROM meta WHERE key = ?1", metaPause).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return never, nil
	}
	if err != nil {
		return never, err
	}
	until, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return never, errors.Join(errBadBlob, err)
	}
	return until, nil
}

// Extend implements [queue.Queue].
func (q *Queue) Extend(ctx context.Context, lease time.Duration, claims ...queue.Claim) error {
	if len(claims) == 0 {
		return nil
	}
	held := make(map[string]int64, len(claims))
	for _, c := range claims {
		held[string(c.Mailbox)] = c.Token
	}
	text, err := json.Marshal(held)
	if err != nil {
		return failure("keeping claims", err)
	}
	return q.write(ctx, "keeping claims", func(b *batch) error {
		return b.exec(`UPDATE job SET lease = ?2 FROM json_each(?1) j WHERE job.mailbox = j.key AND job.token = j.value AND job.lease IS NOT NULL`,
			string(text), micros(q.store.now().Add(lease)))
	})
}

// Complete implements [queue.Queue].
func (q *Queue) Complete(ctx context.Context, claim queue.Claim, due time.Time, priority queue.Priority) error {
	return q.end(ctx, claim, `UPDATE job SET due = min(?3, coalesce(woken_due, ?3)), priority = max(?4, coalesce(woken_priority, ?4)), tries = 0,`,
		micros(due), int(priority))
}

// Snooze implements [queue.Queue].
func (q *Queue) Snooze(ctx context.Context, claim queue.Claim, until time.Time) error {
	return q.end(ctx, claim, `UPDATE job SET due = ?3,`, micros(until))
}

// Fail implements [queue.Queue].
func (q *Queue) Fail(ctx context.Context, claim queue.Claim, until time.Time) error {
	return q.end(ctx, claim, `UPDATE job SET due = ?3, tries = tries + 1,`, micros(until))
}

func (q *Queue) end(ctx context.Context, claim queue.Claim, update string, args ...any) error {
	lost := false
	err := q.write(ctx, "ending a claim", func(b *batch) error {
		n, err := b.affected(update+` lease = NULL, token = token + 1, woken_due = NULL, woken_priority = NULL WHERE mailbox = ?1 AND token = ?2`,
			append([]any{string(claim.Mailbox), claim.Token}, args...)...)
		lost = n == 0
		return err
	})
	if err == nil && lost {
		return queue.ErrLost
	}
	return err
}

// Remove implements [queue.Queue].
func (q *Queue) Remove(ctx context.Context, mailboxes ...providers.Address) error {
	return q.write(ctx, "removing from the queue", func(b *batch) error {
		return b.exec("DELETE FROM job WHERE mailbox IN (SELECT value FROM json_each(?1))", jsonAddresses(mailboxes))
	})
}

// Pause implements [queue.Queue].
func (q *Queue) Pause(ctx context.Context, until time.Time) error {
	return q.write(ctx, "pausing", func(b *batch) error {
		have, err := b.pause()
		if err != nil || !until.IsZero() && micros(until) <= have {
			return err
		}
		return b.setMeta(metaPause, strconv.FormatInt(micros(until), 10))
	})
}

// Stats implements [queue.Queue].
func (q *Queue) Stats(ctx context.Context) (queue.Stats, error) {
	const op = "reading the queue"
	var s queue.Stats
	now := q.store.now()
	oldest := sql.NullInt64{}
	err := q.store.read.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE tries > 0), count(*) FILTER (WHERE lease > ?1),
			count(*) FILTER (WHERE due <= ?1 AND (lease IS NULL OR lease <= ?1)), min(due) FILTER (WHERE due <= ?1 AND (lease IS NULL OR lease <= ?1)) FROM job`,
		micros(now)).Scan(&s.Jobs, &s.Failing, &s.Claimed, &s.Due, &oldest)
	if err != nil {
		return s, q.store.fail(op, err)
	}
	if oldest.Valid {
		s.Oldest = instant(oldest.Int64)
	}
	text, err := q.store.Meta(ctx, metaPause)
	if err != nil || text == "" {
		return s, err
	}
	until, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return s, q.store.fail(op, errors.Join(errBadBlob, err))
	}
	if instant(until).After(now) {
		s.Paused = instant(until)
	}
	return s, nil
}
