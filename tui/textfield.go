package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// longestText is the most characters that a field takes; a longer paste is cut.
const longestText = 400

// textField is one line of text being edited. It holds grapheme clusters, so that
// the cursor never stands inside one, and only text that is safe to show.
type textField struct {
	clusters []string
	at       int // the cursor, 0..len(clusters)
	from     int // first cluster in sight
}

func (f *textField) text() string { return strings.Join(f.clusters, "") }

func (f *textField) empty() bool { return len(f.clusters) == 0 }

func (f *textField) set(s string) {
	f.clusters, f.at, f.from = clustersOf(s), 0, 0
	f.at = len(f.clusters)
}

// clustersOf sanitises text and takes it apart.
func clustersOf(s string) []string {
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return r
	}, s[:min(len(s), 8*longestText)])
	s = clean(s)
	var out []string
	for s != "" && len(out) < longestText {
		cluster, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if cluster == "" {
			break
		}
		out = append(out, cluster)
		s = s[len(cluster):]
	}
	return out
}

// insert puts text at the cursor and reports whether anything changed. Characters
// that join with their neighbours become one cluster with them.
func (f *textField) insert(s string) bool {
	add := clustersOf(s)
	if room := longestText - len(f.clusters); len(add) > room {
		add = add[:max(room, 0)]
	}
	if len(add) == 0 {
		return false
	}
	before := strings.Join(f.clusters[:f.at], "") + strings.Join(add, "")
	f.clusters = clustersOf(before + strings.Join(f.clusters[f.at:], ""))
	f.at = min(len(clustersOf(before)), len(f.clusters))
	return true
}

// typed edits by one key and reports whether the text changed.
func (f *textField) typed(k tea.KeyPressMsg) bool {
	switch k.String() {
	case "left", "ctrl+b":
		f.at = max(f.at-1, 0)
	case "right", "ctrl+f":
		f.at = min(f.at+1, len(f.clusters))
	case "home", "ctrl+a":
		f.at = 0
	case "end", "ctrl+e":
		f.at = len(f.clusters)
	case "backspace", "ctrl+h":
		return f.remove(f.at-1, f.at)
	case "delete", "ctrl+d":
		return f.remove(f.at, f.at+1)
	case "ctrl+u":
		return f.remove(0, f.at)
	case "ctrl+k":
		return f.remove(f.at, len(f.clusters))
	case "ctrl+w", "alt+backspace":
		from := f.at
		for from > 0 && f.clusters[from-1] == " " {
			from--
		}
		for from > 0 && f.clusters[from-1] != " " {
			from--
		}
		return f.remove(from, f.at)
	default:
		if k.Text != "" && k.Mod&^tea.ModShift == 0 {
			return f.insert(k.Text)
		}
	}
	return false
}

func (f *textField) remove(from, to int) bool {
	from, to = max(from, 0), min(to, len(f.clusters))
	if from >= to {
		return false
	}
	before := strings.Join(f.clusters[:from], "")
	f.clusters = clustersOf(before + strings.Join(f.clusters[to:], ""))
	f.at = min(len(clustersOf(before)), len(f.clusters))
	return true
}

// draw writes the part around the cursor into w columns and gives the cursor's
// column within them.
func (f *textField) draw(l *line, r role, w int) (cursor int) {
	if w < 1 {
		return 0
	}
	f.from = min(f.from, f.at)
	for f.from < f.at && f.columns(f.from, f.at) > w-1 {
		f.from++
	}
	end := l.width + w
	var b strings.Builder
	used := 0
	for i := f.from; i < len(f.clusters); i++ {
		cw := columns(f.clusters[i])
		if used+cw > w {
			break
		}
		used += cw
		b.WriteString(f.clusters[i])
	}
	l.put(r, b.String()).to(end)
	return f.columns(f.from, f.at)
}

func (f *textField) columns(from, to int) int {
	n := 0
	for _, c := range f.clusters[from:to] {
		n += columns(c)
	}
	return n
}

// filterLine is a filter that is typed into while the list follows.
type filterLine struct {
	field textField
	open  bool
}
