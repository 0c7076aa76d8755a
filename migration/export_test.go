package migration

// AtEachPoint is told of the points of a migration at which a death of the process would
// leave something half done.
func (m *Mover) AtEachPoint(at func(point string)) { m.at = at }

// Hasten leaves out the pauses between two tries.
func (m *Mover) Hasten() { m.pause = 0 }
