package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"roomdesk/providers"
)

// migrationRecord is a migration as the journal has it, without its mailboxes, by the
// same rule as [bookingRecord].
type migrationRecord struct {
	ID           string              `json:"id"`
	From         string              `json:"from"`
	To           string              `json:"to"`
	FromProvider string              `json:"from_provider"`
	ToProvider   string              `json:"to_provider"`
	State        string              `json:"state"`
	Created      time.Time           `json:"created,omitzero"`
	ScopeOld     int                 `json:"scope_old,omitempty"`
	ScopeNew     int                 `json:"scope_new,omitempty"`
	Extra        []providers.Address `json:"extra,omitempty"`
	Missing      []providers.Address `json:"missing,omitempty"`
	Limited      bool                `json:"limited,omitempty"`
	ScopeWords   string              `json:"scope_words,omitempty"`
	ScopeChecked time.Time           `json:"scope_checked,omitzero"`
	Undoable     time.Time           `json:"undoable,omitzero"`
	Problem      []byte              `json:"problem,omitempty"`
}

// moveRecord is one mailbox of it.
type moveRecord struct {
	Name      string                 `json:"name,omitempty"`
	Room      bool                   `json:"room,omitempty"`
	Pilot     bool                   `json:"pilot,omitempty"`
	State     string                 `json:"state"`
	Home      string                 `json:"home,omitempty"`
	Parity    providers.ParityCounts `json:"parity"`
	Events    int                    `json:"events,omitempty"`
	Compared  time.Time              `json:"compared,omitzero"`
	Moved     time.Time              `json:"moved,omitzero"`
	Why       string                 `json:"why,omitempty"`
	Was       []string               `json:"was,omitempty"`
	Artefacts int                    `json:"artefacts,omitempty"`
	// Chosen is what is still to be done with it: "move", "return".
	Chosen  string        `json:"chosen,omitempty"`
	Passing bool          `json:"passing,omitempty"`
	Watched time.Time     `json:"watched,omitzero"`
	Looks   int           `json:"looks,omitempty"`
	Gap     time.Duration `json:"gap,omitempty"`
}

type parityRecord struct {
	Kind    string              `json:"kind"`
	UID     string              `json:"uid,omitempty"`
	Start   time.Time           `json:"start,omitzero"`
	Subject string              `json:"subject,omitempty"`
	Private bool                `json:"private,omitempty"`
	Fields  []parityFieldRecord `json:"fields,omitempty"`
}

type parityFieldRecord struct {
	Field    string `json:"field"`
	Before   string `json:"before,omitempty"`
	After    string `json:"after,omitempty"`
	Cosmetic bool   `json:"cosmetic,omitempty"`
	Why      string `json:"why,omitempty"`
}

// Move is a mailbox of a migration with what the journal alone knows of it.
type Move struct {
	providers.MailboxMove
	// Chosen is what is still to be done with the mailbox: [ChosenMove], [ChosenReturn].
	Chosen string
	// Artefacts counts its changes that a switch made and that are none of meetings.
	Artefacts int
}

// What is still to be done with a mailbox.
const (
	ChosenMove   = "move"
	ChosenReturn = "return"
)

// parityKept bounds how many entries of a mailbox are kept in which the sides differ.
const parityKept = 200

func encodeMove(m Move) (string, error) {
	raw, err := json.Marshal(moveRecord{
		Name: m.Name.Raw(), Room: m.Room, Pilot: m.Pilot, State: string(m.State), Home: m.Home, Parity: m.Parity, Events: m.Events,
		Compared: m.Compared, Moved: m.Moved, Why: m.Why, Was: m.Was, Artefacts: m.Artefacts, Chosen: m.Chosen,
		Passing: m.Passing, Watched: m.Watched, Looks: m.Looks, Gap: m.Gap,
	})
	return string(raw), err
}

func decodeMove(mailbox, text string) (Move, error) {
	var r moveRecord
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return Move{}, errors.Join(errBadBlob, err)
	}
	return Move{Chosen: r.Chosen, Artefacts: r.Artefacts, MailboxMove: providers.MailboxMove{
		Mailbox: providers.Address(mailbox), Name: providers.Outside(r.Name), Room: r.Room, Pilot: r.Pilot, State: providers.MoveState(r.State),
		Home: r.Home, Parity: r.Parity, Events: r.Events, Compared: r.Compared, Moved: r.Moved, Why: r.Why, Was: r.Was,
		Passing: r.Passing, Watched: r.Watched, Looks: r.Looks, Gap: r.Gap,
	}}, nil
}

