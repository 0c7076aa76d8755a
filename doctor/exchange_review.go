package doctor

import (
	"context"
	"slices"

	"roomdesk/providers"
)

// Rights that a service account needs at an Exchange server.
const (
	RightOwnMailbox    = "mailbox of its own"
	RightRoomLists     = "room lists"
	RightImpersonation = "ApplicationImpersonation"
)

// ExchangeNeeds are the rights that some features need at an Exchange server.
func ExchangeNeeds(features []string) []string {
	var out []string
	if slices.Contains(features, "rooms") {
		out = append(out, RightOwnMailbox, RightRoomLists)
	}
	if slices.Contains(features, "calendars") || slices.Contains(features, "booking") {
		out = append(out, RightImpersonation)
	}
	return out
}

// ExchangeReview looks at each right by the cheapest call that shows it. What an
// administrator granted cannot be read over Exchange Web Services.
func ExchangeReview(ctx context.Context, p ExchangeReader, password bool, samples []providers.Address, features []string) ([]Review, error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	if _, err := p.SignIn(ctx); err != nil {
		return nil, err
	}
	wanted := func(right string, names ...string) []string {
		var out []string
		for _, name := range names {
			if slices.Contains(features, name) && slices.Contains(ExchangeNeeds([]string{name}), right) {
				out = append(out, name)
			}
		}
		return out
	}
	own := Review{Permission: RightOwnMailbox, For: wanted(RightOwnMailbox, "rooms"), Proven: "works"}
	if password {
		if err := p.OwnMailbox(ctx); err != nil {
			own.Proven = "refused"
			if !refused(err) && !absent(err) {
				return nil, err
			}
		}
	}
	lists := Review{Permission: RightRoomLists, For: wanted(RightRoomLists, "rooms"), Proven: "works"}
	switch n, err := p.RoomLists(ctx); {
	case err != nil && !refused(err):
		return nil, err
	case err != nil || n == 0:
		lists.Proven = "refused"
	}
	act := Review{Permission: RightImpersonation, For: wanted(RightImpersonation, "calendars", "booking")}
	for _, mailbox := range samples {
		_, err := p.AsOwner(ctx, mailbox)
		switch {
		case err == nil:
			act.Proven = "works"
		case refused(err) && act.Proven == "":
			act.Proven = "refused"
		case !refused(err) && !absent(err):
			return nil, err
		}
	}
	return []Review{own, lists, act}, nil
}

// ProveScope asks live, at mailboxes inside and outside of a management scope.
func ProveScope(ctx context.Context, p interface {
	CanRead(ctx context.Context, mailbox providers.Address) error
}, inside, outside []providers.Address) (Limit, error) {
	var l Limit
	if err := l.try(providers.WithPriority(ctx, providers.Interactive), p, inside, outside); err != nil {
		return l, err
	}
	have := func(result string) bool {
		return slices.ContainsFunc(l.Checks, func(c LimitCheck) bool { return c.Result == result })
	}
	switch {
	case have("changing"):
		l.Kind, l.Why, l.Again = LimitScope, "a mailbox is refused at one moment and open at the next", "a change of the scope is spreading between the servers"
	case have("refused") && have("open"):
		l.Kind, l.Why = LimitScope, "some mailboxes open and others are refused"
	case have("open"):
		l.Kind, l.Why = LimitNone, "whoever was asked answers"
	default:
		l.Kind, l.Why = LimitUnknown, "no mailbox answered"
	}
	return l, nil
}

// LimitScope is a limit by a management scope of Exchange on premises.
const LimitScope = "management scope"
