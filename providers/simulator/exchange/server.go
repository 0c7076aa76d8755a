package exchange

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Account is what a service account signs in with; see [ServiceAccount].
type Account struct {
	Domain   string // NetBIOS name, "CONTOSO"
	Name     string // "svc-roomdesk"
	Address  string // its principal name and address
	Password string
}

// Server answers Exchange Web Services and Autodiscover for one tenant. It is safe
// for concurrent use.
type Server struct {
	model   Model
	account Account
	root    string // https://host:port
	key     []byte
	// certificate is the server's, in DER, for channel binding.
	certificate []byte

	mu       sync.Mutex
	settings Settings
	budgets  map[string]*budget
	subs     map[string]*subscription
	wrong    int // wrong passwords of the service account in a row
	signIns  SignIns
	serial   uint64
}

// New makes the face of a tenant. root is where it is reached, without a path; key
// signs sync states and subscription ids.
func New(m Model, account Account, root string, key, certificate []byte, s Settings) *Server {
	return &Server{model: m, account: account, root: root, key: key, certificate: certificate, settings: s.clone(), budgets: map[string]*budget{}, subs: map[string]*subscription{}}
}

// Settings are those in force.
func (s *Server) Settings() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings.clone()
}

// Set replaces the settings.
func (s *Server) Set(next Settings) error {
	if err := next.Validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settings = next.clone()
	return nil
}

// Conn is what is known of a client's connection: NTLM signs in connections, not
// requests. The zero value is a new connection.
type Conn struct {
	mu        sync.Mutex
	negotiate []byte // of a handshake that is under way
	challenge []byte
	login     string // who signed in
}

// Request is one HTTP request.
type Request struct {
	Method, Path, Query string
	Host                string // as the client called it, perhaps with a port
	Header              http.Header
	Body                []byte
	TooLarge            bool // the body was cut
	HTTP2               bool
	Conn                *Conn
}

// Answer is one HTTP response. Stream, where set, writes the body piece by piece
// until it returns; each piece goes out at once.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Stream func(ctx context.Context, write func([]byte) error) error
}

func (a *Answer) set(name, value string) {
	if a.Header == nil {
		a.Header = http.Header{}
	}
	a.Header.Set(name, value)
}

// Disturbance is how an answer shall be wrong, for injected faults.
type Disturbance struct {
	Sync    string // "expire", "omit", "ghost_removed", "late"
	Page    string // "drop", "dup", "loop", "reorder"
	Notify  string // "drop", "dup", "forged", "reorder"
	Mailbox string // "soft_deleted", "onprem", "unlicensed", "guest", "moved", "renamed"
}

// Call is one request as it was read. Its upper fields are for the ledger.
type Call struct {
	Operation string   // "FindItem"; "" where the body is no SOAP request
	Folders   []string // that it names, by their well-known names, in the order of the request
	Mailbox   string   // that it is about: the impersonated one, or the first that is named
	Caller    string   // account or application
	Token     string   // hash
	Code      string   // response code of the first refusal
	Effect    string
	Event     string // global id of the item concerned
	Early     bool   // came before the time of an announced back-off

	Disturb Disturbance

	s        *Server
	r        Request
	settings Settings
	envelope *node
	body     *node // the operation's element
	broken   *Error
	status   int // of broken where it is no SOAP fault
	who      caller
	acting   *Principal // the impersonated mailbox
	version  version
	context  *Zone // TimeZoneContext
}

// Path of the service, in lower case.
const servicePath = "/ews/exchange.asmx"

// Serves reports whether a path belongs to the face.
func Serves(path string) bool {
	path = strings.ToLower(path)
	return path == servicePath || strings.HasPrefix(path, "/autodiscover/")
}

// Read reads a request far enough to say what it is about.
func (s *Server) Read(r Request) *Call {
	c := &Call{s: s, r: r, settings: s.Settings()}
	if strings.ToLower(r.Path) != servicePath || r.Method != http.MethodPost {
		return c
	}
	c.readEnvelope()
	c.foldersOf(c.body)
	return c
}

