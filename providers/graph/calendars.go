package graph

import (
	"context"
	"slices"

	"roomdesk/providers"
)

const readPermission = "Calendars.Read or Calendars.ReadWrite"

// WireCalendar is a calendar as Graph sends it.
type WireCalendar struct {
	ID        string       `json:"id"`
	Name      string       `json:"name"`
	Default   bool         `json:"isDefaultCalendar"`
	CanEdit   *bool        `json:"canEdit"`
	Owner     *WireAddress `json:"owner"`
	Providers []string     `json:"allowedOnlineMeetingProviders"`
}

// TeamsForBusiness is how the service names Teams among the providers of online
// meetings.
const TeamsForBusiness = "teamsForBusiness"

// Calendar turns it into the calendar of a mailbox.
func (w *WireCalendar) Calendar(mailbox providers.Address) providers.Calendar {
	c := providers.Calendar{
		Mailbox: mailbox, ID: w.ID, Name: providers.Outside(w.Name), Default: w.Default,
		ReadOnly:               w.CanEdit != nil && !*w.CanEdit,
		IntegratedConferencing: slices.Contains(w.Providers, TeamsForBusiness),
	}
	if w.Owner != nil {
		c.OwnerName = providers.Outside(w.Owner.Name)
		c.Owner, _ = providers.ParseAddress(w.Owner.Address)
	}
	return c
}

// Calendars lists the calendars of a mailbox.
func (p *Provider) Calendars(ctx context.Context, mailbox providers.Address) ([]providers.Calendar, error) {
	const op = "reading the calendars"
	if mailbox == "" {
		return nil, missing(op, "", "mailbox")
	}
	if p.objects != nil {
		ctx = withHints(ctx, hints{op: op, permission: readPermission, repeat: repeatAlways})
		return guarded(op, mailbox, func() ([]providers.Calendar, error) { return p.objects.Calendars(ctx, mailbox) })
	}
	var all []providers.Calendar
	c := call{op: op, mailbox: mailbox, permission: readPermission, header: prefer(0),
		url: p.roots.url("$top="+itoa(placesPage), "users", string(mailbox), "calendars")}
	links := newLoop()
	for {
		calendars, a, err := getPage(ctx, p.engine, c, func(w *WireCalendar) (providers.Calendar, bool) {
			return w.Calendar(mailbox), w.ID != ""
		})
		if err != nil {
			return nil, err
		}
		all = append(all, calendars...)
		if a.next == "" {
			return all, nil
		}
		if err := p.roots.checkLink(a.next, mailbox); err != nil {
			return nil, err
		}
		if !links.add(a.next) {
			return nil, circle(op, mailbox)
		}
		c.url = a.next
	}
}

// circle is the failure of paging that never ends.
func circle(op string, mailbox providers.Address) *providers.Error {
	return &providers.Error{Class: providers.Foreign, Op: op, Mailbox: mailbox,
		Message: providers.Outside("the service's pages go in a circle")}
}
