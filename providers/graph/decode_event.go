package graph

import (
	"io"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// A first sync spends more on events than on anything else, so they are read
// without reflection: the JSON library checks an event's text, duplicate names and
// damaged characters included, and what is wanted is then picked out of text that
// is known to be valid. The result is that of [decode] into a [WireEvent].

// eventReader fills one WireEvent after another.
type eventReader struct {
	decoder   *jsontext.Decoder
	largest   int
	event     WireEvent
	subject   string
	organizer WireRecipient
	removed   WireRemoved
	attendees []WireAttendee
	cursor    cursor
}

// eventReaders keeps readers with their buffers for the next page.
var eventReaders = sync.Pool{New: func() any { return &eventReader{decoder: jsontext.NewDecoder(strings.NewReader(""))} }}

func newEventReader(from io.Reader) *eventReader {
	r := eventReaders.Get().(*eventReader)
	r.decoder.Reset(from, lenient)
	return r
}

// keptEvent is the size of an event up to which the buffer that it needed is kept.
const keptEvent = 256 << 10

func (r *eventReader) free() {
	if r.largest > keptEvent {
		return
	}
	// What was read lies in pieces of its own; nothing here may keep them alive.
	r.decoder.Reset(strings.NewReader(""))
	clear(r.attendees[:cap(r.attendees)])
	*r = eventReader{decoder: r.decoder, attendees: r.attendees[:0], cursor: cursor{scratch: r.cursor.scratch}}
	eventReaders.Put(r)
}

// next reads an event. It is good until the next one is read.
func (r *eventReader) next() (*WireEvent, error) {
	value, err := r.decoder.ReadValue()
	if err != nil {
		return nil, err
	}
	r.largest = max(r.largest, len(value))
	c, w := &r.cursor, &r.event
	c.text, c.at, c.err = value, 0, nil
	*w = WireEvent{}
	for c.member() {
		switch string(c.name) {
		case "@odata.etag":
			w.ETag = c.string()
		case "id":
			w.ID = c.string()
		case "iCalUId":
			w.ICalUID = c.string()
		case "seriesMasterId":
			w.SeriesMasterID = c.string()
		case "type":
			w.Type = c.string()
		case "originalStart":
			w.OriginalStart = c.string()
		case "originalStartTimeZone":
			w.OriginalZone = c.string()
		case "start":
			c.time(&w.Start)
		case "end":
			c.time(&w.End)
		case "isAllDay":
			w.IsAllDay = c.bool()
		case "subject":
			if !c.null() {
				r.subject = c.string()
				w.Subject = &r.subject
			}
		case "organizer":
			if !c.null() {
				r.organizer = WireRecipient{}
				c.recipient(&r.organizer)
				w.Organizer = &r.organizer
			}
		case "isOrganizer":
			w.IsOrganizer = c.bool()
		case "location":
			for ok := c.object(); ok && c.member(); {
				switch string(c.name) {
				case "displayName":
					w.Location.DisplayName = c.string()
				case "coordinates":
					c.coordinates(&w.Location.Coordinates)
				default:
					c.skip()
				}
			}
		case "attendees":
			w.Attendees = r.people()
		case "showAs":
			w.ShowAs = c.string()
		case "sensitivity":
			w.Sensitivity = c.string()
		case "isCancelled":
			w.IsCancelled = c.bool()
		case "responseStatus":
			c.status(&w.ResponseStatus)
		case "isOnlineMeeting":
			w.IsOnlineMeeting = c.bool()
		case "onlineMeeting":
			for ok := c.object(); ok && c.member(); {
				if string(c.name) == "joinUrl" {
					w.OnlineMeeting.JoinURL = c.string()
				} else {
					c.skip()
				}
			}
		case "transactionId":
			w.TransactionID = c.string()
		case "lastModifiedDateTime":
			w.Modified = c.string()
		case "@removed":
			if !c.null() {
				r.removed = WireRemoved{}
				for ok := c.object(); ok && c.member(); {
					if string(c.name) == "reason" {
						r.removed.Reason = c.string()
					} else {
						c.skip()
					}
				}
				w.Removed = &r.removed
			}
		default:
			c.skip()
		}
	}
	return w, c.err
}

// people reads the list of attendees into a slice that the next event uses again.
func (r *eventReader) people() []WireAttendee {
	c := &r.cursor
	r.attendees = r.attendees[:0]
	for ok := c.list(); ok && c.next(); {
		r.attendees = append(r.attendees, WireAttendee{})
		a := &r.attendees[len(r.attendees)-1]
		for ok := c.object(); ok && c.member(); {
			switch string(c.name) {
			case "type":
				a.Type = c.string()
			case "status":
				c.status(&a.Status)
			case "emailAddress":
				c.address(&a.EmailAddress)
			default:
				c.skip()
			}
		}
	}
	return r.attendees
}

func (c *cursor) coordinates(into *WireCoordinates) {
	for ok := c.object(); ok && c.member(); {
		switch string(c.name) {
		case "latitude":
			into.Latitude = c.number()
		case "longitude":
			into.Longitude = c.number()
		default:
			c.skip()
		}
	}
}

func (c *cursor) time(into *WireTime) {
	for ok := c.object(); ok && c.member(); {
		switch string(c.name) {
		case "dateTime":
			into.DateTime = c.string()
		case "timeZone":
			into.TimeZone = c.string()
		default:
			c.skip()
		}
	}
}

func (c *cursor) status(into *WireStatus) {
	for ok := c.object(); ok && c.member(); {
		switch string(c.name) {
		case "response":
			into.Response = c.string()
		case "time":
			into.Time = c.string()
		default:
			c.skip()
		}
	}
}

func (c *cursor) recipient(into *WireRecipient) {
	for ok := c.object(); ok && c.member(); {
		if string(c.name) == "emailAddress" {
			c.address(&into.EmailAddress)
		} else {
			c.skip()
		}
	}
}

func (c *cursor) address(into *WireAddress) {
	for ok := c.object(); ok && c.member(); {
		switch string(c.name) {
		case "name":
			into.Name = c.string()
		case "address":
			into.Address = c.string()
		default:
			c.skip()
		}
	}
}
