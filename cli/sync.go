package cli

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"roomdesk/providers"
	"roomdesk/sync"
)

func (a *app) syncCommand() *cobra.Command {
	var once, full, watch, debug bool
	var metricsAt string
	var intervals sync.Intervals
	command := &cobra.Command{
		Use:   "sync",
		Short: "Read what changed in the tenant into the local mirror",
		Long: "With --once the command ends when nothing is queued; without, it goes on until it is interrupted.\n" +
			"With --full every calendar is read anew. With --watch it runs as a service: it tells systemd that it is ready and alive,\n" +
			"and logs JSON lines without any text from a calendar.",
		Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			if metricsAt != "" && !watch {
				return usage("add --watch", "--metrics goes with --watch")
			}
			if watch && (once || full) {
				return usage("leave out --once and --full", "--watch goes on until it is stopped")
			}
			if debug && !watch {
				return usage("add --watch", "--debug goes with --watch")
			}
			if watch {
				a.log = a.newLog(debug)
			}
			s, err := a.open(ctx)
			if err != nil {
				return err
			}
			s.intervals = intervals
			switch {
			case watch:
				return s.close(a.watch(ctx, s, metricsAt))
			case once:
				return s.close(a.syncOnce(ctx, s, full))
			case full:
				return s.close(usage("add --once", "--full goes with --once"))
			}
			return s.close(a.syncOn(ctx, s))
		}),
	}
	command.Flags().BoolVar(&once, "once", false, "end when nothing is queued")
	command.Flags().BoolVar(&full, "full", false, "read everything anew")
	command.Flags().BoolVar(&watch, "watch", false, "run as a service until stopped")
	command.Flags().BoolVar(&debug, "debug", false, "with --watch: log every retry, too")
	command.Flags().StringVar(&metricsAt, "metrics", "", "with --watch: serve figures for Prometheus at this loopback address, such as 127.0.0.1:9464")
	command.Flags().DurationVar(&intervals.Near, "today", 0, "read rooms with meetings in the next 12 hours within this time (default 1m)")
	command.Flags().DurationVar(&intervals.Rest, "rest", 0, "read all other mailboxes within this time (default 10m)")
	command.AddCommand(&cobra.Command{
		Use:   "status",
		Short: "Show how the mirror stands, mailbox by mailbox",
		Long:  "Ends with 3 where something is harmful: a mailbox that fails or is late, or something that stops all reading.",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			return a.with(ctx, a.syncStatus)
		}),
	})
	return command
}

// engine makes the sync engine of a session.
func (s *session) engine() *sync.Engine { return s.engineWith(nil) }

func (s *session) engineWith(log *slog.Logger) *sync.Engine {
	var people []providers.Address
	for _, text := range s.connection.People {
		if address, ok := providers.ParseAddress(text); ok {
			people = append(people, address)
		}
	}
	return sync.New(sync.Options{Store: s.store, Source: s.provider, People: people, Intervals: s.intervals, Now: s.app.deps.Now, Logger: log})
}

// resultObject is what sync --once did, in JSON.
type resultObject struct {
	Rooms     int             `json:"rooms"`
	People    int             `json:"people"`
	Mailboxes int             `json:"mailboxes"`
	Read      int             `json:"read"`
	Changed   int             `json:"changed"`
	Requests  int64           `json:"requests"`
	Seconds   float64         `json:"seconds"`
	Listing   listingObject   `json:"listing"`
	Problem   *problemObject  `json:"problem"`
	Failed    []mailboxObject `json:"failed"`
}

