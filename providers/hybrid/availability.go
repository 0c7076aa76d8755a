package hybrid

import (
	"context"

	"roomdesk/providers"
)

// Availability asks each part for the mailboxes that live there, side by side. Where a
// part does not answer at all, its mailboxes have that problem and the others their
// answer; the error is for where nobody answered.
func (h *Organisation) Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error) {
	out := make([]providers.Availability, len(mailboxes))
	var of [2][]int // numbers of the mailboxes that are asked of each part
	for i, mailbox := range mailboxes {
		home := h.at(mailbox)
		of[home] = append(of[home], i)
	}
	if err := h.ask(ctx, mailboxes, of, window, out); err != nil {
		return nil, err
	}
	// What its home denies may be with the other part.
	var again [2][]int
	for home, numbers := range of {
		for _, i := range numbers {
			if denies(out[i].Problem) && !h.settled(mailboxes[i]) {
				again[1-home] = append(again[1-home], i)
			}
		}
	}
	if len(again[0])+len(again[1]) == 0 {
		return out, nil
	}
	second := make([]providers.Availability, len(mailboxes))
	if err := h.ask(ctx, mailboxes, again, window, second); err != nil {
		if providers.Is(err, providers.Cancelled) {
			return nil, err
		}
		for _, numbers := range again { // what is known so far stands
			for _, i := range numbers {
				second[i] = h.unknown(mailboxes[i], window, err)
			}
		}
	}
	for part, numbers := range again {
		var learnt []providers.Address
		for _, i := range numbers {
			switch {
			case second[i].Known():
				out[i] = second[i]
				learnt = append(learnt, mailboxes[i])
			case denies(second[i].Problem):
				h.denied(mailboxes[i])
				told := *out[i].Problem
				told.Advice = neither
				out[i].Problem = &told
			default: // it may be there, and will be asked again
				out[i] = second[i]
			}
		}
		if len(learnt) > 0 {
			h.learn(part, learnt...)
		}
	}
	return out, nil
}

// ask fills in what each part says of the mailboxes of its numbers. The error is for
// where no part that was asked answered.
func (h *Organisation) ask(ctx context.Context, mailboxes []providers.Address, of [2][]int, window providers.Interval, out []providers.Availability) error {
	answers, errs := both(ctx, h, func(ctx context.Context, part int) ([]providers.Availability, error) {
		numbers := of[part]
		if len(numbers) == 0 {
			return nil, nil
		}
		wanted := make([]providers.Address, len(numbers))
		for k, i := range numbers {
			wanted[k] = mailboxes[i]
		}
		found, err := h.parts[part].Provider.Availability(ctx, wanted, window)
		if err == nil && len(found) != len(wanted) {
			err = &providers.Error{Class: providers.Foreign, Op: "reading free/busy", Message: providers.Outside("the answer has not one part for each mailbox")}
		}
		return found, err
	})
	asked, failed := 0, 0
	var first error
	for part, numbers := range of {
		if len(numbers) == 0 {
			continue
		}
		asked++
		if errs[part] != nil {
			failed++
			if first == nil || providers.Is(errs[part], providers.Cancelled) {
				first = errs[part]
			}
		}
		for k, i := range numbers {
			if errs[part] != nil {
				out[i] = h.unknown(mailboxes[i], window, errs[part])
			} else {
				out[i] = answers[part][k]
			}
		}
	}
	if failed > 0 && (failed == asked || ctx.Err() != nil) {
		return first
	}
	return nil
}

// unknown is a mailbox whose part does not answer.
func (h *Organisation) unknown(mailbox providers.Address, window providers.Interval, err error) providers.Availability {
	return providers.Availability{Mailbox: mailbox, Window: window, Problem: providers.ProblemOf(err, h.now())}
}

// denies reports whether a part says that a mailbox is not with it: it has none at that
// address, or its free/busy would have to be asked of another organisation.
func denies(p *providers.Problem) bool {
	return p != nil && (p.Class == providers.NoMailbox || p.Code == "ErrorProxyRequestNotAllowed")
}
