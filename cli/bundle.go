package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"roomdesk/audit"
	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/sync/store"
)

// bundlePart is one part of what support gets.
type bundlePart struct {
	name  string
	about string
	value any
}

// auditLines is how many of the latest lines of the audit trail go along.
const auditLines = 50

// bundleObject is a support bundle: one JSON file that can be read before it is sent.
type bundleObject struct {
	About bundleAbout `json:"about"`
	// Diagnosis is that of doctor --json.
	Diagnosis any `json:"diagnosis"`
	// Connection is there of one connection, Connections are those of an organisation
	// with two.
	Connection  *connectionObject  `json:"connection,omitempty"`
	Connections []connectionObject `json:"connections,omitempty"`
	Data        dataObject         `json:"data"`
	Mailboxes   []bundleMailbox    `json:"mailboxes"`
	Bookings    map[string]int     `json:"bookings"` // by state
	Audit       []auditLine        `json:"audit"`
}

type bundleAbout struct {
	Version string `json:"version"`
	System  string `json:"system"`
	Go      string `json:"go"`
	Made    string `json:"made"`
	Note    string `json:"note"`
}

// bundleMailbox is how the mirror of one mailbox stands.
type bundleMailbox struct {
	Mailbox     providers.Address `json:"mailbox"`
	Rows        int               `json:"rows"`
	Unconfirmed int               `json:"unconfirmed"`
	LastGood    *string           `json:"last_good"`
	Next        *string           `json:"next"`
	Class       string            `json:"class"`
	Status      int               `json:"status"`
	Code        string            `json:"code"`
	RequestID   string            `json:"request_id"`
	Tries       int               `json:"tries"`
}

// checkBundle refuses a name that cannot be written, before anything is examined.
func checkBundle(path string) error {
	err := absent(path)
	var f *failure
	if errors.As(err, &f) && f.code == exitUsage {
		return usage("choose another name: nothing is written over", "%s exists already", providers.Sanitise(path))
	}
	return err
}

// bundle writes what support needs into a file, after it said what is in it and was
// told to.
func (a *app) bundle(ctx context.Context, all []examined, path string, yes bool) error {
	text, parts, replaced, err := a.makeBundle(ctx, all...)
	if err != nil {
		return err
	}
	a.out.say("The support bundle %s would hold:", providers.Sanitise(path))
	for _, p := range parts {
		a.out.say("  %-11s %8s  %s", p.name, byteWords(p.value.(int64)), p.about)
	}
	var counts []string
	for _, kind := range slices.Sorted(maps.Keys(replaced)) {
		counts = append(counts, fmt.Sprintf("%d x %s", replaced[kind], kind))
	}
	a.out.say("  %-11s %s", "replaced", strings.Join(counts, ", "))
	a.out.say("  %-11s %s", "not in it", "subjects, what meetings say, texts of the service, passwords, keys, tokens")
	if !yes {
		if !terminal(a.deps.Stdin) {
			return usage("repeat with --yes", "writing the bundle needs a confirmation, and nobody can be asked here")
		}
		answer, err := a.ask(ctx, "Write it? y or n: ")
		if err != nil {
			return err
		}
		if !strings.EqualFold(answer, "y") && !strings.EqualFold(answer, "yes") {
			return failed("", "nothing was written")
		}
	}
	if err := writeExport(path, text, false); err != nil {
		return err
	}
	a.out.say("Written: %s, %s, readable for you only. Read it before you send it.", providers.Sanitise(path), byteWords(int64(len(text))))
	return nil
}

