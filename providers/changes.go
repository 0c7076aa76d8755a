package providers

// ChangesRequest asks for the entries of a calendar within a window, or, with a
// cursor, for what changed since.
type ChangesRequest struct {
	Mailbox    Address
	CalendarID string // "" is the default calendar
	// Window is where a new round begins; a cursor carries its own.
	Window Interval
	// Cursor is the [ChangePage.Cursor] of an earlier page, "" for a new round.
	Cursor string
	// PageSize is a wish; 0 leaves it to the provider.
	PageSize int
}

// ChangePage is one page of a round. Pages arrive in order; entries may repeat,
// and the later one counts. A delta round is no change log: a removal may name an
// id that was never sent, and something that vanished may never be named.
type ChangePage struct {
	Events  []Event
	Removed []string // event ids
	// Cursor continues behind this page: with the next page of the round while
	// Done is false, with the next round's changes once it is true. Opaque; it
	// belongs to this mailbox and tenant.
	Cursor string
	Done   bool
}
