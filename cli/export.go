package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"roomdesk/providers"
	"roomdesk/providers/ical"
)

// exportFormats are the values of --format.
var exportFormats = []string{"ics", "csv", "json"}

// exportFlags are the flags of export.
type exportFlags struct {
	windowFlags
	format, output  string
	bookings, links bool
	force, offline  bool
}

func (a *app) exportCommand() *cobra.Command {
	var f exportFlags
	command := &cobra.Command{
		Use:   "export [M...]",
		Short: "Write calendars, or the bookings made here, as iCalendar, CSV or JSON",
		Long: "Meetings are read as events reads them; the bookings made here with --bookings. Every time is told with its zone. Of\n" +
			"private meetings only the time is told, and join links only with --links. Where a calendar cannot be read, nothing\n" +
			"is written. An iCalendar file holds one calendar. In CSV, cells that a spreadsheet would take for a formula begin\n" +
			"with an apostrophe; JSON has every text as it is.",
		Example: "roomdesk export aalto --format ics --from today --to +28d -o aalto.ics\nroomdesk export --bookings --format csv",
		RunE: a.run(func(ctx context.Context, args []string) error {
			if err := f.check(args, a.out.format); err != nil {
				return err
			}
			window, err := a.exportWindow(f)
			if err != nil {
				return err
			}
			return a.withVerb(ctx, unlessDry(providers.VerbExport, f.bookings), func(ctx context.Context, s *session) error { return a.export(ctx, s, args, f, window) })
		}),
	}
	f.register(command, "default: today; of bookings, all")
	flags := command.Flags()
	flags.StringVar(&f.format, "format", "", "ics, csv or json (default: what the name of the file ends with)")
	flags.StringVarP(&f.output, "output", "o", "", "file to write, readable by you alone (default: standard output)")
	flags.BoolVar(&f.force, "force", false, "replace the file where there is one")
	flags.BoolVar(&f.bookings, "bookings", false, "the bookings made here")
	flags.BoolVar(&f.offline, "offline", false, "with --bookings: do not ask the tenant how they stand now")
	flags.BoolVar(&f.links, "links", false, "tell join links too: they let anybody in who has them")
	// The function fails only for a flag that does not exist.
	_ = command.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(cobraWords(exportFormats), cobra.ShellCompDirectiveNoFileComp))
	return command
}

func cobraWords(words []string) []cobra.Completion { return slices.Clone(words) }

// check completes the format and refuses what contradicts itself.
func (f *exportFlags) check(args []string, printed format) error {
	if f.format == "" {
		f.format = strings.TrimPrefix(strings.ToLower(filepath.Ext(f.output)), ".")
		if f.output == "" && printed == formatJSON {
			f.format = "json"
		}
	}
	switch {
	case !slices.Contains(exportFormats, f.format):
		return usage("give --format ics, --format csv or --format json", "%q is no format of an export", f.format)
	case printed == formatJSON && f.format != "json":
		return usage("leave --json out", "--json and --format %s exclude each other", f.format)
	case f.force && f.output == "":
		return usage("name the file with -o", "--force replaces a file, and none is named")
	case f.bookings == (len(args) > 0):
		return usage("name mailboxes, or give --bookings alone", "say what to export: calendars, or --bookings")
	case f.format == "ics" && len(args) > 1:
		return usage("write one file for each, or choose csv or json", "an iCalendar file holds one calendar, and %d are named", len(args))
	}
	return nil
}

// exportWindow is the time asked for; zero stands for all bookings.
func (a *app) exportWindow(f exportFlags) (providers.Interval, error) {
	window, err := a.window(f.windowFlags)
	if err != nil {
		return window, err
	}
	if f.bookings && f.from == "" && f.to == "" {
		window = providers.Interval{}
	}
	if a.out.zone.String() == "Local" {
		a.out.say("This machine's time zone has no name: times are told in UTC. Choose one with --zone.")
		a.out.zone = time.UTC
	}
	return window, nil
}

// exported is what goes into the file.
type exported struct {
	name     providers.Untrusted // of the one calendar
	window   providers.Interval
	made     time.Time
	isRoom   map[providers.Address]bool
	reads    []calendarRead
	bookings []providers.Booking
	links    bool
}

func (a *app) export(ctx context.Context, s *session, args []string, f exportFlags, window providers.Interval) error {
	if f.output != "" && !f.force {
		// Told before anything is read; writing looks again.
		if err := absent(f.output); err != nil {
			return err
		}
	}
	x := exported{window: window, made: a.deps.Now(), links: f.links}
	var old error
	var err error
	if f.bookings {
		old, err = a.gatherBookings(ctx, s, &x, f.offline)
	} else {
		old, err = a.gatherCalendars(ctx, s, &x, args)
	}
	if err != nil {
		return err
	}
	var b bytes.Buffer
	switch f.format {
	case "ics":
		err = a.exportICal(&b, x)
	case "csv":
		err = a.exportCSV(&b, x)
	default:
		err = a.exportJSON(&b, x)
	}
	if err != nil {
		return failed("report this", "writing the export: %v", err)
	}
	if f.output == "" {
		if _, err := a.deps.Stdout.Write(b.Bytes()); err != nil {
			return failed("check where standard output goes", "writing the export: %v", err)
		}
		return old
	}
	if err := writeExport(f.output, b.Bytes(), f.force); err != nil {
		return err
	}
	entries := len(x.bookings)
	for _, read := range x.reads {
		entries += len(read.events)
	}
	what := "meeting"
	if f.bookings {
		what = "booking"
	}
	a.out.say("%s: %s.", providers.Sanitise(f.output), plural(entries, what, ""))
	return old
}

