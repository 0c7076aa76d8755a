package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"roomdesk/providers"
)

// Homes is which provider reaches which mailbox, as far as anything is known of it.
// In an organisation of one connection there are none.
func (s *Store) Homes(ctx context.Context) (map[providers.Address]providers.Home, error) {
	const op = "reading which provider reaches a mailbox"
	rows, err := s.read.QueryContext(ctx, "SELECT mailbox, provider, cause, since FROM home")
	if err != nil {
		return nil, s.fail(op, err)
	}
	homes := map[providers.Address]providers.Home{}
	err = eachRow(rows, func(row rowScanner) error {
		home, err := scanHome(row)
		homes[home.Mailbox] = home
		return err
	})
	return homes, s.fail(op, err)
}

// Home is which provider reaches a mailbox; ok is false where nothing is known.
func (s *Store) Home(ctx context.Context, mailbox providers.Address) (home providers.Home, ok bool, err error) {
	home, err = scanHome(s.read.QueryRowContext(ctx, "SELECT mailbox, provider, cause, since FROM home WHERE mailbox = ?1", string(mailbox)))
	if errors.Is(err, sql.ErrNoRows) {
		return providers.Home{}, false, nil
	}
	return home, err == nil, s.fail("reading which provider reaches a mailbox", err)
}

func scanHome(row rowScanner) (providers.Home, error) {
	var mailbox, provider, cause string
	var since int64
	err := row.Scan(&mailbox, &provider, &cause, &since)
	return providers.Home{Mailbox: providers.Address(mailbox), Provider: provider, Cause: providers.HomeCause(cause), Since: instant(since)}, err
}

// SetHomes stores which provider reaches mailboxes. What was listed or learnt never
// overwrites that a mailbox was moved, and the same again does not change since when.
func (s *Store) SetHomes(ctx context.Context, homes []providers.Home) error {
	const op = "storing which provider reaches a mailbox"
	for _, home := range homes {
		if home.Mailbox == "" || home.Provider == "" || home.Cause == "" {
			return failure(op, fmt.Errorf("an incomplete home of %q", home.Mailbox))
		}
	}
	if len(homes) == 0 {
		return nil
	}
	return s.write(ctx, op, func(b *batch) error {
		for _, home := range homes {
			if err := b.setHome(home); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *batch) setHome(home providers.Home) error {
	return b.exec(`INSERT INTO home (mailbox, provider, cause, since) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (mailbox) DO UPDATE SET provider = excluded.provider, cause = excluded.cause, since = excluded.since
			WHERE (home.cause <> ?5 OR excluded.cause = ?5) AND (home.provider <> excluded.provider OR home.cause <> excluded.cause)`,
		string(home.Mailbox), home.Provider, string(home.Cause), micros(home.Since), string(providers.HomeMoved))
}

// ForgetHomes drops what is known of a provider whose connection is gone.
func (s *Store) ForgetHomes(ctx context.Context, provider string) error {
	return s.write(ctx, "forgetting which provider reaches a mailbox", func(b *batch) error {
		return b.exec("DELETE FROM home WHERE provider = ?1", provider)
	})
}
