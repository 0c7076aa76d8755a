package cli

import (
	"context"
	"errors"
	"fmt"
	stdsync "sync"
	"time"

	"github.com/spf13/cobra"

	"roomdesk/booking"
	"roomdesk/providers"
)

// bookFlags are the flags of book.
type bookFlags struct {
	room, start, end, zone, subject, body, onBehalfOf, repeat, plan string
	attendees, optional                                             []string
	teams, evenIfBusy, dryRun, yes                                  bool
	wait, before, after                                             time.Duration
	showAs                                                          string
	private, offline                                                bool
}

// longestBookWait bounds --wait.
const longestBookWait = 24 * time.Hour

func (a *app) bookCommand() *cobra.Command {
	var f bookFlags
	command := &cobra.Command{
		Use:   "book --room M --start T --end T",
		Short: "Book a room and wait for its own answer",
		Long: "The room is checked once more, then the meeting is made in the organizer's calendar. Steps are told on standard error.\n" +
			"Exit codes: 0 the room accepted, 4 it declined or is taken (with alternatives), 3 it has not answered within --wait,\n" +
			"or somebody must approve, or the Teams link is missing.",
		Example: "roomdesk book --room aalto --start \"tomorrow 14:00\" --end +1h --subject \"Design review\" --attendee adele@contoso.com --teams",
		Args:    cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			return a.withVerb(ctx, unlessDry(providers.VerbBook, f.dryRun), func(ctx context.Context, s *session) error { return a.book(ctx, s, f) })
		}),
	}
	flags := command.Flags()
	flags.StringVar(&f.room, "room", "", "room: address or name")
	flags.StringVar(&f.start, "start", "", "beginning")
	flags.StringVar(&f.end, "end", "", "end; +1h counts from the beginning")
	flags.StringVar(&f.zone, "zone", "", "IANA time zone of the times given (default: this machine's)")
	flags.StringVar(&f.subject, "subject", "", "subject (default: made from the room's name)")
	flags.StringVar(&f.body, "body", "", "text of the invitation")
	flags.StringArrayVar(&f.attendees, "attendee", nil, "person to invite: address or name (repeatable)")
	flags.StringArrayVar(&f.optional, "optional", nil, "person to invite as optional (repeatable)")
	flags.BoolVar(&f.teams, "teams", false, "with a Teams meeting")
	flags.StringVar(&f.onBehalfOf, "on-behalf-of", "", "mailbox in whose calendar the meeting is made (default: the connection's organizer)")
	flags.BoolVar(&f.evenIfBusy, "even-if-busy", false, "send although the room is taken or its state is not known")
	flags.StringVar(&f.showAs, "show-as", "busy", "how the time shows in calendars: free, tentative, busy, oof, workingElsewhere")
	flags.BoolVar(&f.private, "private", false, "only those invited see what it is")
	flags.DurationVar(&f.before, "before", 0, "keep the room so long before, as a meeting of its own, to prepare")
	flags.DurationVar(&f.after, "after", 0, "keep the room so long afterwards, as a meeting of its own, to clear up")
	flags.BoolVar(&f.offline, "offline", false, "where the tenant cannot be asked: keep the wish, check it when it can, and send it only if it is not old by then")
	flags.DurationVar(&f.wait, "wait", time.Minute, "how long to wait for the room's answer")
	flags.StringVar(&f.repeat, "repeat", "", "series, such as \"weekly x10\" or \"every workday until 18 dec\": it is planned, shown, and sent once you agree")
	flags.BoolVar(&f.dryRun, "dry-run", false, "only show whether the room is free and what is to be expected of it; with --repeat what can be had on each date, and the plans")
	flags.StringVar(&f.plan, "plan", "1", "with --repeat: the plan to send, by its number or the name that is shown with it")
	flags.BoolVar(&f.yes, "yes", false, "with --repeat: send the plan without asking")
	return command
}

func (a *app) book(ctx context.Context, s *session, f bookFlags) error {
	verbs := []providers.Verb{providers.VerbBook}
	if f.teams {
		verbs = append(verbs, providers.VerbTeams)
	}
	if err := f.check(); err != nil {
		return err
	}
	if err := s.refuse(ctx, "not booked", verbs...); err != nil {
		return err
	}
	request, err := a.bookingRequest(ctx, s, f)
	if err != nil {
		return err
	}
	organizer := request.Organizer
	if organizer == "" {
		organizer = s.organizer()
	}
	if err := s.refuseIn(ctx, "not booked", organizer, verbs...); err != nil {
		return err
	}
	if f.repeat != "" {
		return a.bookSeries(ctx, s, request, f)
	}
	steps := &bookingSteps{out: a.out, teams: f.teams}
	desk := s.newDesk(steps.changed, nil)
	if f.dryRun {
		return a.checkBooking(ctx, desk, request)
	}
	desk.Warned = func(warnings []string) {
		for _, warning := range warnings {
			a.out.say("! %s", providers.Sanitise(warning))
		}
	}
	booked, err := desk.Book(ctx, request)
	if err != nil {
		return a.reportRefused(request, err)
	}
	outcome := a.follow(ctx, desk, booked, f.wait, steps, a.bookingOutcome)
	if f.before+f.after <= 0 {
		return outcome
	}
	waiting, stop := context.WithTimeout(ctx, max(f.wait, time.Second))
	defer stop()
	kept, err := desk.AwaitBuffers(waiting, booked.ID)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	for _, b := range kept {
		a.out.say("%s: %s", a.out.span(providers.Interval{Start: b.Request.Start, End: b.Request.End}), b.State.Words())
		if b.State != providers.BookingAccepted && outcome == nil {
			outcome = &failure{code: exitPartly, class: "partly", message: "the room is not kept before and after as asked", next: "see roomdesk bookings"}
		}
	}
	return outcome
}

