package hybrid

import (
	"context"
	"slices"
	"sync"

	"roomdesk/providers"
)

// Hints has each part that can tell of changes in the mailboxes that live there, until
// ctx ends. It is of class Unsupported where neither can.
func (h *Organisation) Hints(ctx context.Context, mailboxes func() []providers.Address, changed func(...providers.Address)) error {
	type hinter interface {
		Hints(ctx context.Context, mailboxes func() []providers.Address, changed func(...providers.Address)) error
	}
	var running sync.WaitGroup
	var errs [2]error
	for i, part := range h.parts {
		to, can := part.Provider.(hinter)
		if !can {
			errs[i] = &providers.Error{Class: providers.Unsupported, Op: "listening for changes", Message: providers.Outside("neither connection tells of changes by itself")}
			continue
		}
		running.Go(func() {
			errs[i] = to.Hints(ctx, func() []providers.Address {
				return slices.DeleteFunc(mailboxes(), func(m providers.Address) bool { return h.at(m) != i })
			}, changed)
		})
	}
	running.Wait()
	for _, err := range errs { // what may pass is tried again
		if err != nil && !providers.Is(err, providers.Unsupported) {
			return err
		}
	}
	if errs[0] != nil {
		return errs[1]
	}
	return errs[0]
}
