package cli

import (
	"time"

	"roomdesk/booking/wish"
	"roomdesk/providers"
)

// The shapes of rooms find --json.
type findObject struct {
	Understood string           `json:"understood"`
	Start      *string          `json:"start"`
	End        *string          `json:"end"`
	Zone       string           `json:"zone"`
	Offers     []offerObject    `json:"offers"`
	More       int              `json:"more"`
	Withheld   []withheldObject `json:"withheld"`
	Guests     []guestObject    `json:"guests"`
	Others     []otherObject    `json:"others"`
	Total      int              `json:"total"`
	Unknown    int              `json:"unknown"`
}

type reasonObject struct {
	Words string          `json:"words"`
	Proof providers.Proof `json:"proof"`
}

type offerObject struct {
	roomObject
	Start *string        `json:"start"`
	End   *string        `json:"end"`
	Until *string        `json:"until"`
	Why   []reasonObject `json:"why"`
	AgeS  *int64         `json:"age_s"`
}

type withheldObject struct {
	Mailbox providers.Address   `json:"mailbox"`
	Name    providers.Untrusted `json:"name"`
	Why     []reasonObject      `json:"why"`
}

type guestObject struct {
	Mailbox providers.Address  `json:"mailbox"`
	Name    string             `json:"name"`
	State   providers.FreeBusy `json:"state"`
	Words   string             `json:"words"`
	AgeS    *int64             `json:"age_s"`
}

type otherObject struct {
	Start *string           `json:"start"`
	End   *string           `json:"end"`
	Rooms int               `json:"rooms"`
	Best  providers.Address `json:"best"`
}

func (o *output) finding(w wish.Wish, answer providers.Finding, at time.Time) findObject {
	object := findObject{
		Understood: w.Understood(), Start: o.stamp(answer.Span.Start), End: o.stamp(answer.Span.End), Zone: w.Zone.String(),
		Offers: []offerObject{}, More: answer.More, Withheld: []withheldObject{}, Guests: []guestObject{}, Others: []otherObject{},
		Total: answer.Total, Unknown: answer.Unknown,
	}
	for _, x := range answer.Offers {
		object.Offers = append(object.Offers, offerObject{o.room(x.Room, at), o.stamp(x.Span.Start), o.stamp(x.Span.End), o.stamp(x.Until), reasonsOf(x.Why), o.age(x.AsOf)})
	}
	for _, x := range answer.Withheld {
		object.Withheld = append(object.Withheld, withheldObject{x.Room.Mailbox, x.Room.Name, reasonsOf(x.Why)})
	}
	for _, g := range answer.Guests {
		object.Guests = append(object.Guests, guestObject{g.Mailbox, g.Name, g.State, g.Words, o.age(g.AsOf)})
	}
	for _, x := range answer.Others {
		object.Others = append(object.Others, otherObject{o.stamp(x.Span.Start), o.stamp(x.Span.End), x.Rooms, x.Best.Mailbox})
	}
	return object
}

func reasonsOf(reasons []providers.Reason) []reasonObject {
	objects := make([]reasonObject, len(reasons))
	for i, r := range reasons {
		objects[i] = reasonObject{r.Words, r.Proof}
	}
	return objects
}
