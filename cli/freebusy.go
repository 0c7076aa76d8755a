package cli

import (
	"context"
	"fmt"
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

// availability asks the tenant and remembers the answer in the mirror. There is an
// entry for each mailbox, in their order; one that is not known has the problem.
// The error is for a caller that gave up and for the mirror.
func (s *session) availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error) {
	answers, err := s.provider.Availability(ctx, mailboxes, window)
	if providers.Is(err, providers.Cancelled) {
		return nil, err
	}
	if len(answers) > 0 && s.mayWrite() {
		if err := s.store.SetAvailability(ctx, answers); err != nil {
			return nil, err
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
	var troubles []trouble
	for _, answer := range answers {
		if answer.Problem != nil {
			troubles = append(troubles, trouble{answer.Mailbox, answer.Problem})
		}
	}
	return a.partly(len(answers), troubles)
}

// trouble is a problem with one of several mailboxes.
type trouble struct {
	mailbox providers.Address
	problem *providers.Problem
}

// partly tells the problems of single mailboxes. Where not all of total have one,
// the command is partly done; else it failed as its first problem says.
func (a *app) partly(total int, troubles []trouble) error {
	if len(troubles) == 0 {
		return nil
	}
	if total > 1 {
		for i, t := range troubles {
			if i == maxTold {
				a.out.say("roomdesk: and %d more", len(troubles)-maxTold)
				break
			}
			a.out.say("roomdesk: %s: %s", t.mailbox, t.problem.Sentence(a.deps.Now()))
		}
	}
	if len(troubles) < total {
		return &failure{code: exitPartly, class: "partly", message: fmt.Sprintf("%d of %d mailboxes could not be read", len(troubles), total)}
	}
	first := troubles[0].problem
	code, known := exitOfClass[first.Class]
	if !known {
		code = exitFailed
	}
	message := first.What()
	if text := first.Message.Or(""); text != "" {
		message += ": " + text
	}
	return &failure{code: code, class: string(first.Class), message: string(troubles[0].mailbox) + ": " + message,
		svcCode: first.Code, requestID: providers.Sanitise(first.RequestID), next: first.Next()}
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
