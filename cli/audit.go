package cli

import (
	"context"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"roomdesk/audit"
	"roomdesk/keystore"
	"roomdesk/providers"
)

// auditPath is the file of the trail: one for all connections, and beside its mirror
// for a simulated tenant, whose trail ends with it.
func (a *app) auditPath(c keystore.Connection, mirror string) string {
	if c.Demo() {
		return filepath.Join(filepath.Dir(mirror), auditFile)
	}
	return filepath.Join(a.paths().Data, auditFile)
}

const auditFile = "audit.jsonl"

// trail is the audit trail as this process writes it for a connection.
func (a *app) trail(path string, c keystore.Connection) *audit.Log {
	return audit.Open(path, a.trailActor(c), a.deps.Now)
}

// trailActor is who acts in this process, by way of a connection.
func (a *app) trailActor(c keystore.Connection) audit.Actor {
	actor := audit.Actor{User: "unknown", Process: os.Getpid(), Connection: c.Name, Tenant: c.Tenant, Application: c.ActsAs()}
	if u, err := user.Current(); err == nil {
		actor.User = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		actor.Host = host
	}
	return actor
}

// note writes down what was done to a connection. It is done: where the trail
// cannot be written, that is said.
func (a *app) note(c keystore.Connection, action string) {
	a.noteRecord(c, audit.Record{Action: action, Result: audit.Done})
}

func (a *app) noteRecord(c keystore.Connection, r audit.Record) {
	if _, err := a.trail(a.auditPath(c, a.mirrorPath(c)), c).Append(context.Background(), r); err != nil {
		if a.drawing.Load() { // the console has the screen; the next write says it
			a.log.Warn("not in the audit trail", "action", r.Action, "error", err)
			return
		}
		a.out.say("roomdesk: not in the audit trail: %s", explain(err).sentence())
	}
}

// auditLine is one line of the trail in JSON; its other keys are those of the file.
type auditLine = audit.Record

// auditObject is the trail in JSON.
type auditObject struct {
	File    string        `json:"file"`
	Records int64         `json:"records"`
	Head    string        `json:"head"` // to be noted elsewhere
	Intact  bool          `json:"intact"`
	Breaks  []breakObject `json:"breaks"`
	// Open are the numbers of intents whose outcome is not in the trail.
	Open  []int64     `json:"open"`
	Torn  int         `json:"torn"`
	Lines []auditLine `json:"lines,omitempty"`
}

type breakObject struct {
	Line int    `json:"line"`
	Why  string `json:"why"`
}

func (a *app) auditCommand() *cobra.Command {
	latest := 50
	command := &cobra.Command{
		Use:   "audit",
		Short: "Show what roomdesk did to the tenant, and by whom",
		Long: "Every write is in the audit trail: a line before it leaves, without which nothing is sent, and one with what became of\n" +
			"it. Each line carries a hash over itself and the line before.",
		Args: cobra.NoArgs,
		RunE: a.run(func(context.Context, []string) error { return a.audit(audit.Head{}, latest) }),
	}
	command.Flags().IntVar(&latest, "limit", latest, "show so many of the latest lines; 0 shows all")
	var head string
	verify := &cobra.Command{
		Use:   "verify",
		Short: "Check that no line of the audit trail was changed, removed or moved",
		Long: "Lines that were cut off at the end show only against a head that was noted elsewhere: it is printed here, and given\n" +
			"with --head later.",
		Args: cobra.NoArgs,
		RunE: a.run(func(context.Context, []string) error {
			var noted audit.Head
			if head != "" {
				var err error
				if noted, err = audit.ParseHead(head); err != nil {
					return usage("give it as it was printed", "--head: %v", err)
				}
			}
			return a.audit(noted, -1)
		}),
	}
	verify.Flags().StringVar(&head, "head", "", "a head that was noted earlier")
	command.AddCommand(verify)
	return command
}

// audit reads the trail: to show its latest lines, all of them where latest is 0,
// or where it is negative only to say whether it is whole.
func (a *app) audit(noted audit.Head, latest int) error {
	config, err := a.loadConfig()
	if err != nil {
		return err
	}
	path := filepath.Join(a.paths().Data, auditFile)
	if a.flags.connection != "" || len(config.Connections) == 1 {
		c, err := a.pick(config)
		if err != nil {
			return err
		}
		path = a.auditPath(c, a.mirrorPath(c))
	}
	var lines []audit.Record
	report, err := audit.Read(path, noted, func(r audit.Record) error {
		if latest >= 0 {
			lines = append(lines, r)
			if latest > 0 && len(lines) > latest {
				lines = lines[1:]
			}
		}
		return nil
	})
	if err != nil {
		return failed("check its permissions", "the audit trail cannot be read: %s", providers.Sanitise(err.Error()))
	}
	object := auditObject{File: path, Records: report.Records, Intact: len(report.Breaks) == 0, Breaks: []breakObject{}, Open: append([]int64{}, report.Open...),
		Torn: report.Torn, Lines: lines}
	if report.Records > 0 {
		object.Head = report.Head.String()
	}
	for _, b := range report.Breaks {
		object.Breaks = append(object.Breaks, breakObject{b.Line, b.Why})
	}
	if err := a.showAudit(object, latest); err != nil {
		return err
	}
	if !object.Intact {
		return failed("compare it with a backup: somebody changed it, or the disk is damaged", "the audit trail is not as it was written (%s)",
			plural(len(object.Breaks), "break", ""))
	}
	return nil
}

func (a *app) showAudit(object auditObject, latest int) error {
	if a.out.format == formatJSON {
		return a.out.json(object)
	}
	for _, b := range object.Breaks {
		where := "line " + strconv.Itoa(b.Line) + ": "
		if b.Line == 0 {
			where = ""
		}
		a.out.say("✗ %s%s", where, b.Why)
	}
	if latest < 0 {
		if object.Intact {
			a.out.say("✓ %s, none changed, removed or moved. Head, to be noted elsewhere:", plural(int(object.Records), "line", ""))
		}
		if len(object.Open) > 0 {
			a.out.say("- %s without an outcome: roomdesk ended in the middle of it, and looked it up afterwards", plural(len(object.Open), "write", ""))
		}
		return a.out.table([]column{{title: "HEAD", keep: true}}, [][]string{{object.Head}}, "")
	}
	rows := make([][]string, 0, len(object.Lines))
	for _, r := range object.Lines {
		rows = append(rows, auditRow(a, r))
	}
	return a.out.table([]column{{title: "N", keep: true}, {title: "WHEN", keep: true}, {title: "WHO"}, {title: "CONNECTION"}, {title: "ACTION", keep: true},
		{title: "RESULT", keep: true, state: true}, {title: "CALENDAR"}, {title: "WHAT"}}, rows, "Nothing was written yet.")
}

func auditRow(a *app, r audit.Record) []string {
	result := string(r.Result)
	if result == "" {
		result = "intended"
	}
	var what []string
	if r.After != nil && !r.After.Start.IsZero() {
		what = append(what, a.out.span(providers.Interval{Start: r.After.Start, End: r.After.End}))
	}
	if r.After != nil && len(r.After.Rooms) > 0 {
		for _, room := range r.After.Rooms {
			what = append(what, string(room))
		}
	}
	if r.Class != "" {
		what = append(what, r.Class.Words())
	}
	return []string{strconv.FormatInt(r.N, 10), a.out.clock(r.At), providers.Sanitise(r.Actor.User), r.Actor.Connection, r.Action, result,
		string(r.Mailbox), strings.Join(what, ", ")}
}
