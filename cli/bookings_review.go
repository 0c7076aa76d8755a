package cli

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"roomdesk/booking"
	"roomdesk/providers"
)

func (a *app) reviewCommand() *cobra.Command {
	var send, drop, anyway bool
	var wait time.Duration
	command := &cobra.Command{
		Use:   "review [ID]",
		Short: "Look at bookings that were not sent in time, and send or drop them",
		Long: "A booking that could not be sent within " + providers.Age(booking.StaleIntent) + ", or whose room is no longer free when the tenant can be asked again, is never\n" +
			"sent on its own: it waits here. Without ID all such are listed. --send asks the tenant once more and sends it where the\n" +
			"room is free; --drop forgets it. Another room or time: drop it and book anew.",
		Args: cobra.MaximumNArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			switch {
			case send && drop:
				return usage("choose one of them", "--send and --drop exclude each other")
			case len(args) == 0 && (send || drop):
				return usage("name the booking", "--send and --drop need an ID")
			case len(args) == 1 && !send && !drop:
				return usage("choose --send or --drop; roomdesk bookings show shows it", "nothing is said of what to do with it")
			}
			return a.withVerb(ctx, unlessDry(providers.VerbBook, !send), func(ctx context.Context, s *session) error {
				if len(args) == 0 {
					return a.listReviews(ctx, s)
				}
				b, err := s.findBooking(ctx, args[0])
				if err != nil {
					return err
				}
				if b.Review == "" {
					return usage("see roomdesk bookings review", "the booking %s does not wait for a review", b.ID)
				}
				if drop {
					dropped, err := s.newDesk(nil, nil).Cancel(ctx, b.ID, "")
					if err != nil {
						return err
					}
					return a.printBooking(dropped)
				}
				if err := s.refuse(ctx, "not sent", providers.VerbBook); err != nil {
					return err
				}
				if err := s.refuseIn(ctx, "not sent", b.Request.Organizer, providers.VerbBook); err != nil {
					return err
				}
				steps := &bookingSteps{out: a.out, teams: b.Request.Teams}
				desk := s.newDesk(steps.changed, nil)
				sent, err := desk.SendReviewed(ctx, b.ID, anyway)
				if err != nil {
					return a.reportRefused(b.Request, err)
				}
				return a.follow(ctx, desk, sent, wait, steps, a.bookingOutcome)
			})
		}),
	}
	flags := command.Flags()
	flags.BoolVar(&send, "send", false, "ask the tenant once more, and send it where the room is free")
	flags.BoolVar(&drop, "drop", false, "forget it; nothing was sent")
	flags.BoolVar(&anyway, "even-if-busy", false, "with --send: although the room is taken or its state is not known")
	flags.DurationVar(&wait, "wait", time.Minute, "with --send: how long to wait for the room's answer")
	return command
}

// listReviews lists the bookings that wait for a person; that there are some is told
// by the exit code too.
func (a *app) listReviews(ctx context.Context, s *session) error {
	if err := s.refresh(ctx); err != nil {
		return err
	}
	all, err := s.store.Bookings(ctx)
	if err != nil {
		return err
	}
	waiting := slices.DeleteFunc(all, func(b providers.Booking) bool { return b.Review == "" || b.State != providers.BookingQueued })
	access, err := s.accessBook(ctx)
	if err != nil {
		return err
	}
	if err := a.printBookings(waiting, "Nothing waits for a review.", access); err != nil {
		return err
	}
	if len(waiting) > 0 {
		return told(exitPartly)
	}
	return nil
}

func (a *app) keepCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "keep ID",
		Short: "Wait on for a room that has not answered for 15 minutes",
		Long:  "Such a room may not answer by itself. The other choices: bookings move ID --room M, or bookings cancel ID.",
		Args:  cobra.ExactArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			return a.with(ctx, func(ctx context.Context, s *session) error {
				b, err := s.findBooking(ctx, args[0])
				if err != nil {
					return err
				}
				if b, err = s.newDesk(nil, nil).Keep(ctx, b.ID); err != nil {
					return err
				}
				return a.printBooking(b)
			})
		}),
	}
}
