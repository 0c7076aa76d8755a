package store

import (
	"context"
	"encoding/json"
	"fmt"

	"roomdesk/providers"
)

// SetRoomRules replaces all rules of rooms by those of an export. None forgets them.
func (s *Store) SetRoomRules(ctx context.Context, rules []providers.RoomRules) error {
	const op = "storing rules of rooms"
	contents := make([][]byte, len(rules))
	for n, r := range rules {
		var err error
		if contents[n], err = json.Marshal(r); err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
	}
	return s.write(ctx, op, func(b *batch) error {
		if err := b.exec("DELETE FROM room_rule"); err != nil {
			return err
		}
		for n, r := range rules {
			if err := b.exec("INSERT INTO room_rule (mailbox, content) VALUES (?1, ?2)", string(r.Mailbox), contents[n]); err != nil {
				return err
			}
		}
		return nil
	})
}

// RoomRules are the rules that were imported, by room.
func (s *Store) RoomRules(ctx context.Context) (map[providers.Address]providers.RoomRules, error) {
	list, err := entries(ctx, s, "reading rules of rooms", "SELECT mailbox, content FROM room_rule",
		func(_ providers.Address, content []byte) (r providers.RoomRules, err error) {
			return r, json.Unmarshal(content, &r)
		})
	if err != nil {
		return nil, err
	}
	out := make(map[providers.Address]providers.RoomRules, len(list))
	for _, r := range list {
		out[r.Mailbox] = r
	}
	return out, nil
}
