package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"roomdesk/booking"
	"roomdesk/providers"
)

// changeFlags are the flags of bookings extend, end, move and undo.
type changeFlags struct {
	by                     time.Duration
	to, start, end, room   string
	zone, calendar         string
	date, scope            string
	evenIfBusy, yes, plans bool
	wait                   time.Duration
}

func (a *app) changeCommands() []*cobra.Command {
	one := func(kind providers.ChangeKind, use, short string, own func(*cobra.Command, *changeFlags)) *cobra.Command {
		var f changeFlags
		command := &cobra.Command{
			Use: use, Short: short, Args: cobra.ExactArgs(1),
			Long: short + ".\n\nThe tenant is asked first whether that is possible and who gets mail; the change is stored, sent, and the room's own\n" +
				"answer waited for. Exit codes: 0 done, 4 the room is taken or declined (it is as it was, with alternatives),\n" +
				"3 not known or not answered within --wait.",
			RunE: a.run(func(ctx context.Context, args []string) error {
				return a.withVerb(ctx, unlessDry(providers.VerbChange, f.plans), func(ctx context.Context, s *session) error { return a.changeBooking(ctx, s, args[0], kind, f) })
			}),
		}
		flags := command.Flags()
		flags.BoolVar(&f.evenIfBusy, "even-if-busy", false, "send although the room is taken or its state is not known")
		flags.StringVar(&f.calendar, "calendar", "", "whose calendar an event's id is from (default: the connection's organizer)")
		flags.BoolVar(&f.yes, "yes", false, "do not ask")
		flags.BoolVar(&f.plans, "dry-run", false, "only show what would happen and who would get mail")
		flags.DurationVar(&f.wait, "wait", time.Minute, "how long to wait for the room's answer")
		flags.StringVar(&f.date, "date", "", "date of a series that was booked here, such as 2026-12-01")
		if kind == providers.ChangeExtend || kind == providers.ChangeMove { // one runs at a time; each is taken back by itself
			flags.StringVar(&f.scope, "scope", string(providers.CancelOne), "with --date: one, or following for that and all later dates")
		}
		own(command, &f)
		return command
	}
	return []*cobra.Command{
		one(providers.ChangeExtend, "extend ID", "Let a meeting end later", func(c *cobra.Command, f *changeFlags) {
			c.Flags().DurationVar(&f.by, "by", 15*time.Minute, "by how much")
			c.Flags().StringVar(&f.to, "to", "", "new end instead; +1h counts from the present end")
			c.Flags().StringVar(&f.zone, "zone", "", "IANA time zone of the time given (default: this machine's)")
			c.MarkFlagsMutuallyExclusive("by", "to")
		}),
		one(providers.ChangeEnd, "end ID", "End a meeting now, and so free its room", func(*cobra.Command, *changeFlags) {}),
		one(providers.ChangeMove, "move ID", "Move a meeting to another time, another room, or both", func(c *cobra.Command, f *changeFlags) {
			c.Flags().StringVar(&f.start, "start", "", "new beginning; the length stays unless --end is given; +1h counts from the present one")
			c.Flags().StringVar(&f.end, "end", "", "new end; +1h counts from the beginning")
			c.Flags().StringVar(&f.room, "room", "", "new room: address or name")
			c.Flags().StringVar(&f.zone, "zone", "", "IANA time zone of the times given (default: this machine's)")
			c.MarkFlagsOneRequired("start", "end", "room")
		}),
		one(providers.ChangeUndo, "undo ID", "Put a meeting back to what it was before its latest change", func(*cobra.Command, *changeFlags) {}),
	}
}

func (a *app) changeBooking(ctx context.Context, s *session, text string, kind providers.ChangeKind, f changeFlags) error {
	if f.wait < 0 || f.wait > longestBookWait {
		return usage("wait up to 24h", "--wait %s cannot be used", f.wait)
	}
	steps := &bookingSteps{out: a.out, change: true}
	desk := s.newDesk(steps.changed, nil)
	b, err := s.findMeeting(ctx, desk, text, f.calendar)
	if err != nil {
		return err
	}
	if err := s.refuse(ctx, "not changed", providers.VerbChange); err != nil {
		return err
	}
	if err := s.refuseIn(ctx, "not changed", b.Request.Organizer, providers.VerbChange); err != nil {
		return err
	}
	b, whole, date, err := a.dateToChange(ctx, desk, b, f)
	if err != nil {
		return err
	}
	steps.was = b.Change
	q, err := a.changeRequest(ctx, s, b, kind, f)
	if err != nil {
		return err
	}
	if whole.ID != "" {
		return a.changeFollowing(ctx, desk, whole, date, q, f)
	}
	harmful := kind == providers.ChangeMove || kind == providers.ChangeUndo
	if f.plans || !f.yes && (harmful || terminal(a.deps.Stdin)) {
		plan, err := desk.PlanChange(ctx, b.ID, q)
		if f.plans {
			return a.printPlan(plan, err)
		}
		if plan.Free || q.EvenIfBusy {
			if err := a.confirmChange(ctx, plan, harmful); err != nil {
				return err
			}
		}
	}
	changed, err := desk.Change(ctx, b.ID, q)
	if err != nil {
		return a.reportNotChanged(b, q, err)
	}
	outcome := a.follow(ctx, desk, changed, f.wait, steps, a.changeOutcome)
	if changed.DateOf != "" && ctx.Err() == nil { // so that its series tells the same
		looking, stop := context.WithTimeout(ctx, lookFor)
		defer stop()
		if _, err := desk.Look(looking, changed.DateOf); err != nil {
			a.log.Warn("the series was not looked at", "booking", changed.DateOf, "error", err)
		}
	}
	return outcome
}

