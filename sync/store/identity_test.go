package store

import (
	"path/filepath"
	"testing"
	"time"

	"roomdesk/providers"
)

// Ids are found by a hash, and told apart by themselves.
func TestTwoIDsWithOneHashAreTwoEvents(t *testing.T) {
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const room = providers.Address("aalto@contoso.com")
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	event := func(id, subject string) providers.Event {
		return providers.Event{Mailbox: room, ID: id, Start: at, End: at.Add(time.Hour), Subject: providers.Outside(subject)}
	}
	put := func(events ...providers.Event) Applied {
		t.Helper()
		p := newPage(providers.ChangePage{Events: events})
		for _, r := range p.rows {
			r.idHash = 77
		}
		var out Applied
		if err := s.write(t.Context(), "storing events", func(b *batch) error {
			m, err := b.mailbox(room)
			if err != nil {
				return err
			}
			out = Applied{}
			a := &application{b: b, m: m, page: p, round: &Round{store: s, Mailbox: room, Kind: ChangesRound, begun: true}, out: &out}
			return a.upsert()
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	put(event("one", "1"))
	if out := put(event("two", "2")); out.Inserted != 1 || out.Updated != 0 {
		t.Errorf("%+v", out)
	}
	if out := put(event("two", "second"), event("three", "3")); out.Inserted != 1 || out.Updated != 1 {
		t.Errorf("%+v", out)
	}
	have := map[string]string{}
	rows, err := s.read.QueryContext(t.Context(), "SELECT id, subject FROM event")
	if err != nil {
		t.Fatal(err)
	}
	if err := eachRow(rows, func(row rowScanner) error {
		var id, subject string
		err := row.Scan(&id, &subject)
		have[id] = subject
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(have) != 3 || have["one"] != "1" || have["two"] != "second" || have["three"] != "3" {
		t.Errorf("%v", have)
	}
}
