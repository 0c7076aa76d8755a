package simulator

import "time"

// releasingRoom gives a meeting's time back when nobody checked in: Exchange's
// EnableAutoRelease with PostReservationMaxClaimTimeInMinutes.
type releasingRoom struct {
	room  *mailbox
	after time.Duration
}

// SetAutoRelease makes a room give up meetings to which nobody checked in so long
// after their start; 0 switches that off. The organiser sees that the room
// declined.
func (t *Tenant) SetAutoRelease(address string, after time.Duration) error {
	m, err := t.roomOf(address)
	if err != nil {
		return err
	}
	t.ensure(m)
	t.mu.Lock()
	defer t.mu.Unlock()
	var rest []releasingRoom
	for _, r := range t.releasing {
		if r.room != m {
			rest = append(rest, r)
		}
	}
	if after > 0 {
		rest = append(rest, releasingRoom{m, after})
	}
	t.releasing = rest
	return nil
}

// release lets rooms give up what nobody came to. The lock is held; a room's
// organisers are in its own community, whose calendars are made.
func (t *Tenant) release(now int64) {
	for _, r := range t.releasing {
		for _, i := range r.room.view(now-86400, now+1) {
			if i.start+int64(r.after/time.Second) > now || i.end <= now || i.e.has(isOrganizerFlag|allDayFlag) || i.e.has(cancelledFlag) ||
				i.e.organizer.box == nil || t.checkedIn(r.room, i.e.uid, i.date) {
				continue
			}
			t.giveUp(r.room, i, now)
		}
	}
}

// giveUp declines a meeting, or one date of a series, and takes it out of the
// room's calendar.
func (t *Tenant) giveUp(room *mailbox, i instance, now int64) {
	host := i.e.organizer.box
	meeting := host.byUID(i.e.uid)
	if i.date == 0 {
		if meeting != nil {
			if at := meeting.attendeeIndex(room); at >= 0 {
				answered := meeting.clone()
				answered.attendees = withAnswer(meeting.attendees, at, respondedDeclined, now)
				host.put(answered, true)
			}
		}
		room.remove(i.e)
		return
	}
	if meeting != nil {
		if on, ok := meeting.dated(i.date); ok {
			t.answerOnDate(host, on, room, respondedDeclined, now, nil)
		}
	}
	room.put(i.stored().withoutDate(i.date), false)
}