// check finds flags that cannot be used, without asking anybody.
func (f bookFlags) check() error {
	switch {
	case f.repeat == "" && (f.yes || f.plan != "1"):
		return usage("give --repeat too", "--plan and --yes are about a series")
	case f.room == "" || f.start == "" || f.end == "":
		return usage("see roomdesk book --help", "--room, --start and --end are needed")
	case f.wait < 0 || f.wait > longestBookWait:
		return usage("wait up to 24h", "--wait %s cannot be used", f.wait)
	}
	switch providers.ShowAs(f.showAs) {
	case providers.ShowFree, providers.ShowTentative, providers.ShowBusy, providers.ShowOutOfOffice, providers.ShowWorkingElsewhere:
		return nil
	}
	return usage("choose free, tentative, busy, oof or workingElsewhere", "--show-as %q is none of them", f.showAs)
}

// bookingRequest reads the flags. Names of rooms and people become addresses.
func (a *app) bookingRequest(ctx context.Context, s *session, f bookFlags) (providers.BookingRequest, error) {
	var q providers.BookingRequest
	zone, err := zoneOf(f.zone, a.deps.Zone)
	if err != nil {
		return q, err
	}
	a.out.zone = zone
	now := a.deps.Now()
	start, err := when(f.start, zone, now, now)
	if err != nil {
		return q, err
	}
	end, err := when(f.end, zone, now, start)
	if err != nil {
		return q, err
	}
	if _, err := checkWindow("--start", "--end", start, end); err != nil {
		return q, err
	}
	q = providers.BookingRequest{Start: start.UTC(), End: end.UTC(), Zone: zoneName(zone), Subject: providers.Outside(f.subject),
		Body: providers.Outside(f.body), Teams: f.teams, EvenIfBusy: f.evenIfBusy,
		ShowAs: providers.ShowAs(f.showAs), Private: f.private, Before: f.before, After: f.after, Offline: f.offline}
	// The list of rooms is needed for the room's name and for alternatives.
	if _, _, err := s.rooms(ctx); err != nil && !isStale(err) {
		return q, err
	}
	if q.Room, err = s.mailbox(ctx, f.room, false); err != nil {
		return q, err
	}
	if q.Required, err = s.mailboxes(ctx, f.attendees); err != nil {
		return q, err
	}
	if q.Optional, err = s.mailboxes(ctx, f.optional); err != nil {
		return q, err
	}
	if f.onBehalfOf != "" {
		q.Organizer, err = s.mailbox(ctx, f.onBehalfOf, true)
	}
	return q, err
}

// zoneName is the name that a tenant understands; this machine's zone may have
// none, and then times are sent in UTC.
func zoneName(zone *time.Location) string {
	if zone == time.Local {
		return localZoneName()
	}
	return zone.String()
}

// reportRefused prints why nothing was sent, with the alternatives.
func (a *app) reportRefused(request providers.BookingRequest, err error) error {
	var refused *booking.Refused
	if !errors.As(err, &refused) {
		return err
	}
	if refused.Check.Class == providers.Conflict {
		notBooked := providers.Booking{Request: request, State: providers.BookingDraft, Reason: refused.Check.Why,
			ReasonProof: providers.Proven, Failure: refused.Check.Class, Alternatives: refused.Check.Alternatives}
		if err := a.printBooking(notBooked); err != nil {
			return err
		}
	}
	return explainRefused(err)
}

// bookingSteps tells the steps of one booking as they happen.
type bookingSteps struct {
	out   *output
	teams bool
	// change tells the steps of a change, was is the one before.
	change bool
	was    providers.BookingChange

	mu   stdsync.Mutex
	last providers.Booking
	move func(providers.Booking)
	sent, linked,
	waiting bool
}

