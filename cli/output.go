package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"roomdesk/providers"
)

// format is how data is printed.
type format int

const (
	formatTable format = iota
	formatPlain
	formatJSON
)

// output prints data to standard output and messages to standard error.
type output struct {
	format     format
	accessible bool
	out, err   io.Writer // colours are taken away where they do not belong
	width      int       // columns of the terminal; 0: not a terminal, nothing is cut
	styled     bool
	now        func() time.Time
	zone       *time.Location
}

func newOutput(deps Deps, f format, noColor, accessible bool) *output {
	environ := deps.Environ
	if noColor {
		environ = append(environ[:len(environ):len(environ)], "NO_COLOR=1")
	}
	out, errs := colorprofile.NewWriter(deps.Stdout, environ), colorprofile.NewWriter(deps.Stderr, environ)
	return &output{
		format: f, accessible: accessible, out: out, err: errs, now: deps.Now, zone: deps.Zone,
		width: terminalWidth(deps.Stdout), styled: f == formatTable && out.Profile > colorprofile.ASCII && !accessible,
	}
}

// say prints a message for a person.
func (o *output) say(text string, args ...any) {
	// Nobody is left to tell where standard error cannot be written.
	_, _ = fmt.Fprintf(o.err, text+"\n", args...)
}

// json prints a value with stable keys, indented, with every character that could
// act on a terminal escaped (texts from outside do so themselves).
func (o *output) json(value any) error {
	encoder := json.NewEncoder(o.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return failed("check where standard output goes", "writing the result: %v", err)
	}
	return nil
}

// column of a table. Cells must be safe to show.
type column struct {
	title string
	right bool // numbers
	keep  bool // not shortened
	state bool // a word of state, coloured besides
}

// table prints rows: aligned under a header, or tab-separated without one.
// empty is what is said on standard error where there are no rows.
func (o *output) table(columns []column, rows [][]string, empty string) error {
	var b strings.Builder
	switch {
	case o.format == formatPlain:
		for _, row := range rows {
			for i, cell := range row {
				if i > 0 {
					b.WriteByte('\t')
				}
				b.WriteString(cell)
			}
			b.WriteByte('\n')
		}
	case len(rows) == 0:
		o.say("%s", empty)
		return nil
	default:
		o.layTable(&b, columns, rows)
	}
	if _, err := io.WriteString(o.out, b.String()); err != nil {
		return failed("check where standard output goes", "writing the result: %v", err)
	}
	return nil
}

const columnGap = 2

func (o *output) layTable(b *strings.Builder, columns []column, rows [][]string) {
	columns, rows = withoutEmpty(columns, rows)
	widths := make([]int, len(columns))
	for i, c := range columns {
		widths[i] = ansi.StringWidth(c.title)
		for _, row := range rows {
			widths[i] = max(widths[i], ansi.StringWidth(row[i]))
		}
	}
	o.shrink(columns, widths)
	for i, c := range columns {
		o.cell(b, c, c.title, widths[i], i == len(columns)-1, lipgloss.NewStyle().Bold(true))
	}
	b.WriteByte('\n')
	for _, row := range rows {
		for i, c := range columns {
			style := lipgloss.NewStyle()
			if c.state {
				style = stateStyle(row[i])
			}
			o.cell(b, c, row[i], widths[i], i == len(columns)-1, style)
		}
		b.WriteByte('\n')
	}
}

// withoutEmpty leaves out the columns in which no row has anything.
func withoutEmpty(columns []column, rows [][]string) ([]column, [][]string) {
	var kept []int
	for i := range columns {
		for _, row := range rows {
			if row[i] != "" {
				kept = append(kept, i)
				break
			}
		}
	}
	if len(kept) == len(columns) {
		return columns, rows
	}
	fewer := make([]column, len(kept))
	for i, k := range kept {
		fewer[i] = columns[k]
	}
	shorter := make([][]string, len(rows))
	for n, row := range rows {
		shorter[n] = make([]string, len(kept))
		for i, k := range kept {
			shorter[n][i] = row[k]
		}
	}
	return fewer, shorter
}

