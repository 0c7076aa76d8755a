package providers

import "context"

// Priority orders requests that wait for the same service.
type Priority int

// Priorities. Background is the zero value: what nobody waits for at the screen.
const (
	Background Priority = iota
	Interactive
)

type priorityKey struct{}

// WithPriority marks every request made under the context. A provider serves
// interactive requests first and keeps a share of its slots for them.
func WithPriority(ctx context.Context, priority Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, priority)
}

// PriorityOf is the priority that the context carries; Background where none.
func PriorityOf(ctx context.Context) Priority {
	priority, _ := ctx.Value(priorityKey{}).(Priority)
	return priority
}