func (p *bookingSteps) changed(b providers.Booking) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = b
	step := func(mark, text string) {
		p.out.say("%s %s  %s", mark, p.out.now().In(p.out.zone).Format("15:04:05"), text)
	}
	if p.change {
		p.tellChange(b.Change, step)
		if p.move != nil {
			p.move(b)
		}
		return
	}
	if !p.sent && !b.Sent.IsZero() {
		p.sent = true
		step("✓", "sent to the tenant")
	}
	if !p.linked && p.teams && (!b.JoinURL.Empty() || b.TeamsMissing) {
		p.linked = true
		if b.TeamsMissing {
			step("!", "the tenant made no Teams link")
		} else {
			step("✓", "Teams link created")
		}
	}
	switch {
	case b.State == providers.BookingWaiting && !p.waiting:
		p.waiting = true
		step("…", "waiting for the room's answer")
	case b.State == providers.BookingUnknown:
		step("?", "the answer was lost: looking whether the meeting was made")
	case b.State == providers.BookingQueued && b.Tries > 0:
		step("…", "not sent yet, tried again "+p.out.clock(b.NextTry))
	}
	if p.move != nil {
		p.move(b)
	}
}

// tellChange tells a step of a change, each once.
func (p *bookingSteps) tellChange(c providers.BookingChange, step func(mark, text string)) {
	if c.State == p.was.State && c.Step == p.was.Step {
		return
	}
	p.was = c
	switch {
	case c.State == providers.ChangeUnknown:
		step("?", "the answer was lost: looking whether it was changed")
	case c.State == providers.ChangeQueued && c.Step == providers.StepRelease:
		step("✓", "the new room has accepted; the old one is let go")
	case c.State == providers.ChangeQueued && c.Step == providers.StepRevert:
		step("✗", "the room declined: putting the meeting back")
	case c.State == providers.ChangeQueued && c.Tries > 0:
		step("…", "not sent yet, tried again "+p.out.clock(c.NextTry))
	case c.State == providers.ChangeWaiting && c.Step == providers.StepRevert:
		step("…", "put back; waiting for the room's answer")
	case c.State == providers.ChangeWaiting:
		step("✓", "sent to the tenant")
		step("…", "waiting for the room's answer")
	}
}

// follow waits for the room's answer, at most for wait, prints the booking and
// decides the exit code. A request that is on its way is always seen through.
func (a *app) follow(ctx context.Context, desk *booking.Desk, b providers.Booking, wait time.Duration, steps *bookingSteps, outcome func(providers.Booking, time.Duration) error) error {
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	expired := make(chan struct{})
	onItsWay := func(b providers.Booking) bool {
		if c := b.Change; c.Open() {
			return c.State == providers.ChangeSending || c.State == providers.ChangeQueued && c.Tries == 0
		}
		return b.State == providers.BookingSending || (b.State == providers.BookingQueued && b.Tries == 0)
	}
	steps.mu.Lock()
	if steps.last.ID == "" {
		steps.last = b
	}
	steps.move = func(now providers.Booking) {
		select {
		case <-expired:
			if !onItsWay(now) {
				stop()
			}
		default:
		}
	}
	steps.mu.Unlock()
	timer := time.AfterFunc(wait, func() {
		steps.mu.Lock()
		defer steps.mu.Unlock()
		close(expired)
		if !onItsWay(steps.last) {
			stop()
		}
	})
	defer timer.Stop()
	booked, err := desk.Await(waiting, b.ID)
	switch {
	case ctx.Err() != nil:
		a.out.say("The booking %s is stored; roomdesk bookings shows how it ends.", b.ID)
		return ctx.Err()
	case err != nil && waiting.Err() == nil:
		return err
	}
	if current, readErr := desk.Booking(ctx, b.ID); readErr == nil {
		booked = current
	}
	if err := a.printBooking(booked); err != nil {
		return err
	}
	return outcome(booked, wait)
}

// bookingOutcome turns the state of a booking into a sentence and an exit code.
func (a *app) bookingOutcome(b providers.Booking, wait time.Duration) error {
	room := b.RoomName.Or(string(b.Request.Room))
	reason := ""
	if b.Reason != "" {
		reason = ": " + b.Reason
	}
	if b.Series != nil {
		return a.seriesOutcome(b, wait)
	}
	look := "see roomdesk bookings show " + b.ID
	partly := func(next, format string, args ...any) error {
		return &failure{code: exitPartly, class: "partly", message: fmt.Sprintf(format, args...), next: next}
	}
	switch b.State {
	case providers.BookingAccepted:
		if b.Request.Teams && b.JoinURL.Empty() {
			return partly("check whether the organizer may make Teams meetings", "%s is booked, but the meeting has no Teams link", room)
		}
		return nil
	case providers.BookingDeclined:
		return &failure{code: exitDeclined, class: "declined", message: room + " declined" + reason, next: "choose an alternative; cancel with roomdesk bookings cancel " + b.ID}
	case providers.BookingPartly:
		return partly(look, "%s accepted some of the dates%s", room, reason)
	case providers.BookingQueued:
		if b.Review != "" {
			return partly("look at it with roomdesk bookings review", "%s was not sent: %s", room, b.Review)
		}
	case providers.BookingTentative:
		return partly(look, "%s is held: somebody must approve%s", room, reason)
	case providers.BookingFailed:
		return failedAs(b.Failure, "see the reason; nothing was booked", "the booking of %s failed%s", room, reason)
	case providers.BookingCancelled:
		return failed("", "the booking of %s is cancelled%s", room, reason)
	}
	return partly(look, "%s has not answered within %s (%s)", room, wait, b.State.Words())
}