func encodeMigration(m providers.Migration) (string, error) {
	raw, err := json.Marshal(migrationRecord{
		ID: m.ID, From: m.From, To: m.To, FromProvider: m.FromProvider, ToProvider: m.ToProvider, State: string(m.State), Created: m.Created,
		ScopeOld: m.Scope.Old, ScopeNew: m.Scope.New, Extra: m.Scope.Extra, Missing: m.Scope.Missing, Limited: m.Scope.Limited, ScopeWords: m.Scope.Words,
		ScopeChecked: m.Scope.Checked, Undoable: m.Undoable, Problem: encodeProblem(m.Problem),
	})
	return string(raw), err
}

func decodeMigration(revision int, text string) (providers.Migration, error) {
	var r migrationRecord
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return providers.Migration{}, errors.Join(errBadBlob, err)
	}
	problem, err := decodeProblem(r.Problem)
	return providers.Migration{
		ID: r.ID, From: r.From, To: r.To, FromProvider: r.FromProvider, ToProvider: r.ToProvider, State: providers.MigrationState(r.State), Created: r.Created,
		Scope: providers.MigrationScope{
			Old: r.ScopeOld, New: r.ScopeNew, Extra: r.Extra, Missing: r.Missing, Limited: r.Limited, Words: r.ScopeWords, Checked: r.ScopeChecked,
		},
		Undoable: r.Undoable, Problem: problem, Revision: revision,
	}, err
}

