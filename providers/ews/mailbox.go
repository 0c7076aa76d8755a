package ews

import (
	"context"
	"sync"

	"roomdesk/providers"
)

// on makes a call on a mailbox: as its owner, and where the account may not impersonate
// it, as a delegate. What worked is remembered for the mailbox.
func (p *Provider) on(ctx context.Context, c call) ([]*node, error) {
	c.how = p.mannerOf(c.mailbox)
	parts, err := p.engine.do(ctx, c)
	if c.how == asDelegate {
		if err != nil || messageError(parts[0]) != nil {
			p.forgetManner(c.mailbox)
		}
		return parts, err
	}
	if !impersonationRefused(err) || p.config.Token != nil { // an application is nobody's delegate
		return parts, err
	}
	c.how = asDelegate
	again, errDelegate := p.engine.do(ctx, c)
	if errDelegate != nil || messageError(again[0]) != nil {
		return nil, err // the reason that an administrator can remove
	}
	p.mu.Lock()
	p.manners[c.mailbox] = kept[manner]{asDelegate, p.now()}
	p.mu.Unlock()
	return again, nil
}

// one is a call of which one message answers.
func (p *Provider) one(ctx context.Context, c call) (*node, error) {
	parts, err := p.on(ctx, c)
	if err != nil {
		return nil, err
	}
	if failure := messageError(parts[0]); failure != nil {
		return nil, c.failed(failure)
	}
	return parts[0], nil
}

func (c call) failed(failure *providers.Error) error {
	failure.Op, failure.Mailbox = c.op, c.mailbox
	return failure
}

func impersonationRefused(err error) bool {
	return providers.CauseOf(err) == providers.CauseImpersonationMissing
}

func (p *Provider) mannerOf(mailbox providers.Address) manner {
	if mailbox == "" {
		return asItself
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.manners[mailbox]; ok && p.now().Sub(known.at) < keepFor {
		return known.value
	}
	return asOwner
}

func (p *Provider) forgetManner(mailbox providers.Address) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.manners, mailbox)
}

// flights lets what must not happen twice at once happen one after the other.
type flights struct {
	mu   sync.Mutex
	open map[string]*flight
}

type flight struct {
	mu    sync.Mutex
	users int
}

// take waits for its turn with a key and gives the function that ends it.
func (f *flights) take(key string) func() {
	f.mu.Lock()
	if f.open == nil {
		f.open = map[string]*flight{}
	}
	one := f.open[key]
	if one == nil {
		one = &flight{}
		f.open[key] = one
	}
	one.users++
	f.mu.Unlock()
	one.mu.Lock()
	return func() {
		one.mu.Unlock()
		f.mu.Lock()
		defer f.mu.Unlock()
		if one.users--; one.users == 0 {
			delete(f.open, key)
		}
	}
}
