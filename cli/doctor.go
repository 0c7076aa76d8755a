package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"roomdesk/audit"
	"roomdesk/doctor"
	"roomdesk/keystore"
	"roomdesk/providers"
)

// doctorFlags are the flags of doctor.
type doctorFlags struct {
	mailboxes []string
	outside   string
	exchange  string
	write     bool
	inbox     bool
	bundle    string
	yes       bool
	alone     bool
}

func (a *app) doctorCommand() *cobra.Command {
	f := &doctorFlags{}
	command := &cobra.Command{
		Use:   "doctor [NAME]",
		Short: "Find out what is wrong with a connection, in one line",
		Long: "Climbs a ladder of probes, from the name of the host to a room's calendar, and says in the first line which one fails\n" +
			"first, where that is changed, and to what. Two connections of one organisation are looked at one after the other.\n" +
			"Nothing is written unless --write is given. See docs/doctor.md.",
		Example:           "roomdesk doctor\nroomdesk doctor --mailbox aalto@contoso.com --outside ceo@contoso.com --json",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeConnections,
		RunE:              a.run(a.forNamed(func(ctx context.Context) error { return a.doctor(ctx, f) })),
	}
	flags := command.Flags()
	flags.StringArrayVar(&f.mailboxes, "mailbox", nil, "room or person to look at closely (repeatable)")
	flags.StringVar(&f.outside, "outside", "", "mailbox that must be refused, to prove a limit")
	flags.BoolVar(&f.inbox, "inbox", false, "also ask for the inbox folder of one mailbox, which must be refused: proves that mail is out of reach; in the audit trail")
	flags.BoolVar(&f.write, "write", false, "also make an event and take it away again, and book each room of --mailbox for half an hour")
	flags.StringVar(&f.bundle, "bundle", "", "also write what support needs into a new file, with pseudonyms in place of names and addresses; says first what is in it")
	flags.BoolVar(&f.yes, "yes", false, "do not ask before the bundle is written")
	flags.BoolVar(&f.alone, "alone", false, "look at this connection only, where it is one of two of an organisation")
	flags.StringVar(&f.exchange, "exchange", "", "address of Exchange Web Services to try, https")
	return command
}

// troubleObject is what is wrong in JSON.
type troubleObject struct {
	Mistake   int                 `json:"mistake"`
	Sentence  string              `json:"sentence"`
	What      string              `json:"what"`
	Where     string              `json:"where"`
	Change    string              `json:"change"`
	Or        string              `json:"or"`
	Doc       string              `json:"doc"`
	Class     string              `json:"class"`
	Partly    bool                `json:"partly"`
	Unknown   bool                `json:"unknown"`
	Again     *string             `json:"again"`
	Hint      string              `json:"hint"`
	Mailbox   string              `json:"mailbox"`
	Status    int                 `json:"status"`
	Code      string              `json:"code"`
	RequestID string              `json:"request_id"`
	Message   providers.Untrusted `json:"message"`
}

// rungObject is one rung in JSON.
type rungObject struct {
	Name    string          `json:"name"`
	State   string          `json:"state"`
	Seen    string          `json:"seen"`
	TookMS  int64           `json:"took_ms"`
	Trouble *troubleObject  `json:"trouble"`
	More    []troubleObject `json:"more"`
}

// diagnosisObject is the result of doctor in JSON.
type diagnosisObject struct {
	Connection string         `json:"connection"`
	FirstLine  string         `json:"first_line"`
	Cause      *troubleObject `json:"cause"`
	ExitCode   int            `json:"exit_code"`
	TookMS     int64          `json:"took_ms"`
	Rungs      []rungObject   `json:"rungs"`
}

