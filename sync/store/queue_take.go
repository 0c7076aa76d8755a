package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/queue"
)

// Take claims one mailbox out of turn, for work that must not meet a reading of it. free
// is false while somebody else has claimed it. A mailbox without a job, which nobody
// reads, gives no claim and is free.
func (q *Queue) Take(ctx context.Context, mailbox providers.Address, lease time.Duration) (claim *queue.Claim, free bool, err error) {
	err = q.write(ctx, "claiming a mailbox", func(b *batch) error {
		claim, free = nil, false
		now := q.store.now()
		var held sql.NullInt64
		var c queue.Claim
		var due int64
		err := b.row("SELECT lease, due, priority, tries, token FROM job WHERE mailbox = ?1", string(mailbox)).Scan(&held, &due, &c.Priority, &c.Tries, &c.Token)
		if errors.Is(err, sql.ErrNoRows) {
			free = true
			return nil
		}
		if err != nil || held.Valid && held.Int64 > micros(now) {
			return err
		}
		c.Mailbox, c.Due = mailbox, instant(due)
		c.Token++
		claim, free = &c, true
		return b.exec("UPDATE job SET token = ?2, lease = ?3 WHERE mailbox = ?1", string(mailbox), c.Token, micros(now.Add(lease)))
	})
	if err != nil {
		return nil, false, err
	}
	return claim, free, nil
}
