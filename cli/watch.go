package cli

import (
	"context"
	"fmt"
	"log/slog"
	stdsync "sync"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

// watcher is the sync as a service: it tells the service manager that it is ready
// and alive, and writes a structured log.
type watcher struct {
	engine  *sync.Engine
	log     *slog.Logger
	manager notifier

	mu    stdsync.Mutex
	ready bool // told already
}

// watch keeps the mirror true as a service, and ends cleanly when ctx does.
func (a *app) watch(ctx context.Context, s *session, metricsAt string) error {
	w := &watcher{engine: s.engineWith(a.log), log: a.log, manager: newNotifier(a.deps.LookupEnv)}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if metricsAt != "" {
		at, err := serveMetrics(ctx, metricsAt, w.engine, s)
		if err != nil {
			return err
		}
		w.log.Info("figures are served", "address", at.String())
	}
	done := make(chan error, 1)
	go func() { done <- w.engine.Run(ctx) }()
	w.log.Info("keeping the mirror true", "connection", s.connection.Name)
	told := make(chan struct{})
	go func() {
		defer close(told)
		w.follow(ctx)
	}()
	err := w.alive(ctx, done)
	w.tell("STOPPING=1")
	stop()
	<-told
	w.log.Info("stopped")
	return err
}

func (w *watcher) tell(state string) {
	if err := w.manager.say(state); err != nil {
		w.log.Warn("the service manager cannot be told", "error", err)
	}
}

const (
	// aliveEvery is how often the manager hears of the state where it has no watchdog.
	aliveEvery = 30 * time.Second
	// startingEvery is how often it hears that the first reading goes on, and
	// startingFor for how long it shall go on waiting then.
	startingEvery = 5 * time.Second
	startingFor   = time.Minute
)

// alive tells the manager that the engine answers, until that ends. An engine that
// hangs answers nothing, and the manager starts the service anew.
func (w *watcher) alive(ctx context.Context, done <-chan error) error {
	every := w.manager.every
	if every <= 0 {
		every = aliveEvery
	}
	ask, starting := time.NewTicker(every), time.NewTicker(startingEvery)
	defer ask.Stop()
	defer starting.Stop()
	answers, asked := make(chan struct{}, 1), false
	for {
		select {
		case err := <-done:
			return err
		case <-starting.C:
			if w.isReady() {
				starting.Stop()
			}
			if !asked {
				asked = w.ask(ctx, answers)
			}
		case <-ask.C:
			if asked {
				w.log.Error("the engine has not answered", "for_s", every.Seconds())
				continue
			}
			asked = w.ask(ctx, answers)
		case <-answers:
			asked = false
			w.report()
		}
	}
}

// ask asks the engine whether it is alive; answers hears of it if it is.
func (w *watcher) ask(ctx context.Context, answers chan<- struct{}) bool {
	go func() {
		if w.engine.Answers(ctx) == nil {
			answers <- struct{}{}
		}
	}()
	return true
}

// report tells the manager how the engine stands, which has answered just now.
func (w *watcher) report() {
	status := "STATUS=" + w.status()
	if w.isReady() {
		w.tell("WATCHDOG=1\n" + status)
		return
	}
	w.tell(fmt.Sprintf("WATCHDOG=1\nEXTEND_TIMEOUT_USEC=%d\n%s", startingFor.Microseconds(), status))
}

// isReady tells the manager once that the service is ready, and whether it is: the
// first round is over, another process keeps the mirror true, or something stops
// all reading that this process cannot change and the mirror shows what was known.
func (w *watcher) isReady() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ready {
		return true
	}
	if p := w.engine.Progress(); p.Phase != providers.PhaseChanges && p.Problem == nil && w.engine.Follows() == "" {
		return false
	}
	w.ready = true
	w.tell("READY=1\nSTATUS=" + w.status())
	w.log.Info("ready")
	return true
}

func (w *watcher) status() string {
	words := statusWords(w.engine.Progress())
	if holder := w.engine.Follows(); holder != "" {
		return holder + " syncs, this one waits; " + words
	}
	return words
}

func statusWords(p providers.SyncProgress) string {
	return fmt.Sprintf("%s: %s", p.Phase, countWords(p))
}

// follow writes the engine's notices to the log and sees when it is ready.
func (w *watcher) follow(ctx context.Context) {
	for seen := uint64(0); ; {
		update, err := w.engine.Wait(ctx, seen)
		if err != nil {
			return
		}
		seen = update.Seq
		for _, notice := range update.Notices {
			level := slog.LevelInfo
			if notice.Bad {
				level = slog.LevelWarn
			}
			w.log.Log(ctx, level, notice.Text)
		}
		w.isReady()
	}
}
