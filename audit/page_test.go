package audit

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"roomdesk/providers"
)

// pages reads a whole trail page by page, newest first.
func pages(t testing.TB, f io.ReaderAt, size int64, most int, wanted func(Record) bool) (all []Entry, read int64) {
	t.Helper()
	before := int64(0)
	for range 100_000 {
		page, err := readPage(f, size, before, most, wanted)
		if err != nil {
			t.Fatal(err)
		}
		all, read = append(all, page.Entries...), read+page.Scanned
		if page.Before == 0 {
			return all, read
		}
		if before != 0 && page.Before >= before {
			t.Fatalf("page before %d goes on at %d", before, page.Before)
		}
		before = page.Before
	}
	t.Fatal("the pages never end")
	return nil, 0
}

// Pages from the end give every line once, newest first, whatever their size.
func TestPagesGiveEveryLineOnce(t *testing.T) {
	l := trail(t)
	l.must(t, 40)
	text, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	for most := 1; most < 100; most += 7 {
		all, _ := pages(t, bytes.NewReader(text), int64(len(text)), most, nil)
		if len(all) != 80 {
			t.Fatalf("pages of %d: %d lines", most, len(all))
		}
		for i, e := range all {
			if e.Record.N != int64(80-i) || e.Break != "" {
				t.Fatalf("pages of %d: line %d is %d, %q", most, i, e.Record.N, e.Break)
			}
		}
	}
	// An unfinished line at the end says nothing, and one that a crash left in between neither.
	torn := append(append([]byte{}, text...), `{"n":81,"at"`...)
	if all, _ := pages(t, bytes.NewReader(torn), int64(len(torn)), 9, nil); len(all) != 80 || all[0].Break != "" {
		t.Errorf("torn: %d lines, first %+v", len(all), all[0])
	}
	if err := os.WriteFile(l.path, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	l.must(t, 1)
	page, err := ReadPage(l.path, 0, 500, nil)
	if err != nil || len(page.Entries) != 82 || page.Before != 0 {
		t.Fatalf("%d lines, before %d, %v", len(page.Entries), page.Before, err)
	}
	for _, e := range page.Entries {
		if e.Break != "" {
			t.Errorf("line %d: %s", e.Record.N, e.Break)
		}
	}
	if none, err := ReadPage(l.path+"x", 0, 10, nil); err != nil || len(none.Entries) > 0 {
		t.Errorf("no trail: %+v %v", none, err)
	}
}

// What was done to a trail shows on its pages too, wherever a page ends, and also
// where the filter wants other lines; an untouched one shows nothing.
func TestPagesShowWhereTheChainBreaks(t *testing.T) {
	l := trail(t)
	l.must(t, 10)
	whole, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(bytes.TrimSuffix(whole, nil), []byte("\n"))[:20]
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, text := range map[string][]byte{
		"a letter":            bytes.Replace(whole, []byte(`"transaction_id":"4"`), []byte(`"transaction_id":"5"`), 1),
		"the first altered":   bytes.Replace(whole, []byte(`"user":"ada"`), []byte(`"user":"eve"`), 1),
		"the last altered":    join(join(lines[:19]...), bytes.Replace(lines[19], []byte("ada"), []byte("eve"), 1)),
		"a line removed":      join(join(lines[:7]...), join(lines[8:]...)),
		"the first removed":   join(lines[1:]...),
		"a line twice":        join(join(lines[:7]...), lines[6], join(lines[7:]...)),
		"two lines exchanged": join(join(lines[:7]...), lines[8], lines[7], join(lines[9:]...)),
		"text in between":     join(join(lines[:7]...), []byte("hello\n"), join(lines[7:]...)),
		"two texts":           join(join(lines[:7]...), []byte("hello\n"), []byte("again\n"), join(lines[7:]...)),
		"a very long line":    join(join(lines[:7]...), bytes.Repeat([]byte("x"), 5*maxLine), []byte("\n"), join(lines[7:]...)),
		"text at the start":   join([]byte("hello\n"), whole),
	} {
		for _, most := range []int{1, 2, 3, 50} {
			all, _ := pages(t, bytes.NewReader(text), int64(len(text)), most, func(r Record) bool { return false })
			if len(all) == 0 || len(all) > 8 {
				t.Errorf("%s, pages of %d: %d breaks: %+v", name, most, len(all), all)
			}
		}
		full, err := read(bytes.NewReader(text), Head{}, nil)
		if err != nil || len(full.Breaks) == 0 {
			t.Errorf("%s: the whole reading finds %+v %v", name, full.Breaks, err)
		}
	}
	for _, most := range []int{1, 2, 3, 50} {
		if all, _ := pages(t, bytes.NewReader(whole), int64(len(whole)), most, func(Record) bool { return false }); len(all) > 0 {
			t.Errorf("untouched, pages of %d: %+v", most, all)
		}
	}
}

// counting counts what is read of a file.
type counting struct {
	io.ReaderAt
	bytes int64
}

func (c *counting) ReadAt(b []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(b, at)
	c.bytes += int64(n)
	return n, err
}

// bigTrail is a trail of n lines, chained as they are appended.
func bigTrail(t testing.TB, n int) []byte {
	t.Helper()
	var text bytes.Buffer
	previous := ""
	for i := 1; i <= n; i++ {
		r := Record{N: int64(i), At: noon, Actor: Actor{User: "ada", Host: "desk", Connection: "contoso"}, Action: "create event", Mailbox: desk, TransactionID: fmt.Sprint("id", i), Previous: previous}
		line, err := r.line()
		if err != nil {
			t.Fatal(err)
		}
		text.Write(line)
		previous = r.Hash
	}
	return text.Bytes()
}

// Of a trail with 100,000 lines the first page reads its end only, and a filter reads
// on in parts that are bounded.
func TestFirstPageReadsTheEndOnly(t *testing.T) {
	text := bigTrail(t, 100_000)
	f := &counting{ReaderAt: bytes.NewReader(text)}
	page, err := readPage(f, int64(len(text)), 0, 100, nil)
	if err != nil || len(page.Entries) != 100 || page.Entries[0].Record.N != 100_000 || page.Before == 0 {
		t.Fatalf("%d lines, %v", len(page.Entries), err)
	}
	if f.bytes > 4*maxLine {
		t.Errorf("%d of %d bytes were read for the first page", f.bytes, len(text))
	}
	f.bytes = 0
	page, err = readPage(f, int64(len(text)), 0, 100, func(r Record) bool { return r.Matches([]string{"id77 "}) })
	if err != nil || len(page.Entries) != 0 || page.Before == 0 || f.bytes > scanLimit+4*maxLine {
		t.Errorf("nothing wanted: %d lines, %d bytes, before %d, %v", len(page.Entries), f.bytes, page.Before, err)
	}
}

func TestRecordMatchesWords(t *testing.T) {
	r := Record{At: noon, Actor: Actor{User: "Ada", Connection: "contoso"}, Action: "cancel event", Mailbox: desk, RequestID: "5C1B", Before: &Facts{Rooms: nil}, After: &Facts{Rooms: []providers.Address{aalto}},
		Hash: strings.Repeat("ab", 32), Was: []string{"role booker"}}
	for words, want := range map[string]bool{"": true, "ada": true, "ada cancel": true, "desk@contoso 5c1b": true, "aalto": true, "2026-11-23t12:00": true, "booker": true, "mallory": false, "ada mallory": false, "abab": false} {
		if r.Matches(strings.Fields(words)) != want {
			t.Errorf("%q: %v", words, !want)
		}
	}
}