// shrink takes width from the widest columns until the table fits the terminal.
func (o *output) shrink(columns []column, widths []int) {
	const least = 8
	total := columnGap * (len(columns) - 1)
	for _, w := range widths {
		total += w
	}
	for o.width > 0 && total > o.width {
		widest := -1
		for i, c := range columns {
			if !c.keep && widths[i] > least && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
		total--
	}
}

func (o *output) cell(b *strings.Builder, c column, text string, width int, last bool, style lipgloss.Style) {
	if ansi.StringWidth(text) > width {
		text = ansi.Truncate(text, width, "…")
	}
	pad := strings.Repeat(" ", width-ansi.StringWidth(text))
	if o.styled {
		text = style.Render(text)
	}
	switch {
	case c.right && last:
		b.WriteString(pad + text)
	case c.right:
		b.WriteString(pad + text + strings.Repeat(" ", columnGap))
	case last:
		b.WriteString(text)
	default:
		b.WriteString(text + pad + strings.Repeat(" ", columnGap))
	}
}

// stateStyle colours words of state. The word itself says everything.
func stateStyle(word string) lipgloss.Style {
	style := lipgloss.NewStyle()
	switch word {
	case string(providers.Free), "fresh", "present", "accepted":
		return style.Foreground(lipgloss.Green)
	case string(providers.Busy), string(providers.OutOfOffice), "failing", "missing", "declined", "failed":
		return style.Foreground(lipgloss.Red)
	case string(providers.Tentative), string(providers.Unknown), "late", "no access", "locked", "waiting":
		return style.Foreground(lipgloss.Yellow)
	}
	return style
}

// fail reports an error: a sentence, and with --json an object.
func (o *output) fail(err error) int {
	f := explain(err)
	if f.silent {
		return f.code
	}
	o.say("roomdesk: %s", providers.Sanitise(f.sentence()))
	if o.format != formatJSON {
		return f.code
	}
	type object struct {
		Class     string              `json:"class"`
		Cause     providers.Cause     `json:"cause"`
		Message   providers.Untrusted `json:"message"`
		Code      providers.Untrusted `json:"code"`
		RequestID providers.Untrusted `json:"request_id"`
		Next      providers.Untrusted `json:"next"`
	}
	line, marshalErr := json.Marshal(map[string]object{"error": {f.class, providers.CauseOf(f.err), providers.Outside(f.message), providers.Outside(f.svcCode),
		providers.Outside(f.requestID), providers.Outside(f.next)}})
	if marshalErr != nil {
		line = []byte(`{"error":{"class":"failed"}}`)
	}
	// The last line of standard error is for programs.
	_, _ = fmt.Fprintf(o.err, "%s\n", line)
	return f.code
}

// age is the time since t in seconds for JSON; nil where t is zero.
func (o *output) age(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	seconds := max(int64(o.now().Sub(t).Seconds()), 0)
	return &seconds
}

// ageWords is the same for people.
func (o *output) ageWords(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return providers.Age(o.now().Sub(t))
}

// stamp is a time in JSON: RFC 3339 with an offset; nil where t is zero.
func (o *output) stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.In(o.zone).Format(time.RFC3339)
	return &s
}

// clock is an instant for people, with its date where that is not today.
func (o *output) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	local := t.In(o.zone)
	if local.Format(time.DateOnly) == o.now().In(o.zone).Format(time.DateOnly) {
		return local.Format("15:04")
	}
	return local.Format("2006-01-02 15:04")
}

// span is an interval for people.
func (o *output) span(i providers.Interval) string {
	start, end := i.Start.In(o.zone), i.End.In(o.zone)
	if start.Format(time.DateOnly) == end.Format(time.DateOnly) {
		return start.Format("2006-01-02 15:04") + "–" + end.Format("15:04")
	}
	return start.Format("2006-01-02 15:04") + "–" + end.Format("2006-01-02 15:04")
}