func (a *app) doctor(ctx context.Context, f *doctorFlags) error {
	config, err := a.loadConfig()
	if err != nil {
		return err
	}
	connection, err := a.pick(config)
	if err != nil {
		return err
	}
	looked := a.looked(config, connection, f.alone)
	for _, c := range looked {
		if err := a.mayExamine(c, f); err != nil {
			return err
		}
	}
	if f.bundle != "" {
		if err := checkBundle(f.bundle); err != nil {
			return err
		}
	}
	var all []examined
	for _, c := range looked {
		options, err := a.doctorOptions(c, f)
		if err != nil {
			return err
		}
		beside, done := a.besideOf(ctx, c, a.organisation(config, c))
		options.Beside, options.Mailboxes = beside, here(options.Mailboxes, beside)
		d := a.diagnose(ctx, options, a.trail(a.auditPath(c, a.mirrorPath(c)), c))
		done()
		if err := ctx.Err(); err != nil {
			return err
		}
		a.noteTest(c, d)
		all = append(all, examined{c, d})
	}
	if err := a.printExamined(all); err != nil {
		return err
	}
	if f.bundle != "" {
		if err := a.bundle(ctx, all, f.bundle, f.yes); err != nil {
			return err
		}
	}
	if code := exitOfAll(all); code != exitDone {
		return told(code)
	}
	return nil
}

// mayExamine refuses what only an administrator may have examined.
func (a *app) mayExamine(c keystore.Connection, f *doctorFlags) error {
	if f.write {
		if err := a.mayAdminister(c, "doctor --write"); err != nil {
			return err
		}
	}
	if f.inbox {
		return a.mayAdminister(c, "doctor --inbox")
	}
	return nil
}

// doctorOptions reads the flags.
func (a *app) doctorOptions(c keystore.Connection, f *doctorFlags) (doctor.Options, error) {
	o := a.examination(c)
	o.Write, o.Inbox, o.Exchange = f.write, f.inbox, f.exchange
	for _, text := range f.mailboxes {
		address, ok := providers.ParseAddress(text)
		if !ok {
			return o, usage("write it as name@domain", "--mailbox %q is no mailbox address", providers.Sanitise(text))
		}
		o.Mailboxes = append(o.Mailboxes, address)
	}
	if f.outside != "" {
		address, ok := providers.ParseAddress(f.outside)
		if !ok {
			return o, usage("write it as name@domain", "--outside %q is no mailbox address", providers.Sanitise(f.outside))
		}
		o.Outside = address
	}
	return o, nil
}

// diagnose examines a connection. What it writes is in the trail.
func (a *app) diagnose(ctx context.Context, o doctor.Options, trail *audit.Log) providers.Diagnosis {
	source := sourceOf(o)
	if o.Connection.Exchange() {
		return a.diagnoseExchange(ctx, o, source, trail)
	}
	provider, setUp := a.newProvider(o.Connection, source)
	if setUp != nil {
		o.SetUp = setUp
	} else {
		o.Prober = auditedProber{provider.Probe(), audit.Watch(provider, a.permitDoctor(o.Connection), trail), inboxWatch{a.log, trail}}
		defer provider.Close() //nolint:errcheck // what was written has been taken away
	}
	return doctor.Run(ctx, o)
}

// auditedProber is a prober whose writes are in the audit trail. It has no way to
// write but through that.
type auditedProber struct {
	doctor.Reader
	writes *audit.Watched
	inbox  inboxWatch
}

func (p auditedProber) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	return p.writes.Event(ctx, mailbox, id)
}

func (p auditedProber) Create(ctx context.Context, draft providers.EventDraft) (providers.Event, error) {
	return p.writes.CreateEvent(ctx, draft)
}

func (p auditedProber) Change(ctx context.Context, mailbox providers.Address, id, etag string, change providers.EventChange) (providers.Event, error) {
	return p.writes.ChangeEvent(ctx, mailbox, id, etag, change)
}

func (p auditedProber) Cancel(ctx context.Context, mailbox providers.Address, id, comment string) error {
	return p.writes.CancelEvent(ctx, mailbox, id, comment)
}

// exitOfDiagnosis is the exit code: 0 for a healthy connection, 3 where only a part
// does not work or time has to pass, else that of the cause.
func exitOfDiagnosis(d providers.Diagnosis) int {
	cause := d.Cause()
	switch {
	case cause == nil:
		return exitDone
	case cause.Partly, cause.Mistake == 7, cause.Mistake == 10:
		return exitPartly
	}
	if code, known := exitOfClass[cause.Class]; known {
		return code
	}
	return exitFailed
}

