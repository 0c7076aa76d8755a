package simulator

func (c *call) delta(kind calendarKind) answer { return c.noSegment("delta") }
