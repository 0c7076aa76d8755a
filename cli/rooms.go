package cli

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"roomdesk/providers"
)

func (a *app) roomsCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "rooms [QUERY]",
		Short: "List the rooms, or those that fit a query",
		Long: "The query is that of the console's filter: words of name, building, section, tag, address or room list; 12p for at\n" +
			"least 12 seats; f3 for floor 3; display, video, audio, teams, step-free; @berlin for a building; home:cloud or\n" +
			"home:on-premises for where the mailbox lives; -kitchen excludes\n" +
			"(behind --). All terms must fit.",
		Example: "roomdesk rooms\nroomdesk rooms 12p display f3 --json",
		RunE: a.run(func(ctx context.Context, args []string) error {
			return a.with(ctx, func(ctx context.Context, s *session) error { return a.listRooms(ctx, s, strings.Join(args, " ")) })
		}),
	}
	command.AddCommand(a.findCommand(), a.roomRulesCommand(), a.wordsCommand(), &cobra.Command{
		Use:   "show M",
		Short: "Show one room and its day",
		Long:  "M is the room's address, name or the part of its address before the at sign. Its free/busy of today is asked for now.",
		Args:  cobra.ExactArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			return a.with(ctx, func(ctx context.Context, s *session) error { return a.showRoom(ctx, s, args[0]) })
		}),
	})
	return command
}

func (a *app) listRooms(ctx context.Context, s *session, query string) error {
	rooms, at, err := s.rooms(ctx)
	if err != nil && !isStale(err) {
		return err
	}
	words, _, wordsErr := a.wordsFile().get()
	if wordsErr != nil {
		return wordsErr
	}
	matches := providers.NewRoomIndexWith(rooms, words).Filter(query)
	fit := make([]providers.Room, 0, len(matches.Rooms))
	for _, i := range matches.Rooms {
		fit = append(fit, rooms[i])
	}
	for _, term := range matches.Terms {
		if term.Meaning == "" {
			a.out.say("%q is incomplete and was left out.", term.Typed)
		}
	}
	sortRooms(fit)
	access, accessErr := s.accessBook(ctx)
	if accessErr != nil {
		return accessErr
	}
	if printErr := a.printRooms(fit, rooms, at, access); printErr != nil {
		return printErr
	}
	if err != nil {
		return a.warnStale(err, "rooms", at)
	}
	return nil
}

// sortRooms orders by building, floor and name, as the console does.
func sortRooms(rooms []providers.Room) {
	key := func(r providers.Room) string {
		floor := 1 << 20
		if r.FloorNumber != nil {
			floor += *r.FloorNumber
		}
		return strings.ToLower(fmt.Sprintf("%s\x00%08d\x00%s\x00%s\x00%s", r.Building, floor, r.Floor, r.Title(), r.Mailbox))
	}
	sort.SliceStable(rooms, func(i, j int) bool { return key(rooms[i]) < key(rooms[j]) })
}

var roomColumns = []column{{title: "ROOM"}, {title: "BUILDING"}, {title: "FLOOR"}, {title: "SEATS", right: true}, {title: "EQUIPMENT"},
	{title: "STEP-FREE", keep: true}, {title: "MAILBOX", keep: true}, {title: "HOME", keep: true}}

func roomRow(r providers.Room) []string {
	seats := ""
	if r.Capacity > 0 {
		seats = fmt.Sprint(r.Capacity)
	}
	equipment := make([]string, len(r.Equipment))
	for i, e := range r.Equipment {
		equipment[i] = string(e)
	}
	return []string{r.Title(), r.Building.Or(""), r.Floor.Or(""), seats, strings.Join(equipment, " "), yesNo(r.StepFree), string(r.Mailbox), providers.HomeWords(r.Provider)}
}

func yesNo(known *bool) string {
	switch {
	case known == nil:
		return ""
	case *known:
		return "yes"
	}
	return "no"
}

