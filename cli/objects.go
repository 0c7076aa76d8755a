package cli

import (
	"time"

	"roomdesk/booking"
	"roomdesk/providers"
)

// The shapes of --json. Keys are stable: docs/commands.md promises them. Texts
// from outside are providers.Untrusted, which escapes what could act on a
// terminal. A value that is not known is null, never an empty guess.

type roomObject struct {
	Mailbox     providers.Address     `json:"mailbox"`
	Name        providers.Untrusted   `json:"name"`
	Nickname    providers.Untrusted   `json:"nickname"`
	Building    providers.Untrusted   `json:"building"`
	Floor       providers.Untrusted   `json:"floor"`
	FloorNumber *int                  `json:"floor_number"`
	Section     providers.Untrusted   `json:"section"`
	Capacity    *int                  `json:"capacity"`
	Equipment   []providers.Equipment `json:"equipment"`
	Devices     []providers.Untrusted `json:"devices"`
	Tags        []providers.Untrusted `json:"tags"`
	Accessible  *bool                 `json:"accessible"`
	Bookable    bool                  `json:"bookable"`
	Phone       providers.Untrusted   `json:"phone"`
	Lists       []providers.Address   `json:"lists"`
	Zone        string                `json:"zone"`
	Provider    string                `json:"provider"`
	Home        string                `json:"home"` // "cloud" or "on premises"
	AgeS        *int64                `json:"age_s"`
	// Access is what is known to be allowed; null where nothing was looked up.
	Access *accessObject `json:"access"`
}

func (o *output) room(r providers.Room, asOf time.Time) roomObject {
	object := roomObject{
		Mailbox: r.Mailbox, Name: r.Name, Nickname: r.Nickname, Building: r.Building, Floor: r.Floor, FloorNumber: r.FloorNumber,
		Section: r.Section, Equipment: list(r.Equipment), Devices: list(r.Devices), Tags: list(r.Tags), Accessible: r.StepFree,
		Bookable: r.Bookable, Phone: r.Phone, Lists: list(r.Lists), Zone: r.Zone, Provider: r.Provider, Home: providers.HomeWords(r.Provider), AgeS: o.age(asOf),
	}
	if r.Capacity > 0 {
		object.Capacity = &r.Capacity
	}
	return object
}

// list makes a nil slice an empty array.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

type eventObject struct {
	Mailbox          providers.Address   `json:"mailbox"`
	ID               providers.Untrusted `json:"id"`
	ICalUID          providers.Untrusted `json:"ical_uid"`
	Start            *string             `json:"start"`
	End              *string             `json:"end"`
	AllDay           bool                `json:"all_day"`
	Subject          providers.Untrusted `json:"subject"`
	Organizer        providers.Address   `json:"organizer"`
	OrganizerName    providers.Untrusted `json:"organizer_name"`
	Location         providers.Untrusted `json:"location"`
	ShowAs           providers.Untrusted `json:"show_as"`
	Private          bool                `json:"private"`
	Cancelled        bool                `json:"cancelled"`
	Series           bool                `json:"series"`
	OnlineMeetingURL providers.Untrusted `json:"online_meeting_url"`
	RoomResponse     providers.Untrusted `json:"room_response"`
	AgeS             *int64              `json:"age_s"`
}

// event is an entry of a calendar. Of a private one only its time is told.
func (o *output) event(e providers.Event, isRoom bool, asOf time.Time) eventObject {
	object := eventObject{
		Mailbox: e.Mailbox, ID: providers.Outside(e.ID), ICalUID: providers.Outside(e.ICalUID),
		Start: o.stamp(e.Start), End: o.stamp(e.End), AllDay: e.AllDay, Subject: e.Subject, Organizer: e.Organizer,
		OrganizerName: e.OrganizerName, Location: e.Location, ShowAs: providers.Outside(string(e.ShowAs)), Private: e.Private,
		Cancelled: e.Cancelled, Series: e.Recurring(), OnlineMeetingURL: e.JoinURL,
		RoomResponse: providers.Outside(string(roomResponse(e, isRoom))), AgeS: o.age(asOf),
	}
	if e.Private {
		object.Subject, object.Location, object.OnlineMeetingURL = providers.Untrusted{}, providers.Untrusted{}, providers.Untrusted{}
	}
	if e.AllDay {
		// Whole days have no zone: midnights are told as they are.
		start, end := e.Start.UTC().Format(time.RFC3339), e.End.UTC().Format(time.RFC3339)
		object.Start, object.End = &start, &end
	}
	return object
}

