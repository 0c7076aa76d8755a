package audit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Head names a line of a trail and with it all lines before.
type Head struct {
	N    int64
	Hash string
}

// String is the head as [ParseHead] reads it.
func (h Head) String() string { return strconv.FormatInt(h.N, 10) + ":" + h.Hash }

// ParseHead reads a noted head.
func ParseHead(text string) (Head, error) {
	number, hash, found := strings.Cut(text, ":")
	n, err := strconv.ParseInt(number, 10, 64)
	if !found || err != nil || n < 1 || len(hash) != 64 {
		return Head{}, errors.New("a head is a line's number, a colon and its hash of 64 characters")
	}
	return Head{n, strings.ToLower(hash)}, nil
}

// Break is a place at which the trail is not as it was written.
type Break struct {
	Line int    // of the file, from 1
	Why  string // safe to show
}

// Report is what was found.
type Report struct {
	Records int64
	Head    Head // of the last good line
	Breaks  []Break
	// Open are intents of which no outcome was written: by their number.
	Open []int64
	// Torn are bytes of unfinished lines, left by a crash; they say nothing.
	Torn int
}

// maxBreaks bounds what is listed.
const maxBreaks = 20

// Read gives each record of a trail to use, oldest first, and reports whether the
// chain holds. A file that is not there is an empty trail. noted, if its N is not
// 0, must be in it.
func Read(path string, noted Head, use func(Record) error) (Report, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		var none Report
		none.missing(noted, false)
		return none, nil
	}
	if err != nil {
		return Report{}, err
	}
	defer file.Close() //nolint:errcheck // read only
	return read(file, noted, use)
}

func read(file io.Reader, noted Head, use func(Record) error) (Report, error) {
	var report Report
	open := map[int64]bool{}
	var order []int64
	lines := bufio.NewReaderSize(file, maxLine)
	previous, n, torn, seen := "", int64(0), -1, false
	complain := func(line int, format string, args ...any) {
		if len(report.Breaks) < maxBreaks {
			report.Breaks = append(report.Breaks, Break{line, fmt.Sprintf(format, args...)})
		}
	}
	for line := 1; ; line++ {
		text, err := lines.ReadSlice('\n')
		if len(text) == 0 && errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, io.EOF) {
			if !errors.Is(err, bufio.ErrBufferFull) {
				return report, err
			}
			complain(line, "the line is too long to be one of the trail's")
			break
		}
		if err != nil { // the last line does not end: a crash in the middle of it
			report.Torn += len(text)
			break
		}
		r, err := parse(text[:len(text)-1])
		if err != nil {
			if torn >= 0 {
				complain(line-1, "the line was altered")
			}
			torn = len(text) - 1 // the next line says whether it was torn by a crash
			continue
		}
		switch {
		case torn >= 0 && r.Torn != torn:
			complain(line-1, "the line was altered")
		case torn < 0 && r.Torn > 0:
			complain(line, "an unfinished line before line %d is gone", line)
		case r.N != n+1:
			complain(line, "number %d follows %d", r.N, n)
		case r.Previous != previous:
			complain(line, "it does not continue the line before")
		}
		if r.Torn > 0 && r.Torn == torn {
			report.Torn += torn
		}
		torn, n, previous = -1, r.N, r.Hash
		report.Records++
		report.Head = Head{r.N, r.Hash}
		seen = seen || report.Head == noted
		if r.Result == "" {
			open[r.N] = true
			order = append(order, r.N)
		}
		delete(open, r.Intent)
		if use != nil {
			if err := use(r); err != nil {
				return report, err
			}
		}
	}
	if torn >= 0 {
		complain(int(n)+1, "the line was altered")
	}
	for _, n := range order {
		if open[n] {
			report.Open = append(report.Open, n)
		}
	}
	report.missing(noted, seen)
	return report, nil
}

// missing complains where a noted head is not in the trail.
func (r *Report) missing(noted Head, seen bool) {
	if noted.N > 0 && !seen {
		r.Breaks = append(r.Breaks, Break{0, fmt.Sprintf("line %d with the noted hash is not in the trail", noted.N)})
	}
}
