package simulator

func (c *call) batch() answer { return c.noSegment("$batch") }