func (a *app) syncOnce(ctx context.Context, s *session, full bool) error {
	bar := a.progress("reading")
	result, err := s.engine().Once(ctx, full, func(p providers.SyncProgress) {
		bar.what = "reading " + string(p.Phase)
		bar.step(p.Done, p.Total)
	})
	bar.end()
	if err != nil {
		return err
	}
	if a.out.format == formatJSON {
		object := resultObject{Rooms: result.Rooms, People: result.People, Mailboxes: result.Mailboxes, Read: result.Read,
			Changed: result.Changed, Requests: result.Requests, Seconds: result.Took.Seconds(), Listing: listingOf(result.Listing),
			Problem: a.out.problem(result.Problem), Failed: []mailboxObject{}}
		for _, m := range result.Failed {
			object.Failed = append(object.Failed, a.out.mailbox(m))
		}
		if err := a.out.json(object); err != nil {
			return err
		}
	} else {
		a.out.say("Read %d of %s in %.1f s: %s, %s, %d with changes.", result.Read, plural(result.Mailboxes, "calendar", ""),
			result.Took.Seconds(), plural(result.Rooms, "room", ""), countPeople(result.People), result.Changed)
	}
	if warning := result.Listing.Warning.Or(""); warning != "" {
		a.out.say("The list of rooms: %s", warning)
	}
	if result.Problem != nil {
		a.out.say("roomdesk: %s", result.Problem.Sentence(a.deps.Now()))
	}
	for i, m := range result.Failed {
		if i == maxTold {
			a.out.say("roomdesk: and %d more; see roomdesk sync status", len(result.Failed)-maxTold)
			break
		}
		if m.Problem != nil {
			a.out.say("roomdesk: %s: %s", m.Mailbox, m.Problem.Sentence(a.deps.Now()))
		}
	}
	if len(result.Failed) > 0 || result.Problem != nil {
		return told(exitPartly)
	}
	return nil
}

// maxTold is how many single problems are told one by one.
const maxTold = 10

func countPeople(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// syncOn keeps the mirror true until ctx ends, and tells what must be seen.
func (a *app) syncOn(ctx context.Context, s *session) error {
	engine := s.engine()
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()
	told := make(chan struct{})
	go func() {
		defer close(told)
		var seen uint64
		for {
			update, err := engine.Wait(ctx, seen)
			if err != nil {
				return
			}
			seen = update.Seq
			for _, notice := range update.Notices {
				a.out.say("%s %s", notice.At.In(a.out.zone).Format("15:04:05"), notice.Text)
			}
		}
	}()
	a.out.say("Keeping the mirror of %s true; Ctrl-C ends.", s.describe())
	err := <-done
	if ctx.Err() != nil {
		<-told
	}
	return err
}

func (a *app) syncStatus(ctx context.Context, s *session) error {
	engine := s.engine()
	mailboxes, err := engine.Status(ctx)
	if err != nil {
		return err
	}
	progress := engine.Progress()
	if a.out.format == formatJSON {
		object := a.out.sync(progress, mailboxes)
		if err := a.out.json(object); err != nil || !object.Harmful {
			return err
		}
		return told(exitPartly)
	}
	rows := make([][]string, len(mailboxes))
	for i, m := range mailboxes {
		problem := ""
		if m.Problem != nil {
			problem = m.Problem.Sentence(a.deps.Now())
		}
		rows[i] = []string{m.Name.Or(string(m.Mailbox)), string(m.State), a.out.ageWords(m.LastGood), fmt.Sprint(m.Rows), problem, string(m.Mailbox)}
	}
	if err := a.out.table([]column{{title: "NAME"}, {title: "STATE", keep: true, state: true}, {title: "LAST GOOD", keep: true},
		{title: "MEETINGS", right: true}, {title: "WHAT IS WRONG"}, {title: "MAILBOX"}}, rows, "Nothing is mirrored yet: run roomdesk sync --once."); err != nil {
		return err
	}
	if a.out.format == formatTable {
		a.out.say("%d fresh, %d late, %d failing, %d without access, %d waiting.", progress.Fresh, progress.Late, progress.Failing, progress.NoAccess, progress.Waiting)
	}
	if harmful(progress) {
		return told(exitPartly)
	}
	return nil
}

// harmful reports whether decisions on the mirror may be wrong: something is not
// read, or not in time. What a policy leaves out is no surprise.
func harmful(p providers.SyncProgress) bool { return p.Failing+p.Late > 0 || p.Problem != nil }