// roomResponse is the room's own answer: in a room's calendar that of the
// mailbox itself, elsewhere that of the first resource invited.
func roomResponse(e providers.Event, isRoom bool) providers.Response {
	if isRoom {
		return e.Response
	}
	for _, attendee := range e.Attendees {
		if attendee.Type == providers.Resource {
			return attendee.Response
		}
	}
	return providers.ResponseNone
}

type blockObject struct {
	Start *string            `json:"start"`
	End   *string            `json:"end"`
	State providers.FreeBusy `json:"state"`
}

type availabilityObject struct {
	Mailbox providers.Address  `json:"mailbox"`
	Start   *string            `json:"start"`
	End     *string            `json:"end"`
	State   providers.FreeBusy `json:"state"`
	Blocks  []blockObject      `json:"blocks"`
	Error   *problemObject     `json:"error"`
	AgeS    *int64             `json:"age_s"`
}

func (o *output) availability(a providers.Availability) availabilityObject {
	object := availabilityObject{
		Mailbox: a.Mailbox, Start: o.stamp(a.Window.Start), End: o.stamp(a.Window.End), State: stateOver(a),
		Blocks: []blockObject{}, Error: o.problem(a.Problem), AgeS: o.age(a.AsOf),
	}
	for _, b := range a.Blocks {
		object.Blocks = append(object.Blocks, blockObject{o.stamp(b.Start), o.stamp(b.End), b.State})
	}
	return object
}

// stateOver is the state of a mailbox over its whole window: free only where
// nothing in it is taken, else the state that weighs most.
func stateOver(a providers.Availability) providers.FreeBusy {
	if !a.Known() {
		return providers.Unknown
	}
	weight := map[providers.FreeBusy]int{providers.Free: 0, providers.WorkingElsewhere: 1, providers.Tentative: 2,
		providers.OutOfOffice: 3, providers.Busy: 4, providers.Unknown: 5}
	state := providers.Free
	for _, b := range a.Blocks {
		if b.Overlaps(a.Window) && weight[b.State] > weight[state] {
			state = b.State
		}
	}
	return state
}

type problemObject struct {
	Class     string              `json:"class"`
	Cause     providers.Cause     `json:"cause"`
	Code      providers.Untrusted `json:"code"`
	Message   providers.Untrusted `json:"message"`
	Next      providers.Untrusted `json:"next"`
	RequestID providers.Untrusted `json:"request_id"`
	Since     *string             `json:"since"`
	NextTry   *string             `json:"next_try"`
}

func (o *output) problem(p *providers.Problem) *problemObject {
	if p == nil {
		return nil
	}
	message := p.Message
	if message.Empty() {
		message = providers.Outside(p.What())
	}
	return &problemObject{Class: string(p.Class), Cause: p.Cause, Code: providers.Outside(p.Code), Message: message, Next: providers.Outside(p.Next()),
		RequestID: providers.Outside(p.RequestID), Since: o.stamp(p.Since), NextTry: o.stamp(p.NextTry)}
}

type personObject struct {
	Mailbox    providers.Address   `json:"mailbox"`
	Name       providers.Untrusted `json:"name"`
	JobTitle   providers.Untrusted `json:"job_title"`
	Department providers.Untrusted `json:"department"`
	Office     providers.Untrusted `json:"office"`
	Enabled    bool                `json:"enabled"`
	AgeS       *int64              `json:"age_s"`
}

func (o *output) person(p providers.Person, asOf time.Time) personObject {
	return personObject{p.Mailbox, p.Name, p.JobTitle, p.Department, p.Office, p.Enabled, o.age(asOf)}
}

type calendarObject struct {
	Mailbox                providers.Address   `json:"mailbox"`
	ID                     providers.Untrusted `json:"id"`
	Name                   providers.Untrusted `json:"name"`
	Owner                  providers.Address   `json:"owner"`
	OwnerName              providers.Untrusted `json:"owner_name"`
	Default                bool                `json:"default"`
	ReadOnly               bool                `json:"read_only"`
	IntegratedConferencing bool                `json:"integrated_conferencing"`
	// Was is what the calendar could before its mailbox was moved to another provider.
	Was string `json:"was"`
}

func calendarOf(c providers.Calendar) calendarObject {
	return calendarObject{c.Mailbox, providers.Outside(c.ID), c.Name, c.Owner, c.OwnerName, c.Default, c.ReadOnly, c.IntegratedConferencing, ""}
}

