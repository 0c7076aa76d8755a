package doctor

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"roomdesk/providers"
)

// roomsVisible counts what the tenant lists as rooms.
func (e *examination) roomsVisible(context.Context) outcome {
	if len(e.rooms) == 0 {
		return failed(providers.Trouble{Doc: "13", Class: providers.Gone, What: "the tenant lists no room at all: it has none, all are hidden, or they are newer than a day", Where: atExchange,
			Change: "Get-Mailbox -RecipientTypeDetails RoomMailbox shows them; Set-Mailbox -HiddenFromAddressListsEnabled $false shows hidden ones"})
	}
	return passed(fmt.Sprintf("%d rooms are listed", len(e.rooms)))
}

// roomCalendars tries rooms one by one: the first so many, and those named.
func (e *examination) roomCalendars(ctx context.Context) outcome {
	rooms := e.candidates()
	results := make([]error, len(rooms))
	var group errgroup.Group
	group.SetLimit(6)
	for i, room := range rooms {
		group.Go(func() error {
			results[i] = e.Prober.CanRead(ctx, room)
			return nil
		})
	}
	_ = group.Wait() // results has them
	var troubles, waits []providers.Trouble
	good, closely, shut, there := 0, 0, 0, 0
	for i, room := range rooms {
		e.tried[room] = results[i]
		switch err := results[i]; {
		case err == nil:
			good++
		case refused(err) && e.person():
			// Free/busy is what a person has of most rooms, and it is asked next.
			shut++
			e.tried[room] = nil
		case refused(err):
			name := "room " + string(room)
			o := outcome{}
			if closely++; closely <= looks {
				o = e.outsidePolicy(ctx, room, name, err)
			} else {
				o = failed(fill(providers.Trouble{Mistake: 9, Doc: "9", Class: providers.NotAllowed, Mailbox: room, What: "an access policy or role scope leaves out " + name, Where: atExchange, Change: "add it there"}, err))
			}
			if o.waiting {
				waits = append(waits, *o.trouble)
			} else {
				troubles = append(troubles, *o.trouble)
			}
		case absent(err):
			t := e.roomWithoutMailbox(room, err)
			if e.elsewhere(ctx, room, &t) {
				there++
				continue
			}
			troubles = append(troubles, t)
		default:
			if o, ok := e.common(err); ok {
				return o
			}
			return unknown(err)
		}
	}
	if there > 0 && there == len(rooms) {
		return notRun("each room that was tried is reached through " + e.Beside.Name)
	}
	seen := fmt.Sprintf("%d of %d rooms that were tried answer", good, len(rooms)-there)
	if shut > 0 {
		seen = fmt.Sprintf("%d of %d rooms that were tried show their meetings, %d only when they are taken", good, len(rooms)-there, shut)
	}
	seen += e.reachedThere(there)
	if len(troubles) == 0 && len(waits) == 0 {
		return passed(seen)
	}
	all := followsLast(append(troubles, waits...))
	for i := range all {
		all[i].Partly = all[i].Partly || good > 0
	}
	first := failed(all[0])
	first.waiting = len(troubles) == 0
	return first.and(all[1:]).with(seen)
}

// roomWithoutMailbox is a room that places list and Graph has no calendar of.
func (e *examination) roomWithoutMailbox(room providers.Address, err error) providers.Trouble {
	if e.Beside != nil {
		return fill(providers.Trouble{Mistake: 11, Doc: "11", Class: providers.NoMailbox, Mailbox: room,
			What:  "room " + string(room) + " is listed and has no mailbox in the cloud",
			Where: "Exchange admin center > Migration", Change: "move the room's mailbox to the cloud, or put it where the other connection reaches it"}, err)
	}
	return fill(providers.Trouble{Mistake: 11, Doc: "11", Class: providers.NoMailbox, Mailbox: room,
		What:  "room " + string(room) + " is listed and has no mailbox in the cloud: it is on premises",
		Where: "Exchange admin center > Migration", Change: "move the room's mailbox to the cloud, or leave the room to an Exchange connection"}, err)
}

