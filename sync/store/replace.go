package store

import (
	"encoding/binary"
	"strconv"
)

// storedRow is what replacing needs to know of a row in the table.
type storedRow struct {
	row, hash, series int64
	start, end, flags int64
	visible           int64
}

// replace takes a page of a full re-read of a mailbox that readers already see.
// Pages before the last are kept apart; the last one brings rows and table
// together.
func (a *application) replace() error {
	found, err := a.lookup(a.page.rows)
	if err != nil {
		return err
	}
	seen := make([]int64, 0, len(a.page.rows))
	var staged []*eventRow
	for _, r := range a.page.rows {
		have, known := found[r.id]
		if known {
			r.idHash = have.hash
		}
		seen = append(seen, r.idHash)
		if !known || have.checksum != r.checksum {
			staged = append(staged, r)
		}
	}
	gone := make([]int64, len(a.page.removed))
	for i, id := range a.page.removed {
		gone[i] = idHash(id)
	}
	if !a.page.done {
		e := newEncoder(1024)
		list(e, staged, func(r *eventRow) { r.stage(e) })
		return a.b.exec("INSERT INTO round_page (mailbox_id, seen, gone, staged) VALUES (?1, ?2, ?3, ?4)",
			a.m.id, encodeHashes(seen), encodeHashes(gone), e.b)
	}
	all := &generation{seen: map[int64]bool{}, staged: map[int64]*eventRow{}}
	if a.m.kind == FullRound {
		if err := a.earlier(all); err != nil {
			return err
		}
	}
	all.add(seen, gone, staged)
	return a.swap(all)
}

// generation is what a full round delivered.
type generation struct {
	seen   map[int64]bool
	staged map[int64]*eventRow
}

func (g *generation) add(seen, gone []int64, staged []*eventRow) {
	for _, hash := range seen {
		g.seen[hash] = true
		// A later page that brings the stored version again overrules an earlier
		// one that differed.
		delete(g.staged, hash)
	}
	for _, r := range staged {
		g.staged[r.idHash] = r
	}
	for _, hash := range gone {
		delete(g.seen, hash)
		delete(g.staged, hash)
	}
}

// earlier reads the pages that were kept apart.
func (a *application) earlier(g *generation) error {
	if err := a.b.each("SELECT seen, gone, staged FROM round_page WHERE mailbox_id = ?1 ORDER BY id", []any{a.m.id}, func(row rowScanner) error {
		var seen, gone, blob []byte
		if err := row.Scan(&seen, &gone, &blob); err != nil {
			return err
		}
		d := newDecoder(blob)
		staged := unlist(d, func() *eventRow { return unstage(d) })
		g.add(decodeHashes(seen), decodeHashes(gone), staged)
		return d.err()
	}); err != nil {
		return err
	}
	return a.b.exec("DELETE FROM round_page WHERE mailbox_id = ?1", a.m.id)
}

// swap makes the table equal to what the round delivered.
func (a *application) swap(g *generation) error {
	var stored []storedRow
	if err := a.b.each(`SELECT row_id, id_hash, series_hash, start, "end", flags, visible FROM event WHERE mailbox_id = ?1`, []any{a.m.id},
		func(row rowScanner) error {
			var r storedRow
			err := row.Scan(&r.row, &r.hash, &r.series, &r.start, &r.end, &r.flags, &r.visible)
			stored = append(stored, r)
			return err
		}); err != nil {
		return err
	}
	kept, err := a.drop(stored, g)
	if err != nil {
		return err
	}
	a.m.rows, a.m.longest = 0, 0
	for _, r := range kept {
		fresh, changed := g.staged[r.hash]
		if changed {
			delete(g.staged, r.hash)
			a.out.Updated++
			a.out.Visible = a.out.Visible || fresh.visible != r.visible
			if err := a.b.updateEvent(r.row, fresh); err != nil {
				return err
			}
			r.start, r.end, r.flags = fresh.start, fresh.end, fresh.flags
		}
		a.count(r.start, r.end, r.flags)
	}
	for _, r := range g.staged {
		a.out.Inserted++
		a.out.Visible = true
		if err := a.b.insertEvent(a.m.id, r); err != nil {
			return err
		}
		a.count(r.start, r.end, r.flags)
	}
	return nil
}

func (a *application) count(start, end, flags int64) {
	if flags&15 != masterType {
		a.m.rows++
	}
	a.m.longest = max(a.m.longest, end-start)
}

// drop removes the rows that the round did not name, and gives back those that
// stay. Rows outside the new window go without a word. Of the others, too many
// at once are kept until a second full round misses them too.
func (a *application) drop(stored []storedRow, g *generation) (kept []storedRow, err error) {
	from, to := micros(a.round.Window.Start), micros(a.round.Window.End)
	needed := map[int64]bool{} // masters
	for _, r := range g.staged {
		needed[r.seriesHash] = true
	}
	var outside, missing, masters []storedRow
	inside := 0
	for _, r := range stored {
		within := r.start < to && r.end > from || r.start == r.end && r.start >= from && r.start < to
		master := r.flags&15 == masterType
		if within && !master {
			inside++
		}
		switch {
		case g.seen[r.hash]:
			kept = append(kept, r)
			needed[r.series] = true
		case master:
			masters = append(masters, r)
		case within:
			missing = append(missing, r)
		default:
			outside = append(outside, r)
		}
	}
	moved, missing, masters, err := a.renamed(stored, missing, masters, g)
	if err != nil {
		return nil, err
	}
	outside = append(outside, moved...)
	before := map[int64]bool{}
	for _, hash := range decodeHashes(a.m.suspect) {
		before[hash] = true
	}
	first := 0
	for _, r := range missing {
		if !before[r.hash] {
			first++
		}
	}
	a.m.suspect, a.m.unconfirmed = nil, 0
	if implausible(first, inside) {
		suspects := make([]int64, len(missing))
		for i, r := range missing {
			suspects[i] = r.hash
			needed[r.series] = true
		}
		a.m.suspect, a.m.unconfirmed, a.out.Held = encodeHashes(suspects), int64(len(suspects)), len(suspects)
		kept = append(kept, missing...)
		missing = nil
	}
	for _, r := range masters {
		if needed[r.hash] { // delivered by itself, not by a round
			kept = append(kept, r)
		} else {
			outside = append(outside, r)
		}
	}
	a.out.Removed += len(missing)
	a.out.Visible = a.out.Visible || len(missing) > 0
	for _, r := range append(missing, outside...) {
		if err := a.b.exec("DELETE FROM event WHERE row_id = ?1", r.row); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

func encodeHashes(hashes []int64) []byte {
	b := make([]byte, 0, 8*len(hashes))
	for _, h := range hashes {
		b = binary.LittleEndian.AppendUint64(b, uint64(h))
	}
	return b
}

func decodeHashes(b []byte) []int64 {
	hashes := make([]int64, 0, len(b)/8)
	for ; len(b) >= 8; b = b[8:] {
		hashes = append(hashes, int64(binary.LittleEndian.Uint64(b)))
	}
	return hashes
}

// jsonInts is a JSON array for json_each.
func jsonInts(ns []int64) string {
	b := make([]byte, 0, 21*len(ns)+2)
	b = append(b, '[')
	for i, n := range ns {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return string(append(b, ']'))
}
