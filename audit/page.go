package audit

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Entry is a line of a trail as a page shows it.
type Entry struct {
	Record Record
	// Break says in which way the line, or its place behind the one before, is not as
	// it was written; "" is nothing. Safe to show. Where the line itself cannot be
	// read, Record is empty.
	Break string
}

// Page is a part of a trail, the newest line first.
type Page struct {
	Entries []Entry
	// Before is where to go on towards older lines; 0: the beginning was reached.
	Before int64
	// Size is that of the file, in bytes, and Scanned how much of it was read.
	Size, Scanned int64
}

// scanLimit bounds what one page reads, in bytes, where few lines are wanted ones.
const scanLimit = 4 << 20

// ReadPage reads at most most wanted lines that stand before an offset of a trail's
// file, from the end backwards; before 0 is its end. Every line that it passes is held
// against its own hash and against the line before it, and what breaks the chain is
// given also where it is not wanted. It reads at most some megabytes: a page may be
// short, or empty, with more before it. A file that is not there is an empty trail.
func ReadPage(path string, before int64, most int, wanted func(Record) bool) (Page, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Page{}, nil
	}
	if err != nil {
		return Page{}, err
	}
	defer f.Close() //nolint:errcheck // read only
	info, err := f.Stat()
	if err != nil {
		return Page{}, err
	}
	if !info.Mode().IsRegular() {
		return Page{}, errors.New("there is a link or something else in the file's place")
	}
	return readPage(f, info.Size(), before, most, wanted)
}

func readPage(f io.ReaderAt, size, before int64, most int, wanted func(Record) bool) (Page, error) {
	page := Page{Size: size}
	end := before
	if end <= 0 || end > size {
		end = size
	}
	lines := backwards{from: f, at: end, given: end < size}
	var newer *Record // the line behind the one that is looked at, and where it stands
	var newerAt int64
	keep := func(e Entry) {
		if e.Break != "" || wanted == nil || wanted(e.Record) {
			page.Entries = append(page.Entries, e)
		}
	}
	settle := func(older *Record, torn int) {
		if newer == nil {
			return
		}
		keep(Entry{*newer, joint(older, *newer, torn)})
		newer = nil
	}
	torn := -1 // bytes of a line between the two that cannot be read; -1: there is none
	for {
		if len(page.Entries) >= most || end-lines.at > scanLimit {
			// The line that was only read to judge the newer one is the next page's first.
			page.Before = lines.at
			if newer != nil {
				page.Before = newerAt
			}
			break
		}
		line, at, err := lines.next()
		if errors.Is(err, io.EOF) {
			if torn >= 0 && (newer == nil || newer.Torn != torn) {
				keep(Entry{Break: "the line was altered"})
			}
			settle(nil, torn)
			break
		}
		if err != nil {
			return page, err
		}
		if line == nil {
			continue // an unfinished line at the end says nothing
		}
		r, err := parse(line)
		if err != nil {
			if torn >= 0 || newer == nil || newer.Torn != len(line) {
				if newer != nil { // itself it is whole
					keep(Entry{Record: *newer})
					newer = nil
				}
				keep(Entry{Break: "the line was altered"})
				torn = -1
				continue
			}
			torn = len(line)
			continue
		}
		settle(&r, torn)
		torn, newer, newerAt = -1, &r, at+int64(len(line))+1
	}
	page.Scanned = end - lines.at
	return page, nil
}

// joint says in which way a line does not continue the one before it; older nil is the
// beginning of the file, torn the length of an unfinished line between them.
func joint(older *Record, r Record, torn int) string {
	n, hash := int64(0), ""
	if older != nil {
		n, hash = older.N, older.Hash
	}
	switch {
	case torn < 0 && r.Torn > 0:
		return "an unfinished line before this one is gone"
	case older == nil && r.N != 1:
		return "lines before this one were removed"
	case r.N != n+1:
		return "lines are missing before this one, or were moved"
	case r.Previous != hash:
		return "it does not continue the line before"
	}
	return ""
}

// backwards gives the lines of a file from an offset towards its beginning.
type backwards struct {
	from io.ReaderAt
	at   int64 // lines before here were not given yet
	text []byte
	low  int64 // where text begins in the file
	seen bool
	// given: a line was given already, so that one without an end is a part.
	given bool
}

// next is the line before, without its end, and where it begins; nil for one that
// does not end. io.EOF is the beginning.
func (b *backwards) next() (line []byte, at int64, err error) {
	if b.at == 0 {
		return nil, 0, io.EOF
	}
	if !b.seen {
		b.seen, b.low = true, b.at
	}
	for {
		text := b.text[:b.at-b.low]
		ended := bytes.HasSuffix(text, []byte("\n"))
		inner := bytes.TrimSuffix(text, []byte("\n"))
		if i := bytes.LastIndexByte(inner, '\n'); i >= 0 || b.low == 0 && len(text) > 0 {
			line, b.at = slices.Clone(inner[i+1:]), b.low+int64(i)+1
			if !ended && !b.given {
				line = nil
			}
			b.given = true
			return line, b.at, nil
		}
		if len(text) > 2*maxLine { // no line of a trail: it is given in parts
			b.at = b.low
			return slices.Clone(text), b.at, nil
		}
		if b.low == 0 {
			return nil, 0, io.EOF
		}
		from := max(0, b.low-maxLine)
		more := make([]byte, b.low-from, b.low-from+int64(len(text)))
		if _, err := b.from.ReadAt(more, from); err != nil {
			return nil, 0, err
		}
		b.text, b.low = append(more, text...), from
	}
}

// Matches reports whether a record has all words, in lower case, somewhere in what it
// tells: number, who, what, when (UTC, as 2026-11-21T09:30), where, request.
func (r Record) Matches(words []string) bool {
	if len(words) == 0 {
		return true
	}
	text := []string{r.At.UTC().Format("2006-01-02T15:04:05"), r.Actor.User, r.Actor.Host, r.Actor.Connection, r.Actor.Application, r.Action, string(r.Mailbox), string(r.Result), string(r.Class),
		r.RequestID, r.TransactionID, r.Event}
	for _, facts := range []*Facts{r.Before, r.After} {
		if facts != nil {
			for _, room := range facts.Rooms {
				text = append(text, string(room))
			}
		}
	}
	text = append(append(text, r.Was...), r.Is...)
	all := strings.ToLower(strings.Join(text, "\n"))
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(all, word) })
}
