package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/graph"
	"roomdesk/sync/store"
	"roomdesk/tui"
)

// dataObject is where a connection's data is, in JSON.
type dataObject struct {
	Connection  string               `json:"connection"`
	Processes   []dataProcessObject  `json:"processes"`
	Files       []dataFileObject     `json:"files"`
	Credentials []dataKeyObject      `json:"credentials"`
	Endpoints   []dataEndpointObject `json:"endpoints"`
	Stays       []string             `json:"stays"`
	Leaves      []string             `json:"leaves"`
}

type dataProcessObject struct {
	Name string `json:"name"`
	PID  int    `json:"pid"`
	Does string `json:"does"`
}

type dataFileObject struct {
	What     string  `json:"what"`
	Path     string  `json:"path"`
	Mode     string  `json:"mode"`
	Bytes    int64   `json:"bytes"`
	Modified *string `json:"modified"`
	Holds    string  `json:"holds"`
}

type dataKeyObject struct {
	Where string `json:"where"`
	Name  string `json:"name"`
	Holds string `json:"holds"`
	State string `json:"state"`
}

type dataEndpointObject struct {
	Host     string  `json:"host"`
	Does     string  `json:"does"`
	BytesIn  int64   `json:"bytes_in"`
	BytesOut int64   `json:"bytes_out"`
	LastIn   *string `json:"last_in"`
	LastOut  *string `json:"last_out"`
	Refused  int     `json:"refused"`
}

func (a *app) dataCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "data",
		Short: "Where is my data: processes, files, credentials, and the hosts that anything goes to",
		Long:  "Says where a connection's data is and where it goes. Nobody is asked, and nothing is changed.",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			config, err := a.loadConfig()
			if err != nil {
				return err
			}
			c, err := a.pick(config)
			if err != nil {
				return err
			}
			report, err := a.dataReport(ctx, c, nil)
			if err != nil {
				return err
			}
			return a.printData(report)
		}),
	}
}

// errNotToSend: a provider was made only to be asked where it would go.
var errNotToSend = errors.New("nothing is to be sent")

// metaTraffic is where the store keeps what went over the network.
const metaTraffic = "cli.traffic"

// noteTraffic keeps what went over the network for whoever asks where data is.
func (s *session) noteTraffic() {
	now := s.app.wire.taken()
	if len(now) == 0 {
		return
	}
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	earlier, err := notedTraffic(ctx, s.store)
	if err == nil {
		var text []byte
		if text, err = json.Marshal(joined(earlier, now)); err == nil {
			err = s.store.SetMeta(ctx, metaTraffic, string(text))
		}
	}
	if err != nil { // it is a convenience: the mirror matters more
		s.app.log.Warn("what went over the network is not noted", "error", err)
	}
}

func notedTraffic(ctx context.Context, s *store.Store) ([]traffic, error) {
	text, err := s.Meta(ctx, metaTraffic)
	if err != nil || text == "" {
		return nil, err
	}
	var noted []traffic
	err = json.Unmarshal([]byte(text), &noted)
	return noted, err
}

// dataReport says where a connection's data is. mirrored is the mirror of a running
// session, or nil: then it is opened, where there is one.
func (a *app) dataReport(ctx context.Context, c keystore.Connection, mirrored *store.Store) (tui.DataReport, error) {
	secrets, err := a.secrets(c)
	if err != nil {
		return tui.DataReport{}, err
	}
	r := tui.DataReport{Connection: c.Name, Stays: []string{
		"rooms, people, meetings with subjects and names, and free/busy, as far as they are mirrored: in the mirror, not encrypted, readable for your account only",
		"the credential and the tokens: in " + secrets.Describe().Where + " and in this process's memory",
	}, Leaves: []string{
		"to the sign-in service: the proof of the credential, and nothing of your data",
		"to the tenant's own service: questions about rooms, people and calendars, and the meetings that are booked, changed and cancelled here",
		"to anybody else: nothing. There is no broker between this machine and the tenant, no telemetry, and nothing looks for updates",
	}}
	mirror := a.mirrorPath(c)
	does := "this command: it only looks"
	if mirrored != nil {
		mirror, does = mirrored.Path(), "this console: reads into the mirror, shows it, and books"
	}
	if c.Disconnected != nil {
		does = "shows what remains; nothing is read or sent"
	}
	r.Processes = []tui.DataProcess{{Name: "roomdesk", PID: os.Getpid(), Does: does}}
	a.dataFiles(&r, c, mirror)
	a.dataKeys(ctx, &r, c, secrets)
	connections := a.allOf(c)
	for _, other := range connections {
		if other.Name == c.Name {
			continue
		}
		secrets, err := a.secrets(other)
		if err != nil {
			return r, err
		}
		a.dataKeys(ctx, &r, other, secrets)
	}
	noted, err := a.dataOfMirror(ctx, &r, mirror, mirrored)
	if err != nil {
		return r, err
	}
	a.dataEndpoints(&r, connections, noted)
	return r, nil
}

