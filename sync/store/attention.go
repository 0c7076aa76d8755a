package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"roomdesk/providers"
)

// Attention is what a process that may not sync tells the one that does: what is
// on its screen, and what somebody asked to be read at once.
type Attention struct {
	Watcher  string              `json:"-"` // names the process, and no other one
	OnScreen []providers.Address `json:"on_screen,omitempty"`
	Asked    []providers.Address `json:"asked,omitempty"`
	AskedAll bool                `json:"asked_all,omitempty"`
	// AskedNo changes with each new wish, so that one is followed once.
	AskedNo int64 `json:"asked_no,omitempty"`
	// Until bounds how long this counts: a process that dies says no goodbye.
	Until time.Time `json:"until"`
}

// attentionKeys begins the keys of what is told.
const attentionKeys = "attention."

// PayAttention tells the process that syncs this store, in place of what the same
// watcher told before; nothing to tell takes that away. What is no longer valid of
// others goes with it.
func (s *Store) PayAttention(ctx context.Context, a Attention) error {
	text, err := json.Marshal(a)
	if err != nil {
		return failure("telling what is on the screen", err)
	}
	return s.write(ctx, "telling what is on the screen", func(b *batch) error {
		if err := b.exec("DELETE FROM meta WHERE key >= ?1 AND key < ?2 AND unixepoch(value ->> 'until') < ?3",
			attentionKeys, attentionKeys+"~", s.now().Unix()); err != nil {
			return err
		}
		if len(a.OnScreen)+len(a.Asked) == 0 && !a.AskedAll {
			return b.exec("DELETE FROM meta WHERE key = ?1", attentionKeys+a.Watcher)
		}
		return b.setMeta(attentionKeys+a.Watcher, string(text))
	})
}

// attentions gives the statement that is asked every few seconds for as long as
// the process lives: it is prepared once.
func (s *Store) attentions(ctx context.Context) (*sql.Stmt, error) {
	s.asking.Lock()
	defer s.asking.Unlock()
	if s.attended == nil {
		statement, err := s.read.PrepareContext(ctx, "SELECT key, value FROM meta WHERE key >= ?1 AND key < ?2")
		if err != nil {
			return nil, err
		}
		s.attended = statement
	}
	return s.attended, nil
}

// Attentions is what other processes told and what still counts.
func (s *Store) Attentions(ctx context.Context) (all []Attention, err error) {
	const op = "reading what is on other screens"
	statement, err := s.attentions(ctx) //nolint:sqlclosecheck // it is kept, and ends with its connections
	if err != nil {
		return nil, s.fail(op, err)
	}
	rows, err := statement.QueryContext(ctx, attentionKeys, attentionKeys+"~")
	if err != nil {
		return nil, s.fail(op, err)
	}
	defer func() { err = errors.Join(err, s.fail(op, rows.Close())) }()
	now := s.now()
	for rows.Next() {
		var key, text string
		if err := rows.Scan(&key, &text); err != nil {
			return nil, s.fail(op, err)
		}
		a := Attention{Watcher: key[len(attentionKeys):]}
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			continue // told by a version that writes it in another way
		}
		if a.Until.After(now) {
			all = append(all, a)
		}
	}
	return all, s.fail(op, rows.Err())
}