func (e *examination) listed(mailbox providers.Address) bool {
	return slices.ContainsFunc(e.rooms, func(r providers.Room) bool { return r.Mailbox == mailbox })
}

// named looks closely at the mailboxes that somebody asked about.
func (e *examination) named(ctx context.Context) outcome {
	if len(e.Mailboxes) == 0 {
		return notRun("no mailbox is named (--mailbox)")
	}
	var troubles []providers.Trouble
	wait, there := true, 0
	for _, mailbox := range e.Mailboxes {
		if e.listed(mailbox) && e.states["room calendars"] != providers.RungNotRun {
			continue // read and told there
		}
		o := outcome{}
		switch err := e.read(ctx, mailbox); {
		case err == nil:
			o = e.hidden(ctx, mailbox)
		case absent(err) && e.listed(mailbox):
			t := e.roomWithoutMailbox(mailbox, err)
			if e.elsewhere(ctx, mailbox, &t) {
				there++
				continue
			}
			o = failed(t)
		default:
			if o = e.mailbox(ctx, mailbox, "mailbox", err); o.skipped != "" {
				there++
			}
		}
		if o.trouble == nil {
			continue
		}
		wait = wait && o.waiting
		o.trouble.Partly = true
		troubles = followsLast(append(troubles, *o.trouble))
	}
	switch {
	case len(troubles) > 0:
	case there == len(e.Mailboxes):
		return notRun("reached through " + e.Beside.Name)
	default:
		return passed(fmt.Sprintf("%d looked at", len(e.Mailboxes)-there))
	}
	o := failed(troubles[0]).and(troubles[1:])
	o.waiting = wait
	return o
}

// hidden decides about a mailbox that can be read and is no listed room: a person,
// or a room that is not shown.
func (e *examination) hidden(ctx context.Context, mailbox providers.Address) outcome {
	if e.listed(mailbox) || e.states["places"] != providers.RungPassed {
		return passed("")
	}
	account, err := e.Prober.Account(ctx, mailbox)
	if err == nil && account.Exchange {
		return passed("") // who has a licence for a mailbox is a person
	}
	t := providers.Trouble{Mistake: 13, Doc: "13", Class: providers.Gone, Mailbox: mailbox,
		What: "the mailbox " + string(mailbox) + " can be read and is not among the rooms: it is hidden from address lists", Or: "it is newer than a day, or no room",
		Where: atExchange, Change: "Set-Mailbox " + string(mailbox) + " -HiddenFromAddressListsEnabled $false, then wait up to 24 hours"}
	return failed(t)
}

// availability asks for free/busy of rooms on behalf of the organiser.
func (e *examination) availability(ctx context.Context) outcome {
	mailboxes := []providers.Address{e.organizer}
	for _, room := range e.rooms {
		if err, tried := e.tried[room.Mailbox]; tried && err == nil && len(mailboxes) < 20 {
			mailboxes = append(mailboxes, room.Mailbox)
		}
	}
	start := e.Now().UTC().Truncate(time.Hour)
	answers, err := e.desk().Schedules(ctx, mailboxes, providers.Interval{Start: start, End: start.Add(24 * time.Hour)})
	if err != nil {
		if o, ok := e.common(err); ok {
			return o
		}
		return unknown(err)
	}
	for _, a := range answers {
		if a.Problem == nil {
			continue
		}
		return failed(providers.Trouble{Doc: "unknown", Unknown: true, Partly: true, Class: a.Problem.Class, Code: a.Problem.Code, Raw: a.Problem.Message, RequestID: a.Problem.RequestID, Mailbox: a.Mailbox,
			What: "not known here, as it came: the calendar of " + string(a.Mailbox) + " can be read and its free/busy cannot: " + providers.Sanitise(a.Problem.What())})
	}
	return passed(fmt.Sprintf("free/busy of %d mailboxes", len(answers)))
}
