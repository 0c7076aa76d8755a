package graph

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"roomdesk/providers"
	"roomdesk/providers/zones"
)

const (
	// schedulesAtOnce is the documented number of addresses in one request.
	schedulesAtOnce = 20
	// maxSchedule is the longest window that one request may have.
	maxSchedule = 62 * 24 * time.Hour
	// minSchedule is the shortest slot of the merged view, and so the shortest
	// window.
	minSchedule = 5 * time.Minute
	// minSplit ends the halving of a window in which a mailbox has more entries
	// than one answer may carry.
	minSplit = 6 * time.Hour

	readingSchedule = "reading free/busy"
)

type wireSchedule struct {
	ID    string `json:"scheduleId"`
	View  string `json:"availabilityView"`
	Items []struct {
		Start   WireTime `json:"start"`
		End     WireTime `json:"end"`
		Status  string   `json:"status"`
		Subject string   `json:"subject"`
		Private bool     `json:"isPrivate"`
	} `json:"scheduleItems"`
	Hours struct {
		Zone struct {
			Name string `json:"name"`
		} `json:"timeZone"`
	} `json:"workingHours"`
	Error *struct {
		Message string `json:"message"`
		Code    string `json:"responseCode"`
	} `json:"error"`
}

// Availability asks for free/busy of the mailboxes inside the window. The result
// has one entry for each mailbox, in order: where one could not be read, its
// Problem says why and AsOf is zero. The error is only for what concerns the
// whole connection: no sign-in, no network, the caller's own end.
func (p *Provider) Availability(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error) {
	if err := checkWindow(window, ""); err != nil {
		return nil, err
	}
	if slices.Contains(mailboxes, "") {
		return nil, missing(readingSchedule, "", "mailbox")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &scheduleRound{p: p, cancel: cancel, all: make(map[providers.Address]*providers.Availability, len(mailboxes))}
	var distinct []providers.Address
	for _, mailbox := range mailboxes {
		if s.all[mailbox] == nil {
			s.all[mailbox] = &providers.Availability{Mailbox: mailbox, Window: window}
			distinct = append(distinct, mailbox)
		}
	}
	var group errgroup.Group
	group.SetLimit(p.engine.gate.ceiling)
	for part := range parts(window) {
		for chunk := range slices.Chunk(distinct, schedulesAtOnce) {
			group.Go(func() error { s.read(ctx, chunk, part); return nil })
		}
	}
	_ = group.Wait() // s.fatal has what matters
	if s.fatal != nil {
		return nil, s.fatal
	}
	out := make([]providers.Availability, len(mailboxes))
	for i, mailbox := range mailboxes {
		a := *s.all[mailbox]
		if a.Problem != nil {
			a.Blocks, a.AsOf = nil, time.Time{} // half a window is not known
		}
		a.Blocks = slices.Clone(a.Blocks)
		slices.SortStableFunc(a.Blocks, func(x, y providers.Block) int {
			if c := x.Start.Compare(y.Start); c != 0 {
				return c
			}
			return x.End.Compare(y.End)
		})
		out[i] = a
	}
	return out, nil
}

// parts cuts a window into spans that one request may have.
func parts(window providers.Interval) func(func(providers.Interval) bool) {
	return func(yield func(providers.Interval) bool) {
		for start := window.Start; start.Before(window.End); start = start.Add(maxSchedule) {
			end := start.Add(maxSchedule)
			if end.After(window.End) {
				end = window.End
			}
			if !yield(providers.Interval{Start: start, End: end}) {
				return
			}
		}
	}
}

// scheduleRound collects the answers of one call of Availability.
type scheduleRound struct {
	p      *Provider
	cancel context.CancelFunc

	mu    sync.Mutex
	all   map[providers.Address]*providers.Availability
	fatal error
}

// read asks for a chunk of mailboxes and halves it where the service refuses or
// does not manage it, so that one bad mailbox does not take others along.
func (s *scheduleRound) read(ctx context.Context, chunk []providers.Address, window providers.Interval) {
	schedules, err := s.p.schedules(ctx, chunk, window)
	if err == nil {
		s.take(ctx, chunk, window, schedules)
		return
	}
	if providers.Is(err, providers.SignedOut, providers.Unreachable, providers.UntrustedHost, providers.Cancelled) || ctx.Err() != nil {
		s.stop(err)
		return
	}
	// Asking again in smaller parts would only add to the throttling.
	if len(chunk) == 1 || providers.Is(err, providers.Throttled) {
		for _, mailbox := range chunk {
			s.fail(mailbox, err)
		}
		return
	}
	s.read(ctx, chunk[:len(chunk)/2], window)
	s.read(ctx, chunk[len(chunk)/2:], window)
}

func (s *scheduleRound) stop(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fatal == nil {
		s.fatal = err
		s.cancel()
	}
}

func (s *scheduleRound) fail(mailbox providers.Address, err error) {
	var known *providers.Error
	if errors.As(err, &known) && known.Mailbox != mailbox {
		copied := *known // the error names the mailbox that was asked through
		copied.Mailbox = mailbox
		err = &copied
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[mailbox].Problem = providers.ProblemOf(err, s.p.now())
}

// take enters the answers of a chunk. A mailbox of which nothing came is unknown.
func (s *scheduleRound) take(ctx context.Context, chunk []providers.Address, window providers.Interval, schedules []wireSchedule) {
	byID := make(map[providers.Address]*wireSchedule, len(schedules))
	for i := range schedules {
		if id, ok := providers.ParseAddress(schedules[i].ID); ok {
			byID[id] = &schedules[i]
		}
	}
	for _, mailbox := range chunk {
		w := byID[mailbox]
		switch {
		case w == nil:
			s.fail(mailbox, &providers.Error{Class: providers.Foreign, Op: readingSchedule, Mailbox: mailbox,
				Message: providers.Outside("the service left this mailbox out of its answer")})
		case w.tooMany() && window.Duration() > minSplit:
			middle := window.Start.Add(window.Duration() / 2)
			s.read(ctx, []providers.Address{mailbox}, providers.Interval{Start: window.Start, End: middle})
			s.read(ctx, []providers.Address{mailbox}, providers.Interval{Start: middle, End: window.End})
		case w.Error != nil:
			s.fail(mailbox, w.failure(mailbox))
		default:
			blocks, err := w.blocks(window)
			if err != nil {
				s.fail(mailbox, &providers.Error{Class: providers.Foreign, Op: readingSchedule, Mailbox: mailbox, Err: err})
				continue
			}
			s.mu.Lock()
			a := s.all[mailbox]
			a.Blocks = append(a.Blocks, blocks...)
			a.Zone = zones.IANAZone(w.Hours.Zone.Name)
			if a.AsOf.IsZero() { // of several parts the oldest counts
				a.AsOf = s.p.now()
			}
			s.mu.Unlock()
		}
	}
}

// tooMany reports the error of a mailbox with more entries in the window than an
// answer may carry; the service gives it the number 5006.
func (w *wireSchedule) tooMany() bool {
	return w.Error != nil && (strings.Contains(w.Error.Code, "5006") || strings.Contains(w.Error.Message, "5006") ||
		strings.EqualFold(w.Error.Code, "ErrorTimeIntervalTooBig") || strings.EqualFold(w.Error.Code, "ErrorResultSetTooBig"))
}

func (w *wireSchedule) failure(mailbox providers.Address) *providers.Error {
	class, ok := codeClass[strings.ToLower(w.Error.Code)]
	if !ok {
		class = providers.Transient // free/busy of one mailbox could not be made
	}
	return &providers.Error{Class: class, Op: readingSchedule, Mailbox: mailbox, Code: plainCode(w.Error.Code),
		Message: providers.Outside(w.Error.Message), Advice: advise(class, w.Error.Code, "")}
}

// blocks are the entries that are not free; where the service gives the merged
// view alone, its slots.
func (w *wireSchedule) blocks(window providers.Interval) ([]providers.Block, error) {
	if w.Items == nil {
		return w.viewBlocks(window)
	}
	blocks := make([]providers.Block, 0, len(w.Items))
	for i := range w.Items {
		item := &w.Items[i]
		start, end := item.Start.instant(), item.End.instant()
		if start.IsZero() || end.IsZero() {
			return nil, errShape
		}
		state := providers.FreeBusy(item.Status)
		switch state {
		case providers.Free:
			continue
		case providers.Tentative, providers.Busy, providers.OutOfOffice, providers.WorkingElsewhere:
		default:
			state = providers.Unknown // counts as taken
		}
		if !start.Before(end) || !window.Overlaps(providers.Interval{Start: start, End: end}) {
			continue
		}
		blocks = append(blocks, providers.Block{Interval: providers.Interval{Start: start, End: end}, State: state,
			Subject: providers.Outside(item.Subject), Private: item.Private})
	}
	return blocks, nil
}

// viewBlocks reads the merged view: one digit for each slot of the window.
func (w *wireSchedule) viewBlocks(window providers.Interval) ([]providers.Block, error) {
	if w.View == "" {
		return nil, errShape // neither entries nor a view: nothing is known
	}
	var blocks []providers.Block
	slot := slotOf(window)
	for i, digit := range w.View {
		state := providers.Unknown
		switch digit {
		case '0':
			continue
		case '1':
			state = providers.Tentative
		case '2':
			state = providers.Busy
		case '3':
			state = providers.OutOfOffice
		case '4':
			state = providers.WorkingElsewhere
		}
		start := window.Start.Add(time.Duration(i) * slot)
		end := start.Add(slot)
		if last := len(blocks) - 1; last >= 0 && blocks[last].End.Equal(start) && blocks[last].State == state {
			blocks[last].End = end
			continue
		}
		blocks = append(blocks, providers.Block{Interval: providers.Interval{Start: start, End: end}, State: state})
	}
	return blocks, nil
}

// slotOf is the slot length asked for: a quarter of an hour, less in shorter
// windows, in whole minutes.
func slotOf(window providers.Interval) time.Duration {
	return max(minSchedule, min(15*time.Minute, window.Duration().Truncate(time.Minute)))
}

// anchors remembers through which mailboxes free/busy can and cannot be asked:
// the request has to be made in the name of some mailbox.
type anchors struct {
	mu   sync.Mutex
	good providers.Address
	bad  map[providers.Address]time.Time
}

// order gives the mailboxes to ask through, most promising first.
func (a *anchors) order(chunk []providers.Address, now time.Time) []providers.Address {
	a.mu.Lock()
	defer a.mu.Unlock()
	var first, last []providers.Address
	for _, mailbox := range chunk {
		if until, ok := a.bad[mailbox]; ok && now.Before(until) {
			last = append(last, mailbox)
		} else {
			first = append(first, mailbox)
		}
	}
	if a.good != "" && !slices.Contains(first, a.good) {
		first = slices.Insert(first, min(1, len(first)), a.good)
	}
	return append(first, last...)
}

func (a *anchors) note(mailbox providers.Address, ok bool, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if ok {
		a.good = mailbox
		delete(a.bad, mailbox)
		return
	}
	if a.good == mailbox {
		a.good = ""
	}
	if a.bad == nil || len(a.bad) > 10_000 {
		a.bad = map[providers.Address]time.Time{}
	}
	a.bad[mailbox] = now.Add(time.Hour)
}

// anchorTries is through how many mailboxes one request is tried.
const anchorTries = 3

// schedules makes one request of getSchedule. A person asks through their own
// mailbox, and through no other: those of rooms are not shared with everybody. An
// application has no mailbox of its own, so it asks through one of those that it asks
// about.
func (p *Provider) schedules(ctx context.Context, chunk []providers.Address, window providers.Interval) ([]wireSchedule, error) {
	body, err := scheduleBody(chunk, window)
	if err != nil {
		return nil, err
	}
	if p.config.Person != nil {
		c := call{op: readingSchedule, method: "POST", mailbox: p.config.Person.Address, body: body, header: prefer(0), permission: readPermission,
			url: p.roots.url("", "me", "calendar", "getSchedule")}
		if len(chunk) > 1 {
			c.tries = 2
		}
		schedules, _, err := getPage(ctx, p.engine, c, func(w *wireSchedule) (wireSchedule, bool) { return *w, true })
		return schedules, err
	}
	var refused error
	for i, anchor := range p.anchors.order(chunk, p.now()) {
		if i == anchorTries {
			break
		}
		c := call{op: readingSchedule, method: "POST", mailbox: anchor, body: body, header: prefer(0), permission: readPermission,
			url: p.roots.url("", "users", string(anchor), "calendar", "getSchedule")}
		if len(chunk) > 1 {
			c.tries = 2 // a half without the mailbox that hurts comes sooner
		}
		schedules, _, err := getPage(ctx, p.engine, c, func(w *wireSchedule) (wireSchedule, bool) { return *w, true })
		if err == nil {
			p.anchors.note(anchor, true, p.now())
			return schedules, nil
		}
		if !providers.Is(err, providers.NotAllowed, providers.NoMailbox, providers.Gone) {
			return nil, err
		}
		p.anchors.note(anchor, false, p.now())
		if refused == nil {
			refused = err
		}
	}
	return nil, refused
}

func scheduleBody(chunk []providers.Address, window providers.Interval) ([]byte, error) {
	end := window.End
	if window.Duration() < minSchedule {
		end = window.Start.Add(minSchedule)
	}
	body, err := json.Marshal(map[string]any{
		"schedules":                chunk,
		"startTime":                WireTime{window.Start.UTC().Format(zones.LocalTime), "UTC"},
		"endTime":                  WireTime{end.UTC().Format(zones.LocalTime), "UTC"},
		"availabilityViewInterval": int(slotOf(window).Minutes()),
	})
	if err != nil {
		return nil, &providers.Error{Class: providers.Permanent, Op: readingSchedule, Err: err}
	}
	return body, nil
}