// allOf are a connection and the one with which it is opened together.
func (a *app) allOf(c keystore.Connection) []keystore.Connection {
	if config, err := a.loadConfig(); err == nil {
		if now, ok := config.Find(c.Name); ok && now.Tenant == c.Tenant && now.Provider == c.Provider {
			return a.organisation(config, c)
		}
	}
	return []keystore.Connection{c}
}

// dataOfMirror adds who syncs the mirror, and gives the traffic that it notes.
func (a *app) dataOfMirror(ctx context.Context, r *tui.DataReport, path string, s *store.Store) ([]traffic, error) {
	if s == nil {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		var err error
		if s, err = store.Open(ctx, store.Options{Path: path, Location: zoneLocation, Now: a.deps.Now, Logger: a.log}); err != nil {
			return nil, err
		}
		defer s.Close() //nolint:errcheck // it was only read
	}
	if holder := s.Holder(); holder != "" {
		r.Processes = append(r.Processes, tui.DataProcess{Name: providers.Sanitise(holder), Does: "reads into the mirror"})
	}
	return notedTraffic(ctx, s)
}

// dataFiles adds the files, those that nobody expected beside them, too.
func (a *app) dataFiles(r *tui.DataReport, c keystore.Connection, mirror string) {
	seen := map[string]bool{}
	add := func(what, path, holds string) {
		info, err := os.Lstat(path)
		if err != nil || seen[path] || info.IsDir() {
			return
		}
		seen[path] = true
		r.Files = append(r.Files, tui.DataFile{What: what, Path: providers.Sanitise(path), Mode: fmt.Sprintf("%04o", info.Mode().Perm()), Bytes: info.Size(), Modified: info.ModTime(), Holds: holds})
	}
	p := a.paths()
	add("configuration", p.Config, "tenant, application and addresses; no secret")
	add("equipment words", a.wordsFile().path, "your own words for equipment")
	if c.KeystoreKind() == "age" {
		add("credentials", c.AgePath(p.Config), "the credential, encrypted with age")
		add("identity", c.IdentityPath(p.Config), "opens the encrypted credential")
	}
	if c.CAFile != "" {
		add("certificate authority", c.CAPath(p.Config), "who is believed instead of the system's authorities; public")
	}
	add("mirror", mirror, "rooms, people, meetings and bookings; not encrypted")
	add("mirror, latest writes", mirror+"-wal", "what is not yet in the mirror's own file")
	add("mirror, index of those", mirror+"-shm", "places of the latest writes")
	add("sign-in", a.sealed(c).Path, "a person's tokens, sealed under a key of the keystore")
	add("audit trail", a.auditPath(c, mirror), "who changed what in the tenant; no subject and no person's name")
	for _, dir := range []string{filepath.Dir(mirror), p.Log} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, entry := range entries {
			what := "beside the mirror"
			if dir == p.Log {
				what = "log"
			}
			add(what, filepath.Join(dir, entry.Name()), "")
		}
	}
}

// dataKeys adds the credential's entries, by their names.
func (a *app) dataKeys(ctx context.Context, r *tui.DataReport, c keystore.Connection, secrets keystore.Store) {
	add := func(c keystore.Connection, holds, state string) {
		key := c.SecretKey()
		r.Keys = append(r.Keys, tui.DataKey{Where: secrets.Describe().Where, Name: providers.Sanitise("roomdesk " + key.Connection + " " + string(key.Purpose) + " " + key.Account), Holds: holds, State: state})
	}
	state, _ := a.credential(ctx, c)
	add(c, c.CredentialName(), state)
	if spare, ok := c.SpareConnection(); ok {
		add(spare, "the credential beside it, while they are exchanged", "")
	}
}

// dataEndpoints adds the places that the connection may talk to, with what went there,
// and all others that anything went to or wanted to.
func (a *app) dataEndpoints(r *tui.DataReport, connections []keystore.Connection, noted []traffic) {
	all := joined(noted, a.wire.all())
	add := func(host, does string) {
		i := slices.IndexFunc(all, func(t traffic) bool { return strings.EqualFold(t.Host, host) })
		e := tui.DataEndpoint{Host: providers.Sanitise(host), Does: does}
		if i >= 0 {
			t := all[i]
			e.In, e.Out, e.LastIn, e.LastOut, e.Refused = t.In, t.Out, t.LastIn, t.LastOut, t.Refused
			all = slices.Delete(all, i, i+1)
		}
		if !slices.ContainsFunc(r.Endpoints, func(have tui.DataEndpoint) bool { return have.Host == e.Host }) {
			r.Endpoints = append(r.Endpoints, e)
		}
	}
	for _, c := range connections {
		for _, at := range a.endpointsOf(c) {
			add(at.host, at.does)
		}
	}
	for _, t := range slices.Clone(all) {
		what := "talked to earlier, when it was this connection's"
		if t.In == 0 && t.Out == 0 {
			what = "none of this connection's: refused, nothing was sent"
		}
		add(t.Host, what)
	}
}

