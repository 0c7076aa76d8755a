package simulator

import "math/rand/v2"

// plan is what somebody has in mind before it has a time and a room.
type plan struct {
	subject string
	length  int64 // seconds
	guests  int   // invited besides the organiser
	sens    sensitivity
	show    showAs
}

// planFor is a single meeting that fits a room's seats.
func planFor(r *rand.Rand, seats int) plan {
	p := plan{subject: singleNames[r.IntN(len(singleNames))], length: 1800, show: showBusy, guests: 1 + r.IntN(min(max(seats, 1), 7))}
	p.length *= int64([]int{1, 1, 1, 2, 2, 2, 2, 3, 4}[r.IntN(9)])
	if r.IntN(3) == 0 {
		p.subject += " " + projects[r.IntN(len(projects))]
	}
	return p
}

// seriesPlan is a weekly meeting.
func seriesPlan(r *rand.Rand) plan {
	return plan{subject: weeklyNames[r.IntN(len(weeklyNames))], length: int64([]int{30, 60, 60, 90}[r.IntN(4)]) * 60, guests: 2 + r.IntN(4), show: showBusy}
}
