package store

// brake: this many removals in one round, and more than a fifth of the mailbox,
// are not believed the first time.
const brakeRows = 25

func implausible(removed, of int) bool { return removed >= brakeRows && removed*5 > of }

// remove applies removals. Ids that were never stored are nothing unusual.
func (a *application) remove() error {
	if len(a.page.removed) == 0 {
		return nil
	}
	rows := make([]*eventRow, len(a.page.removed))
	for i, id := range a.page.removed {
		rows[i] = &eventRow{id: id, idHash: idHash(id)}
	}
	found, err := a.lookup(rows)
	if err != nil {
		return err
	}
	var gone []existing
	for _, id := range a.page.removed {
		if e, known := found[id]; known {
			gone = append(gone, e)
			delete(found, id)
		}
	}
	a.m.removed += len(gone)
	if a.m.complete() && implausible(a.m.removed, int(a.m.rows)+a.m.removed) {
		hashes := decodeHashes(a.m.suspect)
		for _, e := range gone {
			hashes = append(hashes, e.hash)
		}
		a.m.suspect = encodeHashes(hashes)
		a.m.unconfirmed += int64(len(gone))
		a.out.Held += len(gone)
		return nil
	}
	for _, e := range gone {
		a.out.Removed++
		a.out.Visible = true
		if e.flags&15 != masterType {
			a.m.rows--
		}
		if err := a.b.exec("DELETE FROM event WHERE row_id = ?1", e.row); err != nil {
			return err
		}
	}
	return nil
}
