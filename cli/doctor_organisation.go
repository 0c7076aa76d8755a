package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"roomdesk/boundary"
	"roomdesk/doctor"
	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/sync/store"
)

// examined is what the doctor found out about one connection.
type examined struct {
	connection keystore.Connection
	diagnosis  providers.Diagnosis
}

// looked are the connections that are looked at under the name of one: those of its
// organisation, or it alone.
func (a *app) looked(config *keystore.Config, c keystore.Connection, alone bool) []keystore.Connection {
	if alone {
		return []keystore.Connection{c}
	}
	return a.organisation(config, c)
}

// together is what was found out about all of them.
func together(all []examined) providers.Diagnosis {
	each := make([]providers.Diagnosis, len(all))
	for i, e := range all {
		each[i] = e.diagnosis
	}
	return providers.Together(each...)
}

// exitOfAll is the worst of the exit codes: that of a connection that does not work comes
// before 3, which says that a part does not. Of equally bad ones it is that of the first
// cause.
func exitOfAll(all []examined) int {
	worst := exitOfDiagnosis(together(all))
	for _, e := range all {
		if code := exitOfDiagnosis(e.diagnosis); worst == exitDone || worst == exitPartly && code != exitDone {
			worst = code
		}
	}
	return worst
}

// otherSide is the other connection of an organisation, asked whether it has a mailbox
// that was not found on this side. It is used by one examination, one question at a time.
type otherSide struct {
	app        *app
	connection keystore.Connection
	homes      map[providers.Address]providers.Home
	provider   boundary.Provider
	gone       bool // it does not answer: it is not asked again
}

// beside gives the connection beside one as an examination sees it; nil where there is
// none. done ends it.
func (a *app) beside(c keystore.Connection, organisation []keystore.Connection, homes map[providers.Address]providers.Home) (beside *doctor.Beside, done func()) {
	for _, other := range organisation {
		if other.Name == c.Name {
			continue
		}
		o := &otherSide{app: a, connection: other, homes: homes}
		return &doctor.Beside{Name: other.Name, Stored: o.stored, Has: o.has}, o.close
	}
	return nil, func() {}
}

func (o *otherSide) stored(mailbox providers.Address) bool {
	home, known := o.homes[mailbox]
	return known && home.Provider == o.connection.Provider
}

func (o *otherSide) has(ctx context.Context, mailbox providers.Address) doctor.Presence {
	if o.stored(mailbox) {
		return doctor.There
	}
	if o.provider == nil && !o.gone {
		o.open()
	}
	if o.gone {
		return doctor.NotKnown
	}
	_, err := o.provider.Calendars(providers.WithPriority(ctx, providers.Interactive), mailbox)
	switch {
	case err == nil, providers.Is(err, providers.NotAllowed): // that it is refused is told over there
		return doctor.There
	case providers.Is(err, providers.NoMailbox), providers.Is(err, providers.Gone):
		return doctor.NotThere
	}
	o.gone = true
	return doctor.NotKnown
}

func (o *otherSide) open() {
	secrets, err := o.app.secrets(o.connection)
	if err == nil {
		o.provider, _, err = o.app.openProvider(o.connection, o.app.held(o.connection, secrets))
	}
	if err != nil {
		o.gone = true
	}
}

func (o *otherSide) close() {
	if o.provider != nil {
		_ = o.provider.Close() // only reads were made
	}
}

// homesKept are the homes of mailboxes as the mirror has them; none where there is no
// mirror yet.
func (a *app) homesKept(ctx context.Context, c keystore.Connection) map[providers.Address]providers.Home {
	path := a.mirrorPath(c)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	s, err := store.Open(ctx, store.Options{Path: path, Location: zoneLocation, Now: a.deps.Now, Logger: a.log})
	if err != nil { // the other side is asked instead
		a.log.Warn("where mailboxes live cannot be read", "error", err)
		return nil
	}
	defer s.Close() //nolint:errcheck // it was only read
	homes, err := s.Homes(ctx)
	if err != nil {
		a.log.Warn("where mailboxes live cannot be read", "error", err)
	}
	return homes
}

// besideOf is the other connection of an organisation beside one, with what the mirror
// knows of homes.
func (a *app) besideOf(ctx context.Context, c keystore.Connection, organisation []keystore.Connection) (*doctor.Beside, func()) {
	if len(organisation) < 2 {
		return nil, func() {}
	}
	return a.beside(c, organisation, a.homesKept(ctx, c))
}

// here leaves out the mailboxes that are known to live on the other side.
func here(mailboxes []providers.Address, beside *doctor.Beside) []providers.Address {
	if beside == nil {
		return mailboxes
	}
	var out []providers.Address
	for _, mailbox := range mailboxes {
		if !beside.Stored(mailbox) {
			out = append(out, mailbox)
		}
	}
	return out
}

// organisationDiagnosis is the result of doctor over two connections, in JSON.
type organisationDiagnosis struct {
	Organisation string `json:"organisation"`
	// Connection is whose the cause is; empty where nothing is wrong.
	Connection  string            `json:"connection"`
	FirstLine   string            `json:"first_line"`
	Cause       *troubleObject    `json:"cause"`
	ExitCode    int               `json:"exit_code"`
	TookMS      int64             `json:"took_ms"`
	Connections []diagnosisObject `json:"connections"`
}

func (a *app) describeExamined(all []examined) any {
	if len(all) == 1 {
		return a.describeDiagnosis(all[0].diagnosis)
	}
	d := together(all)
	out := organisationDiagnosis{Organisation: d.Connection, FirstLine: d.FirstLine(), Cause: a.describeTrouble(d.Cause()), ExitCode: exitOfAll(all), TookMS: d.Took.Milliseconds()}
	if at := d.CauseRung(); at >= 0 {
		out.Connection = d.Rungs[at].Connection
	}
	for _, e := range all {
		out.Connections = append(out.Connections, a.describeDiagnosis(e.diagnosis))
	}
	return out
}

// diagnosisMark is what a diagnosis comes to, as a character.
func diagnosisMark(d providers.Diagnosis) string {
	at := d.CauseRung()
	if at < 0 {
		return "✓ "
	}
	return rungMark(d.Rungs[at].State) + " "
}

// organisationWords are the steps of both connections, the first cause on top.
func organisationWords(all []examined) string {
	var b strings.Builder
	d := together(all)
	b.WriteString(diagnosisMark(d) + d.FirstLine() + "\n")
	for _, e := range all {
		fmt.Fprintf(&b, "\n%s%s, %s: %s\n", diagnosisMark(e.diagnosis), providers.Sanitise(e.connection.Name), homeWhere(e.connection.Provider), causeWords(e.diagnosis))
		b.WriteString(ladderWords(e.diagnosis))
	}
	if cause := d.Cause(); cause != nil {
		b.WriteString(evidence(cause))
	}
	return b.String()
}

// causeWords say how a connection stands among two, without the remedy, which stands
// below and, of the first cause, on top.
func causeWords(d providers.Diagnosis) string {
	if cause := d.Cause(); cause != nil {
		return providers.Sanitise(cause.What)
	}
	return d.FirstLine()
}
