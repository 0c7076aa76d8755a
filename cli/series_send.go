package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"roomdesk/booking"
	"roomdesk/providers"
)

// planName names a plan by what it does: the same plan has the same name the next
// time it is looked at, and what was shown is what is sent, or nothing.
func planName(m providers.SeriesMatrix, plan providers.SeriesPlan) string {
	h := sha256.New()
	room := func(n int) providers.Address {
		if n < 0 {
			return ""
		}
		return m.Rooms[n].Room.Mailbox
	}
	for _, part := range plan.Parts {
		_, _ = fmt.Fprintln(h, part.From, part.To, room(part.Room)) // a hash does not fail
	}
	for _, step := range plan.Steps {
		_, _ = fmt.Fprintln(h, step.Act, room(step.Room), step.Span.Start.Unix(), step.Span.End.Unix())
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// planOf finds the plan that a person means.
func planOf(m providers.SeriesMatrix, text string) (providers.SeriesPlan, error) {
	for _, plan := range m.Plans {
		if planName(m, plan) == strings.ToLower(text) {
			return plan, nil
		}
	}
	n, err := strconv.Atoi(text)
	switch {
	case len(text) == 8:
		return providers.SeriesPlan{}, &failure{code: exitDeclined, class: string(providers.Conflict), message: "the plan " + providers.Sanitise(text) + " is not among those that can be had now",
			next: "look again with --dry-run"}
	case err != nil || n < 1 || n > len(m.Plans):
		return providers.SeriesPlan{}, usage("look at them with --dry-run", "there is no plan %q: there are %d", providers.Sanitise(text), len(m.Plans))
	}
	return m.Plans[n-1], nil
}

// sendSeries shows the plan that is meant, asks, and sends it.
func (a *app) sendSeries(ctx context.Context, s *session, q providers.SeriesRequest, f bookFlags) error {
	var err error
	if q.Plan, err = planOf(q.Matrix, f.plan); err != nil {
		return err
	}
	a.sayPlanned(q)
	if asked := terminal(a.deps.Stdin); !f.yes && !asked && !asWished(q) {
		return &failure{code: exitDeclined, class: string(providers.Conflict), next: "look with --dry-run, then repeat with --plan and --yes",
			message: q.Matrix.Rooms[0].Room.Title() + " cannot be had as wished on " + a.datesAgainst(q.Matrix) + "; the plan around that needs a confirmation, and nobody can be asked here"}
	} else if !f.yes && asked {
		if err := a.confirm(ctx, "Send it? (y/N) "); err != nil {
			return err
		}
	}
	steps := &bookingSteps{out: a.out, teams: f.teams}
	desk := s.newDesk(steps.changed, nil)
	desk.Warned = func(warnings []string) {
		for _, warning := range warnings {
			a.out.say("! %s", providers.Sanitise(warning))
		}
	}
	booked, err := desk.BookSeries(ctx, q)
	var refused *booking.SeriesRefused
	if errors.As(err, &refused) {
		if refused.Err.Class == providers.Conflict {
			refused.Booking.ID, refused.Booking.Reason, refused.Booking.ReasonProof = "", refused.Err.Message.Or(""), providers.Proven
			if printErr := a.printBooking(refused.Booking); printErr != nil {
				return printErr
			}
		}
		f := *explain(refused.Err)
		f.message = "not booked: " + refused.Err.Message.Or(refused.Err.Class.Words())
		if refused.Err.Class == providers.Conflict {
			f.next = "look at the plans again with --dry-run, or send it with --even-if-busy"
		}
		return &f
	}
	if err != nil {
		return err
	}
	return a.follow(ctx, desk, booked, f.wait, steps, a.bookingOutcome)
}

// asWished reports whether a plan is no more than what was asked for: the room that was
// named, on every date, at that time. That needs no confirmation, as little as a single
// meeting.
func asWished(q providers.SeriesRequest) bool {
	for _, step := range q.Plan.Steps {
		if step.Act != providers.SeriesKeep || q.Matrix.Rooms[step.Room].Room.Mailbox != q.Request.Room {
			return false
		}
	}
	return len(q.Plan.Parts) == 1
}

// datesAgainst names the first dates on which the room that was named is not free.
func (a *app) datesAgainst(m providers.SeriesMatrix) string {
	var against []string
	for d, cell := range m.Rooms[0].Cells {
		if cell.State != providers.SeriesFree {
			against = append(against, m.Dates[d].Span.Start.In(a.out.zone).Format("2 Jan 2006"))
		}
	}
	n := len(against)
	if n == 0 {
		return "all dates" // against its rules, or in another plan
	}
	if n > 3 {
		against = append(against[:3], "others")
	}
	return strings.Join(against, ", ") + fmt.Sprintf(" (%d of %d dates)", n, len(m.Dates))
}

// sayPlanned tells what is about to be sent, date by date.
func (a *app) sayPlanned(q providers.SeriesRequest) {
	for d, date := range q.Matrix.Dates {
		step := q.Plan.Steps[d]
		line := date.Span.Start.In(a.out.zone).Format("Mon 2 Jan 2006 15:04") + "  " + a.stepWords(q.Matrix, step)
		if notes := seriesNotes(date); len(notes) > 0 {
			line += "  (" + strings.Join(notes, "; ") + ")"
		}
		a.out.say("  %s", line)
	}
	a.out.say("Plan %s: %s. Each date in another room or at another time has a mail of its own.", planName(q.Matrix, q.Plan), q.Plan.Words)
}

// seriesOutcome turns the state of a series into a sentence and an exit code: where
// a date was declined, that of a refusal, because somebody has to decide.
func (a *app) seriesOutcome(b providers.Booking, wait time.Duration) error {
	look := "see roomdesk bookings show " + b.ID
	declined := b.Series.Count(providers.BookingDeclined)
	switch {
	case b.State == providers.BookingFailed:
		return failedAs(b.Failure, "see the reason; nothing was booked", "the series was not booked: %s", b.Reason)
	case b.State == providers.BookingCancelled:
		return failed("", "the series is cancelled")
	case declined > 0 && b.State.Settled():
		return &failure{code: exitDeclined, class: "declined", message: b.Reason, next: "choose an alternative for each date; cancel with roomdesk bookings cancel " + b.ID + " --date or --scope all"}
	case b.State == providers.BookingAccepted && b.Request.Teams && b.JoinURL.Empty():
		return &failure{code: exitPartly, class: "partly", message: "the series is booked, but it has no Teams link", next: "check whether the organizer may make Teams meetings"}
	case b.State == providers.BookingAccepted:
		return nil
	case b.State == providers.BookingWaiting:
		return &failure{code: exitPartly, class: "partly", message: fmt.Sprintf("not every date is answered within %s: %s", wait, b.Series.Tally()), next: look}
	}
	message := b.Reason
	if message == "" {
		message = b.State.Words()
	}
	return &failure{code: exitPartly, class: "partly", message: message, next: look}
}

// dateToCancel reads which date of a series is meant. Without one it is all of it,
// and only where that was said.
func (a *app) dateToCancel(b providers.Booking, f cancelFlags) (providers.CancelScope, int, error) {
	scope := providers.CancelScope(f.scope)
	if f.date == "" {
		if scope != providers.CancelAll && b.State != providers.BookingCancelling {
			return scope, -1, usage("give --date, or --scope all", "it is a series of %d dates: which is meant is not said", len(b.Series.Dates))
		}
		return scope, -1, nil
	}
	if scope == providers.CancelAll {
		return scope, -1, usage("leave out --date, or give --scope one or following", "--scope all has no date")
	}
	n, err := a.dateIn(b, f.date)
	return scope, n, err
}
