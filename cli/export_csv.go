package cli

import (
	"io"
	"strconv"
	"strings"
)

// Columns of a CSV export. docs/commands.md promises them.
var (
	eventColumns = []string{"mailbox", "start", "end", "zone", "all_day", "subject", "organizer", "organizer_name", "location", "show_as",
		"private", "cancelled", "series", "online_meeting_url", "room_response", "ical_uid"}
	bookingColumns = []string{"id", "state", "room", "room_name", "start", "end", "zone", "subject", "organizer", "required", "optional",
		"join_url", "room_response", "reason", "reason_proof", "ical_uid"}
)

// exportCSV writes CSV (RFC 4180): a header, one line for each entry, CRLF, every
// cell in quotes.
func (a *app) exportCSV(w io.Writer, x exported) error {
	zone := a.out.zone.String()
	if x.reads == nil {
		rows := [][]string{bookingColumns}
		for _, b := range a.exportedBookings(x, meetingsOf(x.bookings)) {
			rows = append(rows, []string{b.ID, string(b.State), string(b.Room), b.RoomName.String(), textOf(b.Start), textOf(b.End), zone, b.Subject.String(),
				string(b.Organizer), addresses(b.Required), addresses(b.Optional), b.JoinURL.String(), b.RoomResponse.String(), b.Reason.String(),
				b.ReasonProof, b.ICalUID.String()})
		}
		return writeCSV(w, rows)
	}
	rows := [][]string{eventColumns}
	for _, e := range a.exportedEvents(x) {
		start, end, zone := textOf(e.Start), textOf(e.End), zone
		if e.AllDay {
			start, end, zone = start[:len("2006-01-02")], end[:len("2006-01-02")], ""
		}
		rows = append(rows, []string{string(e.Mailbox), start, end, zone, strconv.FormatBool(e.AllDay), e.Subject.String(), string(e.Organizer),
			e.OrganizerName.String(), e.Location.String(), e.ShowAs.String(), strconv.FormatBool(e.Private), strconv.FormatBool(e.Cancelled),
			strconv.FormatBool(e.Series), e.OnlineMeetingURL.String(), e.RoomResponse.String(), e.ICalUID.String()})
	}
	return writeCSV(w, rows)
}

func textOf(stamp *string) string {
	if stamp == nil {
		return ""
	}
	return *stamp
}

func writeCSV(w io.Writer, rows [][]string) error {
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('"')
			b.WriteString(strings.ReplaceAll(inert(cell), `"`, `""`))
			b.WriteByte('"')
		}
		b.WriteString("\r\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// inert makes sure that no spreadsheet takes a text for a formula: an apostrophe
// goes before each character that begins one, in ASCII and in full width, wherever
// a cell may begin. That is at the front, and also behind every character that
// some program takes for the end of a cell: one that expects semicolons reads the
// commas and quotes of this file as text.
func inert(cell string) string {
	var b strings.Builder
	begins := true
	for _, r := range cell {
		switch r {
		case '=', '+', '-', '@', '＝', '＋', '－', '＠', '−', '﹦', '﹢', '﹣', '﹫':
			if begins {
				b.WriteByte('\'')
			}
			begins = false
		case '\t', '\r':
			// At the front these begin a formula themselves.
			if begins && b.Len() == 0 {
				b.WriteByte('\'')
			}
			begins = true
		case ',', ';', '|', '\n', '"', ' ', '\u00a0', '\u3000':
			begins = begins || r != ' ' && r != '\u00a0' && r != '\u3000' && r != '"'
		case '\ufeff':
		default:
			begins = false
		}
		b.WriteRune(r)
	}
	return b.String()
}
