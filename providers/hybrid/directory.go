package hybrid

import (
	"context"
	"slices"
	"time"

	"roomdesk/providers"
)

// pageSize is how many entries of a merged list come at once.
const pageSize = 200

// list is what one part lists.
type list[T any] struct {
	items   []T
	listing providers.Listing
}

// Rooms lists the rooms of both parts as one list: each once, with the provider of its
// home. Where a part fails the list is that of the other, incomplete, and says so.
func (h *Organisation) Rooms(ctx context.Context, page func([]providers.Room) error) (providers.Listing, error) {
	return merged(ctx, h, page, lister[providers.Room]{
		what: "rooms",
		read: func(ctx context.Context, p Part, page func([]providers.Room) error) (providers.Listing, error) {
			return p.Provider.Rooms(ctx, page)
		},
		mailbox: func(r providers.Room) providers.Address { return r.Mailbox },
		join:    joinRoom,
		home:    func(r *providers.Room, provider string) { r.Provider = provider },
		settle:  true,
	})
}

// People lists the people of both parts as one list.
func (h *Organisation) People(ctx context.Context, page func([]providers.Person) error) (providers.Listing, error) {
	return merged(ctx, h, page, lister[providers.Person]{
		what: "people",
		read: func(ctx context.Context, p Part, page func([]providers.Person) error) (providers.Listing, error) {
			return p.Provider.People(ctx, page)
		},
		mailbox: func(p providers.Person) providers.Address { return p.Mailbox },
		join:    func(a, _ providers.Person) providers.Person { return a },
		home:    func(*providers.Person, string) {},
	})
}

type lister[T any] struct {
	what    string
	read    func(context.Context, Part, func([]T) error) (providers.Listing, error)
	mailbox func(T) providers.Address
	join    func(detailed, other T) T
	home    func(*T, string)
	settle  bool // homes that are not known are asked for
}

// merged reads both lists side by side and hands on one. What only one of two whole
// lists has lives there, as long as nothing else is known of it.
func merged[T any](ctx context.Context, h *Organisation, page func([]T) error, l lister[T]) (providers.Listing, error) {
	lists, errs := both(ctx, h, func(ctx context.Context, part int) (list[T], error) {
		var out list[T]
		listing, err := l.read(ctx, h.parts[part], func(items []T) error {
			out.items = append(out.items, items...)
			return nil
		})
		out.listing = listing
		return out, err
	})
	if errs[0] != nil && errs[1] != nil || ctx.Err() != nil {
		return providers.Listing{Reported: -1}, ofBoth(firstOf(errs))
	}
	first := 0
	if h.parts[1].Details && !h.parts[0].Details {
		first = 1
	}
	at := map[providers.Address]int{}
	var items []T
	var in [][2]bool // the lists that have each
	for _, part := range []int{first, 1 - first} {
		if errs[part] != nil {
			continue
		}
		for _, item := range lists[part].items {
			mailbox := l.mailbox(item)
			i, known := at[mailbox]
			if !known {
				i = len(items)
				at[mailbox], items, in = i, append(items, item), append(in, [2]bool{})
			} else if !in[i][part] {
				items[i] = l.join(items[i], item)
			}
			in[i][part] = true
		}
	}
	whole := errs[0] == nil && errs[1] == nil
	var listed []providers.Home
	for i := range items {
		mailbox := l.mailbox(items[i])
		if home, known := h.homes.Home(mailbox); whole && in[i][0] != in[i][1] {
			only := h.parts[0].Name
			if in[i][1] {
				only = h.parts[1].Name
			}
			if !known || home.Cause == providers.HomeListed && home.Provider != only {
				listed = append(listed, providers.Home{Mailbox: mailbox, Provider: only, Cause: providers.HomeListed, Since: h.now()})
			}
		}
	}
	if len(listed) > 0 {
		h.homes.Learn(listed...)
	}
	if l.settle && whole {
		settle(ctx, h, items, l.mailbox)
	}
	for i := range items {
		home := h.at(l.mailbox(items[i]))
		if _, known := h.homes.Home(l.mailbox(items[i])); !known && !in[i][home] {
			home = 1 - home
		}
		l.home(&items[i], h.parts[home].Name)
	}
	listing := h.listing(l.what, [2]providers.Listing{lists[0].listing, lists[1].listing}, errs)
	for chunk := range slices.Chunk(items, pageSize) {
		if err := page(chunk); err != nil {
			listing.Complete = false
			return listing, err
		}
		listing.Count += len(chunk)
	}
	return listing, nil
}

// settle finds out where mailboxes live that both lists have, by the free/busy of an
// hour: it is asked once, since what is found is remembered. Where nobody answers it is
// left to whatever is asked next.
func settle[T any](ctx context.Context, h *Organisation, items []T, mailboxOf func(T) providers.Address) {
	var open []providers.Address
	for _, item := range items {
		if _, known := h.homes.Home(mailboxOf(item)); !known {
			open = append(open, mailboxOf(item))
		}
	}
	now := h.now().Truncate(time.Hour)
	for chunk := range slices.Chunk(open, pageSize) {
		found, err := h.Availability(ctx, chunk, providers.Interval{Start: now, End: now.Add(time.Hour)})
		if err != nil {
			return
		}
		var homes []providers.Home
		for _, a := range found {
			if _, learnt := h.homes.Home(a.Mailbox); !learnt && a.Known() {
				homes = append(homes, providers.Home{Mailbox: a.Mailbox, Provider: h.parts[0].Name, Cause: providers.HomeListed, Since: h.now()})
			}
		}
		h.homes.Learn(homes...)
	}
}

// listing says how a merged list ended.
func (h *Organisation) listing(what string, of [2]providers.Listing, errs [2]error) providers.Listing {
	out := providers.Listing{Reported: -1, Complete: true}
	for i := range of {
		out.Unusable += of[i].Unusable
		warning := of[i].Warning.Or("")
		if errs[i] != nil {
			warning = what + " " + h.parts[i].Where + " cannot be listed: " + providers.ProblemOf(errs[i], h.now()).What()
		} else if warning != "" {
			warning = h.parts[i].Where + ": " + warning
		}
		out.Complete = out.Complete && errs[i] == nil && of[i].Complete
		if warning != "" {
			if !out.Warning.Empty() {
				warning = out.Warning.Or("") + "; " + warning
			}
			out.Warning = providers.Outside(warning)
		}
	}
	return out
}

// joinRoom is a room that both list: the texts of the detailed list, and from the other
// what that leaves out.
func joinRoom(a, b providers.Room) providers.Room {
	for _, pair := range [][2]*providers.Untrusted{{&a.Name, &b.Name}, {&a.Nickname, &b.Nickname}, {&a.Building, &b.Building}, {&a.Floor, &b.Floor}, {&a.Section, &b.Section}, {&a.Phone, &b.Phone}} {
		if pair[0].Empty() {
			*pair[0] = *pair[1]
		}
	}
	if a.Capacity == 0 {
		a.Capacity = b.Capacity
	}
	for _, l := range b.Lists {
		if !slices.Contains(a.Lists, l) {
			a.Lists = append(a.Lists[:len(a.Lists):len(a.Lists)], l)
		}
	}
	return a
}

func firstOf(errs [2]error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