type alternativeObject struct {
	Room     providers.Address   `json:"room"`
	Name     providers.Untrusted `json:"name"`
	Place    providers.Untrusted `json:"place"`
	Capacity *int                `json:"capacity"`
	Why      providers.Untrusted `json:"why"`
}

type bookingObject struct {
	ID           string                 `json:"id"`
	State        providers.BookingState `json:"state"`
	Room         providers.Address      `json:"room"`
	RoomName     providers.Untrusted    `json:"room_name"`
	Start        *string                `json:"start"`
	End          *string                `json:"end"`
	Subject      providers.Untrusted    `json:"subject"`
	Organizer    providers.Address      `json:"organizer"`
	Required     []providers.Address    `json:"required"`
	Optional     []providers.Address    `json:"optional"`
	Teams        bool                   `json:"teams"`
	TeamsMissing bool                   `json:"teams_missing"`
	JoinURL      providers.Untrusted    `json:"join_url"`
	RoomResponse providers.Untrusted    `json:"room_response"`
	Reason       providers.Untrusted    `json:"reason"`
	ReasonProof  string                 `json:"reason_proof"`
	Failure      *providers.Class       `json:"failure"`
	Alternatives []alternativeObject    `json:"alternatives"`
	EventID      providers.Untrusted    `json:"event_id"`
	ICalUID      providers.Untrusted    `json:"ical_uid"`
	Created      *string                `json:"created"`
	Sent         *string                `json:"sent"`
	Answered     *string                `json:"answered"`
	Updated      *string                `json:"updated"`
	SeriesID     providers.Untrusted    `json:"series_id"`
	Change       *changeObject          `json:"change"`
	CancelDates  []dateObject           `json:"cancel_dates"`
	ShowAs       string                 `json:"show_as"`
	Private      bool                   `json:"private"`
	BeforeS      int64                  `json:"before_s"`
	AfterS       int64                  `json:"after_s"`
	BufferOf     *string                `json:"buffer_of"`
	DateOf       *string                `json:"date_of"`
	News         *newsObject            `json:"news"`
	Review       *string                `json:"review"`
	Silent       bool                   `json:"silent"`
	Kept         *string                `json:"kept"`
	AgeS         *int64                 `json:"age_s"` // of what is told
	Series       *bookedSeriesObject    `json:"series"`
	Access       *accessObject          `json:"access"`
}

// newsObject is what others did to a booking.
type newsObject struct {
	Words providers.Untrusted `json:"words"`
	At    *string             `json:"at"`
	AgeS  *int64              `json:"age_s"`
}

func (o *output) news(n providers.BookingNews) *newsObject {
	if n.Words == "" {
		return nil
	}
	return &newsObject{providers.Outside(n.Words), o.stamp(n.At), o.age(n.At)}
}

// orNull is a text, or null where there is none.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// lookedAt is when it was last known how a booking stands: as the tenant told, or
// where it has not been sent, as it was stored.
func lookedAt(b providers.Booking) time.Time {
	if b.Looked.IsZero() {
		return b.Updated
	}
	return b.Looked
}

// showAsWord is how the time of a booking shows.
func showAsWord(q providers.BookingRequest) string {
	if q.ShowAs == "" {
		return string(providers.ShowBusy)
	}
	return string(q.ShowAs)
}

func (o *output) booking(b providers.Booking) bookingObject {
	r := b.Request
	return bookingObject{
		ID: b.ID, State: b.State, Room: r.Room, RoomName: b.RoomName, Start: o.stamp(r.Start), End: o.stamp(r.End), Subject: r.Subject,
		Organizer: r.Organizer, Required: list(r.Required), Optional: list(r.Optional), Teams: r.Teams, TeamsMissing: b.TeamsMissing,
		JoinURL: b.JoinURL, RoomResponse: providers.Outside(string(b.RoomResponse)), Reason: providers.Outside(b.Reason),
		ReasonProof: string(b.ReasonProof), Failure: classOf(b.Failure), Alternatives: alternativesOf(offered(b)), EventID: providers.Outside(b.EventID),
		ICalUID: providers.Outside(b.ICalUID), Created: o.stamp(b.Created), Sent: o.stamp(b.Sent), Answered: o.stamp(b.Answered), Updated: o.stamp(b.Updated),
		SeriesID: providers.Outside(b.SeriesID), Change: o.change(b.Change), CancelDates: o.dates(b.CancelDates), Series: o.bookedSeries(b.Series),
		ShowAs: showAsWord(r), Private: r.Private, BeforeS: int64(r.Before.Seconds()), AfterS: int64(r.After.Seconds()), BufferOf: orNull(b.BufferOf), DateOf: orNull(b.DateOf),
		News: o.news(b.News), Review: orNull(b.Review), Silent: booking.Silent(b, o.now()), Kept: o.stamp(b.Kept), AgeS: o.age(lookedAt(b)),
	}
}

