package booking

import (
	"context"
	"errors"
	"slices"
	"time"

	"roomdesk/providers"
)

// Pauses between tries to ask the tenant about a move while it cannot be asked.
const (
	askAgainFirst = time.Second
	askAgainMost  = 20 * time.Second
)

// work brings one step on until it has come to an end or patient ends. The room
// that it asks for is the step's choice, or, while it is taken back, the room that it
// was in.
func (w *relocator) work(ctx, patient context.Context, n int) error {
	for tries := 1; ; {
		s := w.progress(n)
		target, expect, ok := s.target()
		if !ok {
			return w.close(ctx, n, providers.StepUnsolved, s.lastWords())
		}
		b, err := w.bookingOf(ctx, n)
		if err != nil {
			if done, end := w.notAsked(ctx, patient, n, err, &tries); done {
				return end
			}
			continue
		}
		if !asks(b, s, target.Room) && !s.reverting(b) {
			wish := ChangeRequest{Kind: providers.ChangeMove, Room: target.Room, Expect: expect}
			if s.undoing() && b.Change.Open() { // the new room owes its answer: withdrawn
				wish = ChangeRequest{Kind: providers.ChangeUndo}
			}
			_, err := w.Change(patient, b.ID, wish)
			if err != nil {
				if done, end := w.notAsked(ctx, patient, n, err, &tries); done {
					return end
				}
				continue
			}
		}
		b, err = w.Await(patient, b.ID)
		if err != nil && patient.Err() == nil {
			if done, end := w.notAsked(ctx, patient, n, err, &tries); done {
				return end
			}
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err() // the next process goes on from here
		}
		next, err := w.answeredBy(ctx, n, target, b)
		if err != nil || !next {
			return err
		}
	}
}

// progress is a step with what is derived from it.
type progress struct{ providers.RelocationStep }

func (w *relocator) progress(n int) progress { return progress{w.step(n)} }

// undoing reports whether the step is on its way back.
func (s progress) undoing() bool {
	return s.State == providers.StepUndoing || s.State == providers.StepUndoWaits
}

// target is the room that the step asks for now, and what the meeting must still be.
func (s progress) target() (room providers.RoomChoice, expect providers.Slot, ok bool) {
	choice, ok := s.Choice()
	if s.undoing() {
		expect = s.Was
		expect.Room, expect.RoomName = choice.Room, choice.Name
		return providers.RoomChoice{Room: s.Was.Room, Name: s.Was.RoomName}, expect, ok
	}
	return choice, s.Was, ok
}

// ending is the state of a step that came to an end.
func (s progress) ending(well bool) providers.StepState {
	switch {
	case s.undoing() && well:
		return providers.StepUndone
	case s.undoing():
		return providers.StepKept
	case well:
		return providers.StepMoved
	}
	return providers.StepFailed
}

// asks reports whether the booking's latest change is the step's own.
func asks(b providers.Booking, s progress, room providers.Address) bool {
	c := b.Change
	return c.Kind == providers.ChangeMove && c.Wanted.Room == room && !c.Asked.Before(s.Began)
}

// reverting reports whether the meeting is going back because the room that it was
// moved to has not answered, or has declined, by the time the step is taken back; or
// is where it was because the move came to nothing.
func (s progress) reverting(b providers.Booking) bool {
	c := b.Change
	choice, _ := s.Choice()
	back := c.Open() && (c.Step == providers.StepRevert || c.State != providers.ChangeWaiting) || c.State == providers.ChangeUndone || cameToNothing(c)
	return s.undoing() && c.Kind == providers.ChangeMove && c.Wanted.Room == choice.Room && c.Was.Room == s.Was.Room && back
}

// cameToNothing reports whether a change ended without any effect.
func cameToNothing(c providers.BookingChange) bool {
	return c.State == providers.ChangeFailed && c.Step == providers.StepApply
}

// bookingOf finds the booking of a step's meeting, or makes the meeting into one.
func (w *relocator) bookingOf(ctx context.Context, n int) (providers.Booking, error) {
	s := w.step(n)
	if s.BookingID != "" {
		b, err := w.Outbox.Booking(ctx, s.BookingID)
		if !providers.Is(err, providers.Gone) {
			return b, err
		}
	}
	b, err := w.adopt(ctx, s.Organizer, s.EventID, s.Was.Room)
	if err != nil {
		return b, err
	}
	return b, w.updateStep(ctx, n, func(s *providers.RelocationStep) { s.BookingID = b.ID })
}

// notAsked takes a failure before the room was asked: the next best room where the
// one is taken, another try where nobody could be asked, else the end of the step.
func (w *relocator) notAsked(ctx, patient context.Context, n int, err error, tries *int) (done bool, end error) {
	if ctx.Err() != nil {
		return true, ctx.Err()
	}
	if errors.Is(err, errTakenOver) || providers.Is(err, providers.Local) {
		return true, err // the journal cannot be written: nothing more may leave
	}
	s := w.progress(n)
	target, _, _ := s.target()
	why, class := providers.ProblemOf(err, w.Now()).What(), providers.ClassOf(err)
	var said *providers.Error
	if errors.As(err, &said) && said.Status == 0 && !said.Message.Empty() { // the desk's own words
		why = said.Message.String()
	}
	var refused *ChangeRefused
	if errors.As(err, &refused) {
		why, class = refused.Plan.Why, refused.Plan.Class
	}
	switch class {
	case providers.Conflict:
		if refused == nil {
			break
		}
		return w.next(ctx, n, providers.RoomAnswer{Room: target.Room, Name: target.Name, Words: why, At: w.Now(), Undo: s.undoing()})
	case providers.Transient, providers.Throttled, providers.Unreachable, providers.Foreign, providers.Resync, providers.Cancelled, "":
		if patient.Err() == nil {
			if pause(patient, max(retryAfter(err), backOff(*tries, askAgainFirst, askAgainMost))) == nil {
				*tries++
				return false, nil
			}
			if ctx.Err() != nil {
				return true, ctx.Err()
			}
		}
		if class == providers.Cancelled { // nobody stopped it: the patience is over
			why = "the tenant did not answer within " + providers.Age(w.now().Patience)
		}
		why = "not asked: " + why
	case providers.NotAllowed, providers.NoMailbox, providers.Unsupported:
		if !s.undoing() {
			return true, w.close(ctx, n, providers.StepUnsolved, why)
		}
	}
	return true, w.close(ctx, n, s.ending(false), why)
}

