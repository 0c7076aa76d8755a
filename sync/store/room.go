package store

import (
	"context"

	"roomdesk/providers"
)

func encodeRoom(r providers.Room) []byte {
	e := newEncoder(256)
	e.string(r.PlaceID)
	e.text(r.Name)
	e.text(r.Nickname)
	e.text(r.Building)
	e.text(r.Floor)
	e.bool(r.FloorNumber != nil)
	if r.FloorNumber != nil {
		e.int(int64(*r.FloorNumber))
	}
	e.text(r.Section)
	e.int(int64(r.Capacity))
	list(e, r.Equipment, func(q providers.Equipment) { e.string(string(q)) })
	list(e, r.Devices, e.text)
	list(e, r.Tags, e.text)
	e.bool(r.StepFree != nil)
	if r.StepFree != nil {
		e.bool(*r.StepFree)
	}
	e.text(r.Phone)
	e.bool(r.Bookable)
	list(e, r.Lists, e.address)
	e.string(r.Zone)
	e.string(r.Provider)
	return e.b
}

func decodeRoom(mailbox providers.Address, b []byte) (providers.Room, error) {
	d := newDecoder(b)
	r := providers.Room{Mailbox: mailbox, PlaceID: d.string(), Name: d.text(), Nickname: d.text(), Building: d.text(), Floor: d.text()}
	if d.bool() {
		n := int(d.int())
		r.FloorNumber = &n
	}
	r.Section, r.Capacity = d.text(), int(d.int())
	r.Equipment = unlist(d, func() providers.Equipment { return providers.Equipment(d.string()) })
	r.Devices, r.Tags = unlist(d, d.text), unlist(d, d.text)
	if d.bool() {
		yes := d.bool()
		r.StepFree = &yes
	}
	r.Phone, r.Bookable = d.text(), d.bool()
	r.Lists, r.Zone, r.Provider = unlist(d, d.address), d.string(), d.string()
	return r, d.err()
}

// Rooms lists every room of the mirror, by address. A room whose zone the tenant's
// list does not say has the one that its calendar named.
func (s *Store) Rooms(ctx context.Context) ([]providers.Room, error) {
	rooms, err := entries(ctx, s, "reading rooms", "SELECT mailbox, content FROM room ORDER BY mailbox", decodeRoom)
	if err != nil {
		return nil, err
	}
	return rooms, s.fillZones(ctx, rooms)
}

// Room finds one room; ok is false where the mirror has none with that address.
func (s *Store) Room(ctx context.Context, mailbox providers.Address) (room providers.Room, ok bool, err error) {
	found, err := entries(ctx, s, "reading a room", "SELECT mailbox, content FROM room WHERE mailbox = ?1", decodeRoom, string(mailbox))
	if err != nil || len(found) == 0 {
		return providers.Room{}, false, err
	}
	return found[0], true, s.fillZones(ctx, found)
}

// SetZones stores the mailboxes' own time zones, by IANA name, and reports whether
// any is new. An empty name changes nothing.
func (s *Store) SetZones(ctx context.Context, zones map[providers.Address]string) (changed bool, err error) {
	const op = "storing time zones"
	known, err := s.zones(ctx)
	if err != nil {
		return false, s.fail(op, err)
	}
	fresh := map[providers.Address]string{}
	for mailbox, zone := range zones {
		if zone != "" && known[mailbox] != zone {
			fresh[mailbox] = zone
		}
	}
	if len(fresh) == 0 {
		return false, nil
	}
	return true, s.write(ctx, op, func(b *batch) error {
		for mailbox, zone := range fresh {
			m, err := b.mailbox(mailbox)
			if err != nil {
				return err
			}
			if err := b.exec("UPDATE mailbox SET zone = ?2 WHERE id = ?1", m.id, zone); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) zones(ctx context.Context) (map[providers.Address]string, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT address, zone FROM mailbox WHERE zone <> ''")
	if err != nil {
		return nil, err
	}
	zones := map[providers.Address]string{}
	return zones, eachRow(rows, func(row rowScanner) error {
		var address, zone string
		err := row.Scan(&address, &zone)
		zones[providers.Address(address)] = zone
		return err
	})
}

func (s *Store) fillZones(ctx context.Context, rooms []providers.Room) error {
	zones, err := s.zones(ctx)
	if err != nil {
		return s.fail("reading time zones", err)
	}
	for i := range rooms {
		if rooms[i].Zone == "" {
			rooms[i].Zone = zones[rooms[i].Mailbox]
		}
	}
	return nil
}

// entries reads a table of addresses and contents.
func entries[T any](ctx context.Context, s *Store, op, query string, decode func(providers.Address, []byte) (T, error), args ...any) ([]T, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, s.fail(op, err)
	}
	var all []T
	err = eachRow(rows, func(row rowScanner) error {
		var mailbox string
		var content []byte
		if err := row.Scan(&mailbox, &content); err != nil {
			return err
		}
		item, err := decode(providers.Address(mailbox), content)
		all = append(all, item)
		return err
	})
	return all, s.fail(op, err)
}
