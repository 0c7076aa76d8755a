package cli

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"roomdesk/providers/simulator"
)

// What a person reads, and a script gets, when something of this machine is in
// the way of the store.
func TestStoreInTrouble(t *testing.T) { // F-103, F-104, F-106, F-109, S-17, SAY
	r := newSurroundings(t, simulator.Options{Rooms: 2, People: 2})
	if _, stderr, code := r.roomdesk(t, "sync", "--once"); code != exitDone {
		t.Fatalf("%d %s", code, stderr)
	}
	file := r.store(t)
	statement := func(text string) func() error {
		return func() error {
			db, err := sql.Open("sqlite", "file:"+file)
			if err != nil {
				return err
			}
			defer db.Close()
			_, err = db.Exec(text)
			return err
		}
	}
	write := func(text string) func() error {
		return func() error { return os.WriteFile(file, []byte(text), 0o600) }
	}
	for _, c := range []struct {
		name    string
		trouble func() error
		args    []string
		code    int
		reads   []string // parts of standard error, in lower case
		keeps   bool     // the file is not touched
	}{
		{"F-106 garbage", write(strings.Repeat("garbage ", 2000)), nil, exitDone, []string{"damaged", "begun anew", "the old file is", "bookings made here are missing"}, false},
		{"F-106 zero length", write(""), nil, exitDone, []string{"damaged (the file is empty)", "bookings made here are missing"}, false},
		{"F-106 missing", func() error { return os.Remove(file) }, nil, exitDone, []string{"damaged (the file is missing)", "bookings made here are missing"}, false},
		{"F-106 missing directory", func() error { return os.RemoveAll(filepath.Dir(file)) }, nil, exitDone, nil, false},
		{"F-109 newer version", statement("PRAGMA user_version = 99"), nil, exitFailed, []string{"version 99", "use a newer roomdesk"}, true},
		{"another program's file", statement("PRAGMA application_id = 7"), nil, exitFailed, []string{"another program", "--data"}, true},
		{"S-17 link", func() error { return os.Symlink(file+".elsewhere", file) }, nil, exitFailed, []string{"not a plain file"}, false},
		{"directory in its place", func() error { return os.Mkdir(file, 0o700) }, nil, exitFailed, []string{"not a plain file"}, false},
		{"F-103 nowhere to write", nil, []string{"--data", "/proc/roomdesk"}, exitFailed, []string{"/proc/roomdesk"}, false},
		{"odd characters", nil, []string{"--data", filepath.Join(r.dir, "a ?b#c%20d")}, exitDone, nil, false},
	} {
		switch {
		case strings.HasPrefix(c.name, "S-17"), strings.HasPrefix(c.name, "directory"):
			if err := os.RemoveAll(file); err != nil {
				t.Fatal(err)
			}
		}
		if c.trouble != nil {
			if err := c.trouble(); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
		}
		before, _ := os.ReadFile(file)
		_, stderr, code := r.roomdesk(t, append([]string{"sync", "--once"}, c.args...)...)
		if code != c.code {
			t.Errorf("%s: ends with %d: %s", c.name, code, stderr)
		}
		for _, part := range c.reads {
			if !strings.Contains(strings.ToLower(stderr), part) {
				t.Errorf("%s: a person reads %q, without %q", c.name, stderr, part)
			}
		}
		if strings.Contains(stderr, "goroutine ") || strings.Contains(stderr, "panic") {
			t.Errorf("%s: %s", c.name, stderr)
		}
		if after, _ := os.ReadFile(file); c.keeps && string(after) != string(before) {
			t.Errorf("%s: the file was touched", c.name)
		}
		// The next one begins with a good store.
		if c.trouble != nil && c.code != exitDone {
			if err := os.RemoveAll(file); err != nil {
				t.Fatal(err)
			}
			if _, stderr, code := r.roomdesk(t, "sync", "--once"); code != exitDone {
				t.Fatalf("after %s: %d %s", c.name, code, stderr)
			}
		}
	}
}
