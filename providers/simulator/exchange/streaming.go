package exchange

import "context"

func (c *Call) stream(context.Context) Answer { return c.fault(notModelled("streaming")) }
