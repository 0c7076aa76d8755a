package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"roomdesk/providers"
	"roomdesk/sync"
)

// metaCapabilities is where the store keeps what the connection could do when
// somebody last signed in, for commands that answer without a network.
const metaCapabilities = "cli.capabilities"

// capabilityRecord is what is kept of a connection's capabilities.
type capabilityRecord struct {
	Access   providers.AccessLevel `json:"access"`
	Write    bool                  `json:"write"`
	WriteWhy string                `json:"write_why,omitempty"`
	Teams    bool                  `json:"teams"`
	TeamsWhy string                `json:"teams_why,omitempty"`
}

// capabilities signs in, once, and tells what the connection can do. Nothing but a
// token is asked for.
func (s *session) capabilities(ctx context.Context) (providers.Capabilities, error) {
	if s.can.Access != "" {
		return s.can, nil
	}
	can, err := s.provider.Capabilities(ctx)
	if err != nil {
		return can, err
	}
	s.can = can
	s.noteCapabilities(ctx, can)
	return can, nil
}

// noteCapabilities keeps what the connection can do; not to be able to is no harm,
// the next command asks again.
func (s *session) noteCapabilities(ctx context.Context, can providers.Capabilities) {
	text, err := json.Marshal(capabilityRecord{can.Access, can.Write, can.WriteWhy.Raw(), can.Teams, can.TeamsWhy.Raw()})
	if err == nil && s.mayWrite() {
		err = s.store.SetMeta(ctx, metaCapabilities, string(text))
	}
	if err != nil && ctx.Err() == nil {
		s.app.log.Warn("what the connection can do is not kept", "error", err)
	}
}

// knownAccess is what the connection allows by what is known without asking
// anybody; zero where nobody has signed in yet.
func (s *session) knownAccess(ctx context.Context) (providers.Access, error) {
	can := s.can
	if can.Access == "" {
		text, err := s.store.Meta(ctx, metaCapabilities)
		if err != nil || text == "" {
			return providers.Access{}, err
		}
		var r capabilityRecord
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return providers.Access{}, err
		}
		can = providers.Capabilities{Access: r.Access, Write: r.Write, WriteWhy: providers.Outside(r.WriteWhy), Teams: r.Teams, TeamsWhy: providers.Outside(r.TeamsWhy)}
	}
	return providers.ConnectionAccess(can), nil
}

// refuse ends a command before anything is sent or filled in, where the connection
// does not allow one of the verbs. Where nobody can sign in now nothing is known: the
// command itself says so.
func (s *session) refuse(ctx context.Context, what string, verbs ...providers.Verb) error {
	can, err := s.capabilities(ctx)
	if err != nil {
		return ctx.Err()
	}
	err = refusal(what, providers.ConnectionAccess(can), verbs...)
	if err != nil {
		s.noteRefused(verbs[0])
	}
	return err
}

// refuseIn is refuse for the calendar in which something is written: its owner is
// asked for it now, because what the mirror knows of it may be over.
func (s *session) refuseIn(ctx context.Context, what string, organizer providers.Address, verbs ...providers.Verb) error {
	if organizer == "" {
		return nil // said where it is missed
	}
	calendars, err := s.provider.Calendars(ctx, organizer)
	if err != nil {
		return errorsOf(ctx, refusal(what, providers.ProblemAccess(organizer, providers.ProblemOf(err, s.app.deps.Now())), verbs...))
	}
	if s.mayWrite() {
		if _, err := s.store.SetCalendars(ctx, organizer, calendars); err != nil {
			return err
		}
	}
	return refusal(what, providers.CalendarAccess(organizer, calendars), verbs...)
}

func errorsOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// refusal is the failure where one of the verbs is left out; nil where none is.
func refusal(what string, a providers.Access, verbs ...providers.Verb) error {
	for _, v := range verbs {
		why := a.Refuses(v)
		if why == "" {
			continue
		}
		f := &failure{code: exitSignIn, class: string(providers.NotAllowed), message: what + ": " + why, next: "see roomdesk permissions"}
		if v == providers.VerbTeams {
			f.next = "leave out --teams"
			if strings.Contains(why, "licence") {
				f.next += ", or give the organizer a licence with Teams"
			}
		}
		return f
	}
	return nil
}

