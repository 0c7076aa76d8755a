package cli

import (
	"context"

	"github.com/spf13/cobra"

	"roomdesk/booking"
	"roomdesk/providers"
)

// longestID tells ids of events from those of bookings, which are shorter.
const longestID = 40

// cancelFlags are the flags of bookings cancel.
type cancelFlags struct {
	comment, scope, calendar, date string
	yes, plans                     bool
}

func (a *app) cancelCommand() *cobra.Command {
	var f cancelFlags
	command := &cobra.Command{
		Use:   "cancel ID",
		Short: "Cancel a booking, or dates of a series, and tell everybody invited",
		Long: "Cancel a booking, or dates of a series, and tell everybody invited. It cannot be taken back.\n\n" +
			"--scope one is the meeting itself, following that and all later dates of its series, all the whole series.\n" +
			"Of a series that was booked here --date says which date is meant.",
		Args: cobra.ExactArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			return a.withVerb(ctx, unlessDry(providers.VerbCancel, f.plans), func(ctx context.Context, s *session) error { return a.cancelBooking(ctx, s, args[0], f) })
		}),
	}
	flags := command.Flags()
	flags.StringVar(&f.comment, "comment", "", "text for those invited")
	flags.StringVar(&f.scope, "scope", string(providers.CancelOne), "how much of a series: one, following or all")
	flags.StringVar(&f.date, "date", "", "date of a series that was booked here, such as 2026-12-01")
	flags.StringVar(&f.calendar, "calendar", "", "whose calendar an event's id is from (default: the connection's organizer)")
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	flags.BoolVar(&f.plans, "dry-run", false, "only show what would be cancelled and who would get mail")
	return command
}

// findMeeting finds a booking, or takes over the meeting with an event's id out of
// a calendar.
func (s *session) findMeeting(ctx context.Context, desk *booking.Desk, text, calendar string) (providers.Booking, error) {
	b, err := s.findBooking(ctx, text)
	if err == nil || len(text) <= longestID {
		return b, err
	}
	organizer := s.organizer()
	if calendar != "" {
		var missing error
		if organizer, missing = s.mailbox(ctx, calendar, true); missing != nil {
			return b, missing
		}
	}
	return desk.Adopt(ctx, organizer, text)
}

func (a *app) cancelBooking(ctx context.Context, s *session, text string, f cancelFlags) error {
	scope := providers.CancelScope(f.scope)
	switch scope {
	case providers.CancelOne, providers.CancelFollowing, providers.CancelAll:
	default:
		return usage("give one, following or all", "--scope %q cannot be used", providers.Sanitise(f.scope))
	}
	desk := s.newDesk(nil, nil)
	b, err := s.findMeeting(ctx, desk, text, f.calendar)
	if err != nil {
		return err
	}
	if b.State != providers.BookingQueued || b.Tries > 0 { // else nothing of it has left this machine
		if err := s.refuse(ctx, "not cancelled", providers.VerbCancel); err != nil {
			return err
		}
		if err := s.refuseIn(ctx, "not cancelled", b.Request.Organizer, providers.VerbCancel); err != nil {
			return err
		}
	}
	date := -1
	if b.Series != nil {
		if scope, date, err = a.dateToCancel(b, f); err != nil {
			return err
		}
	} else if f.date != "" {
		return usage("give the event's id instead", "--date is for a series that was booked here")
	}
	again := b.State == providers.BookingCancelled || b.State == providers.BookingCancelling
	if !again && (f.plans || !f.yes) {
		plan, err := desk.PlanCancelFrom(ctx, b.ID, date, scope)
		if f.plans {
			return a.printCancelPlan(plan, err)
		}
		if plan.Why == "" {
			if err := a.confirmCancel(ctx, plan); err != nil {
				return err
			}
		}
	}
	cancelled, err := desk.CancelFrom(ctx, b.ID, date, scope, f.comment)
	if cancelled.ID != "" && (err == nil || cancelled.State != b.State || cancelled.Reason != b.Reason) {
		if printErr := a.printBooking(cancelled); printErr != nil {
			return printErr
		}
	}
	if err == nil {
		for _, date := range cancelled.CancelDates {
			if date.Refused != "" {
				return &failure{code: exitPartly, class: "partly", message: cancelled.Reason, next: "see roomdesk bookings show " + cancelled.ID}
			}
		}
	}
	return err
}

func (a *app) confirmCancel(ctx context.Context, p booking.CancelPlan) error {
	if !terminal(a.deps.Stdin) {
		return usage("look with --dry-run, then repeat with --yes", "cancelling needs a confirmation, and nobody can be asked here")
	}
	a.sayCancel(p)
	return a.confirm(ctx, "Cancel? (y/N) ")
}

func (a *app) sayCancel(p booking.CancelPlan) {
	b := p.Booking
	a.out.say("Cancelling %s in %s", b.Request.Subject.Or("a meeting"), b.RoomName.Or(string(b.Request.Room)))
	for _, date := range p.Dates {
		what := a.out.span(providers.Interval{Start: date.Start, End: date.End})
		if p.Scope == providers.CancelAll && b.SeriesID != "" && b.Series == nil {
			what = "all dates of the series"
		}
		a.out.say("  cancels     %s", what)
	}
	for _, m := range p.Mails {
		a.out.say("  gets mail   %s: %s", m.Mailbox, m.Cause)
	}
	a.out.say("  no undo     %s", p.NoUndo)
}

// cancelPlanObject is a cancellation that was only looked at.
type cancelPlanObject struct {
	ID     string                `json:"id"`
	Scope  providers.CancelScope `json:"scope"`
	Why    providers.Untrusted   `json:"why"`
	Dates  []dateObject          `json:"dates"`
	Mails  []mailObject          `json:"mails"`
	NoUndo string                `json:"no_undo"`
}

type dateObject struct {
	EventID providers.Untrusted `json:"event_id"`
	Start   *string             `json:"start"`
	End     *string             `json:"end"`
	Done    bool                `json:"done"`
	Refused providers.Untrusted `json:"refused"`
}

func (o *output) dates(dates []providers.CancelDate) []dateObject {
	objects := []dateObject{}
	for _, d := range dates {
		objects = append(objects, dateObject{providers.Outside(d.EventID), o.stamp(d.Start), o.stamp(d.End), d.Done, providers.Outside(d.Refused)})
	}
	return objects
}

func (a *app) printCancelPlan(p booking.CancelPlan, err error) error {
	if a.out.format == formatJSON {
		object := cancelPlanObject{ID: p.Booking.ID, Scope: p.Scope, Why: providers.Outside(p.Why), Dates: a.out.dates(p.Dates), Mails: mailsOf(p.Mails), NoUndo: p.NoUndo}
		if printErr := a.out.json(object); printErr != nil {
			return printErr
		}
	} else if p.Why == "" {
		a.sayCancel(p)
	}
	switch {
	case err != nil:
		return err
	case p.Why != "":
		return explain(&providers.Error{Class: p.Class, Op: "cancelling a booking", Message: providers.Outside(p.Why)})
	}
	return nil
}
