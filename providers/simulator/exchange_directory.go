package simulator

import (
	"errors"
	"strings"

	"roomdesk/providers/simulator/entra"
	"roomdesk/providers/simulator/exchange"
)

func (x *exchangeModel) RoomLists() []exchange.Principal {
	var out []exchange.Principal
	for _, r := range x.t.places.list(roomListPlace) {
		out = append(out, exchange.Principal{ID: r.id, Address: r.email, Name: r.name, Kind: exchange.RoomList})
	}
	return out
}

func (x *exchangeModel) RoomsOf(list string) ([]exchange.Principal, bool) {
	records, ok := x.t.places.membersOf(list, roomPlace)
	if !ok {
		return nil, false
	}
	var out []exchange.Principal
	for _, r := range records {
		if p, ok := x.Find(r.email); ok {
			out = append(out, p)
		}
	}
	return out, true
}

func (x *exchangeModel) Members(list string) ([]string, bool) {
	rooms, ok := x.RoomsOf(list)
	if !ok {
		return nil, false
	}
	var out []string
	for _, p := range rooms {
		out = append(out, p.Address)
	}
	return out, true
}

func (x *exchangeModel) Find(key string) (exchange.Principal, bool) {
	m := x.t.world.find(key)
	if m == nil {
		return exchange.Principal{}, false
	}
	return principalOf(m), true
}

// principalOf shows a mailbox as the address book does.
func principalOf(m *mailbox) exchange.Principal {
	p := exchange.Principal{ID: m.id, Address: m.mail(), Name: m.displayName(), UPN: m.principalName()}
	switch m.state().hosted {
	case HostedOnPremises:
		p.OnPremises = true
	case HostedMoving:
		p.Home = exchange.Moving
	}
	switch {
	case !m.hasMailbox():
		p.Home = exchange.Nowhere
	case m.kind == personBox && !m.enabled() && p.Home == exchange.Hosted:
		p.Home = exchange.Disabled
	}
	if m.room != nil {
		p.Kind, p.Office, p.Phone = exchange.Room, m.room.building.name, m.room.phone
	}
	if m.person != nil {
		p.Given, p.Surname, p.Title, p.Department, p.Office, p.Phone = m.person.given, m.person.family, m.person.title, m.person.department, m.person.office, m.person.phone
	}
	return p
}

// AddressBook lists people with a mailbox, rooms and room lists that are not hidden.
func (x *exchangeModel) AddressBook() []exchange.Principal {
	var out []exchange.Principal
	for _, m := range x.t.world.present() {
		if !m.hasMailbox() || m.room != nil && x.t.places.find(m.mail()) == nil {
			continue
		}
		out = append(out, principalOf(m))
	}
	return append(out, x.RoomLists()...)
}

func (x *exchangeModel) Password(login string) (exchange.Principal, string, bool) {
	u, ok := x.t.findAccount(login)
	if !ok || u.Disabled || u.Password == "" || !strings.EqualFold(login, u.Name) && !strings.EqualFold(login, u.Mail) {
		return exchange.Principal{}, "", false
	}
	p, ok := x.Find(login)
	return p, u.Password, ok
}

func (x *exchangeModel) Verify(bearer string) (exchange.Token, error) {
	claims, err := x.t.directory.VerifyExchange(bearer)
	if refused := (*entra.TokenError)(nil); errors.As(err, &refused) && refused.Reason == entra.WrongAudience {
		return exchange.Token{}, &exchange.WrongResource{Reason: refused.Message}
	}
	if err != nil {
		return exchange.Token{}, err
	}
	out := exchange.Token{AppID: claims.AppID, Roles: claims.Roles, Scopes: strings.Fields(claims.Scope), Hash: claims.TokenHash}
	if claims.Delegated() {
		out.UserID = claims.ObjectID
	}
	return out, nil
}

// Allowed goes by the tenant's access policy for applications.
func (x *exchangeModel) Allowed(_, box string) bool {
	m := x.t.world.find(box)
	return m != nil && !x.t.policy.refuses(&call{t: x.t}, m)
}

// exchangeRole says a calendar's sharing in Outlook's words.
func exchangeRole(r calendarRole) exchange.Role {
	return map[calendarRole]exchange.Role{
		freeBusyRead: exchange.FreeBusyTime, limitedRead: exchange.FreeBusyDetails, roleRead: exchange.Reviewer, roleWrite: exchange.Editor,
		delegateWithoutPrivate: exchange.Delegate, delegateWithPrivate: exchange.DelegatePrivate,
	}[r]
}

func (x *exchangeModel) RoleOf(owner, reader string) exchange.Role {
	m, who := x.t.world.find(owner), x.t.world.find(reader)
	switch {
	case m == nil:
		return exchange.None
	case who == nil:
		return exchangeRole(m.openRole())
	}
	return exchangeRole(m.roleOf(who))
}
