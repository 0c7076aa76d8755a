package doctor

import (
	"context"
	"slices"
	"strings"

	"roomdesk/providers"
)

// readGrants asks once what an administrator granted. It needs a permission that
// nothing else needs, so that it mostly is not known.
func (e *examination) readGrants(ctx context.Context) ([]providers.Grant, error) {
	if !e.grantsRead {
		e.grants, e.grantsErr = e.Prober.Grants(ctx)
		e.grantsRead = true
	}
	return e.grants, e.grantsErr
}

func (e *examination) roles() []string {
	if e.d.Token == nil {
		return nil
	}
	return held(*e.d.Token)
}

// held is what a token allows: an application's permissions, or those that a person
// gave it.
func held(t providers.TokenSeen) []string { return slices.Concat(t.Roles, t.Scopes) }

// person reports whether the connection is a person's own.
func (e *examination) person() bool { return e.Connection.AccountID != "" }

// missing says why a permission does not work: it is not in the token, or is and
// does not help. Whether it was granted is known only where grants can be read.
func (e *examination) missing(ctx context.Context, permission string, err error) outcome {
	grants, grantsErr := e.readGrants(ctx)
	granted := slices.IndexFunc(grants, func(g providers.Grant) bool { return strings.EqualFold(g.Permission, permission) })
	mistake, doc := 6, "6"
	if permission == "Place.Read.All" {
		mistake, doc = 8, "8"
	}
	t := providers.Trouble{Mistake: mistake, Doc: doc, Class: providers.NotAllowed, Where: atPermissions}
	inToken := has(e.roles(), permission)
	switch {
	case granted >= 0 && e.Now().Add(e.skew).Sub(grants[granted].Since) < spreading:
		since := grants[granted].Since
		t.Mistake, t.Doc = 7, "7"
		t.What = permission + " was granted " + providers.Age(e.Now().Add(e.skew).Sub(since)) + " ago and has not arrived everywhere yet, which is no error"
		t.Where, t.Again = "", since.Add(spreading)
		t.Change = "try again in some minutes; it takes an hour at most, seldom two"
		return waiting(fill(t, err))
	case granted >= 0:
		t.Mistake, t.Doc = 0, "unknown"
		t.What = permission + " was granted on " + day(grants[granted].Since) + " and still does not work"
		t.Change = "revoke it and choose Grant admin consent again"
	case inToken:
		t.Mistake, t.Doc = 9, "9"
		t.What = permission + " is in the token and refused for each mailbox that was tried: an access policy or a role scope leaves all of them out"
		t.Or = "the permission was granted within the last hours and has not reached Exchange yet: then only wait"
		t.Where, t.Change = atExchange, "Test-ApplicationAccessPolicy -AppId "+e.Connection.ClientID+" -Identity "+string(e.organizer)+" shows which; add the mailboxes to its group"
	case grantsErr == nil:
		t.What = permission + " is not granted: it is not in the token"
		t.Change = "add " + permission + " under Application permissions, if it is not there, and choose Grant admin consent"
	default:
		t.What = permission + " is not in the token: it is not granted"
		t.Or = "it was granted within the last hour, then only wait"
		t.Change = "add " + permission + " under Application permissions, if it is not there, and choose Grant admin consent"
	}
	if permission == "Place.Read.All" && !inToken {
		t.Change = "add Place.Read.All (Place without s) under Application permissions and choose Grant admin consent"
	}
	return failed(fill(t, err))
}

// places lists rooms: the cheapest call of Place.Read.All.
func (e *examination) places(ctx context.Context) outcome {
	rooms, err := e.Prober.Rooms(ctx)
	switch {
	case err == nil:
		e.rooms = rooms
		return passed("Place.Read.All works")
	case refused(err):
		return e.missing(ctx, "Place.Read.All", err)
	}
	if o, ok := e.common(err); ok {
		return o
	}
	return unknown(err)
}

// people reads one account.
func (e *examination) people(ctx context.Context) outcome {
	err := e.Prober.People(ctx)
	switch {
	case err == nil:
		return passed("User.Read.All works")
	case refused(err):
		o := e.missing(ctx, "User.Read.All", err)
		if o.trouble != nil {
			o.trouble.Partly = true
		}
		return o
	}
	if o, ok := e.common(err); ok {
		return o
	}
	return unknown(err)
}

// samples are the mailboxes by which calendars are tried: those of the
// configuration, then some rooms.
func (e *examination) samples() []providers.Address {
	var out []providers.Address
	add := func(address providers.Address) {
		if address != "" && !slices.Contains(out, address) {
			out = append(out, address)
		}
	}
	add(e.organizer)
	if address, ok := providers.ParseAddress(e.Connection.TestMailbox); ok {
		add(address)
	}
	for _, m := range e.Mailboxes {
		add(m)
	}
	for i := range min(len(e.rooms), 3) {
		add(e.rooms[i].Mailbox)
	}
	return out
}

// read tries a mailbox's calendar, once.
func (e *examination) read(ctx context.Context, mailbox providers.Address) error {
	if err, done := e.tried[mailbox]; done {
		return err
	}
	err := e.Prober.CanRead(ctx, mailbox)
	e.tried[mailbox] = err
	return err
}

// calendars tries until one mailbox answers. All refused is the permission; one
// refused is that mailbox.
func (e *examination) calendars(ctx context.Context) outcome {
	samples := e.samples()
	if len(samples) == 0 {
		return notRun("no mailbox to try: give --organizer with connect, or --mailbox")
	}
	var last error
	answered := false
	for _, mailbox := range samples {
		err := e.read(ctx, mailbox)
		switch {
		case err == nil, absent(err):
			answered = true
		case refused(err):
			last = err
			continue
		default:
			if o, ok := e.common(err); ok {
				return o
			}
			return unknown(err)
		}
		if err == nil {
			break
		}
	}
	if !answered {
		return e.missing(ctx, "Calendars.ReadWrite", last)
	}
	switch roles := e.roles(); {
	case has(roles, "Calendars.ReadWrite"):
		return passed("Calendars.ReadWrite is in the token and calendars answer")
	case has(roles, "Calendars.Read"), has(roles, "Calendars.ReadBasic"), has(roles, "Calendars.ReadBasic.All"):
		level := providers.AccessLevel(e.Connection.Access)
		if providers.LevelAccess(level).Refuses(providers.VerbBook) != "" {
			return passed("calendars answer; the connection is set to " + string(level) + ", which needs no Calendars.ReadWrite")
		}
		return failed(providers.Trouble{Mistake: 6, Doc: "6", Class: providers.NotAllowed, Partly: true, What: "the application may read calendars and not write them, so that nothing can be booked",
			Where: atPermissions, Change: "add Calendars.ReadWrite under Application permissions and choose Grant admin consent"})
	}
	return passed("calendars answer; the permission is not in the token, so it comes from Exchange (RBAC for Applications)")
}
