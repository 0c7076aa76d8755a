package simulator

func (c *call) events(kind calendarKind, i int) answer { return c.noSegment("events") }
