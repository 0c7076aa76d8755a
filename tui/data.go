package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"roomdesk/providers"
)

// openData asks where a connection's data is.
func (m *Model) openData(name string) tea.Cmd {
	ws := m.ws
	return m.ask(readTime, func(ctx context.Context) tea.Msg {
		report, err := ws.Data(ctx, name)
		return dataAnswer{report, err}
	})
}

type dataAnswer struct {
	report DataReport
	err    error
}

func (a dataAnswer) apply(m *Model) tea.Cmd {
	if a.err != nil {
		m.notices.state(m.now, "data read", "where data is could not be found out: "+problemText(a.err), true)
		return nil
	}
	m.notices.over("data read")
	report := a.report
	m.openDialog(&reader{title: "Where is my data", aside: clean(report.Connection), wide: 104, make: func(m *Model, w int) []string { return drawData(m, &report, w) }})
	return nil
}

// drawData draws this machine, with its processes, files and keys, the tenant's hosts
// with what goes there and comes back, and everybody else.
func drawData(m *Model, r *DataReport, w int) []string {
	d := &dataDrawing{m: m, w: w}
	d.head("this machine")
	for _, p := range r.Processes {
		name := clean(p.Name)
		if p.PID > 0 {
			name += ", process " + itoa(p.PID)
		}
		d.item("├─", accentStrong, name, "", clean(p.Does))
	}
	for _, f := range r.Files {
		look := plain
		if !strings.HasSuffix(f.Mode, "00") && f.What != "certificate authority" {
			look = warn // somebody else may read it
		}
		d.item("├─", look, clean(f.What), bytesWords(f.Bytes)+" · "+f.Mode+" · "+m.ageOf(f.Modified), clean(f.Holds))
		d.under("│ ", faint, clean(f.Path))
	}
	for _, k := range r.Keys {
		d.item("├─", plain, "key", clean(k.State), clean(k.Holds+", in "+k.Where))
		d.under("│ ", faint, clean(k.Name))
	}
	d.item("│", dim, "", "", "")
	d.item("▼", dim, "TLS, to these hosts and to nobody else", "", "")
	d.head("the tenant")
	for _, e := range r.Endpoints {
		look := plain
		if e.Refused > 0 {
			look = warn
		}
		d.item("├─", look, clean(e.Host), "", clean(e.Does))
		flow := "→ out " + bytesWords(e.Out) + ", " + m.lastWords(e.LastOut) + " · ← in " + bytesWords(e.In) + ", " + m.lastWords(e.LastIn)
		switch {
		case e.Refused > 0 && e.In == 0 && e.Out == 0:
			flow = counted(e.Refused, "connection") + " refused"
		case e.Refused > 0:
			flow += " · " + counted(e.Refused, "connection") + " refused"
		}
		d.under("│ ", dim, flow)
	}
	d.lines = append(d.lines, "")
	for _, part := range []struct {
		title string
		items []string
	}{{"stays here", r.Stays}, {"leaves", r.Leaves}} {
		d.head(part.title)
		for _, item := range part.items {
			for i, text := range wrap(clean(item), max(w-4, 10)) {
				mark := "  "
				if i == 0 {
					mark = "· "
				}
				d.lines = append(d.lines, newLine(m.theme, onPanel, w).to(2).put(dim, mark).put(plain, text).done())
			}
		}
	}
	return d.lines
}

type dataDrawing struct {
	m     *Model
	w     int
	lines []string
}

func (d *dataDrawing) head(text string) {
	d.lines = append(d.lines, newLine(d.m.theme, onPanel, d.w).put(accent, strings.ToUpper(text)).done())
}

// item is one box of the drawing: what it is, how much, and what it is for.
func (d *dataDrawing) item(branch string, look role, what, much, why string) {
	l := newLine(d.m.theme, onPanel, d.w).to(1).put(dim, branch).put(plain, " ").put(look, what)
	if much != "" {
		l.put(plain, "  ").put(dim, much)
	}
	if why == "" {
		d.lines = append(d.lines, l.done())
		return
	}
	if room := d.w - l.width - 2; columns(why) <= room {
		d.lines = append(d.lines, l.put(plain, "  ").put(dim, why).done())
		return
	}
	d.lines = append(d.lines, l.done())
	d.under("│ ", dim, why)
}

// under is more about the item above.
func (d *dataDrawing) under(branch string, look role, text string) {
	for _, part := range wrap(text, max(d.w-6, 10)) {
		d.lines = append(d.lines, newLine(d.m.theme, onPanel, d.w).to(1).put(dim, branch).to(6).put(look, part).done())
	}
}

func (m *Model) ageOf(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return providers.Age(m.now.Sub(t))
}

func (m *Model) lastWords(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return providers.Age(m.now.Sub(t)) + " ago"
}

// bytesWords is a number of bytes as people read it.
func bytesWords(n int64) string {
	switch {
	case n < 1000:
		return itoa(int(n)) + " B"
	case n < 1000_000:
		return itoa(int((n+500)/1000)) + " kB"
	}
	tenths := (n + 50_000) / 100_000
	return thousands(int(tenths/10)) + "." + itoa(int(tenths%10)) + " MB"
}
