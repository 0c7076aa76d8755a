package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"roomdesk/providers"
)

// viewID names a view; the number is its key.
type viewID uint8

const (
	viewRooms viewID = iota + 1
	viewFind
	viewBookings
	viewPeople
	viewSync
	viewConnections
	viewCount = viewConnections
)

func (v viewID) title() string {
	return [...]string{"", "Rooms", "Find", "Bookings", "People", "Sync", "Connections"}[v]
}

// Model is the whole console. Panes are plain structs; the model routes messages
// to them and owns what they share: size, theme, clock, day and dialogs.
type Model struct {
	ctx     context.Context
	ws      Workspace // nil at a first start
	setup   SetupDesk // nil: no connection can be made from here
	guided  bool
	next    string
	clock   func() time.Time
	timer   func(time.Duration, tea.Msg) tea.Cmd
	now     time.Time // read once per message
	own     *time.Location
	zone    *time.Location // of everything shown unless it says else
	width   int
	height  int
	theme   *theme
	dark    bool
	depth   depth
	noMouse bool
	zones   map[string]*time.Location
	shownBy shownClock // z: times of meetings

	view    viewID
	dialogs []dialog
	keys    keymap
	header  headerState
	notices notices
	day     dayState
	avail   availabilities
	freeNow freeNowState

	rooms       roomsPane
	find        findPane
	series      seriesPane
	bookings    bookingsPane
	people      peoplePane
	sync        syncPane
	connections connectionsPane
	relocations []providers.Relocation // the journal, newest first, once it was asked for
	migration   migrationState
	shade       shade
	tabs        tabs
	quit        quitState
	ticking     uint64 // generation of the clock's tick
	out         []byte // the last frame's buffer
}

// New makes a console that has not read anything yet. Its first frame says so.
func New(o Options) *Model {
	if o.Now == nil {
		o.Now = time.Now
	}
	m := &Model{
		ctx: context.Background(), ws: o.Workspace, setup: o.Setup, guided: o.Guided, clock: o.Now, now: o.Now(), own: o.Zone,
		dark: !o.Light, view: viewRooms, noMouse: o.NoMouse, keys: newKeymap(),
		zones: map[string]*time.Location{}, timer: sleep,
	}
	if o.NoColor {
		m.depth = colourless
	}
	m.theme = newTheme(m.dark, m.depth)
	m.setZone(nil)
	m.day.reset(m.now, m.zone)
	m.avail.reset(m.day.window())
	m.rooms.init()
	m.people.init()
	m.find.init()
	return m
}

// setZone chooses the zone that times are shown in: the caller's, the
// workspace's, the machine's.
func (m *Model) setZone(workspace *time.Location) {
	zone := time.Local
	switch {
	case m.own != nil:
		zone = m.own
	case workspace != nil:
		zone = workspace
	}
	if m.zone != nil && m.zone.String() == zone.String() {
		return
	}
	m.zone = zone
	m.day.reset(m.now, zone)
	m.avail.reset(m.day.window())
}

// Init begins to read; nothing is waited for.
func (m *Model) Init() tea.Cmd {
	var guide tea.Cmd
	if m.guided && m.setup != nil {
		guide = m.openSetup()
	}
	if m.ws == nil {
		return tea.Batch(tea.RequestBackgroundColor, guide, m.tick())
	}
	return tea.Batch(
		tea.RequestBackgroundColor,
		m.readHeader(), m.readRooms(), m.readSync(), m.readBookings(), m.readWish(), m.readPeople(), m.readConnections(), m.readMigration(),
		m.waitForChanges(), m.tick(), guide,
	)
}

// Update takes one message. It never blocks.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.now = m.clock()
	if cmd := m.route(msg); cmd != nil {
		return m, tea.Batch(cmd, m.settle())
	}
	return m, m.settle()
}

func (m *Model) route(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return m.pressed(msg)
	case tea.PasteMsg:
		return m.pasted(msg.Content)
	case tea.MouseClickMsg:
		return m.clicked(tea.Mouse(msg))
	case tea.MouseMotionMsg:
		return m.dragged(tea.Mouse(msg))
	case tea.MouseReleaseMsg:
		return m.released()
	case tea.MouseWheelMsg:
		return m.wheeled(tea.Mouse(msg))
	case tea.WindowSizeMsg:
		m.width, m.height = max(msg.Width, 0), max(msg.Height, 0)
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		m.theme = newTheme(m.dark, m.depth)
	case tea.ColorProfileMsg:
		m.setProfile(msg.Profile)
	case tickMsg:
		return m.ticked(msg)
	case answer:
		return msg.apply(m)
	}
	return nil
}

// setProfile follows what the terminal can show; a choice of no colour stays.
func (m *Model) setProfile(p colorprofile.Profile) {
	if m.depth == colourless {
		return
	}
	switch p {
	case colorprofile.NoTTY, colorprofile.ASCII:
		m.depth = colourless
	case colorprofile.ANSI:
		m.depth = sixteen
	default:
		m.depth = trueColour
	}
	m.theme = newTheme(m.dark, m.depth)
}

// answer is the result of a command: it puts itself into the model, unless it is
// older than what the model asked for since.
type answer interface{ apply(m *Model) tea.Cmd }

// settle asks for what the screen needs and does not have: availability of the
// rows in sight, meetings of the chosen one. Each kind has one question under way
// at a time, so that holding a key down asks no more often than answers come.
func (m *Model) settle() tea.Cmd {
	var cmds []tea.Cmd
	add := func(cmd tea.Cmd) {
		if cmd != nil {
			cmds = append(cmds, cmd)
		}
	}
	if m.ws == nil {
		return nil
	}
	m.fixList()
	add(m.readVisibleAvailability())
	add(m.readFreeNow())
	add(m.readDetail())
	add(m.readCalendars())
	add(m.readFind())
	add(m.readSeries())
	if len(cmds) == 0 {
		return nil
	}
	return tea.Batch(cmds...)
}