// accessObject is what a connection or a mailbox allows: the level, and the verbs that
// are left out with the reason.
type accessObject struct {
	Level  *providers.AccessLevel `json:"level"`
	Denied []deniedObject         `json:"denied"`
}

type deniedObject struct {
	Verb providers.Verb      `json:"verb"`
	Why  providers.Untrusted `json:"why"`
}

func accessOf(a providers.Access) *accessObject {
	object := &accessObject{Denied: []deniedObject{}}
	if a.Level != "" {
		object.Level = &a.Level
	}
	for v, why := range a.Denied {
		object.Denied = append(object.Denied, deniedObject{v, providers.Outside(why)})
	}
	slices.SortFunc(object.Denied, func(a, b deniedObject) int { return cmp.Compare(a.Verb, b.Verb) })
	return object
}

// accessWords are the verbs that are left out, for a table.
func accessWords(a providers.Access) [][]string {
	var rows [][]string
	for _, d := range accessOf(a).Denied {
		rows = append(rows, []string{"no " + string(d.Verb), d.Why.String()})
	}
	return rows
}

// accessBook tells what mailboxes allow by what the mirror knows of them.
type accessBook struct {
	connection providers.Access
	organizer  providers.Address
	mailboxes  map[providers.Address]providers.Access // by the latest failure to read them
	calendars  map[providers.Address]providers.Access // by their calendars
}

// accessBook reads what is known; nothing is asked.
func (s *session) accessBook(ctx context.Context) (*accessBook, error) {
	book := &accessBook{organizer: s.organizer(), mailboxes: map[providers.Address]providers.Access{}, calendars: map[providers.Address]providers.Access{}}
	var err error
	if book.connection, err = s.knownAccess(ctx); err != nil {
		return nil, err
	}
	statuses, err := sync.Status(ctx, s.store, s.app.deps.Now(), s.intervals)
	if err != nil {
		return nil, err
	}
	for _, status := range statuses {
		if a := providers.ProblemAccess(status.Mailbox, status.Problem); a.Level != "" {
			book.mailboxes[status.Mailbox] = a
		}
	}
	return book, s.addCalendars(ctx, book, book.organizer)
}

// addCalendars adds what a mailbox's calendars are known to allow.
func (s *session) addCalendars(ctx context.Context, book *accessBook, mailbox providers.Address) error {
	if _, known := book.calendars[mailbox]; known || mailbox == "" {
		return nil
	}
	calendars, err := s.store.Calendars(ctx, mailbox)
	book.calendars[mailbox] = providers.CalendarAccess(mailbox, calendars)
	return err
}

// room is what can be done with a room: meetings in it are made in the organizer's
// calendar; its own says what can be seen of it, and so whether they can be moved.
func (k *accessBook) room(mailbox providers.Address) providers.Access {
	own, organizer := k.mailboxes[mailbox], k.calendars[k.organizer].With(k.mailboxes[k.organizer])
	seen := providers.Access{Level: own.Level, Denied: map[providers.Verb]string{}}
	for _, v := range []providers.Verb{providers.VerbDetails, providers.VerbRelocate} {
		if why := own.Refuses(v); why != "" {
			seen.Denied[v] = why
		}
	}
	made := providers.Access{Denied: map[providers.Verb]string{}}
	for _, v := range []providers.Verb{providers.VerbBook, providers.VerbTeams} {
		if why := organizer.Refuses(v); why != "" {
			made.Denied[v] = why
		}
	}
	return k.connection.With(seen).With(made)
}

// booking is what can be done with a booking, in its organizer's calendar.
func (k *accessBook) booking(b providers.Booking) providers.Access {
	return k.connection.With(k.calendars[b.Request.Organizer]).With(k.mailboxes[b.Request.Organizer])
}
