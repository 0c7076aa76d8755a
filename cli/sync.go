package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"roomdesk/providers"
	"roomdesk/sync"
)

func (a *app) syncCommand() *cobra.Command {
	var once, full bool
	command := &cobra.Command{
		Use:   "sync",
		Short: "Read what changed in the tenant into the local mirror",
		Long: "With --once the command ends when nothing is queued; without, it goes on until it is interrupted.\n" +
			"With --full every calendar is read anew.",
		Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			s, err := a.open(ctx)
			if err != nil {
				return err
			}
			switch {
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
	command.AddCommand(&cobra.Command{
		Use:   "status",
		Short: "Show how the mirror stands, mailbox by mailbox",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			return a.with(ctx, a.syncStatus)
		}),
	})
	return command
}

// engine makes the sync engine of a session.
func (s *session) engine() *sync.Engine {
	var people []providers.Address
	for _, text := range s.connection.People {
		if address, ok := providers.ParseAddress(text); ok {
			people = append(people, address)
		}
	}
	return sync.New(sync.Options{Store: s.store, Source: s.provider, People: people, Now: s.app.deps.Now})
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
		return a.out.json(a.out.sync(progress, mailboxes))
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
	return nil
}