// changeRequest reads the flags.
func (a *app) changeRequest(ctx context.Context, s *session, b providers.Booking, kind providers.ChangeKind, f changeFlags) (booking.ChangeRequest, error) {
	q := booking.ChangeRequest{Kind: kind, EvenIfBusy: f.evenIfBusy}
	zone, err := zoneOf(f.zone, a.deps.Zone)
	if err != nil {
		return q, err
	}
	a.out.zone = zone
	now := a.deps.Now()
	switch kind {
	case providers.ChangeExtend:
		q.End = b.Request.End.Add(f.by)
		if f.by <= 0 {
			return q, usage("see roomdesk bookings end", "--by %s does not make it longer", f.by)
		}
		if f.to != "" {
			q.End, err = when(f.to, zone, now, b.Request.End)
		}
	case providers.ChangeMove:
		start := b.Request.Start
		if f.start != "" {
			if start, err = when(f.start, zone, now, b.Request.Start); err != nil {
				return q, err
			}
			q.Start = start.UTC()
		}
		if f.end != "" {
			if q.End, err = when(f.end, zone, now, start); err != nil {
				return q, err
			}
			if _, err := checkWindow("--start", "--end", start, q.End); err != nil {
				return q, err
			}
		}
		// The list of rooms is needed for the room's name and for alternatives.
		if _, _, err := s.rooms(ctx); err != nil && !isStale(err) {
			return q, err
		}
		if f.room != "" {
			q.Room, err = s.mailbox(ctx, f.room, false)
		}
	}
	return q, err
}

// confirmChange names who gets mail and asks. Off a terminal nobody can be asked:
// then what moves people needs --yes.
func (a *app) confirmChange(ctx context.Context, p booking.ChangePlan, harmful bool) error {
	people := 0
	for _, m := range p.Mails {
		if !m.Room {
			people++
		}
	}
	if !harmful && people == 0 {
		return nil
	}
	if !terminal(a.deps.Stdin) {
		if !harmful {
			return nil
		}
		return usage("look with --dry-run, then repeat with --yes", "moving a meeting needs a confirmation, and nobody can be asked here")
	}
	a.sayChange(p)
	return a.confirm(ctx, "Change it? (y/N) ")
}

// confirm asks a question of which the harmless answer is no.
func (a *app) confirm(ctx context.Context, question string) error {
	typed, err := a.ask(ctx, question)
	if err != nil {
		return err
	}
	if typed = strings.ToLower(strings.TrimSpace(typed)); typed != "y" && typed != "yes" {
		return failed("", "nothing was changed")
	}
	return nil
}

func (a *app) sayChange(p booking.ChangePlan) {
	a.out.say("%s, %s", p.Was.RoomName.Or(string(p.Was.Room)), a.out.span(p.Was.Span()))
	a.out.say("  becomes     %s, %s", p.Wanted.RoomName.Or(string(p.Wanted.Room)), a.out.span(p.Wanted.Span()))
	for _, m := range p.Mails {
		a.out.say("  gets mail   %s: %s", m.Mailbox, m.Cause)
	}
	for _, w := range p.Warnings {
		a.out.say("  note        %s", w)
	}
	if p.NoUndo != "" {
		a.out.say("  no undo     %s", p.NoUndo)
	}
}

// printPlan prints what a change would do.
func (a *app) printPlan(p booking.ChangePlan, err error) error {
	if a.out.format == formatJSON {
		if printErr := a.out.json(a.out.plan(p)); printErr != nil {
			return printErr
		}
	} else {
		a.sayChange(p)
		for _, alternative := range p.Alternatives {
			a.out.say("  alternative %s (%s), %s", alternative.Name.Or(string(alternative.Room)), alternative.Room, alternative.Why)
		}
	}
	if err == nil && p.Free {
		return nil
	}
	return a.notChanged(p, err)
}

// reportNotChanged prints why nothing was sent, with the alternatives.
func (a *app) reportNotChanged(b providers.Booking, q booking.ChangeRequest, err error) error {
	var refused *booking.ChangeRefused
	if !errors.As(err, &refused) {
		return err
	}
	p := refused.Plan
	if p.Class == providers.Conflict {
		b.Change = providers.BookingChange{Kind: q.Kind, State: providers.ChangeFailed, Was: p.Was, Wanted: p.Wanted, Mails: p.Mails,
			Reason: p.Why, ReasonProof: providers.Proven, Failure: p.Class, Alternatives: p.Alternatives}
		if err := a.printBooking(b); err != nil {
			return err
		}
	}
	return a.notChanged(p, err)
}

