package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"roomdesk/providers"
)

func (a *app) freebusyCommand() *cobra.Command {
	var w windowFlags
	command := &cobra.Command{
		Use:   "freebusy M...",
		Short: "Ask the tenant whether mailboxes are free",
		Long: "M is an address, or the name of a room or person. The tenant is asked now. The state is free only where nothing is\n" +
			"taken in the whole time asked for; unknown is never free.",
		Example: "roomdesk freebusy aalto bauhaus --from \"tomorrow 14:00\" --to +1h",
		Args:    cobra.MinimumNArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			window, err := a.window(w)
			if err != nil {
				return err
			}
			return a.with(ctx, func(ctx context.Context, s *session) error { return a.freebusy(ctx, s, args, window) })
		}),
	}
	w.register(command, "default: today")
	return command
}

// availability asks the tenant and remembers the answer in the mirror. Answers
// come in the order of the mailboxes.
func (s *session) availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error) {
	answers, err := s.provider.Availability(ctx, mailboxes, window)
	if len(answers) > 0 && s.mayWrite() {
		if stored := s.store.SetAvailability(ctx, answers); stored != nil && err == nil {
			err = stored
		}
	}
	by := map[providers.Address]providers.Availability{}
	for _, answer := range answers {
		by[answer.Mailbox] = answer
	}
	ordered := make([]providers.Availability, 0, len(mailboxes))
	for _, mailbox := range mailboxes {
		answer, ok := by[mailbox]
		switch {
		case ok:
		case err != nil:
			answer = providers.Availability{Mailbox: mailbox, Window: window, Problem: providers.ProblemOf(err, s.app.deps.Now())}
		default:
			answer = providers.Availability{Mailbox: mailbox, Window: window, Problem: &providers.Problem{Class: providers.Foreign,
				Message: providers.Outside("the service did not answer for this mailbox"), Since: s.app.deps.Now()}}
		}
		ordered = append(ordered, answer)
	}
	if len(answers) == 0 {
		return nil, err
	}
	return ordered, nil
}

func (a *app) freebusy(ctx context.Context, s *session, texts []string, window providers.Interval) error {
	mailboxes, err := s.mailboxes(ctx, texts)
	if err != nil {
		return err
	}
	answers, err := s.availability(ctx, mailboxes, window)
	if err != nil {
		return err
	}
	if err := a.printAvailability(answers); err != nil {
		return err
	}
	return a.partly(len(answers), func(tell func(mailbox providers.Address, p *providers.Problem)) {
		for _, answer := range answers {
			if answer.Problem != nil {
				tell(answer.Mailbox, answer.Problem)
			}
		}
	})
}

// partly tells the problems of single mailboxes and decides the exit code: that
// of the problem's class where it met all of them, else partly done.
func (a *app) partly(total int, each func(tell func(providers.Address, *providers.Problem))) error {
	failures, code := 0, exitDone
	each(func(mailbox providers.Address, p *providers.Problem) {
		failures++
		if known, ok := exitOfClass[p.Class]; ok && code == exitDone {
			code = known
		}
		if failures <= maxTold {
			a.out.say("roomdesk: %s: %s", mailbox, p.Sentence(a.deps.Now()))
		}
	})
	if failures > maxTold {
		a.out.say("roomdesk: and %d more", failures-maxTold)
	}
	switch {
	case failures == 0:
		return nil
	case failures < total:
		return told(exitPartly)
	}
	return told(max(code, exitFailed))
}

func (a *app) printAvailability(answers []providers.Availability) error {
	if a.out.format == formatJSON {
		objects := make([]availabilityObject, len(answers))
		for i, answer := range answers {
			objects[i] = a.out.availability(answer)
		}
		return a.out.json(objects)
	}
	var rows [][]string
	for _, answer := range answers {
		var taken []string
		for _, b := range answer.Blocks {
			taken = append(taken, a.out.span(b.Interval)+" "+string(b.State))
		}
		rows = append(rows, []string{string(answer.Mailbox), string(stateOver(answer)), strings.Join(taken, ", ")})
	}
	return a.out.table([]column{{title: "MAILBOX", keep: true}, {title: "STATE", keep: true, state: true}, {title: "TAKEN"}}, rows, "")
}
