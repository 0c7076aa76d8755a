package exchange

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Limits of GetUserAvailability.
const (
	maxIdentities     = 100
	maxWindowDays     = 42
	maxBusyEntries    = 1000
	defaultInterval   = 30
	shortestInterval  = 5
	longestInterval   = 1440
	addressesPerGroup = 100
)

// viewTypes in order of how much they tell.
var viewTypes = []string{"None", "MergedOnly", "FreeBusy", "FreeBusyMerged", "Detailed", "DetailedMerged"}

// freeBusyRequest is what a request asks for.
type freeBusyRequest struct {
	zone     biasZone
	from, to time.Time
	interval time.Duration
	view     string
}

// getUserAvailability answers free/busy of many mailboxes, in their order. What is
// wrong with one of them stands in its place; the others are answered.
func (c *Call) getUserAvailability(w *writer) *Error {
	r, err := c.readFreeBusy()
	if err != nil {
		return err
	}
	if c.body.child("t:SuggestionsViewOptions") != nil {
		return notModelled("suggestions of meeting times")
	}
	var addresses []string
	identities := 0
	for _, data := range c.body.child("m:MailboxDataArray").kids() {
		address := data.find("t:Email", "t:Address").value()
		addresses = append(addresses, address)
		identities++
		if members, ok := c.s.model.Members(address); ok {
			identities += len(members)
		}
	}
	if len(addresses) == 0 || identities > maxIdentities {
		return fail("ErrorIndividualMailboxLimitReached")
	}
	w.start("m:GetUserAvailabilityResponse")
	w.start("m:FreeBusyResponseArray")
	for _, address := range addresses {
		c.oneFreeBusy(w, r, address)
	}
	w.end()
	w.end()
	return nil
}

func (c *Call) readFreeBusy() (r freeBusyRequest, err *Error) {
	options := c.body.child("t:FreeBusyViewOptions")
	if options == nil {
		return r, Refuse("ErrorInvalidRequest", "FreeBusyViewOptions is missing.") // nothing was asked for
	}
	switch named := c.body.child("t:TimeZone"); {
	case named != nil:
		if r.zone, err = readBiasZone(named); err != nil {
			return r, err
		}
	case c.context != nil:
		r.zone = biasOf(c.context.Location, c.s.model.Now().Year())
	default:
		return r, fail("ErrorTimeZone")
	}
	window := options.child("t:TimeWindow")
	for _, side := range []struct {
		name string
		into *time.Time
	}{{"t:StartTime", &r.from}, {"t:EndTime", &r.to}} {
		at, absolute, parseErr := parseDateTime(window.child(side.name).value())
		if parseErr != nil {
			return r, fail("ErrorInvalidTimeInterval")
		}
		if !absolute {
			at = r.zone.instant(at)
		}
		*side.into = at
	}
	minutes := number(options.child("t:MergedFreeBusyIntervalInMinutes").value(), defaultInterval)
	r.interval = time.Duration(minutes) * time.Minute
	if r.view = options.child("t:RequestedView").value(); r.view == "" {
		r.view = "FreeBusy"
	}
	switch span := r.to.Sub(r.from); {
	case span <= 0:
		return r, fail("ErrorInvalidTimeInterval")
	case span > maxWindowDays*24*time.Hour:
		return r, fail("ErrorTimeIntervalTooBig")
	case minutes < shortestInterval || minutes > longestInterval || r.interval > span:
		return r, fail("ErrorInvalidMergedFreeBusyInterval")
	}
	for kind := range strings.FieldsSeq(r.view) { // the type is a list
		if kind == "None" {
			return r, fail("ErrorInvalidFreeBusyViewType")
		}
	}
	return r, nil
}

func (c *Call) oneFreeBusy(w *writer, r freeBusyRequest, address string) {
	w.start("m:FreeBusyResponse")
	defer w.end()
	var busy FreeBusy
	kind := "MergedOnly"
	var role Role
	members, group := c.s.model.Members(address)
	var err *Error
	if group {
		busy, err = c.groupBusy(r, members)
	} else {
		busy, role, err = c.mailboxBusy(r, address)
		kind = r.granted(role)
	}
	if err == nil && len(busy.Items) > maxBusyEntries {
		err = fail("ErrorResultSetTooBig")
	}
	w.start("m:ResponseMessage", "ResponseClass", class(err))
	c.outcome(w, err)
	w.end()
	w.start("m:FreeBusyView")
	defer w.end()
	if err != nil {
		w.leaf("t:FreeBusyViewType", "None")
		return
	}
	w.leaf("t:FreeBusyViewType", kind)
	if strings.HasSuffix(kind, "Merged") || kind == "MergedOnly" {
		w.leaf("t:MergedFreeBusy", merged(busy.Items, r.from, r.to, r.interval))
	}
	if kind == "MergedOnly" {
		return
	}
	w.start("t:CalendarEventArray")
	for _, i := range busy.Items {
		w.busyEvent(r, i, strings.HasPrefix(kind, "Detailed"))
	}
	w.end()
	w.workingHours(busy.Hours, c.s.model.Now().Year())
}

