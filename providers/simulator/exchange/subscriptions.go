package exchange

// subscription is what a caller wants to be told of.
type subscription struct{}

func (sub *subscription) take(Notice) {}
