package exchange

// operation finds what answers the body's element.
func (c *Call) operation() (run func(w *writer) *Error, ok bool) {
	run, ok = map[string]func(w *writer) *Error{
		"GetRoomLists":        c.getRoomLists,
		"GetRooms":            c.getRooms,
		"ResolveNames":        c.resolveNames,
		"FindPeople":          c.findPeople,
		"ExpandDL":            c.expandDL,
		"GetServerTimeZones":  c.getServerTimeZones,
		"GetUserAvailability": c.getUserAvailability,
		"GetFolder":           c.getFolder,
		"FindFolder":          c.findFolder,
		"FindItem":            c.findItem,
		"GetItem":             c.getItem,
		"SyncFolderItems":     c.syncFolderItems,
		"CreateItem":          c.createItem,
		"UpdateItem":          c.updateItem,
		"DeleteItem":          c.deleteItem,
		"ConvertId":           c.convertID,
		"GetDelegate":         c.getDelegate,
		"Subscribe":           c.subscribe,
		"Unsubscribe":         c.unsubscribe,
		"GetEvents":           c.getEvents,
		"GetStreamingEvents":  nil, // answers by itself
	}[c.Operation]
	return run, ok
}
