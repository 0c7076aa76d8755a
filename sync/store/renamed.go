package store

// A whole reading can bring the same meetings under other ids: the mailbox moved to
// another server, or is reached through another provider. What is then missing by its
// id is not gone.

// meetingKey names a meeting whatever its id: the UID is shared by the dates of a series.
type meetingKey struct {
	uid    string
	start  int64
	master bool
}

func keyOf(uid string, start, flags int64) meetingKey {
	if flags&15 == masterType {
		return meetingKey{uid, 0, true}
	}
	return meetingKey{uid, start, false}
}

// renamed finds the rows that the round brings under another id, takes them out of
// missing and masters, and follows them in bookings and relocations.
func (a *application) renamed(stored, missing, masters []storedRow, g *generation) (gone, stillMissing, stillMasters []storedRow, err error) {
	if len(missing) == 0 || len(g.staged) == 0 {
		return nil, missing, masters, nil
	}
	had := make(map[int64]bool, len(stored))
	for _, r := range stored {
		had[r.hash] = true
	}
	fresh := map[meetingKey]string{} // new ids
	for hash, r := range g.staged {
		uid := r.icalUID
		if master := g.staged[r.seriesHash]; uid == "" && master != nil { // a date that came bare
			uid = master.icalUID
		}
		if had[hash] || uid == "" {
			continue
		}
		key := keyOf(uid, r.start, r.flags)
		if _, twice := fresh[key]; twice {
			fresh[key] = "" // which of them is not known
			continue
		}
		fresh[key] = r.id
	}
	if len(fresh) == 0 {
		return nil, missing, masters, nil
	}
	wanted := make([]int64, 0, len(missing)+len(masters))
	for _, rows := range [][]storedRow{missing, masters} {
		for _, r := range rows {
			wanted = append(wanted, r.row)
		}
	}
	ids, now := map[string]string{}, map[int64]bool{}
	if err := a.b.each(`SELECT e.row_id, e.id, CASE WHEN e.ical_uid = '' THEN coalesce(m.ical_uid, '') ELSE e.ical_uid END, e.start, e.flags
		FROM event e LEFT JOIN event m ON m.mailbox_id = e.mailbox_id AND m.id_hash = e.series_hash AND e.series_hash <> 0
		WHERE e.row_id IN (SELECT value FROM json_each(?1))`, []any{jsonInts(wanted)}, func(row rowScanner) error {
		var number, start, flags int64
		var id, uid string
		if err := row.Scan(&number, &id, &uid, &start, &flags); err != nil {
			return err
		}
		if to := fresh[keyOf(uid, start, flags)]; to != "" {
			ids[id], now[number] = to, true
		}
		return nil
	}); err != nil {
		return nil, nil, nil, err
	}
	for _, r := range missing {
		if now[r.row] {
			gone = append(gone, r)
		} else {
			stillMissing = append(stillMissing, r)
		}
	}
	for _, r := range masters {
		if now[r.row] {
			gone = append(gone, r)
		} else {
			stillMasters = append(stillMasters, r)
		}
	}
	x := &exchange{b: a.b, w: Switch{Mailbox: a.round.Mailbox}, out: &Switched{}, ids: ids}
	return gone, stillMissing, stillMasters, x.rename()
}