func (a *app) notChanged(p booking.ChangePlan, err error) error {
	f := &failure{code: exitFailed, class: string(p.Class), err: err}
	if err != nil {
		f = explain(err)
		copied := *f
		f = &copied
	}
	f.message = "not changed: " + p.Why
	if p.Class == providers.Conflict {
		f.code, f.class, f.next = exitDeclined, string(providers.Conflict), "choose an alternative, another time, or --even-if-busy"
	}
	return f
}

// changeOutcome turns the end of a change into a sentence and an exit code.
func (a *app) changeOutcome(b providers.Booking, wait time.Duration) error {
	c := b.Change
	room := c.Wanted.RoomName.Or(string(c.Wanted.Room))
	reason := ""
	if c.Reason != "" {
		reason = ": " + c.Reason
	}
	look := "see roomdesk bookings show " + b.ID
	partly := func(format string, args ...any) error {
		return &failure{code: exitPartly, class: "partly", message: fmt.Sprintf(format, args...), next: look}
	}
	switch c.State {
	case providers.ChangeDone:
		if b.State == providers.BookingTentative {
			return partly("%s is held: somebody must approve", room)
		}
		return nil
	case providers.ChangeUndone:
		message := room + " declined, and the meeting is as it was" + reason
		if b.State == providers.BookingDeclined {
			message = room + " declined" + reason + "; " + b.Reason
		}
		return &failure{code: exitDeclined, class: "declined", message: message, next: "choose an alternative or another time"}
	case providers.ChangeFailed:
		return failedAs(c.Failure, look, "the meeting was not changed%s", reason)
	}
	return partly("%s has not answered within %s (%s)%s", room, wait, c.Words(), reason)
}

// planObject is a change that was only looked at.
type planObject struct {
	ID           string                `json:"id"`
	Kind         providers.ChangeKind  `json:"kind"`
	Free         bool                  `json:"free"`
	Why          providers.Untrusted   `json:"why"`
	From         slotObject            `json:"from"`
	To           slotObject            `json:"to"`
	Until        *string               `json:"until"`
	Mails        []mailObject          `json:"mails"`
	Alternatives []alternativeObject   `json:"alternatives"`
	Warnings     []providers.Untrusted `json:"warnings"`
	NoUndo       string                `json:"no_undo"`
}

type slotObject struct {
	Room     providers.Address   `json:"room"`
	RoomName providers.Untrusted `json:"room_name"`
	Start    *string             `json:"start"`
	End      *string             `json:"end"`
}

type mailObject struct {
	Mailbox providers.Address `json:"mailbox"`
	IsRoom  bool              `json:"is_room"`
	Cause   string            `json:"cause"`
}

// changeObject is the latest change of a booking.
type changeObject struct {
	Kind        providers.ChangeKind  `json:"kind"`
	State       providers.ChangeState `json:"state"`
	From        slotObject            `json:"from"`
	To          slotObject            `json:"to"`
	Reason      providers.Untrusted   `json:"reason"`
	ReasonProof string                `json:"reason_proof"`
	Failure     *providers.Class      `json:"failure"`
	Mails       []mailObject          `json:"mails"`
	Asked       *string               `json:"asked"`
	Ended       *string               `json:"ended"`
}

func (o *output) plan(p booking.ChangePlan) planObject {
	object := planObject{ID: p.Booking.ID, Kind: p.Kind, Free: p.Free, Why: providers.Outside(p.Why), From: o.slot(p.Was), To: o.slot(p.Wanted),
		Until: o.stamp(p.Until), Mails: mailsOf(p.Mails), Alternatives: alternativesOf(p.Alternatives), Warnings: []providers.Untrusted{}, NoUndo: p.NoUndo}
	for _, w := range p.Warnings {
		object.Warnings = append(object.Warnings, providers.Outside(w))
	}
	return object
}

func (o *output) slot(s providers.Slot) slotObject {
	return slotObject{s.Room, s.RoomName, o.stamp(s.Start), o.stamp(s.End)}
}

func mailsOf(mails []providers.Notice) []mailObject {
	objects := []mailObject{}
	for _, m := range mails {
		objects = append(objects, mailObject{m.Mailbox, m.Room, m.Cause})
	}
	return objects
}

func (o *output) change(c providers.BookingChange) *changeObject {
	if c.Kind == "" {
		return nil
	}
	return &changeObject{Kind: c.Kind, State: c.State, From: o.slot(c.Was), To: o.slot(c.Wanted), Reason: providers.Outside(c.Reason),
		ReasonProof: string(c.ReasonProof), Failure: classOf(c.Failure), Mails: mailsOf(c.Mails), Asked: o.stamp(c.Asked), Ended: o.stamp(c.Ended)}
}
