package cli

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"roomdesk/providers"
	"roomdesk/sync"
)

// watch keeps the mirror true as a service: it tells the service manager that it
// is ready and alive, writes a structured log to standard error, and ends cleanly
// when ctx does.
func (a *app) watch(ctx context.Context, s *session, metricsAt string) error {
	log := slog.New(slog.NewJSONHandler(a.deps.Stderr, nil))
	engine := s.engineWith(log)
	manager := newNotifier(a.deps.LookupEnv)
	tell := func(state string) {
		if err := manager.say(state); err != nil {
			log.Warn("the service manager cannot be told", "error", err)
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if metricsAt != "" {
		at, err := serveMetrics(ctx, metricsAt, engine, s)
		if err != nil {
			return err
		}
		log.Info("figures are served", "address", at.String())
	}
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()
	log.Info("keeping the mirror true", "connection", s.connection.Name)
	told := make(chan struct{})
	go func() {
		defer close(told)
		logNotices(ctx, engine, log)
	}()
	tell("READY=1\nSTATUS=" + statusLine(engine))
	err := a.alive(ctx, engine, manager.every, tell, done)
	tell("STOPPING=1")
	stop()
	<-told
	log.Info("stopped")
	return err
}

// aliveEvery is how often the manager hears of the state where it has no watchdog.
const aliveEvery = 30 * time.Second

// alive tells the manager that the engine answers, until that ends. An engine that
// hangs answers nothing, and the manager starts the service anew.
func (a *app) alive(ctx context.Context, engine *sync.Engine, every time.Duration, tell func(string), done <-chan error) error {
	if every <= 0 {
		every = aliveEvery
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-ticker.C:
			if ctx.Err() == nil {
				tell("WATCHDOG=1\nSTATUS=" + statusLine(engine))
			}
		}
	}
}

func statusLine(engine *sync.Engine) string { return statusWords(engine.Progress()) }

func statusWords(p providers.SyncProgress) string {
	return fmt.Sprintf("%s: %d fresh, %d late, %d failing, %d without access, %d waiting", p.Phase, p.Fresh, p.Late, p.Failing, p.NoAccess, p.Waiting)
}

func logNotices(ctx context.Context, engine *sync.Engine, log *slog.Logger) {
	for seen := uint64(0); ; {
		update, err := engine.Wait(ctx, seen)
		if err != nil {
			return
		}
		seen = update.Seq
		for _, notice := range update.Notices {
			level := slog.LevelInfo
			if notice.Bad {
				level = slog.LevelWarn
			}
			log.Log(ctx, level, notice.Text)
		}
	}
}