// makeBundle collects and redacts. Nothing is kept in between.
func (a *app) makeBundle(ctx context.Context, all ...examined) ([]byte, []bundlePart, map[string]int, error) {
	r, err := newRedactor(a.paths().Data)
	if err != nil {
		return nil, nil, nil, err
	}
	b := bundleObject{
		About: bundleAbout{Version: version(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Made: a.deps.Now().UTC().Format(time.RFC3339),
			Note: "names, addresses and ids are pseudonyms of the machine that made this file"},
		Mailboxes: []bundleMailbox{}, Bookings: map[string]int{}, Audit: []auditLine{},
	}
	c := all[0].connection // mirror, trail and data are the organisation's
	var told []examined
	for _, e := range all {
		told = append(told, examined{e.connection, withoutTexts(e.diagnosis, r)})
		object := describeConnection(e.connection, a.deps.Now())
		object.Credential, _ = a.credential(ctx, e.connection)
		b.Connections = append(b.Connections, object)
		a.knowConnection(ctx, r, e.connection, e.diagnosis)
	}
	b.Diagnosis = a.describeExamined(told)
	if len(all) == 1 {
		b.Connection, b.Connections = &b.Connections[0], nil
	}
	report, err := a.dataReport(ctx, c, nil)
	if err != nil {
		return nil, nil, nil, err
	}
	b.Data = a.describeData(report)
	if err := a.bundleMirror(ctx, &b, r, a.mirrorPath(c)); err != nil {
		return nil, nil, nil, err
	}
	_, err = audit.Read(a.auditPath(c, a.mirrorPath(c)), audit.Head{}, func(line audit.Record) error {
		// The chain's hashes tell of names; the actor is who asks for support.
		line.Actor.User, line.Actor.Host, line.Hash, line.Previous = "", "", "", ""
		if b.Audit = append(b.Audit, line); len(b.Audit) > auditLines {
			b.Audit = b.Audit[1:]
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil, failed("check its permissions", "the audit trail cannot be read: %s", providers.Sanitise(err.Error()))
	}
	r.ready()
	return r.written(b)
}

// written is the bundle as it is stored, with the parts and their sizes.
func (r *redactor) written(b bundleObject) ([]byte, []bundlePart, map[string]int, error) {
	plain, err := json.Marshal(b)
	if err != nil {
		return nil, nil, nil, err
	}
	var whole map[string]any
	decoder := json.NewDecoder(bytes.NewReader(plain))
	decoder.UseNumber()
	if err := decoder.Decode(&whole); err != nil {
		return nil, nil, nil, err
	}
	whole = r.value("", whole).(map[string]any)
	text, err := json.MarshalIndent(whole, "", "  ")
	if err != nil {
		return nil, nil, nil, err
	}
	parts := []bundlePart{
		{"about", "version and system", nil}, {"diagnosis", "what the doctor found, step by step, with request ids", nil},
		{"connection", "settings, without the credential", nil}, {"data", "which files there are, with sizes and rights; hosts, with bytes", nil},
		{"mailboxes", "how the mirror of each mailbox stands", nil}, {"bookings", "how many there are in which state", nil},
		{"audit", fmt.Sprintf("up to %d latest lines of the audit trail", auditLines), nil},
	}
	if len(b.Connections) > 0 {
		parts[2] = bundlePart{"connections", "settings of both, without the credentials", nil}
	}
	for i := range parts {
		part, err := json.Marshal(whole[parts[i].name])
		if err != nil {
			return nil, nil, nil, err
		}
		parts[i].value = int64(len(part))
	}
	return append(text, '\n'), parts, r.replaced, nil
}

// knowConnection tells the redactor what is known to name somebody.
func (a *app) knowConnection(ctx context.Context, r *redactor, c keystore.Connection, d providers.Diagnosis) {
	r.know("name", c.Name, c.Account)
	r.know("host", c.Domains...)
	for _, text := range append([]string{c.Organizer, c.TestMailbox, c.Account, c.Email}, c.People...) {
		if address, ok := providers.ParseAddress(text); ok {
			r.know("host", address.Domain())
		}
	}
	if !keystore.LooksLikeGUID(c.Tenant) {
		r.know("host", c.Tenant)
	}
	r.know("name", c.User)
	if domain, name, down := strings.Cut(c.User, `\`); down {
		r.know("name", name, domain)
	} else if name, domain, ok := strings.Cut(c.User, "@"); ok {
		r.know("name", name)
		r.know("host", domain)
	}
	if server, err := url.Parse(c.Server); err == nil {
		r.know("host", server.Hostname())
	}
	if d.Token != nil {
		r.know("name", d.Token.AppName.Or(""))
	}
	if home, err := os.UserHomeDir(); err == nil {
		r.know("path", home)
	}
	for _, dir := range []string{a.paths().Data, filepath.Dir(a.paths().Config), a.paths().Log, os.TempDir()} {
		r.know("path", dir)
	}
	if u, err := user.Current(); err == nil {
		r.know("name", u.Username, u.Name)
	}
	if host, err := os.Hostname(); err == nil {
		r.know("host", host)
	}
	if store, err := a.secrets(c); err == nil {
		if secret, err := store.Get(ctx, c.SecretKey()); err == nil {
			r.secret(secret.Reveal())
			secret.Wipe()
		}
	}
}

// bundleMirror adds how the mirror stands, and tells the redactor the names in it.
func (a *app) bundleMirror(ctx context.Context, b *bundleObject, r *redactor, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s, err := store.Open(ctx, store.Options{Path: path, Location: zoneLocation, Now: a.deps.Now, Logger: a.log})
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // it was only read
	tenant, err := s.Meta(ctx, metaTenantName)
	if err != nil {
		return err
	}
	r.know("name", tenant)
	rooms, err := s.Rooms(ctx)
	if err != nil {
		return err
	}
	for i := range rooms {
		room := &rooms[i]
		r.know("name", room.Name.Or(""), room.Nickname.Or(""), room.Building.Or(""))
		r.know("host", room.Mailbox.Domain())
	}
	people, err := s.People(ctx)
	if err != nil {
		return err
	}
	for i := range people {
		r.know("name", people[i].Name.Or(""))
		r.know("host", people[i].Mailbox.Domain())
	}
	mailboxes, err := s.Mailboxes(ctx)
	if err != nil {
		return err
	}
	for _, m := range mailboxes {
		line := bundleMailbox{Mailbox: m.Address, Rows: m.Rows, Unconfirmed: m.Unconfirmed, LastGood: a.out.stamp(m.LastGood), Next: a.out.stamp(m.Next)}
		if p := m.Problem; p != nil {
			line.Class, line.Status, line.Code, line.RequestID, line.Tries = string(p.Class), p.Status, p.Code, providers.Sanitise(p.RequestID), p.Tries
		}
		b.Mailboxes = append(b.Mailboxes, line)
	}
	bookings, err := s.Bookings(ctx)
	if err != nil {
		return err
	}
	for i := range bookings {
		b.Bookings[string(bookings[i].State)]++
		r.know("name", bookings[i].Request.Subject.Or(""))
	}
	return nil
}

// Places in a diagnosis at which a name stands that nothing else tells.
var (
	namedTenant = regexp.MustCompile(`^(.+) answers$`)
	namedApp    = regexp.MustCompile(`^(the tenant knows it as )(.+)$`)
	signedBy    = regexp.MustCompile(`( by )([^,]+)`)
	notTrusted  = regexp.MustCompile(`(does not trust )(.+?)(, which signed)`)
)

// withoutTexts is a diagnosis without texts of the service, which may say anything, and
// without the names that stand at certain places.
func withoutTexts(d providers.Diagnosis, r *redactor) providers.Diagnosis {
	second := func(form *regexp.Regexp, s string) string {
		return form.ReplaceAllStringFunc(s, func(m string) string {
			parts := form.FindStringSubmatch(m)
			if publicAuthority(parts[2]) {
				return m
			}
			return parts[1] + r.pseudonym("name", parts[2]) + strings.Join(parts[3:], "")
		})
	}
	strip := func(t *providers.Trouble) *providers.Trouble {
		if t == nil {
			return nil
		}
		own := *t
		own.Raw = providers.Untrusted{}
		if own.Unknown {
			own.What = "trouble that is not known"
		}
		own.What = second(notTrusted, own.What)
		return &own
	}
	out := d
	out.Rungs = slices.Clone(d.Rungs)
	for i := range out.Rungs {
		rung := &out.Rungs[i]
		rung.Trouble, rung.More = strip(rung.Trouble), slices.Clone(rung.More)
		for j := range rung.More {
			rung.More[j] = *strip(&rung.More[j])
		}
		switch rung.Name {
		case "graph":
			if m := namedTenant.FindStringSubmatch(rung.Seen); m != nil {
				rung.Seen = r.pseudonym("name", m[1]) + " answers"
			}
		case "application":
			rung.Seen = second(namedApp, rung.Seen)
		case "tls":
			rung.Seen = second(signedBy, rung.Seen)
		}
	}
	return out
}

// publicAuthority reports authorities that sign for Microsoft's hosts: they name nobody.
func publicAuthority(name string) bool {
	for _, known := range []string{"DigiCert", "Microsoft"} {
		if strings.Contains(name, known) {
			return true
		}
	}
	return false
}
