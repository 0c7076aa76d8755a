package providers

// SeriesMatrix is a series against the rooms that may take it: what stands in the
// way on each date, what each room's rule would do with the whole, and plans that
// get the series a room, the cheapest first.
type SeriesMatrix struct {
	Dates []SeriesDate
	Rooms []SeriesRoom // in the order in which they are preferred
	Plans []SeriesPlan // the cheapest first; none where no date can be had
	// Ways are the other ways out for each date on which the first plan needs one,
	// by the number of the date; the cheapest first, without the one it takes.
	Ways map[int][]SeriesStep
	// Beyond is the number of rooms that were not looked at.
	Beyond int
	// Recurrence is the rule of the whole series in the service's terms, and Words
	// the same as a person says it.
	Recurrence Recurrence
	Words      string
}

// SeriesDate is one date of a series.
type SeriesDate struct {
	Span Interval
	// Notes say what clocks do to this date: a time that does not exist or comes
	// twice, clocks that were changed since the date before. Safe to show.
	Notes []string
	Busy  []string // who of those invited is not free; safe to show
	Dark  []string // of whom it is not known; safe to show
}

// SeriesCellState is what a room has against a date.
type SeriesCellState string

// States of a cell.
const (
	SeriesFree    SeriesCellState = "free"
	SeriesTaken   SeriesCellState = "taken"
	SeriesUnknown SeriesCellState = "unknown" // never counted as free
	SeriesAgainst SeriesCellState = "against the rule"
)

// SeriesCell is one date in one room.
type SeriesCell struct {
	State SeriesCellState
	Words string // why it is not free; safe to show
	// Beyond says that the date is against the rule because it is further ahead than
	// the room may be booked.
	Beyond bool
	// Shift is the nearest other time of that day at which the room can be had and
	// nobody invited is known to be taken, for a date on which that is not so at the
	// wished time; zero: none within two hours.
	Shift Interval
}

// SeriesOutcome is what a room would answer to the whole series, sent as it is.
type SeriesOutcome string

// Outcomes of a series.
const (
	SeriesAccepted SeriesOutcome = "accepted"
	SeriesPartly   SeriesOutcome = "accepted without the dates that clash"
	SeriesRefused  SeriesOutcome = "refused"
	SeriesUnsure   SeriesOutcome = "unknown"
)

// SeriesRoom is a room's line of the matrix.
type SeriesRoom struct {
	Room    Room
	Cells   []SeriesCell // one for each date
	Free    int          // dates
	Outcome SeriesOutcome
	Why     []Reason
}

// SeriesAct is what a plan does on a date.
type SeriesAct string

// What a plan may do on a date.
const (
	SeriesKeep  SeriesAct = "keep"       // as wished, in the room of the series
	SeriesOther SeriesAct = "other room" // on this date only
	SeriesShift SeriesAct = "shift"      // in the room of the series, at another time of the day
	SeriesSkip  SeriesAct = "skip"
)

// SeriesStep is what a plan does on one date.
type SeriesStep struct {
	Date  int // its number in Dates
	Act   SeriesAct
	Room  int // its number in Rooms; -1 for a skipped date
	Span  Interval
	Price int
}

// SeriesPart is a run of dates that are sent as one series, [From, To).
type SeriesPart struct{ From, To, Room int }

// SeriesPlan is one way to get the series its rooms.
type SeriesPlan struct {
	Parts []SeriesPart // one or two; dates behind the last are given up
	Steps []SeriesStep // one for each date
	Price int
	// Changes, Shifts and Skips count the dates; Absent those on which somebody
	// invited is not free.
	Changes, Shifts, Skips, Absent int
	Words                          string // "1 room change, 0 skipped"; safe to show
}