// BeginMigration stores a new migration with its mailboxes in place of those of the
// one before, in one step. What was kept of mailboxes that were moved stays.
func (s *Store) BeginMigration(ctx context.Context, m providers.Migration, moves []Move) error {
	const op = "beginning a migration"
	text, err := encodeMigration(m)
	if err != nil {
		return failure(op, err)
	}
	return s.writing(ctx, op, true, func(b *batch) error {
		for _, statement := range []string{"DELETE FROM migration_mailbox", "DELETE FROM parity"} {
			if err := b.exec(statement); err != nil {
				return err
			}
		}
		if err := b.exec("INSERT INTO migration (id, created, revision, content) VALUES (?1, ?2, 1, ?3)", m.ID, micros(m.Created), text); err != nil {
			return err
		}
		for _, move := range moves {
			if err := b.putMove(m.ID, move); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *batch) putMove(migration string, m Move) error {
	text, err := encodeMove(m)
	if err != nil {
		return err
	}
	return b.exec(`INSERT INTO migration_mailbox (mailbox, migration, content) VALUES (?1, ?2, ?3)
		ON CONFLICT (mailbox) DO UPDATE SET migration = excluded.migration, content = excluded.content`, string(m.Mailbox), migration, text)
}

func (b *batch) grown(migration string) error {
	return b.exec("UPDATE migration SET revision = revision + 1 WHERE id = ?1", migration)
}

// SaveMigration stores what concerns a migration as a whole; its mailboxes stay.
func (s *Store) SaveMigration(ctx context.Context, m providers.Migration) error {
	const op = "storing a migration"
	text, err := encodeMigration(m)
	if err != nil {
		return failure(op, err)
	}
	return s.writing(ctx, op, true, func(b *batch) error {
		return b.exec("UPDATE migration SET content = ?2, revision = revision + 1 WHERE id = ?1", m.ID, text)
	})
}

// SaveMoves stores mailboxes of a migration, together. Once it returns nil it is on
// the disk.
func (s *Store) SaveMoves(ctx context.Context, migration string, moves ...Move) error {
	if len(moves) == 0 {
		return nil
	}
	return s.writing(ctx, "storing a mailbox of a migration", true, func(b *batch) error {
		for _, m := range moves {
			if err := b.putMove(migration, m); err != nil {
				return err
			}
		}
		return b.grown(migration)
	})
}

// SaveParity stores what came of comparing a mailbox: the first entries in which the
// sides differ, the harmful ones first.
func (s *Store) SaveParity(ctx context.Context, migration string, m Move, entries []providers.ParityEntry) error {
	var records []parityRecord
	for _, harm := range []int{2, 1, 0} { // what does most comes first
		for _, e := range entries {
			if harmOf(e.Kind) == harm && len(records) < parityKept {
				records = append(records, encodeParity(e))
			}
		}
	}
	raw, err := json.Marshal(records)
	if err != nil {
		return failure("storing a comparison", err)
	}
	return s.write(ctx, "storing a comparison", func(b *batch) error {
		if len(records) == 0 {
			if err := b.exec("DELETE FROM parity WHERE mailbox = ?1", string(m.Mailbox)); err != nil {
				return err
			}
		} else if err := b.exec("INSERT INTO parity (mailbox, content) VALUES (?1, ?2) ON CONFLICT (mailbox) DO UPDATE SET content = excluded.content",
			string(m.Mailbox), raw); err != nil {
			return err
		}
		if err := b.putMove(migration, m); err != nil {
			return err
		}
		return b.grown(migration)
	})
}

func harmOf(k providers.ParityKind) int {
	switch k {
	case providers.ParitySame:
		return 0
	case providers.ParityCosmetic:
		return 1
	case providers.ParityMissing, providers.ParityExtra, providers.ParityDifferent:
	}
	return 2
}

func encodeParity(e providers.ParityEntry) parityRecord {
	r := parityRecord{Kind: string(e.Kind), UID: e.ICalUID, Start: e.Start, Subject: e.Subject.Raw(), Private: e.Private}
	for _, f := range e.Fields {
		r.Fields = append(r.Fields, parityFieldRecord{f.Field, f.Before.Raw(), f.After.Raw(), f.Cosmetic, f.Why})
	}
	return r
}

// ParityEntries lists in what the sides of a mailbox differed when they were compared
// last, at most 200 entries, by kind and start.
func (s *Store) ParityEntries(ctx context.Context, mailbox providers.Address) ([]providers.ParityEntry, error) {
	const op = "reading a comparison"
	var raw []byte
	err := s.read.QueryRowContext(ctx, "SELECT content FROM parity WHERE mailbox = ?1", string(mailbox)).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, s.fail(op, err)
	}
	var records []parityRecord
	if err := json.Unmarshal(raw, &records); err != nil {
		return nil, s.fail(op, errors.Join(errBadBlob, err))
	}
	var entries []providers.ParityEntry
	for _, r := range records {
		e := providers.ParityEntry{Mailbox: mailbox, Kind: providers.ParityKind(r.Kind), ICalUID: r.UID, Start: r.Start, Subject: providers.Outside(r.Subject), Private: r.Private}
		for _, f := range r.Fields {
			e.Fields = append(e.Fields, providers.ParityField{Field: f.Field, Before: providers.Outside(f.Before), After: providers.Outside(f.After), Cosmetic: f.Cosmetic, Why: f.Why})
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// Migration is the newest migration without its mailboxes; ok is false where there was
// never one.
func (s *Store) Migration(ctx context.Context) (m providers.Migration, ok bool, err error) {
	const op = "reading the migration"
	var revision int
	var text string
	err = s.read.QueryRowContext(ctx, "SELECT revision, content FROM migration ORDER BY created DESC, id DESC LIMIT 1").Scan(&revision, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return providers.Migration{}, false, nil
	}
	if err != nil {
		return m, false, s.fail(op, err)
	}
	m, err = decodeMigration(revision, text)
	return m, err == nil, s.fail(op, err)
}

// Moves lists the mailboxes of a migration, by address.
func (s *Store) Moves(ctx context.Context, migration string) ([]Move, error) {
	const op = "reading the mailboxes of a migration"
	rows, err := s.read.QueryContext(ctx, "SELECT mailbox, content FROM migration_mailbox WHERE migration = ?1 ORDER BY mailbox", migration)
	if err != nil {
		return nil, s.fail(op, err)
	}
	var all []Move
	err = eachRow(rows, func(row rowScanner) error {
		var mailbox, text string
		if err := row.Scan(&mailbox, &text); err != nil {
			return err
		}
		m, err := decodeMove(mailbox, text)
		all = append(all, m)
		return err
	})
	return all, s.fail(op, err)
}

// Move finds one mailbox of a migration.
func (s *Store) Move(ctx context.Context, migration string, mailbox providers.Address) (m Move, ok bool, err error) {
	const op = "reading a mailbox of a migration"
	var text string
	err = s.read.QueryRowContext(ctx, "SELECT content FROM migration_mailbox WHERE mailbox = ?1 AND migration = ?2", string(mailbox), migration).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return Move{}, false, nil
	}
	if err != nil {
		return m, false, s.fail(op, err)
	}
	m, err = decodeMove(string(mailbox), text)
	return m, err == nil, s.fail(op, err)
}