// printRooms prints some of all rooms; at is when the list was read.
func (a *app) printRooms(rooms, all []providers.Room, at time.Time, access *accessBook) error {
	if a.out.format == formatJSON {
		objects := make([]roomObject, len(rooms))
		for i, room := range rooms {
			objects[i] = a.out.room(room, at)
			objects[i].Access = accessOf(access.room(room.Mailbox))
		}
		return a.out.json(objects)
	}
	rows := make([][]string, len(rooms))
	for i, room := range rooms {
		rows[i] = roomRow(room)
	}
	columns := roomColumns
	if a.out.format == formatTable && !providers.MixedHomes(all) {
		columns = columns[:len(columns)-1]
		for i := range rows {
			rows[i] = rows[i][:len(columns)]
		}
	}
	if err := a.out.table(columns, rows, fmt.Sprintf("None of %s fits.", plural(len(all), "room", ""))); err != nil {
		return err
	}
	if a.out.format == formatTable && len(rooms) > 0 {
		a.out.say("%d of %s, list %s old.", len(rooms), plural(len(all), "room", ""), a.out.ageWords(at))
	}
	return nil
}

// roomDetail is a room with its day in JSON.
type roomDetail struct {
	roomObject
	Availability *availabilityObject `json:"availability"`
}

func (a *app) showRoom(ctx context.Context, s *session, text string) error {
	rooms, at, staleErr := s.rooms(ctx)
	if staleErr != nil && !isStale(staleErr) {
		return staleErr
	}
	address, err := s.mailbox(ctx, text, false)
	if err != nil {
		return err
	}
	var room *providers.Room
	for i := range rooms {
		if rooms[i].Mailbox == address {
			room = &rooms[i]
		}
	}
	if room == nil {
		return failed("see roomdesk rooms", "there is no room with the address %s", address)
	}
	window, err := a.window(windowFlags{})
	if err != nil {
		return err
	}
	day, err := s.availability(ctx, []providers.Address{address}, window)
	if err != nil {
		return err
	}
	if room.Zone == "" {
		room.Zone = day[0].Zone
	}
	if _, err := s.capabilities(ctx); err != nil && ctx.Err() != nil {
		return ctx.Err() // else what was known before is told
	}
	book, err := s.accessBook(ctx)
	if err != nil {
		return err
	}
	access := book.room(address)
	if a.out.format == formatJSON {
		availability := a.out.availability(day[0])
		object := roomDetail{a.out.room(*room, at), &availability}
		object.Access = accessOf(access)
		if err := a.out.json(object); err != nil {
			return err
		}
	} else if err := a.printRoom(*room, day[0], access); err != nil {
		return err
	}
	if day[0].Problem != nil {
		a.out.say("roomdesk: free/busy of %s is not known: %s", address, day[0].Problem.Sentence(a.deps.Now()))
		return told(exitPartly)
	}
	return a.warnStale(staleErr, "rooms", at)
}

func (a *app) printRoom(r providers.Room, day providers.Availability, access providers.Access) error {
	devices := providers.Join(r.Devices, ", ")
	row := roomRow(r)
	zone := r.Zone
	pairs := [][]string{{"room", r.Title()}, {"mailbox", string(r.Mailbox)}, {"place", r.Place()}, {"home", row[7]}, {"section", r.Section.Or("")},
		{"seats", row[3]}, {"equipment", row[4]}, {"devices", devices}, {"step-free", row[5]}, {"tags", providers.Join(r.Tags, ", ")},
		{"phone", r.Phone.Or("")}, {"time zone", zone}}
	if !r.Bookable {
		pairs = append(pairs, []string{"bookable", "no: assigned to somebody"})
	}
	if access.Level != "" {
		pairs = append(pairs, []string{"access", string(access.Level)})
	}
	pairs = append(pairs, accessWords(access)...)
	now := a.deps.Now()
	state, until := day.State(now)
	words := string(state)
	if !until.IsZero() {
		words += " until " + a.out.clock(until)
	}
	pairs = append(pairs, []string{"now", words})
	for _, b := range day.Blocks {
		subject := b.Subject.Or("")
		if b.Private {
			subject = "private"
		}
		pairs = append(pairs, []string{"today", strings.TrimSpace(a.out.span(b.Interval) + "  " + string(b.State) + "  " + subject)})
	}
	shown := pairs[:0]
	for _, pair := range pairs {
		if pair[1] != "" {
			shown = append(shown, pair)
		}
	}
	return a.out.table([]column{{title: "FIELD", keep: true}, {title: "VALUE"}}, shown, "")
}
