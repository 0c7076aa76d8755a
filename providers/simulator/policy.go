package simulator

// policy is how a room answers requests: the parts of Exchange's
// CalendarProcessing that are modelled. Graph does not show any of it.
type policy struct {
	Name               string `json:"name"`
	BookingWindowDays  int    `json:"booking_window_days"`
	MaxDurationMinutes int    `json:"max_duration_minutes"`
	// MaxConflicts is how many occurrences of a series may clash; these are
	// declined one by one while the rest stands. 0 declines the series.
	MaxConflicts int  `json:"max_conflicts"`
	Delegate     bool `json:"delegate"` // answers tentatively until somebody approves
	Silent       bool `json:"silent"`   // never answers
	Reserved     bool `json:"reserved"` // bookingType reserved: cannot be booked
	// BookersOnly names the department whose members may book; "" is everybody.
	BookersOnly string `json:"bookers_only,omitempty"`
	// KeepPrivate leaves the private mark on the room's copy.
	KeepPrivate bool `json:"keep_private"`
}

// policyFor spreads the policies over a tenant's rooms by position, so that
// every tenant of ten rooms or more has each of them.
func policyFor(index, rooms int) policy {
	p := policy{Name: "auto-accept", BookingWindowDays: 180, MaxDurationMinutes: 24 * 60, KeepPrivate: index%3 == 0}
	if rooms < 10 {
		return p
	}
	switch {
	case index == rooms-1:
		p.Name, p.Silent = "silent", true
	case index == rooms-2:
		p.Name, p.BookersOnly = "certain bookers only", "Facilities"
	case index == rooms-3:
		p.Name, p.Reserved = "reserved", true
	case index%10 == 5:
		p.Name, p.Delegate = "delegate decides", true
	case index%10 == 3:
		p.Name, p.MaxConflicts = "tolerates conflicts in series", 3
	}
	return p
}
