package tui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roomdesk/providers"
)

// keep compares a generated file with what is in the tree; -update writes it.
func keep(t *testing.T, path, want string) {
	t.Helper()
	if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(have), "\r\n", "\n") != want {
		t.Errorf("%s is stale: go test ./tui -run %s -update", path, t.Name())
	}
}

func TestKeysDocumentIsCurrent(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Keys of the console\n\nMade from the key map in `tui/keymap.go` by a test: `go test ./tui -run TestKeysDocument -update`.\nIn the console `?` shows the keys of the view, and why one does nothing just then.\n")
	for _, s := range scopes() {
		fmt.Fprintf(&b, "\n## %s\n\n| keys | what they do |\n|---|---|\n", s)
		for _, k := range bindings() {
			if k.scope == s {
				labels := strings.ReplaceAll(keyLabels(k.keys), "|", "\\|")
				fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(labels, " ", "` `"), k.long())
			}
		}
	}
	b.WriteString("\n## Mouse\n\n| where | what it does |\n|---|---|\n")
	for _, row := range [][2]string{
		{"click on a tab", "shows that view"},
		{"click on a row", "chooses it; again: opens it"},
		{"click on the time grid", "chooses the room and the time"},
		{"drag on the time grid", "marks a span"},
		{"wheel", "scrolls what is under the pointer"},
		{"click beside a text", "closes it; a form stays open"},
	} {
		fmt.Fprintf(&b, "| %s | %s |\n", row[0], row[1])
	}
	keep(t, "../docs/keys.md", b.String())
}

// No key has two meanings in one scope, every binding can be run and is explained.
func TestKeymapIsSound(t *testing.T) {
	seen := map[string]string{}
	known := map[scope]bool{}
	for _, s := range scopes() {
		known[s] = true
	}
	for _, b := range bindings() {
		if b.run == nil || b.what == "" || b.label == "" || len(b.keys) == 0 || !known[b.scope] {
			t.Errorf("binding %q in %q is incomplete", b.label, b.scope)
		}
		for _, k := range b.keys {
			id := string(b.scope) + " " + k
			if have, ok := seen[id]; ok {
				t.Errorf("%s means %q and %q", id, have, b.what)
			}
			seen[id] = b.what
			if got := keyNamed(k).String(); got != k {
				t.Errorf("the key %q is named %q by the terminal library", k, got)
			}
		}
	}
}

// README's picture is the frame of the rooms view, drawn by renderSVG.
func TestPicturesAreCurrent(t *testing.T) {
	f := office()
	f.progress = providers.SyncProgress{Phase: providers.PhaseChanges, Running: true, LastGood: f.header.LastGood}
	for _, dark := range []bool{true, false} {
		d := newDriver(t, f, 112, 34, func(o *Options) { o.Light = !dark })
		d.keys("right", "shift+right", "shift+right")
		name := "rooms-light.svg"
		if dark {
			name = "rooms.svg"
		}
		keep(t, "../docs/"+name, renderSVG(d.m.Frame(), 112, 34, dark))
	}
}