// granted is the view that a role gets of what was asked for.
func (r freeBusyRequest) granted(role Role) string {
	asked := 0
	for i, name := range viewTypes {
		if name == r.view {
			asked = i
		}
	}
	most := 5
	if role < FreeBusyDetails {
		most = 3
	}
	if asked > most {
		if asked == 4 { // Detailed has no merged string
			return viewTypes[2]
		}
		return viewTypes[most]
	}
	return viewTypes[asked]
}

// mailboxBusy is one mailbox's time, or what is wrong with its address.
func (c *Call) mailboxBusy(r freeBusyRequest, address string) (FreeBusy, Role, *Error) {
	p, ok := c.s.model.Find(address)
	if !ok || !strings.Contains(address, "@") {
		_, domain, _ := strings.Cut(address, "@")
		_, own, _ := strings.Cut(c.s.account.Address, "@")
		if domain != "" && !strings.EqualFold(domain, own) {
			return FreeBusy{}, None, fail("ErrorProxyRequestNotAllowed")
		}
		return FreeBusy{}, None, fail("ErrorMailRecipientNotFound")
	}
	role := c.role(p)
	if p.OnPremises != c.settings.OnPremises {
		// The other half of a hybrid organisation, where it is federated.
		if !c.s.model.Federated() {
			return FreeBusy{}, None, fail("ErrorProxyRequestNotAllowed")
		}
		role = min(role, FreeBusyTime)
	} else if err := c.reachable(p); err != nil {
		if err.Code == "ErrorNonExistentMailbox" {
			err = fail("ErrorMailRecipientNotFound")
		}
		return FreeBusy{}, None, err
	}
	if role == None {
		return FreeBusy{}, None, fail("ErrorNoFreeBusyAccess")
	}
	if c.who.app != "" && c.who.person.Address == "" && !c.s.model.Allowed(c.who.app, p.Address) {
		return FreeBusy{}, None, fail("ErrorNoFreeBusyAccess")
	}
	busy, err := c.s.model.Busy(p.Address, r.from, r.to, role)
	if err != nil {
		return busy, role, asError(err)
	}
	return busy, role, nil
}

// groupBusy is the time of a list's members together.
func (c *Call) groupBusy(r freeBusyRequest, members []string) (all FreeBusy, err *Error) {
	if len(members) > addressesPerGroup {
		return all, fail("ErrorFreeBusyDLLimitReached")
	}
	for _, address := range members {
		busy, _, err := c.mailboxBusy(r, address)
		if err == nil {
			all.Items = append(all.Items, busy.Items...)
		}
	}
	return all, nil
}

// digits of the merged view; the highest wins a slot.
var digits = map[string]byte{"Free": '0', "Tentative": '1', "Busy": '2', "OOF": '3', "WorkingElsewhere": '4', "NoData": '4'}

// merged is one digit for each slot.
func merged(items []Item, from, to time.Time, interval time.Duration) string {
	view := make([]byte, (to.Sub(from)+interval-1)/interval)
	for n := range view {
		view[n] = '0'
	}
	for _, i := range items {
		first := max(i.Start.Sub(from), 0) / interval
		for n := int(first); n < len(view) && from.Add(time.Duration(n)*interval).Before(i.End); n++ {
			view[n] = max(view[n], digits[i.Show])
		}
	}
	return string(view)
}

func (w *writer) busyEvent(r freeBusyRequest, i Item, details bool) {
	const wall = "2006-01-02T15:04:05"
	w.start("t:CalendarEvent")
	w.leaf("t:StartTime", r.zone.wall(i.Start).Format(wall))
	w.leaf("t:EndTime", r.zone.wall(i.End).Format(wall))
	w.leaf("t:BusyType", i.Show)
	if details {
		w.start("t:CalendarEventDetails")
		w.leaf("t:ID", i.GlobalID)
		if !i.Private {
			w.leaf("t:Subject", i.Subject)
			w.leaf("t:Location", locationText(i.Locations))
		}
		w.flag("t:IsMeeting", i.Meeting)
		w.flag("t:IsRecurring", i.Recurring)
		w.flag("t:IsException", i.Type == "Exception")
		w.flag("t:IsReminderSet", i.ReminderSet)
		w.flag("t:IsPrivate", i.Private)
		w.end()
	}
	w.end()
}

// locationText is the one line that Exchange has for all places of a meeting.
func locationText(list []Location) string {
	var out []string
	for _, l := range list {
		if l.Name != "" {
			out = append(out, l.Name)
		}
	}
	return strings.Join(out, "; ")
}

func (w *writer) workingHours(h WorkingHours, year int) {
	if h.Zone.Location == nil {
		return
	}
	w.start("t:WorkingHours")
	w.biasZone(biasOf(h.Zone.Location, year))
	w.start("t:WorkingPeriodArray")
	w.start("t:WorkingPeriod")
	var days []string
	for _, d := range h.Days {
		days = append(days, d.String())
	}
	w.leaf("t:DayOfWeek", strings.Join(days, " "))
	w.leaf("t:StartTimeInMinutes", fmt.Sprint(h.Start))
	w.leaf("t:EndTimeInMinutes", fmt.Sprint(h.End))
	w.end()
	w.end()
	w.end()
}

// asError makes a response of what a model says is wrong.
func asError(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		if e.Message == "" {
			return fail(e.Code)
		}
		return e
	}
	return &Error{Code: "ErrorInternalServerError", Message: err.Error()}
}