func (a *app) gatherBookings(ctx context.Context, s *session, x *exported, offline bool) (old, err error) {
	old, err = a.look(ctx, s, offline, every)
	if err != nil {
		return nil, err
	}
	bookings, err := s.bookings(ctx)
	if err != nil {
		return nil, err
	}
	x.name = providers.Outside("Bookings of " + s.connection.Name)
	for _, b := range bookings {
		span := providers.Interval{Start: b.Request.Start, End: b.Request.End}
		if b.Series != nil {
			span.End = b.Series.Last()
		}
		if x.window.Start.IsZero() || span.Overlaps(x.window) {
			x.bookings = append(x.bookings, b)
		}
	}
	return old, nil
}

// gatherCalendars reads the calendars. old is set where the tenant could not be
// asked and what the mirror last knew stands in. A calendar of which nothing is
// known is an error: a file would pass it off as an empty one.
func (a *app) gatherCalendars(ctx context.Context, s *session, x *exported, texts []string) (old, err error) {
	mailboxes, err := s.mailboxes(ctx, texts)
	if err != nil {
		return nil, err
	}
	rooms, err := s.store.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	x.isRoom = make(map[providers.Address]bool, len(rooms))
	x.name = providers.Outside(string(mailboxes[0]))
	for _, room := range rooms {
		x.isRoom[room.Mailbox] = true
		if room.Mailbox == mailboxes[0] {
			x.name = providers.Outside(room.Title())
		}
	}
	x.reads = make([]calendarRead, len(mailboxes))
	live := liveCalendars{session: s}
	defer live.close()
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(liveReads)
	for i, mailbox := range mailboxes {
		group.Go(func() error {
			read, err := s.readCalendar(groupCtx, &live, mailbox, x.window)
			if err != nil && providers.ClassOf(err) == providers.Cancelled {
				return err
			}
			if err != nil {
				read.problem = providers.ProblemOf(err, a.deps.Now())
			}
			x.reads[i] = read
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var unread, aged []trouble
	for _, read := range x.reads {
		switch {
		case read.problem == nil:
		case read.at.IsZero():
			unread = append(unread, trouble{read.mailbox, read.problem})
		default:
			aged = append(aged, trouble{read.mailbox, read.problem})
		}
	}
	if len(unread) > 0 {
		return nil, a.partly(len(unread), unread)
	}
	for _, t := range aged {
		a.out.say("roomdesk: %s: %s", t.mailbox, t.problem.Sentence(a.deps.Now()))
	}
	if len(aged) > 0 {
		return &failure{code: exitPartly, class: "partly", message: "the tenant could not be asked: " + plural(len(aged), "calendar", "") + " as last known"}, nil
	}
	return nil, nil
}

func (a *app) exportICal(w io.Writer, x exported) error {
	calendar := ical.Calendar{Name: x.name, Zone: a.out.zone, Made: x.made}
	for _, read := range x.reads {
		for _, e := range read.events {
			calendar.Entries = append(calendar.Entries, ical.FromEvent(e, x.links))
		}
	}
	for _, b := range meetingsOf(x.bookings) {
		if entry, ok := ical.FromBooking(b, x.links); ok {
			calendar.Entries = append(calendar.Entries, entry)
		}
	}
	return ical.Write(w, calendar)
}

// exportObject is a whole export in JSON.
type exportObject struct {
	Zone     string          `json:"zone"`
	From     *string         `json:"from"`
	To       *string         `json:"to"`
	Exported *string         `json:"exported"`
	Events   []eventObject   `json:"events"`
	Bookings []bookingObject `json:"bookings"`
}

func (a *app) exportJSON(w io.Writer, x exported) error {
	object := exportObject{Zone: a.out.zone.String(), From: a.out.stamp(x.window.Start), To: a.out.stamp(x.window.End), Exported: a.out.stamp(x.made),
		Events: a.exportedEvents(x), Bookings: a.exportedBookings(x, x.bookings)}
	o := *a.out
	o.out = w
	return o.json(object)
}

// exportedEvents are the events as JSON and CSV tell them: less of private ones
// than on the screen, since a file goes further.
func (a *app) exportedEvents(x exported) []eventObject {
	objects := []eventObject{}
	for _, read := range x.reads {
		for _, e := range read.events {
			object := a.out.event(e, x.isRoom[read.mailbox], read.at)
			if e.Private {
				object.Organizer, object.OrganizerName, object.ICalUID = "", providers.Untrusted{}, providers.Untrusted{}
			}
			if !x.links {
				object.OnlineMeetingURL = providers.Untrusted{}
			}
			objects = append(objects, object)
		}
	}
	return objects
}

// meetingsOf are the bookings with each date of a series as one of its own, for
// formats that have a line for each meeting.
func meetingsOf(bookings []providers.Booking) []providers.Booking {
	var all []providers.Booking
	for _, b := range bookings {
		if b.Series == nil {
			all = append(all, b)
			continue
		}
		for n, line := range b.Series.Dates {
			if line.State == providers.BookingSkipped {
				continue
			}
			one := b
			one.Series, one.ICalUID, one.ID = nil, "", fmt.Sprintf("%s-date-%d", b.ID, n+1)
			one.Request.Start, one.Request.End, one.Request.Room = line.Span.Start, line.Span.End, line.Room
			one.RoomName, one.State, one.Reason, one.ReasonProof, one.EventID = line.RoomName, line.State, line.Reason, line.ReasonProof, line.EventID
			all = append(all, one)
		}
	}
	return all
}

func (a *app) exportedBookings(x exported, bookings []providers.Booking) []bookingObject {
	objects := []bookingObject{}
	for _, b := range bookings {
		object := a.out.booking(b)
		if !x.links {
			object.JoinURL = providers.Untrusted{}
		}
		objects = append(objects, object)
	}
	return objects
}