// endpoint is a place that a connection talks to, and what for.
type endpoint struct{ host, does string }

// endpointsOf is where a connection leads to: its hosts, or the proxy before them.
func (a *app) endpointsOf(c keystore.Connection) []endpoint {
	const contents = "the tenant's rooms, people and calendars"
	// It is only asked where it would go.
	nobody := func(context.Context) ([]graph.Credential, error) { return nil, errNotToSend }
	var out []endpoint
	open := a.makeProvider
	if c.Exchange() {
		server, err := url.Parse(c.Server)
		if err != nil {
			return nil
		}
		places := placesOf(server)
		at := endpoint{places[0], contents}
		if c.ByPassword() {
			at.does = "sign-in, and " + contents
		}
		if len(places) > 1 {
			at = endpoint{places[1], "the proxy of this machine, on the way to " + places[0]}
		}
		out = append(out, at)
		if c.ByPassword() {
			return out
		}
		open = func(c keystore.Connection, source credentials, _ *graph.Person) (*graph.Provider, error) {
			return a.exchangeTokens(c, source, nil)
		}
	}
	provider, err := open(c, nobody, nil)
	if err != nil {
		return out
	}
	defer provider.Close() //nolint:errcheck // nothing was sent
	probe := provider.Probe()
	signIn, service := probe.Hosts()
	does := map[string]string{signIn: "sign-in", service: contents}
	if signIn == service {
		does[signIn] = "sign-in, and " + contents
	}
	for _, host := range []string{signIn, service} {
		switch proxy, err := probe.Proxy(host); {
		case c.Exchange() && host == service: // stands there already
		case err == nil && proxy != "":
			out = append(out, endpoint{proxy, "the proxy of this machine, on the way to " + host})
		default:
			out = append(out, endpoint{host, does[host]})
		}
	}
	return out
}

func (a *app) printData(r tui.DataReport) error {
	if a.out.format == formatJSON {
		return a.out.json(a.describeData(r))
	}
	var rows [][]string
	for _, p := range r.Processes {
		rows = append(rows, []string{"process", p.Name, "", "", p.Does})
	}
	for _, f := range r.Files {
		rows = append(rows, []string{f.What, f.Path, f.Mode + " " + byteWords(f.Bytes), a.out.ageWords(f.Modified), f.Holds})
	}
	for _, k := range r.Keys {
		rows = append(rows, []string{"credential", k.Name, k.State, "", k.Holds + ", in " + k.Where})
	}
	for _, e := range r.Endpoints {
		when := "never"
		if last := latest(e.LastIn, e.LastOut); !last.IsZero() {
			when = a.out.ageWords(last)
		}
		rows = append(rows, []string{"host", e.Host, "out " + byteWords(e.Out) + ", in " + byteWords(e.In), when, e.Does})
	}
	for _, s := range r.Stays {
		rows = append(rows, []string{"stays", "", "", "", s})
	}
	for _, s := range r.Leaves {
		rows = append(rows, []string{"leaves", "", "", "", s})
	}
	return a.out.table([]column{{title: "WHAT", keep: true}, {title: "WHERE", keep: true}, {title: "HOW MUCH"}, {title: "AGE"}, {title: "WHY"}}, rows, "")
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (a *app) describeData(r tui.DataReport) dataObject {
	o := dataObject{Connection: r.Connection, Processes: []dataProcessObject{}, Files: []dataFileObject{}, Credentials: []dataKeyObject{}, Endpoints: []dataEndpointObject{}, Stays: r.Stays, Leaves: r.Leaves}
	for _, p := range r.Processes {
		o.Processes = append(o.Processes, dataProcessObject(p))
	}
	for _, f := range r.Files {
		o.Files = append(o.Files, dataFileObject{f.What, f.Path, f.Mode, f.Bytes, a.out.stamp(f.Modified), f.Holds})
	}
	for _, k := range r.Keys {
		o.Credentials = append(o.Credentials, dataKeyObject(k))
	}
	for _, e := range r.Endpoints {
		o.Endpoints = append(o.Endpoints, dataEndpointObject{e.Host, e.Does, e.In, e.Out, a.out.stamp(e.LastIn), a.out.stamp(e.LastOut), e.Refused})
	}
	return o
}

// Data implements [tui.DataKeeper].
func (w *workspace) Data(ctx context.Context, name string) (tui.DataReport, error) {
	if name == w.connection.Name {
		return w.app.dataReport(ctx, w.connection, w.store)
	}
	config, err := w.app.loadConfig()
	if err != nil {
		return tui.DataReport{}, err
	}
	c, err := findConnection(config, name)
	if err != nil {
		return tui.DataReport{}, err
	}
	return w.app.dataReport(ctx, c, nil)
}
