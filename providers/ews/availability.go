package ews

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/zones"
)

// Sizes of one question, well below what Exchange refuses: 100 mailboxes, 42 days, 1000
// entries.
const (
	availabilityMailboxes = 50
	availabilityDays      = 28
	mergedMinutes         = 15
)

// Availability reads free/busy as the service account sees it. A mailbox that fails has
// its problem; the others stand.
func (p *Provider) Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error) {
	out := make([]providers.Availability, 0, len(mailboxes))
	for part := range slices.Chunk(mailboxes, availabilityMailboxes) {
		found, err := p.availability(ctx, part, window)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// availability reads a chunk of mailboxes over the whole window.
func (p *Provider) availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error) {
	out := make([]providers.Availability, len(mailboxes))
	for i, mailbox := range mailboxes {
		out[i] = providers.Availability{Mailbox: mailbox, Window: window}
	}
	// Exchange refuses windows of less than a day: whole days are asked for, and what lies
	// outside is left out.
	first := window.Start.UTC().Truncate(24 * time.Hour)
	last := window.End.UTC().Add(24*time.Hour - 1).Truncate(24 * time.Hour)
	for start := first; start.Before(last); start = start.AddDate(0, 0, availabilityDays) {
		end := start.AddDate(0, 0, availabilityDays)
		if end.After(last) {
			end = last
		}
		if err := p.freeBusy(ctx, mailboxes, providers.Interval{Start: start, End: end}, out); err != nil {
			return nil, err
		}
	}
	now := p.now()
	for i := range out {
		a := &out[i]
		a.Blocks = slices.DeleteFunc(a.Blocks, func(b providers.Block) bool { return !b.Overlaps(window) })
		slices.SortStableFunc(a.Blocks, func(x, y providers.Block) int {
			return cmp.Or(x.Start.Compare(y.Start), x.End.Compare(y.End), strings.Compare(x.Subject.Raw(), y.Subject.Raw()))
		})
		a.Blocks = slices.Compact(a.Blocks) // what spans two windows came twice
		if a.Problem == nil {
			a.AsOf = now
		} else {
			a.Blocks = nil
		}
	}
	return out, nil
}

// freeBusy adds what one question tells to out. Answers come in the order of the
// question, without addresses.
func (p *Provider) freeBusy(ctx context.Context, mailboxes []providers.Address, window providers.Interval, out []providers.Availability) error {
	c := call{op: "reading free/busy", operation: "GetUserAvailability", want: []string{"FreeBusyResponse"}, each: true,
		body: func(w *writer, _ manner) { w.availability(mailboxes, window) }}
	parts, err := p.engine.do(ctx, c)
	var refused *providers.Error
	if errors.As(err, &refused) && tooMuch(refused.Code) {
		return p.split(ctx, mailboxes, window, out, err)
	}
	if err != nil {
		return err
	}
	if len(parts) != len(mailboxes) {
		return c.failed(&providers.Error{Class: providers.Foreign, Status: 200, Message: providers.Outside("the answer has not one part for each mailbox")})
	}
	for i, part := range parts {
		failure := messageError(part.at("ResponseMessage"))
		if failure != nil && tooMuch(failure.Code) {
			if err := p.split(ctx, mailboxes[i:i+1], window, out[i:i+1], failure); err != nil {
				failure = asError(err)
			} else {
				continue
			}
		}
		if failure != nil {
			failure.Op, failure.Mailbox = c.op, mailboxes[i]
			out[i].Problem = providers.ProblemOf(failure, p.now())
			continue
		}
		blocks, ok := blocksOf(part.at("FreeBusyView"), window)
		if !ok {
			out[i].Problem = &providers.Problem{Class: providers.NotAllowed, Since: p.now(), Advice: advise("ErrorNoFreeBusyAccess")}
			continue
		}
		out[i].Blocks = append(out[i].Blocks, blocks...)
	}
	return nil
}

func asError(err error) *providers.Error {
	var e *providers.Error
	if errors.As(err, &e) {
		return e
	}
	return &providers.Error{Class: providers.ClassOf(err), Err: err}
}

// tooMuch reports refusals of a question's size.
func tooMuch(code string) bool {
	switch code {
	case "ErrorResultSetTooBig", "ErrorTimeIntervalTooBig", "ErrorIndividualMailboxLimitReached":
		return true
	}
	return false
}

// split asks in two parts: fewer mailboxes, then fewer days.
func (p *Provider) split(ctx context.Context, mailboxes []providers.Address, window providers.Interval, out []providers.Availability, why error) error {
	if n := len(mailboxes) / 2; n > 0 {
		if err := p.freeBusy(ctx, mailboxes[:n], window, out[:n]); err != nil {
			return err
		}
		return p.freeBusy(ctx, mailboxes[n:], window, out[n:])
	}
	days := int(window.Duration().Hours() / 24)
	if days < 2 {
		return why
	}
	middle := window.Start.AddDate(0, 0, days/2)
	if err := p.freeBusy(ctx, mailboxes, providers.Interval{Start: window.Start, End: middle}, out); err != nil {
		return err
	}
	return p.freeBusy(ctx, mailboxes, providers.Interval{Start: middle, End: window.End}, out)
}

// availability writes the question. The zone is UTC throughout: Exchange answers in the
// zone of the question, without saying so.
func (w *writer) availability(mailboxes []providers.Address, window providers.Interval) {
	w.open("m:GetUserAvailabilityRequest")
	w.open("t:TimeZone")
	w.text("t:Bias", "0")
	w.changeOfClocks("t:StandardTime", "10")
	w.changeOfClocks("t:DaylightTime", "3")
	w.close("t:TimeZone")
	w.open("m:MailboxDataArray")
	for _, mailbox := range mailboxes {
		w.open("t:MailboxData")
		w.open("t:Email")
		w.text("t:Address", string(mailbox))
		w.close("t:Email")
		w.text("t:AttendeeType", "Required")
		w.text("t:ExcludeConflicts", "false")
		w.close("t:MailboxData")
	}
	w.close("m:MailboxDataArray")
	w.open("t:FreeBusyViewOptions")
	w.open("t:TimeWindow")
	w.text("t:StartTime", window.Start.UTC().Format(zones.LocalTime))
	w.text("t:EndTime", window.End.UTC().Format(zones.LocalTime))
	w.close("t:TimeWindow")
	w.text("t:MergedFreeBusyIntervalInMinutes", strconv.Itoa(mergedMinutes))
	w.text("t:RequestedView", "DetailedMerged")
	w.close("t:FreeBusyViewOptions")
	w.close("m:GetUserAvailabilityRequest")
}

// changeOfClocks writes a change by nothing.
func (w *writer) changeOfClocks(name, month string) {
	w.open(name)
	w.text("t:Bias", "0")
	w.text("t:Time", "02:00:00")
	w.text("t:DayOrder", "1")
	w.text("t:Month", month)
	w.text("t:DayOfWeek", "Sunday")
	w.close(name)
}

// blocksOf reads a view; false where it tells nothing. What kind of view it is says how
// much the account may see.
func blocksOf(view *node, window providers.Interval) ([]providers.Block, bool) {
	kind := view.value("FreeBusyViewType")
	if kind == "" || kind == "None" {
		return nil, false
	}
	if kind == "MergedOnly" {
		return merged(view.value("MergedFreeBusy"), window), true
	}
	var out []providers.Block
	for _, n := range view.at("CalendarEventArray").all("CalendarEvent") {
		block := providers.Block{Interval: providers.Interval{Start: n.instant("StartTime"), End: n.instant("EndTime")}, State: state(n.value("BusyType"))}
		if details := n.at("CalendarEventDetails"); details != nil {
			block.Private = details.truth("IsPrivate")
			if !block.Private {
				block.Subject = providers.Outside(details.value("Subject"))
			}
		}
		if block.State != providers.Free && block.Start.Before(block.End) {
			out = append(out, block)
		}
	}
	return out, true
}

func state(busy string) providers.FreeBusy {
	switch busy {
	case "Free":
		return providers.Free
	case "Tentative":
		return providers.Tentative
	case "Busy":
		return providers.Busy
	case "OOF":
		return providers.OutOfOffice
	case "WorkingElsewhere":
		return providers.WorkingElsewhere
	}
	return providers.Unknown
}

// merged reads one digit for each quarter of an hour; 4 and anything that is not known
// is unknown, never free.
func merged(digits string, window providers.Interval) []providers.Block {
	var out []providers.Block
	for i, digit := range digits {
		s := providers.Unknown
		switch digit {
		case '0':
			continue
		case '1':
			s = providers.Tentative
		case '2':
			s = providers.Busy
		case '3':
			s = providers.OutOfOffice
		}
		start := window.Start.Add(time.Duration(i*mergedMinutes) * time.Minute)
		end := start.Add(mergedMinutes * time.Minute)
		if n := len(out); n > 0 && out[n-1].State == s && out[n-1].End.Equal(start) {
			out[n-1].End = end
			continue
		}
		out = append(out, providers.Block{Interval: providers.Interval{Start: start, End: end}, State: s})
	}
	return out
}
