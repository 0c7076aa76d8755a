package store

import (
	"context"

	"roomdesk/providers"
)

func encodePerson(p providers.Person) []byte {
	e := newEncoder(128)
	e.string(p.ID)
	e.text(p.Name)
	e.text(p.JobTitle)
	e.text(p.Department)
	e.text(p.Office)
	e.bool(p.Enabled)
	return e.b
}

func decodePerson(mailbox providers.Address, b []byte) (providers.Person, error) {
	d := newDecoder(b)
	p := providers.Person{
		Mailbox: mailbox, ID: d.string(), Name: d.text(), JobTitle: d.text(), Department: d.text(), Office: d.text(), Enabled: d.bool(),
	}
	return p, d.err()
}

// People lists every person of the mirror, by address.
func (s *Store) People(ctx context.Context) ([]providers.Person, error) {
	return entries(ctx, s, "reading people", "SELECT mailbox, content FROM person ORDER BY mailbox", decodePerson)
}

func encodeCalendar(c providers.Calendar) []byte {
	e := newEncoder(256)
	e.string(c.ID)
	e.text(c.Name)
	e.text(c.OwnerName)
	e.address(c.Owner)
	e.bool(c.Default)
	e.bool(c.ReadOnly)
	e.bool(c.IntegratedConferencing)
	if !c.ConferencingWhy.Empty() {
		e.text(c.ConferencingWhy)
	}
	return e.b
}

func decodeCalendar(mailbox providers.Address, b []byte) (providers.Calendar, error) {
	d := newDecoder(b)
	c := providers.Calendar{
		Mailbox: mailbox, ID: d.string(), Name: d.text(), OwnerName: d.text(), Owner: d.address(),
		Default: d.bool(), ReadOnly: d.bool(), IntegratedConferencing: d.bool(),
	}
	if len(d.b) > 0 { // rows of older versions end here
		c.ConferencingWhy = d.text()
	}
	return c, d.err()
}

// Calendars lists the calendars of a mailbox in the tenant's order; none where
// they were not read yet.
func (s *Store) Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error) {
	return entries(ctx, s, "reading calendars", "SELECT mailbox, content FROM calendar WHERE mailbox = ?1 ORDER BY ordinal", decodeCalendar, string(mailbox))
}

// SetCalendars replaces the calendars of a mailbox and reports whether anything
// differs from before.
func (s *Store) SetCalendars(ctx context.Context, mailbox providers.Address, calendars []providers.Calendar) (changed bool, err error) {
	contents := make([]string, len(calendars))
	for i, c := range calendars {
		contents[i] = string(encodeCalendar(c))
	}
	err = s.write(ctx, "storing calendars", func(b *batch) error {
		changed = false
		var have []string
		if err := b.each("SELECT content FROM calendar WHERE mailbox = ?1 ORDER BY ordinal", []any{string(mailbox)}, func(row rowScanner) error {
			var content []byte
			err := row.Scan(&content)
			have = append(have, string(content))
			return err
		}); err != nil {
			return err
		}
		same := len(have) == len(contents)
		for i := 0; same && i < len(have); i++ {
			same = have[i] == contents[i]
		}
		if same {
			return nil
		}
		changed = true
		if err := b.exec("DELETE FROM calendar WHERE mailbox = ?1", string(mailbox)); err != nil {
			return err
		}
		for i, content := range contents {
			if err := b.exec("INSERT INTO calendar (mailbox, ordinal, content) VALUES (?1, ?2, ?3)", string(mailbox), i, []byte(content)); err != nil {
				return err
			}
		}
		return nil
	})
	return changed, err
}
