package rules

import (
	"testing"
	"time"

	"roomdesk/providers"
)

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

func booked(room string, state providers.BookingState, ago, took time.Duration, proof providers.Proof) providers.Booking {
	b := providers.Booking{Request: providers.BookingRequest{Room: providers.Address(room)}, State: state, Sent: noon.Add(-ago), ReasonProof: proof}
	b.Request.Start = b.Sent.Add(hour)
	b.Request.End = b.Request.Start.Add(hour)
	if took > 0 {
		b.Answered = b.Sent.Add(took)
	}
	return b
}

func soon(length time.Duration) providers.Interval {
	return providers.Interval{Start: noon.Add(hour), End: noon.Add(hour + length)}
}

// The newest behaviour of a room counts; what has another cause says nothing.
func TestLearn(t *testing.T) {
	series, adopted := booked("series@x", providers.BookingDeclined, day, time.Second, providers.Inferred), booked("adopted@x", providers.BookingTentative, day, time.Second, "")
	series.Series, adopted.Adopted = &providers.BookingSeries{}, true
	habits := Learn([]providers.Booking{
		booked("silent@x", providers.BookingWaiting, hour, 0, ""),
		booked("new@x", providers.BookingWaiting, 14*time.Minute, 0, ""),
		booked("mended@x", providers.BookingWaiting, 2*day, 0, ""),
		booked("mended@x", providers.BookingAccepted, day, time.Second, ""),
		booked("asks@x", providers.BookingTentative, day, time.Second, ""),
		booked("asks@x", providers.BookingAccepted, 2*day, time.Second, ""),
		booked("person@x", providers.BookingAccepted, day, 15*time.Minute, ""),
		booked("refuses@x", providers.BookingDeclined, day, time.Minute, providers.Inferred),
		booked("decided@x", providers.BookingDeclined, day, 61*time.Second, providers.Inferred),
		booked("taken@x", providers.BookingDeclined, day, time.Second, providers.Proven),
		booked("old@x", providers.BookingTentative, 91*day, time.Second, ""),
		booked("kept@x", providers.BookingTentative, 89*day, time.Second, ""),
		booked("unsent@x", providers.BookingQueued, day, 0, ""),
		series, adopted,
	}, noon)
	want := map[providers.Address]string{
		"silent@x":  "did not answer the last request made here, the last one 60 min ago",
		"mended@x":  "",
		"asks@x":    "somebody had to approve 1 of the last 2 requests made here, the last one 24 h ago",
		"person@x":  "somebody had to approve the last request made here, the last one 24 h ago",
		"refuses@x": "declined the last request made here although it was free, the last one 24 h ago, so a rule of it is unknown here",
		"kept@x":    "somebody had to approve the last request made here, the last one 88 d ago",
	}
	if len(habits) != len(want) {
		t.Errorf("habits: %v", habits)
	}
	for room, words := range want {
		_, reason, against := habits[room].Expect(soon(hour), noon)
		if reason.Words != words || against != (words != "") || against && reason.Proof != providers.Inferred {
			t.Errorf("%s: %q, %t, want %q", room, reason.Words, against, words)
		}
	}
}

// A limit that shows in the answers is told with the count of them, and of requests
// alone that are over it; one refusal is no limit, nor is one below what was taken.
func TestLearntLimits(t *testing.T) {
	answer := func(kind Kind, ago, length, ahead time.Duration) Answer {
		return Answer{Kind: kind, At: noon.Add(-ago), Length: length, Ahead: ahead}
	}
	long := Habit{
		answer(Refused, 2*day, 5*hour, day), answer(Answered, 3*day, 4*hour, day), answer(Refused, 4*day, 6*hour, day),
		answer(Silent, 5*day, 8*hour, day), answer(Refused, 6*day, 270*time.Minute, day),
	}
	far := Habit{answer(Answered, day, hour, 30*day), answer(Refused, 2*day, hour, 80*day), answer(Refused, 3*day, hour, 60*day)}
	once := Habit{answer(Refused, 2*day, 5*hour, day), answer(Answered, 3*day, hour, day)}
	mixed := Habit{answer(Refused, 2*day, 5*hour, day), answer(Refused, 3*day, 3*hour, day), answer(Asked, 4*day, 6*hour, 2*day)}
	both := Habit{answer(Answered, day, hour, 10*day), answer(Refused, 2*day, 5*hour, 80*day), answer(Refused, 3*day, 5*hour, 60*day)}
	near := Habit{answer(Refused, 2*day, hour, 20*hour), answer(Refused, 3*day, hour, 21*hour), answer(Answered, 4*day, hour, hour)}
	ahead := func(d, length time.Duration) providers.Interval {
		return providers.Interval{Start: noon.Add(d), End: noon.Add(d + length)}
	}
	for name, c := range map[string]struct {
		habit Habit
		span  providers.Interval
		kind  Kind
		words string
	}{
		"too long":        {long, soon(7 * hour), Refused, "3 of the last 4 requests for 4 h 30 min or longer were declined here although the room was free, the last one 2 d ago"},
		"just too long":   {long, soon(270 * time.Minute), Refused, "3 of the last 4 requests for 4 h 30 min or longer were declined here although the room was free, the last one 2 d ago"},
		"short enough":    {long, soon(4 * hour), Refused, ""},
		"too far ahead":   {far, ahead(70*day, hour), Refused, "2 of the last 2 requests made 60 d ahead or more were declined here although the room was free, the last one 2 d ago"},
		"near enough":     {far, ahead(50*day, hour), Answered, ""},
		"one cause":       {both, ahead(70*day, hour), Answered, ""},
		"today":           {near, ahead(23*hour, hour), Refused, "declined 2 of the last 3 requests made here although it was free, the last one 2 d ago, so a rule of it is unknown here"},
		"one is no limit": {once, soon(hour), Refused, "declined 1 of the last 2 requests made here although it was free, the last one 2 d ago, so a rule of it is unknown here"},
		"no limit at all": {mixed, soon(5 * hour), Refused, "declined 2 of the last 3 requests made here although it was free, the last one 2 d ago, so a rule of it is unknown here"},
	} {
		kind, reason, against := c.habit.Expect(c.span, noon)
		if kind != c.kind || reason.Words != c.words || against != (c.words != "") || against && reason.Proof != providers.Inferred {
			t.Errorf("%s: %s, %q, %t", name, kind, reason.Words, against)
		}
	}
}

// Ten answers count, the newest ones, in whatever order bookings are listed.
func TestLearnCountsTheNewestTen(t *testing.T) {
	var all []providers.Booking
	for n := range 12 {
		state, proof := providers.BookingDeclined, providers.Inferred
		if n >= 10 {
			state, proof = providers.BookingAccepted, ""
		}
		all = append([]providers.Booking{booked("a@x", state, time.Duration(n+1)*day, time.Second, proof)}, all...)
	}
	habit := Learn(all, noon)["a@x"]
	if _, reason, _ := habit.Expect(soon(hour), noon); reason.Words != "declined 10 of the last 10 requests made here although it was free, the last one 24 h ago, so a rule of it is unknown here" {
		t.Errorf("%d answers: %q", len(habit), reason.Words)
	}
}
