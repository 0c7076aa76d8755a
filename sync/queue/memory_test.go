package queue_test

import (
	"testing"
	"time"

	"roomdesk/sync/queue"
	"roomdesk/sync/queue/queuetest"
)

func TestMemoryIsAQueue(t *testing.T) {
	queuetest.Run(t, queuetest.Harness{New: func(_ *testing.T, now func() time.Time) queue.Queue { return queue.NewMemory(now) }})
}
