package providers

// Person is somebody of the tenant's directory who is not a room.
type Person struct {
	Mailbox    Address
	ID         string // the directory's object id
	Name       Untrusted
	JobTitle   Untrusted
	Department Untrusted
	Office     Untrusted
	Enabled    bool // false for blocked accounts
}

// Title is the person's name made safe to show, or the address.
func (p Person) Title() string { return p.Name.Or(string(p.Mailbox)) }

// Calendar is one calendar of a mailbox.
type Calendar struct {
	Mailbox   Address
	ID        string
	Name      Untrusted
	OwnerName Untrusted
	Owner     Address // "" where the owner is no mailbox, for example holidays
	Default   bool
	// ReadOnly calendars, for example national holidays, refuse writes: roomdesk
	// refuses before a request leaves (PRODUCT P11).
	ReadOnly bool
	// IntegratedConferencing is true only where the service makes Teams meetings
	// in this calendar (PRODUCT P7).
	IntegratedConferencing bool
	// ConferencingWhy is why not, where the service never makes them; "" where it does
	// not say.
	ConferencingWhy Untrusted
}

// WithoutConferencing is why no Teams meetings are made in this calendar, safe to show.
func (c Calendar) WithoutConferencing() string {
	if why := c.ConferencingWhy.Or(""); why != "" {
		return "the calendar of " + string(c.Mailbox) + " has no Teams meetings: " + why
	}
	return "the calendar of " + string(c.Mailbox) + " does not offer Teams meetings; a licence may be missing"
}