// next notes that a room cannot be had, and turns to the next best. While it is
// taken back there is none.
func (w *relocator) next(ctx context.Context, n int, answer providers.RoomAnswer) (done bool, end error) {
	s := w.progress(n)
	if s.undoing() {
		return true, w.updateStep(ctx, n, func(s *providers.RelocationStep) {
			s.Answers = append(s.Answers, answer)
			s.State, s.Why, s.Ended = providers.StepKept, answer.Words, w.Now()
		})
	}
	err := w.updateStep(ctx, n, func(s *providers.RelocationStep) {
		s.Answers = append(s.Answers, answer)
		s.At++
		for s.At < len(s.Choices) && s.Choices[s.At].Lesser { // nobody chose it
			s.At++
		}
		s.State, s.Why = providers.StepMoving, answer.Name.Or(string(answer.Room))+": "+answer.Words
	})
	return err != nil, err
}

// answeredBy takes what became of the change that the step asked for, and reports
// whether another room is to be asked.
func (w *relocator) answeredBy(ctx context.Context, n int, target providers.RoomChoice, b providers.Booking) (next bool, err error) {
	s, c := w.progress(n), b.Change
	answer := providers.RoomAnswer{Room: target.Room, Name: target.Name, At: w.Now(), Undo: s.undoing()}
	if s.reverting(b) && (c.State == providers.ChangeUndone || cameToNothing(c)) {
		return false, w.updateStep(ctx, n, func(s *providers.RelocationStep) {
			s.State, s.Why, s.UndoneAt = providers.StepUndone, "", w.Now()
		})
	}
	if choice, _ := s.Choice(); s.undoing() && c.State == providers.ChangeDone && c.Wanted.Room == choice.Room {
		return true, nil // it accepted at the last moment: put back like any other
	}
	switch {
	case c.Open() && b.State != providers.BookingCancelled && b.State != providers.BookingFailed:
		why := c.Reason
		if why == "" {
			why = target.Name.Or(string(target.Room)) + " has not answered within " + providers.Age(w.now().Patience) + "; the meeting keeps its room until then"
		}
		state := providers.StepWaiting
		if s.undoing() {
			state = providers.StepUndoWaits
		}
		if s.State == state && s.Why == why {
			return false, nil
		}
		return false, w.updateStep(ctx, n, func(s *providers.RelocationStep) { s.State, s.Why = state, why })
	case c.State == providers.ChangeDone && b.Request.Room == target.Room:
		answer.Response, answer.Words = providers.ResponseAccepted, w.shownBy(ctx, target.Room, s.Was.Span())
		if !b.Answered.IsZero() {
			answer.At = b.Answered
		}
		return false, w.updateStep(ctx, n, func(step *providers.RelocationStep) {
			step.Answers = append(step.Answers, answer)
			step.State, step.Why = s.ending(true), ""
			if s.undoing() {
				step.UndoneAt = w.Now()
			} else {
				step.Ended = w.Now()
			}
		})
	case c.State == providers.ChangeUndone:
		answer.Response, answer.Words = providers.ResponseDeclined, c.Reason
		if answer.Words == "" {
			answer.Words = "declined"
		}
		done, err := w.next(ctx, n, answer)
		return !done, err
	case b.State == providers.BookingCancelled:
		return false, w.close(ctx, n, s.ending(false), "the meeting was cancelled meanwhile")
	}
	why := c.Reason
	if why == "" {
		why = b.Reason
	}
	return false, w.close(ctx, n, s.ending(false), why)
}

// shownBy says what the room's own calendar shows of a meeting that it accepted.
func (w *relocator) shownBy(ctx context.Context, room providers.Address, span providers.Interval) string {
	answers, err := w.live(ctx, []providers.Address{room}, span)
	a := answers[room]
	switch {
	case err != nil || !believed(a):
		return "its own calendar could not be asked"
	case slices.ContainsFunc(a.Blocks, func(b providers.Block) bool { return b.State.Taken() && b.Overlaps(span) }):
		return "its own calendar shows it"
	}
	return "its own calendar does not show it yet"
}

func (w *relocator) close(ctx context.Context, n int, state providers.StepState, why string) error {
	return w.updateStep(ctx, n, func(s *providers.RelocationStep) { s.State, s.Why, s.Ended = state, why, w.Now() })
}

// lastWords is why the last room that was asked did not take the meeting.
func (s progress) lastWords() string {
	if n := len(s.Answers); n > 0 {
		a := s.Answers[n-1]
		return "no room took it; the last one, " + a.Name.Or(string(a.Room)) + ": " + a.Words
	}
	return "no other room is left"
}
