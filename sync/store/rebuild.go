package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"roomdesk/providers"
)

// A damaged store is replaced in steps of which each may be the last one that
// this process does. The new store is made whole under another name, with the
// bookings, the relocations and with what there is to tell. Once it has the name of newSuffix it
// counts: whoever holds the lease next finishes the exchange.
const (
	partSuffix = ".part" // being made
	newSuffix  = ".new"  // whole, not in its place yet
	madeSuffix = ".made" // present: there was a store once, which may hold bookings
)

// damageKey is the row of meta that tells of the damage until an orderly end.
const damageKey = "damage"

type damageRecord struct {
	Damage   string `json:"damage"`
	SetAside string `json:"set_aside"` // a name beside the store
	Salvaged int    `json:"salvaged"`
	Lost     bool   `json:"lost"`
	// Relocations and their journal by the same rule.
	Relocations int  `json:"relocations"`
	JournalLost bool `json:"journal_lost"`
}

// setAside replaces a damaged store by a new one with the bookings and relocations
// that could be read.
func (s *Store) setAside(ctx context.Context, o Options, damage error) error {
	o.at("before the bookings are read")
	all := s.salvage(ctx)
	o.at("after the bookings were read")
	aside := s.path + ".damaged-" + s.now().UTC().Format("20060102T150405Z")
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		}
		aside = fmt.Sprintf("%s.damaged-%s-%d", s.path, s.now().UTC().Format("20060102T150405Z"), n)
	}
	record := damageRecord{Damage: providers.Sanitise(damage.Error()), SetAside: filepath.Base(aside)}
	for _, k := range all {
		switch k.table {
		case "booking":
			record.Salvaged, record.Lost = len(k.rows), !k.whole
		case "relocation":
			record.Relocations, record.JournalLost = len(k.rows), !k.whole
		}
	}
	s.log.Error("the local store is damaged and is begun anew", "damage", damage, "set_aside", aside,
		"bookings_saved", record.Salvaged, "bookings_complete", !record.Lost, "relocations_saved", record.Relocations, "relocations_complete", !record.JournalLost)
	if err := s.makeNew(ctx, o, all, record); err != nil {
		return fmt.Errorf("beginning the damaged store (%s) anew: %w", record.Damage, err)
	}
	return s.exchange(ctx, o)
}

// makeNew makes a whole store of one file beside the damaged one.
func (s *Store) makeNew(ctx context.Context, o Options, all []saved, record damageRecord) (err error) {
	part := s.path + partSuffix
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		for _, name := range []string{part, s.path + newSuffix} {
			if err := os.Remove(name + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	if _, err := secure(part, true); err != nil {
		return err
	}
	db, err := connect(part, false, 1, defaultBusy)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := migrate(ctx, db, part, migrations, o.at); err != nil {
		return err
	}
	text, err := json.Marshal(record)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit there is nothing to roll back
	for _, k := range all {
		if err := k.insert(ctx, tx); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES (?, ?)", damageKey, string(text)); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	// Without the log the store is one file, which is renamed as one.
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode(DELETE)").Scan(&mode); err != nil {
		return err
	}
	o.at("the new store is made")
	if err := onDisk(part); err != nil {
		return err
	}
	if err := os.Rename(part, s.path+newSuffix); err != nil {
		return err
	}
	o.at("the new store counts")
	return onDisk(filepath.Dir(s.path))
}

// exchange puts a new store that counts into its place, if there is one.
func (s *Store) exchange(ctx context.Context, o Options) error {
	fresh := s.path + newSuffix
	if _, err := os.Lstat(fresh); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	record, err := readDamage(ctx, fresh)
	if err != nil {
		return err
	}
	aside := filepath.Join(filepath.Dir(s.path), filepath.Base(record.SetAside))
	// The log first: a new store must never meet the log of the old one.
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(s.path+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		o.at("set aside store" + suffix)
	}
	if err := os.Rename(fresh, s.path); err != nil {
		return err
	}
	o.at("exchanged")
	if err := os.Remove(s.path + checkSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return onDisk(filepath.Dir(s.path))
}

// readDamage reads what a store has to tell of the one before it; nothing where
// there is no such thing.
func readDamage(ctx context.Context, path string) (record damageRecord, err error) {
	db, err := connect(path, true, 1, defaultBusy)
	if err != nil {
		return record, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var text string
	if err := db.QueryRowContext(ctx, "SELECT coalesce(max(value), '{}') FROM meta WHERE key = ?", damageKey).Scan(&text); err != nil {
		return record, err
	}
	return record, json.Unmarshal([]byte(text), &record)
}

// tell takes into the report what the store has to tell.
func (s *Store) tell(ctx context.Context) error {
	record, err := readDamage(ctx, s.path)
	if err != nil || record.Damage == "" {
		return err
	}
	s.report.Damage, s.report.SetAside = record.Damage, filepath.Join(filepath.Dir(s.path), filepath.Base(record.SetAside))
	s.report.Salvaged, s.report.OutboxLost = record.Salvaged, record.Lost
	s.report.Relocations, s.report.JournalLost = record.Relocations, record.JournalLost
	return nil
}

// toldAll forgets what there was to tell: the process that did comes to an
// orderly end.
func (s *Store) toldAll(ctx context.Context) error {
	if _, held := s.lease.holder(); !held || s.report.Damage == "" {
		return nil
	}
	return s.write(ctx, "closing the local store", func(b *batch) error { return b.exec("DELETE FROM meta WHERE key = ?1", damageKey) })
}

// vanished finds out that a store that was made once has nothing in it any more.
func (s *Store) vanished() error {
	if _, err := os.Lstat(s.path + madeSuffix); err != nil {
		return nil // none was made
	}
	info, err := os.Stat(s.path)
	if err != nil || info.Size() >= 512 {
		return err
	}
	if s.report.Created {
		return &damagedError{"the file is missing"}
	}
	return &damagedError{"the file is empty"}
}

// made notes that there is a store.
func (s *Store) made() error {
	f, err := os.OpenFile(s.path+madeSuffix, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}
