package exchange

import "fmt"

// maxSyncChanges is the schema's most for one page.
const maxSyncChanges = 512

// syncFolderItems answers what changed in a calendar since a state: singles and
// series, never occurrences.
func (c *Call) syncFolderItems(w *writer) *Error {
	shape, err := c.readItemShape(c.body.child("m:ItemShape"), false)
	if err != nil {
		return err
	}
	shape.bodiless = true
	most := number(c.body.child("m:MaxChangesReturned").value(), maxSyncChanges)
	if scope := c.body.child("m:SyncScope").value(); scope == "NormalAndAssociatedItems" {
		return notModelled("associated items")
	}
	ignored := map[string]bool{}
	for _, id := range c.body.child("m:Ignore").kids() {
		ignored[id.attribute("Id")] = true
	}
	f, err := c.target(onlyChild(c.body.child("m:SyncFolderId")))
	if err != nil && err.Code == "ErrorFolderNotFound" {
		err = fail("ErrorSyncFolderNotFound")
	}
	var role Role
	if err == nil {
		role, err = c.readable(f)
	}
	state := c.body.child("m:SyncState").value()
	var h History
	switch {
	case err != nil:
	case state != "" && c.Disturb.Sync == "expire":
		err = fail("ErrorInvalidSyncStateData")
	case state != "" && c.Disturb.Sync == "late":
		h = History{State: state, Last: true}
	default:
		var failed error
		h, failed = c.s.model.History(f.box.Address, state, most, role)
		err = asError(failed)
		if c.Disturb.Page == "loop" {
			h.Last = false // and from then on the same state again and again
		}
	}
	c.messages(w, "SyncFolderItems", func() {
		c.message(w, "SyncFolderItems", err, func() {
			w.leaf("m:SyncState", h.State)
			w.flag("m:IncludesLastItemInRange", h.Last)
			w.start("m:Changes")
			iw := &itemWriter{writer: w, c: c, role: role, shape: shape}
			for _, change := range c.spoilChanges(h.Changes) {
				if ignored[change.Item.ID] {
					continue
				}
				w.start("t:" + change.Kind)
				if change.Kind == "Delete" {
					w.empty("t:ItemId", "Id", change.Item.ID, "ChangeKey", change.Item.ChangeKey)
				} else {
					iw.item(change.Item)
				}
				w.end()
			}
			w.end()
		}, func() {
			w.empty("m:SyncState")
			w.flag("m:IncludesLastItemInRange", true)
		})
	})
	return nil
}

// spoilChanges is what faults do to a page of changes.
func (c *Call) spoilChanges(list []Change) []Change {
	var out []Change
	for _, change := range list {
		if change.Kind == "Delete" && c.Disturb.Sync == "omit" {
			continue
		}
		out = append(out, change)
	}
	switch {
	case c.Disturb.Sync == "ghost_removed":
		ghost := fmt.Sprintf("AAMkAG%058d", len(out))
		out = append(out, Change{Kind: "Delete", Item: Item{ID: ghost, ChangeKey: folderKey}})
	case len(out) == 0:
	case c.Disturb.Page == "drop":
		out = out[:len(out)-1]
	case c.Disturb.Page == "dup":
		out = append(out, out[len(out)-1])
	case c.Disturb.Page == "reorder":
		for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
			out[i], out[j] = out[j], out[i]
		}
	}
	return out
}
