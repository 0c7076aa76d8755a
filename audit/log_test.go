package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roomdesk/providers"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func trail(t *testing.T) *Log {
	t.Helper()
	return Open(filepath.Join(t.TempDir(), "data", "audit.jsonl"), Actor{User: "ada", Connection: "contoso"}, func() time.Time { return noon })
}

func (l *Log) must(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		r, err := l.Append(t.Context(), Record{Action: "create event", Mailbox: "desk@contoso.example", TransactionID: fmt.Sprint(i)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(t.Context(), Record{Action: r.Action, Intent: r.N, Result: Done}); err != nil {
			t.Fatal(err)
		}
	}
}

func check(t *testing.T, path string, noted Head) Report {
	t.Helper()
	report, err := Read(path, noted, nil)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestTrailContinues(t *testing.T) {
	l := trail(t)
	l.must(t, 3)
	// Another process goes on where the first one ended.
	other := Open(l.path, Actor{User: "bob"}, l.now)
	other.must(t, 2)
	var users []string
	report, err := Read(l.path, Head{}, func(r Record) error {
		users = append(users, r.Actor.User)
		if !r.At.Equal(noon) {
			t.Errorf("line %d is of %v", r.N, r.At)
		}
		return nil
	})
	if err != nil || len(report.Breaks) > 0 || report.Records != 10 || report.Head.N != 10 || len(report.Open) > 0 {
		t.Fatalf("%+v %v", report, err)
	}
	if got := strings.Join(users, " "); got != "ada ada ada ada ada ada bob bob bob bob" {
		t.Error(got)
	}
	for path, mode := range map[string]os.FileMode{l.path: 0o600, filepath.Dir(l.path): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
	if none := check(t, filepath.Join(t.TempDir(), "none"), Head{}); none.Records != 0 || len(none.Breaks) != 0 {
		t.Errorf("no trail: %+v", none)
	}
}

// Whatever is done to a trail afterwards shows, but for lines cut off at its end,
// which show against a noted head.
func TestWhatWasDoneToATrailShows(t *testing.T) {
	l := trail(t)
	l.must(t, 4)
	whole, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	head := check(t, l.path, Head{}).Head
	lines := bytes.SplitAfter(bytes.TrimSuffix(whole, []byte("\n")), []byte("\n"))
	lines[len(lines)-1] = append(lines[len(lines)-1], '\n')
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	resealed := func(line []byte, change func(*Record)) []byte {
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		change(&r)
		text, err := r.line()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for name, c := range map[string]struct {
		text []byte
		line int
	}{
		"a letter":                  {bytes.Replace(whole, []byte(`"user":"ada"`), []byte(`"user":"eve"`), 1), 1},
		"a space":                   {bytes.Replace(whole, []byte(`{"n":2,`), []byte(`{"n": 2,`), 1), 2},
		"a member more":             {bytes.Replace(whole, []byte(`{"n":2,`), []byte(`{"x":1,"n":2,`), 1), 2},
		"a member twice":            {bytes.Replace(whole, []byte(`{"n":2,`), []byte(`{"n":9,"n":2,`), 1), 2},
		"a line removed":            {join(append(append([][]byte{}, lines[:2]...), lines[3:]...)...), 3},
		"the first removed":         {join(lines[1:]...), 1},
		"a line twice":              {join(lines[0], lines[1], lines[1], join(lines[2:]...)), 3},
		"two lines exchanged":       {join(lines[0], lines[2], lines[1], join(lines[3:]...)), 2},
		"a line in between":         {join(lines[0], []byte("{}\n"), join(lines[1:]...)), 2},
		"text in between":           {join(lines[0], []byte("hello\n"), join(lines[1:]...)), 2},
		"a line made anew":          {join(lines[0], resealed(lines[1], func(r *Record) { r.Action = "nothing" }), join(lines[2:]...)), 3},
		"the last line altered":     {bytes.Replace(whole, lines[7], bytes.Replace(lines[7], []byte("ada"), []byte("eve"), 1), 1), 8},
		"emptied":                   {nil, 0},
		"cut at the end":            {join(lines[:6]...), 0},
		"the end made anew":         {join(join(lines[:7]...), resealed(lines[7], func(r *Record) { r.Result = Refused })), 0},
		"a number left out":         {join(join(lines[:7]...), resealed(lines[7], func(r *Record) { r.N++ })), 8},
		"one line as long as a log": {join(lines[0], bytes.Repeat([]byte("x"), 2*maxLine), []byte("\n"), join(lines[1:]...)), 2},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := read(bytes.NewReader(c.text), head, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(report.Breaks) == 0 || report.Breaks[0].Line != c.line {
				t.Errorf("%+v, want one at line %d", report.Breaks, c.line)
			}
		})
	}
	if good, err := read(bytes.NewReader(whole), head, nil); err != nil || len(good.Breaks) > 0 {
		t.Errorf("untouched: %+v %v", good, err)
	}
	if early, err := read(bytes.NewReader(whole), Head{2, check(t, l.path, Head{}).Head.Hash}, nil); err != nil || len(early.Breaks) != 1 {
		t.Errorf("another hash for line 2: %+v %v", early, err)
	}
}

// A crash leaves at most an unfinished line, after which the trail goes on.
func TestTornLine(t *testing.T) {
	for _, cut := range []int{1, 20, 200} {
		l := trail(t)
		l.must(t, 2)
		whole, err := os.ReadFile(l.path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.SplitAfter(whole, []byte("\n"))
		if err := os.WriteFile(l.path, append(whole, lines[3][:cut]...), 0o600); err != nil {
			t.Fatal(err)
		}
		if report := check(t, l.path, Head{}); len(report.Breaks) > 0 || report.Torn != cut || report.Records != 4 {
			t.Errorf("torn at the end: %+v", report)
		}
		l.must(t, 1)
		if report := check(t, l.path, Head{}); len(report.Breaks) > 0 || report.Torn != cut || report.Records != 6 {
			t.Errorf("torn in between: %+v", report)
		}
		text, err := os.ReadFile(l.path)
		if err != nil {
			t.Fatal(err)
		}
		longer := bytes.Replace(text, append([]byte("\n"), lines[3][:cut]...), append([]byte("\nmore"), lines[3][:cut]...), 1)
		if report, err := read(bytes.NewReader(longer), Head{}, nil); err != nil || len(report.Breaks) == 0 {
			t.Errorf("what was torn was altered: %+v %v", report, err)
		}
	}
	l := trail(t) // even the first line
	if err := os.MkdirAll(filepath.Dir(l.path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.path, []byte(`{"n":`), 0o600); err != nil {
		t.Fatal(err)
	}
	l.must(t, 1)
	if report := check(t, l.path, Head{}); len(report.Breaks) > 0 || report.Torn != 5 || report.Records != 2 {
		t.Errorf("%+v", report)
	}
}

func TestOpenIntentsAreTold(t *testing.T) {
	l := trail(t)
	l.must(t, 1)
	if _, err := l.Append(t.Context(), Record{Action: "cancel event"}); err != nil {
		t.Fatal(err)
	}
	l.must(t, 1)
	if report := check(t, l.path, Head{}); len(report.Open) != 1 || report.Open[0] != 3 {
		t.Errorf("%+v", report)
	}
}

// Nothing is written where it cannot be kept, and the error says what to do.
func TestTrailThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "elsewhere")
	if err := os.Symlink(target, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(dir, "damaged")
	if err := os.WriteFile(damaged, []byte("not a trail\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"a link": filepath.Join(dir, "link"), "a file as directory": filepath.Join(dir, "file", "audit.jsonl"), "damaged": damaged} {
		_, err := Open(path, Actor{}, nil).Append(t.Context(), Record{Action: "create event"})
		var e *providers.Error
		if !errors.As(err, &e) || e.Class != providers.Local || e.Advice == "" || !strings.Contains(e.Message.Or(""), "nothing was sent") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Lstat(target); err == nil {
		t.Error("a link was followed")
	}
	if text, err := os.ReadFile(damaged); err != nil || string(text) != "not a trail\n" {
		t.Errorf("a damaged trail was touched: %q %v", text, err)
	}
}

// childEnv names the trail to which a child of the test appends until it is killed.
const childEnv = "ROOMDESK_TEST_AUDIT"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		l := Open(path, Actor{User: "child"}, nil)
		for i := range 100_000 {
			r, err := l.Append(context.Background(), Record{Action: "create event", TransactionID: fmt.Sprint(i)})
			if err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			fmt.Println(r.N)
		}
		return
	}
	os.Exit(m.Run())
}

// Several processes append, and each is killed in the middle: the chain holds, and
// every line that was acknowledged is there.
func TestProcessesAppendAndAreKilled(t *testing.T) {
	l := trail(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for round := range 4 {
		var outs [2]bytes.Buffer
		var children [2]*exec.Cmd
		for i := range children {
			children[i] = exec.CommandContext(t.Context(), self)
			children[i].Env = append(os.Environ(), childEnv+"="+l.path)
			pipe, err := children[i].StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := children[i].Start(); err != nil {
				t.Fatal(err)
			}
			text := make([]byte, 64)
			for lines := 0; lines < 8+round*5; { // it has acknowledged so many
				n, err := pipe.Read(text)
				if err != nil {
					t.Fatalf("the child ended: %v %s", err, outs[i].Bytes())
				}
				outs[i].Write(text[:n])
				lines += bytes.Count(text[:n], []byte("\n"))
			}
		}
		for i := range children {
			if err := children[i].Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = children[i].Wait() // killed
		}
		there := map[string]bool{}
		report, err := Read(l.path, Head{}, func(r Record) error {
			there[fmt.Sprint(r.N)] = true
			return nil
		})
		if err != nil || len(report.Breaks) > 0 {
			t.Fatalf("%+v %v", report, err)
		}
		for i := range outs {
			acknowledged := strings.Split(outs[i].String(), "\n")
			for _, n := range acknowledged[:len(acknowledged)-1] {
				if !there[n] {
					t.Errorf("line %s was acknowledged and is not there", n)
				}
			}
		}
	}
}
