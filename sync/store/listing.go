package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"sort"
	"strings"
	"time"

	"roomdesk/providers"
)

// Listing takes the pages of one listing of rooms or people. Entries are visible
// from their page on; what the listing no longer names is removed at its end,
// where that end is believed. Not safe for concurrent use.
type Listing[T any] struct {
	store   *Store
	table   string // room or person: never from outside
	address func(T) providers.Address
	encode  func(T) []byte
	seen    map[providers.Address]bool
	changed bool
}

// BeginRooms begins a listing of rooms.
func (s *Store) BeginRooms() *Listing[providers.Room] {
	return &Listing[providers.Room]{store: s, table: "room", encode: encodeRoom, seen: map[providers.Address]bool{},
		address: func(r providers.Room) providers.Address { return r.Mailbox }}
}

// BeginPeople begins a listing of people.
func (s *Store) BeginPeople() *Listing[providers.Person] {
	return &Listing[providers.Person]{store: s, table: "person", encode: encodePerson, seen: map[providers.Address]bool{},
		address: func(p providers.Person) providers.Address { return p.Mailbox }}
}

// Page stores a page and reports whether anything differs from before. An entry
// that comes twice counts as it came last.
func (l *Listing[T]) Page(ctx context.Context, items []T) (changed bool, err error) {
	contents := make([][]byte, len(items))
	for i, item := range items {
		contents[i] = l.encode(item)
	}
	err = l.store.write(ctx, "storing a page of "+l.table+"s", func(b *batch) error {
		changed = false
		for i, item := range items {
			mailbox, checksum := string(l.address(item)), hash64(contents[i])
			var have int64
			err := b.row("SELECT checksum FROM "+l.table+" WHERE mailbox = ?1", mailbox).Scan(&have)
			switch {
			case err == nil && have == checksum:
				continue
			case err != nil && !errors.Is(err, sql.ErrNoRows):
				return err
			}
			changed = true
			if err := b.exec("INSERT INTO "+l.table+" (mailbox, checksum, content) VALUES (?1, ?2, ?3) "+
				"ON CONFLICT (mailbox) DO UPDATE SET checksum = excluded.checksum, content = excluded.content",
				mailbox, checksum, contents[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	for _, item := range items {
		l.seen[l.address(item)] = true
	}
	l.changed = l.changed || changed
	return changed, nil
}

// ListingResult is how a listing ended.
type ListingResult struct {
	Changed bool
	// Removed are the mailboxes that are gone.
	Removed []providers.Address
	// Unconfirmed is how many entries are kept although this listing did not
	// name them: too many to be believed at once. A second listing that does not
	// name them either removes them.
	Unconfirmed int
}

// Finish ends a listing. Where it is proven complete, entries that it did not
// name are removed, except when all are missing, or more than a fifth and at
// least five: then the same must be missing from a second listing.
func (l *Listing[T]) Finish(ctx context.Context, listing providers.Listing, at time.Time) (result ListingResult, err error) {
	key := l.table + "s"
	err = l.store.write(ctx, "finishing the list of "+key, func(b *batch) error {
		result = ListingResult{Changed: l.changed}
		var have, missing []string
		if err := b.each("SELECT mailbox FROM "+l.table, nil, func(row rowScanner) error {
			var mailbox string
			err := row.Scan(&mailbox)
			have = append(have, mailbox)
			if !l.seen[providers.Address(mailbox)] {
				missing = append(missing, mailbox)
			}
			return err
		}); err != nil {
			return err
		}
		var suspects []string
		switch {
		case !listing.Complete:
			// What a broken-off list does not name may exist: nothing is concluded.
		case l.disappeared(len(missing), len(have)):
			before, err := b.strings(key + ".suspect")
			if err != nil {
				return err
			}
			if first := len(missing) - len(intersection(missing, before)); l.disappeared(first, len(have)) {
				missing, suspects = nil, missing
			}
		}
		if listing.Complete {
			for _, mailbox := range missing {
				if err := b.exec("DELETE FROM "+l.table+" WHERE mailbox = ?1", mailbox); err != nil {
					return err
				}
				result.Removed = append(result.Removed, providers.Address(mailbox))
			}
			result.Changed = result.Changed || len(missing) > 0
			result.Unconfirmed = len(suspects)
			if err := b.setStrings(key+".suspect", suspects); err != nil {
				return err
			}
		}
		return l.remember(b, listing, at)
	})
	return result, err
}

// disappeared reports whether so many are missing that the list is not believed
// the first time.
func (l *Listing[T]) disappeared(missing, of int) bool {
	return missing > 0 && (missing == of || missing >= 5 && missing*5 > of)
}

func (l *Listing[T]) remember(b *batch, listing providers.Listing, at time.Time) error {
	text, err := json.Marshal(listingRecord{listing.Count, listing.Reported, listing.Complete, listing.Warning.Raw(), listing.Unusable, micros(at)})
	if err != nil {
		return err
	}
	return b.setMeta(l.table+"s.listing", string(text))
}

type listingRecord struct {
	Count, Reported int
	Complete        bool
	Warning         string
	Unusable        int
	At              int64
}

// RoomListing is how the last listing of rooms ended, and when; zero before the
// first.
func (s *Store) RoomListing(ctx context.Context) (providers.Listing, time.Time, error) {
	return s.listing(ctx, "rooms.listing")
}

// PeopleListing is how the last listing of people ended, and when; zero before
// the first.
func (s *Store) PeopleListing(ctx context.Context) (providers.Listing, time.Time, error) {
	return s.listing(ctx, "persons.listing")
}

func (s *Store) listing(ctx context.Context, key string) (providers.Listing, time.Time, error) {
	text, err := s.Meta(ctx, key)
	if err != nil || text == "" {
		return providers.Listing{}, time.Time{}, err
	}
	var r listingRecord
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return providers.Listing{}, time.Time{}, s.fail("reading the store", errors.Join(errBadBlob, err))
	}
	return providers.Listing{Count: r.Count, Reported: r.Reported, Complete: r.Complete, Warning: providers.Outside(r.Warning), Unusable: r.Unusable}, instant(r.At), nil
}

// Meta is a value that belongs to the whole store; "" where it was never set.
func (s *Store) Meta(ctx context.Context, key string) (value string, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = ?1", key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return value, s.fail("reading the store", err)
}

// SetMeta stores a value that belongs to the whole store.
func (s *Store) SetMeta(ctx context.Context, key, value string) error {
	return s.write(ctx, "writing the store", func(b *batch) error { return b.setMeta(key, value) })
}

// Tenant is the id of the tenant that the store is bound to; "" before that.
func (s *Store) Tenant(ctx context.Context) (string, error) { return s.Meta(ctx, "tenant") }

// Bind binds a store that is not bound yet to a tenant, and says to which one it
// is bound now.
func (s *Store) Bind(ctx context.Context, tenant string) (bound string, err error) {
	if bound, err = s.Tenant(ctx); err != nil || bound != "" || tenant == "" {
		return bound, err
	}
	err = s.write(ctx, "binding the store to its tenant", func(b *batch) error {
		if err := b.exec("INSERT INTO meta (key, value) VALUES ('tenant', ?1) ON CONFLICT (key) DO NOTHING", strings.ToLower(tenant)); err != nil {
			return err
		}
		return b.row("SELECT value FROM meta WHERE key = 'tenant'").Scan(&bound)
	})
	return bound, err
}

func (b *batch) setMeta(key, value string) error {
	return b.exec("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value", key, value)
}

func (b *batch) strings(key string) (values []string, err error) {
	var text string
	err = b.row("SELECT value FROM meta WHERE key = ?1", key).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) || text == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return values, json.Unmarshal([]byte(text), &values)
}

func (b *batch) setStrings(key string, values []string) error {
	sort.Strings(values)
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	return b.setMeta(key, string(text))
}

func intersection(a, b []string) (both []string) {
	in := make(map[string]bool, len(b))
	for _, s := range b {
		in[s] = true
	}
	for _, s := range a {
		if in[s] {
			both = append(both, s)
		}
	}
	return both
}
