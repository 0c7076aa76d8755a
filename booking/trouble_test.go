package booking

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"roomdesk/providers"
)

// troubleEnv is how many random stories of series and of relocations are played,
// where a few dozen are otherwise. A story is the same for its number.
const troubleEnv = "ROOMDESK_TEST_TROUBLE"

// stories plays a story for each number, and gives it its dice.
func stories(t *testing.T, few int, play func(t *testing.T, dice *rand.Rand)) {
	t.Helper()
	n := few
	if text := os.Getenv(troubleEnv); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	for seed := range uint64(n) {
		t.Run(fmt.Sprint("story ", seed), func(t *testing.T) { play(t, rand.New(rand.NewPCG(seed, 3))) })
	}
}

func oneOf[T any](dice *rand.Rand, all ...T) T { return all[dice.IntN(len(all))] }

// drawFaults is what happens to the next calls: half of them go well. Refusals for
// good are drawn for those operations alone of which the story knows what follows.
func drawFaults(dice *rand.Rand, refusals bool) (all []fault) {
	for range dice.IntN(6) {
		f := fault{commit: dice.IntN(2) == 0, delay: oneOf(dice, 0, 0, time.Second, 2*time.Minute)}
		switch dice.IntN(12) {
		case 0, 1:
			f.err = class(providers.Transient)
		case 2:
			f.err = class(providers.Unreachable)
		case 3:
			f.err = class(providers.Foreign)
		case 4:
			f.err = errors.New("unexpected EOF")
		case 5:
			f.err, f.commit = &providers.Error{Class: providers.Throttled, RetryAfter: 5 * time.Second}, false
		case 6:
			if refusals {
				f.err, f.commit = class(providers.Permanent), false
			}
		}
		all = append(all, f)
	}
	return all
}

// mortal is a desk whose process dies at one of its steps, perhaps; it is run until
// it has died or is stopped.
type mortal struct {
	*Desk
	k    *killed
	stop func()
}

// born starts a process of the world. Where die is not 0 it dies at that step.
func (w *world) born(die int, o Options) *mortal {
	ctx, cut := context.WithCancel(context.Background())
	m := &mortal{k: &killed{at: die, cut: cut}}
	o.Tenant, o.Outbox, o.Mirror, o.Organizer = dyingTenant{w.tenant, m.k}, dyingOutbox{w.outbox, m.k}, w.mirror, alice
	if j, ok := o.Journal.(*journal); ok {
		o.Journal = dyingJournal{j, m.k}
	}
	m.Desk = New(o)
	done := make(chan struct{}, 2)
	go func() {
		_ = m.Run(ctx) // however it ends, the books are looked at
		done <- struct{}{}
	}()
	n := 1
	if o.Journal != nil {
		n++
		go func() {
			_ = m.RunRelocations(ctx) // likewise
			done <- struct{}{}
		}()
	}
	m.stop = func() {
		cut()
		for range n {
			<-done
		}
	}
	return m
}