// foldersOf notes the folders that a request names, whatever becomes of it.
func (c *Call) foldersOf(n *node) {
	if n == nil {
		return
	}
	name := ""
	switch n.name {
	case "t:DistinguishedFolderId":
		name = strings.ToLower(n.attribute("Id"))
	case "t:FolderId":
		name = "unknown"
		if _, kind, ok := c.folderOf(n.attribute("Id")); ok {
			name = kind.id
		}
	}
	if name != "" && !slices.Contains(c.Folders, name) {
		c.Folders = append(c.Folders, name)
	}
	for _, inner := range n.children {
		c.foldersOf(inner)
	}
}

// HasState reports whether the call goes on from an earlier state of a folder.
func (c *Call) HasState() bool { return c.body.child("m:SyncState").value() != "" }

// Run answers the call.
func (c *Call) Run(ctx context.Context) Answer {
	path := strings.ToLower(c.r.Path)
	switch {
	case strings.HasPrefix(path, "/autodiscover/"):
		return c.autodiscover(path)
	case path != servicePath:
		return Answer{Status: http.StatusNotFound}
	}
	who, refused := c.signIn()
	if refused != nil {
		return *refused
	}
	c.who, c.Caller, c.Token = who, who.name(), who.hash
	if a, barred := c.barred(); barred {
		return a
	}
	if why, closed := c.settings.ended(c.s.model.Now(), who.app, c.r.Header.Get("User-Agent")); closed {
		a := Answer{Status: http.StatusForbidden, Body: []byte(why)}
		a.set("Content-Type", "text/plain")
		return a
	}
	switch {
	case c.r.Method == http.MethodGet:
		a := Answer{Status: http.StatusOK, Body: []byte("<html><head><title>Service</title></head><body>Exchange Web Services</body></html>")}
		a.set("Content-Type", "text/html; charset=utf-8")
		return a
	case c.r.Method != http.MethodPost:
		return Answer{Status: http.StatusMethodNotAllowed}
	}
	leave, busy := c.enter()
	if busy != nil {
		return c.fault(busy)
	}
	defer leave()
	if a, other := c.settled(); other {
		return a
	}
	return c.dispatch(ctx)
}

// settled refuses what was wrong with the envelope itself.
func (c *Call) settled() (Answer, bool) {
	kind, _, _ := strings.Cut(c.r.Header.Get("Content-Type"), ";")
	switch {
	case !strings.EqualFold(strings.TrimSpace(kind), "text/xml"):
		return Answer{Status: http.StatusUnsupportedMediaType}, true
	case c.status != 0:
		return Answer{Status: c.status}, true
	case c.broken != nil:
		return c.fault(c.broken), true
	}
	return Answer{}, false
}

// dispatch runs the operation of the body.
func (c *Call) dispatch(ctx context.Context) Answer {
	if err := c.impersonate(); err != nil {
		return c.fault(err)
	}
	run, ok := c.operation()
	if !ok {
		return c.fault(notModelled(c.Operation))
	}
	if c.Operation == "GetStreamingEvents" {
		return c.stream(ctx)
	}
	w := &writer{}
	c.openEnvelope(w)
	if err := run(w); err != nil {
		return c.fault(err)
	}
	c.closeEnvelope(w)
	a := Answer{Status: http.StatusOK, Body: w.b}
	a.set("Content-Type", "text/xml; charset=utf-8")
	return a
}

// note remembers the first refusal, for the ledger.
func (c *Call) note(err *Error) {
	if c.Code == "" && err != nil {
		c.Code = err.Code
	}
}

// Changed tells subscriptions of a change. It may be called under the model's own
// locks: it only notes.
func (s *Server) Changed(n Notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sub := range s.subs {
		sub.take(n)
	}
}

// waitStep is how often a waiting connection looks at a clock that may be moved.
const waitStep = 100 * time.Millisecond
