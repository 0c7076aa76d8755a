package cli

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

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
			for _, every := range []struct {
				flag     string
				d, least time.Duration
			}{{"on-screen", intervals.Watched, 5 * time.Second}, {"today", intervals.Near, 15 * time.Second}, {"rest", intervals.Rest, time.Minute}} {
				if every.d != 0 && every.d < every.least {
					return usage("leave it out for the default", "--%s is %v at least", every.flag, every.least)
				}
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
	command.Flags().DurationVar(&intervals.Watched, "on-screen", 0, "read what somebody looks at within this time (default 15s)")
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
	for _, p := range s.parts() {
		for _, text := range p.connection.People {
			if address, ok := providers.ParseAddress(text); ok && !slices.Contains(people, address) {
				people = append(people, address)
			}
		}
	}
	return sync.New(sync.Options{Store: s.store, Source: s.provider, Hinter: s.provider, People: people, Intervals: s.every(), Now: s.app.deps.Now, Logger: log})
}

// every is how often mailboxes are read: as the flags say, else as the connection
// does.
func (s *session) every() sync.Intervals {
	i := s.intervals
	onScreen, today, rest := s.connection.Every()
	for _, choice := range []struct {
		flag       *time.Duration
		configured time.Duration
	}{{&i.Watched, onScreen}, {&i.Near, today}, {&i.Rest, rest}} {
		if *choice.flag == 0 {
			*choice.flag = choice.configured
		}
	}
	return i
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
	return a.syncThen(ctx, s, full, a.out.format == formatJSON)
}

// syncThen is the same for a command that goes on with what was read: its own answer
// is the only object on standard output.
func (a *app) syncThen(ctx context.Context, s *session, full, object bool) error {
	bar := a.progress("reading")
	result, err := s.engine().Once(ctx, full, bar.tell)
	bar.end()
	if err != nil {
		return err
	}
	// Meetings that must not be read are no failure: their free/busy is.
	limited := len(result.Failed)
	result.Failed = slices.DeleteFunc(result.Failed, func(m providers.MailboxStatus) bool {
		return m.Problem != nil && m.Problem.Class == providers.Unsupported && m.Problem.Cause == ""
	})
	if limited -= len(result.Failed); limited > 0 {
		a.out.say("Of %s only free/busy is read: this connection shows no more.", plural(limited, "calendar", ""))
	}
	if object {
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
		a.out.say("roomdesk: %s", result.Problem.Explain(a.deps.Now()))
	}
	for i, m := range result.Failed {
		if i == maxTold {
			a.out.say("roomdesk: and %d more; see roomdesk sync status", len(result.Failed)-maxTold)
			break
		}
		if m.Problem != nil {
			a.out.say("roomdesk: %s: %s", m.Mailbox, m.Sentence(a.deps.Now()))
		}
	}
	if result.Problem == nil && result.Requests > 0 {
		s.settleRotation(ctx)
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
	bar := a.progress("reading")
	bar.to = a.deps.Stdout
	told := make(chan struct{})
	go func() {
		defer close(told)
		defer bar.end()
		var seen uint64
		for {
			// What stands still tells nothing, and is told all the same.
			second, stop := context.WithTimeout(ctx, time.Second)
			update, err := engine.Wait(second, seen)
			stop()
			if err != nil && ctx.Err() != nil {
				return
			}
			seen = update.Seq
			for _, notice := range update.Notices {
				bar.end()
				a.out.say("%s %s", notice.At.In(a.out.zone).Format("15:04:05"), notice.Text)
			}
			if p := engine.Progress(); p.Phase != providers.PhaseChanges || bar.phase != "" && bar.phase != providers.PhaseChanges {
				bar.tell(p)
			} else {
				bar.end()
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
		problem := m.Sentence(a.deps.Now())
		rows[i] = []string{m.Name.Or(string(m.Mailbox)), string(m.State), a.out.ageWords(m.LastGood), fmt.Sprint(m.Rows), problem, string(m.Mailbox)}
	}
	if err := a.out.table([]column{{title: "NAME"}, {title: "STATE", keep: true, state: true}, {title: "LAST GOOD", keep: true},
		{title: "MEETINGS", right: true}, {title: "WHAT IS WRONG"}, {title: "MAILBOX"}}, rows, "Nothing is mirrored yet: run roomdesk sync --once."); err != nil {
		return err
	}
	if a.out.format == formatTable {
		if progress.Phase != providers.PhaseChanges && progress.By != "" {
			a.out.say("First sync, by %s: %s.", progress.By, progressLineOf(progress, a.deps.Now(), a.out.zone))
		} else if progress.Problem != nil {
			a.out.say("roomdesk: %s", progress.Problem.Explain(a.deps.Now()))
		}
		a.out.say("%s.", countWords(progress))
	}
	if harmful(progress) {
		return told(exitPartly)
	}
	return nil
}

// countWords are the mailboxes by state.
func countWords(p providers.SyncProgress) string {
	s := fmt.Sprintf("%d fresh, ", p.Fresh)
	if p.Partly > 0 {
		s += fmt.Sprintf("%d partly, ", p.Partly)
	}
	return s + fmt.Sprintf("%d late, %d failing, %d without access, %d waiting", p.Late, p.Failing, p.NoAccess, p.Waiting)
}

// harmful reports whether decisions on the mirror may be wrong: something is not
// read, or not in time. What a policy leaves out is no surprise.
func harmful(p providers.SyncProgress) bool { return p.Failing+p.Late > 0 || p.Problem != nil }