// printExamined tells what was found out; of two connections the connection stands
// before each step of --plain.
func (a *app) printExamined(all []examined) error {
	if a.out.format == formatJSON {
		return a.out.json(a.describeExamined(all))
	}
	var b strings.Builder
	switch d := together(all); {
	case a.out.format == formatPlain:
		for _, rung := range d.Rungs {
			if rung.Connection != "" {
				b.WriteString(providers.Sanitise(rung.Connection) + "\t")
			}
			fmt.Fprintf(&b, "%s\t%s\t%d\t%s\n", rung.Name, rung.State, rung.Took.Milliseconds(), rungWords(rung))
		}
	case len(all) > 1:
		b.WriteString(organisationWords(all))
	default:
		b.WriteString(diagnosisMark(d) + d.FirstLine() + "\n\n" + ladderWords(d))
		if cause := d.Cause(); cause != nil {
			b.WriteString(evidence(cause))
		}
	}
	if _, err := io.WriteString(a.out.out, b.String()); err != nil {
		return failed("check where standard output goes", "writing the result: %v", err)
	}
	return nil
}

// ladderWords are the steps, one in a line.
func ladderWords(d providers.Diagnosis) string {
	var b strings.Builder
	for _, rung := range d.Rungs {
		fmt.Fprintf(&b, "%s %-16s %s%s\n", rungMark(rung.State), rung.Name, rungWords(rung), tookWords(rung))
		for i := range rung.More {
			fmt.Fprintf(&b, "  %-16s %s\n", "", rung.More[i].Sentence())
		}
	}
	return b.String()
}

// evidence is what support asks for: what the service said, and under which id.
func evidence(t *providers.Trouble) string {
	var parts []string
	if t.Status != 0 {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("HTTP %d %s", t.Status, t.Code)))
	}
	if s := t.Raw.Or(""); s != "" {
		parts = append(parts, s)
	}
	if t.RequestID != "" {
		parts = append(parts, "request "+providers.Sanitise(t.RequestID))
	}
	out := ""
	if len(parts) > 0 {
		out = "\nThe service said: " + strings.Join(parts, "; ") + "\n"
	}
	if t.Hint != "" {
		out += "Which usually means: " + providers.Sanitise(t.Hint) + "\n"
	}
	return out
}

func rungMark(state providers.RungState) string {
	switch state {
	case providers.RungPassed:
		return "✓"
	case providers.RungFailed:
		return "✗"
	case providers.RungWaiting:
		return "…"
	case providers.RungNotRun:
	}
	return "-"
}

// rungWords is what a rung showed: its trouble, what was seen, or why it was not run.
func rungWords(rung providers.Rung) string {
	switch {
	case rung.Trouble != nil:
		return rung.Trouble.Sentence()
	case rung.State == providers.RungNotRun:
		return "not run: " + rung.Seen
	}
	return rung.Seen
}

func tookWords(rung providers.Rung) string {
	if rung.State == providers.RungNotRun || rung.Took < time.Millisecond {
		return ""
	}
	return fmt.Sprintf("  (%d ms)", rung.Took.Milliseconds())
}

func (a *app) describeDiagnosis(d providers.Diagnosis) diagnosisObject {
	out := diagnosisObject{Connection: d.Connection, FirstLine: d.FirstLine(), Cause: a.describeTrouble(d.Cause()), ExitCode: exitOfDiagnosis(d), TookMS: d.Took.Milliseconds(), Rungs: []rungObject{}}
	for _, rung := range d.Rungs {
		object := rungObject{Name: rung.Name, State: string(rung.State), Seen: rung.Seen, TookMS: rung.Took.Milliseconds(), Trouble: a.describeTrouble(rung.Trouble), More: []troubleObject{}}
		for i := range rung.More {
			object.More = append(object.More, *a.describeTrouble(&rung.More[i]))
		}
		out.Rungs = append(out.Rungs, object)
	}
	return out
}

func (a *app) describeTrouble(t *providers.Trouble) *troubleObject {
	if t == nil {
		return nil
	}
	return &troubleObject{Mistake: t.Mistake, Sentence: t.Sentence(), What: t.What, Where: t.Where, Change: t.Change, Or: t.Or, Doc: t.Doc, Class: string(t.Class), Partly: t.Partly,
		Unknown: t.Unknown, Again: a.out.stamp(t.Again), Hint: providers.Sanitise(t.Hint), Mailbox: string(t.Mailbox), Status: t.Status, Code: t.Code, RequestID: providers.Sanitise(t.RequestID), Message: t.Raw}
}
