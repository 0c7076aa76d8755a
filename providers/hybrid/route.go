package hybrid

import (
	"context"
	"errors"
	"time"

	"roomdesk/providers"
)

const (
	// vainFor is how long a mailbox that neither part has is asked for at one only.
	vainFor = time.Hour
	// flipPause is how long a home that was learnt anew is believed whatever its
	// provider says: two that both deny a mailbox now and then must not send every
	// question to and fro.
	flipPause = 15 * time.Minute
	// mostNoted bounds what is remembered of mailboxes without a home.
	mostNoted = 50_000
)

// at is the number of the part that is asked about a mailbox first.
func (h *Organisation) at(mailbox providers.Address) int {
	if home, ok := h.homes.Home(mailbox); ok && home.Provider == h.parts[1].Name {
		return 1
	}
	return 0
}

// settled reports whether the other part is not to be asked now, whatever a part
// says of a mailbox: a migration gave it its home, or the last questions were in vain.
func (h *Organisation) settled(mailbox providers.Address) bool {
	if home, ok := h.homes.Home(mailbox); ok && home.Cause == providers.HomeMoved {
		return true
	}
	now := h.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	return now.Before(h.vain[mailbox].Add(vainFor)) || now.Before(h.flipped[mailbox].Add(flipPause))
}

// learn remembers that a part has a mailbox which the other one denied.
func (h *Organisation) learn(part int, mailboxes ...providers.Address) {
	now := h.now()
	homes := make([]providers.Home, len(mailboxes))
	h.mu.Lock()
	for i, mailbox := range mailboxes {
		if before, known := h.homes.Home(mailbox); known && before.Provider != h.parts[part].Name {
			note(h.flipped, mailbox, now)
		}
		homes[i] = providers.Home{Mailbox: mailbox, Provider: h.parts[part].Name, Cause: providers.HomeLearnt, Since: now}
	}
	h.mu.Unlock()
	h.homes.Learn(homes...)
}

// nowhere is what a part said of a mailbox that the other has not either.
func nowhere(err error) error {
	var e *providers.Error
	if !errors.As(err, &e) {
		return err
	}
	told := *e
	told.Advice = neither
	return &told
}

const neither = "check address and licence: neither the cloud nor the server on premises has a mailbox at this address"

// denied remembers that neither part has a mailbox.
func (h *Organisation) denied(mailbox providers.Address) {
	now := h.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	note(h.vain, mailbox, now)
}

func note(in map[providers.Address]time.Time, mailbox providers.Address, at time.Time) {
	if len(in) >= mostNoted {
		clear(in)
	}
	in[mailbox] = at
}

// reach asks the home of a mailbox, and the other part where the home says that the
// mailbox is not there. What is asked must not have happened where its answer is of
// class NoMailbox.
func reach[T any](ctx context.Context, h *Organisation, mailbox providers.Address, ask func(context.Context, Part) (T, error)) (T, error) {
	home := h.at(mailbox)
	out, err := ask(ctx, h.parts[home])
	if err == nil {
		h.seen(home, mailbox)
	}
	if !providers.Is(err, providers.NoMailbox) {
		return out, err
	}
	if h.at(mailbox) != home { // another question found it meanwhile
		return ask(ctx, h.parts[1-home])
	}
	if h.settled(mailbox) {
		return out, err
	}
	second, otherErr := ask(ctx, h.parts[1-home])
	switch {
	case otherErr == nil:
		h.learn(1-home, mailbox)
		return second, nil
	case providers.Is(otherErr, providers.NoMailbox):
		h.denied(mailbox)
		return out, nowhere(err)
	}
	// Whether it is there is not known: this is asked again as soon as that part answers.
	return second, otherErr
}

// look is reach for questions that change nothing: where no home is known and the first
// part cannot be asked, the other one may have the mailbox all the same.
func look[T any](ctx context.Context, h *Organisation, mailbox providers.Address, ask func(context.Context, Part) (T, error)) (T, error) {
	_, known := h.homes.Home(mailbox)
	out, err := reach(ctx, h, mailbox, ask)
	if known || err == nil || !ofAll(err) && !h.gates[0].isShut() {
		return out, err
	}
	second, otherErr := ask(ctx, h.parts[1])
	if otherErr != nil {
		return out, err
	}
	h.seen(1, mailbox)
	return second, nil
}

// seen remembers that a part answers for a mailbox of which no home was known.
func (h *Organisation) seen(part int, mailbox providers.Address) {
	if _, known := h.homes.Home(mailbox); !known {
		h.homes.Learn(providers.Home{Mailbox: mailbox, Provider: h.parts[part].Name, Cause: providers.HomeListed, Since: h.now()})
	}
}

// elsewhere finds out whether the other part has a mailbox that the one that was asked,
// home, denied, with one question that changes nothing; nil: it has, which is learnt.
// Otherwise it gives the reason to be told.
func (h *Organisation) elsewhere(ctx context.Context, home int, mailbox providers.Address, err error) error {
	if !providers.Is(err, providers.NoMailbox) {
		return err
	}
	if h.at(mailbox) != home { // another question found it meanwhile
		return nil
	}
	if h.settled(mailbox) {
		return err
	}
	switch _, otherErr := h.parts[1-home].Provider.Calendars(ctx, mailbox); {
	case otherErr == nil:
		h.learn(1-home, mailbox)
		return nil
	case providers.Is(otherErr, providers.NoMailbox):
		h.denied(mailbox)
		return nowhere(err)
	default:
		return otherErr
	}
}

// permit refuses what the level of access of a mailbox's home leaves out; the
// organisation as a whole may allow it. Where nobody can tell now, the provider says it
// itself.
func (h *Organisation) permit(ctx context.Context, p Part, verb providers.Verb, op string, mailbox providers.Address) error {
	have, err := p.Provider.Capabilities(ctx)
	if err != nil {
		return nil
	}
	why := providers.ConnectionAccess(p.within(have)).Refuses(verb)
	if why == "" {
		return nil
	}
	class, advice := providers.NotAllowed, "an administrator grants it: see roomdesk permissions"
	if verb == providers.VerbEvents {
		class, advice = providers.Unsupported, "its free/busy is read instead"
	}
	return &providers.Error{Class: class, Op: op, Mailbox: mailbox, Message: providers.Outside(why), Advice: advice}
}