// classOf is a class, or null where there is none.
func classOf(class providers.Class) *providers.Class {
	if class == "" {
		return nil
	}
	return &class
}

func alternativesOf(alternatives []providers.Alternative) []alternativeObject {
	objects := []alternativeObject{}
	for _, alternative := range alternatives {
		object := alternativeObject{Room: alternative.Room, Name: alternative.Name,
			Place: providers.Outside(alternative.Place), Why: providers.Outside(alternative.Why)}
		if alternative.Capacity > 0 {
			object.Capacity = &alternative.Capacity
		}
		objects = append(objects, object)
	}
	return objects
}

type mailboxObject struct {
	Mailbox  providers.Address      `json:"mailbox"`
	Name     providers.Untrusted    `json:"name"`
	IsRoom   bool                   `json:"is_room"`
	State    providers.MailboxState `json:"state"`
	LastGood *string                `json:"last_good"`
	AgeS     *int64                 `json:"age_s"`
	LagS     *int64                 `json:"lag_s"`
	Rows     int                    `json:"rows"`
	// Unconfirmed of the rows were missing from the last answer.
	Unconfirmed int                 `json:"unconfirmed"`
	Next        *string             `json:"next"`
	Sentence    providers.Untrusted `json:"sentence"`
	Problem     *problemObject      `json:"problem"`
}

type listingObject struct {
	Count    int                 `json:"count"`
	Reported *int                `json:"reported"`
	Complete bool                `json:"complete"`
	Warning  providers.Untrusted `json:"warning"`
}

type syncObject struct {
	progressObject
	By        *string         `json:"by"`
	Harmful   bool            `json:"harmful"`
	Rooms     listingObject   `json:"rooms"`
	LastGood  *string         `json:"last_good"`
	AgeS      *int64          `json:"age_s"`
	Fresh     int             `json:"fresh"`
	Partly    int             `json:"partly"`
	Late      int             `json:"late"`
	Failing   int             `json:"failing"`
	NoAccess  int             `json:"no_access"`
	Waiting   int             `json:"waiting"`
	Problem   *problemObject  `json:"problem"`
	Mailboxes []mailboxObject `json:"mailboxes"`
}

func (o *output) sync(p providers.SyncProgress, mailboxes []providers.MailboxStatus) syncObject {
	object := syncObject{
		progressObject: o.progress(p), LastGood: o.stamp(p.LastGood), AgeS: o.age(p.LastGood), Harmful: harmful(p),
		Rooms: listingOf(p.Listing),
		Fresh: p.Fresh, Partly: p.Partly, Late: p.Late, Failing: p.Failing, NoAccess: p.NoAccess, Waiting: p.Waiting,
		Problem: o.problem(p.Problem), Mailboxes: []mailboxObject{},
	}
	if p.By != "" {
		object.By = &p.By
	}
	for _, m := range mailboxes {
		object.Mailboxes = append(object.Mailboxes, o.mailbox(m))
	}
	return object
}

func (o *output) mailbox(m providers.MailboxStatus) mailboxObject {
	return mailboxObject{m.Mailbox, m.Name, m.IsRoom, m.State, o.stamp(m.LastGood), o.age(m.LastGood), o.lag(m), m.Rows, m.Unconfirmed, o.stamp(m.Next), providers.Outside(m.Sentence(o.now())), o.problem(m.Problem)}
}

// lag is how long ago a mailbox should have been read; nil where it never was.
func (o *output) lag(m providers.MailboxStatus) *int64 {
	if m.LastGood.IsZero() {
		return nil
	}
	due := m.Next
	if m.Problem != nil || due.IsZero() {
		due = m.LastGood
	}
	lag := max(0, int64(o.now().Sub(due).Seconds()))
	return &lag
}

func listingOf(l providers.Listing) listingObject {
	object := listingObject{Count: l.Count, Complete: l.Complete, Warning: l.Warning}
	if l.Reported >= 0 {
		object.Reported = &l.Reported
	}
	return object
}
