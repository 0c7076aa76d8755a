package ews

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"roomdesk/providers"
)

// endless gives a head, then the same bytes again and again up to a size, then a tail.
type endless struct {
	head, again, tail string
	left              int64
}

func (e *endless) Read(p []byte) (int, error) {
	switch {
	case e.head != "":
		n := copy(p, e.head)
		e.head = e.head[n:]
		return n, nil
	case e.left > 0:
		n := 0
		for n+len(e.again) <= len(p) && e.left > 0 {
			n += copy(p[n:], e.again)
			e.left -= int64(len(e.again))
		}
		return n, nil
	case e.tail != "":
		n := copy(p, e.tail)
		e.tail = e.tail[n:]
		return n, nil
	}
	return 0, io.EOF
}

const (
	head = `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><R>`
	tail = `</R></s:Body></s:Envelope>`
)

// Hostile XML is refused, after so many bytes and with so little memory.
func TestHostileAnswersAreRefusedWithinBounds(t *testing.T) {
	const gigabyte = 1 << 30
	lol := `<!DOCTYPE s:Envelope [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>`
	for name, in := range map[string]*endless{
		"entity expansion":         {head: `<?xml version="1.0"?>` + lol + strings.TrimPrefix(head, `<?xml version="1.0"?>`) + "&b;" + tail},
		"an external entity":       {head: `<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>` + head + "&f;" + tail},
		"an external type":         {head: `<!DOCTYPE x SYSTEM "https://evil.example/x.dtd">` + head + tail},
		"an unknown entity":        {head: head + "&boom;" + tail},
		"deep nesting":             {head: head, again: "<a>", left: gigabyte},
		"a gigabyte of text":       {head: head + "<a>", again: strings.Repeat("x", 1000), left: gigabyte, tail: "</a>" + tail},
		"a gigabyte of spaces":     {head: head, again: strings.Repeat(" ", 1000), left: gigabyte, tail: tail},
		"a gigabyte of elements":   {head: head, again: "<a/>", left: gigabyte, tail: tail},
		"a gigabyte unwanted":      {head: strings.Replace(head, "<R>", "<X>", 1), again: "<a>b</a>", left: gigabyte, tail: tail},
		"a gigabyte of comments":   {head: head + "<a>", again: "x<!---->", left: gigabyte, tail: "</a>" + tail},
		"a gigabyte of CDATA":      {head: head + "<a>", again: "<![CDATA[x]]>", left: gigabyte, tail: "</a>" + tail},
		"one long comment":         {head: head + "<!--", again: strings.Repeat("-x", 500), left: gigabyte},
		"one long name":            {head: head + "<", again: strings.Repeat("n", 1000), left: gigabyte},
		"one long attribute":       {head: head + `<a b="`, again: strings.Repeat("v", 1000), left: gigabyte},
		"a gigabyte of attributes": {head: head + "<a", again: ` b="c"`, left: gigabyte},
		"one long reference":       {head: head + "&#", again: strings.Repeat("0", 1000), left: gigabyte},
		"illegal characters only":  {head: head, again: strings.Repeat("&#1;", 250), left: gigabyte},
		"bytes that are no text":   {head: head, again: strings.Repeat("\xff\x00", 500), left: gigabyte},
		"another character set":    {head: strings.Replace(head, `"1.0"`, `"1.0" encoding="utf-16"`, 1) + tail},
		"no envelope":              {head: `<html><body>sign in</body></html>`},
		"an end that is missing":   {head: head},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			whole := in.left
			_, err := readEnvelope(in, "R")
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Error("it is read without a word")
			}
			if read := whole - in.left; read > answerLimit+1<<20 {
				t.Errorf("%d bytes were read", read)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > 16*answerLimit {
				t.Errorf("%d MB were allocated", got>>20)
			}
		})
	}
}

// Exchange passes on the control characters of subjects as references that XML does not
// allow.
func TestCharactersThatXMLDoesNotAllowAreReplaced(t *testing.T) {
	read, err := readEnvelope(strings.NewReader(head+"<S>a&#x1F;b\x01c&#xD800;d\xffe&#8364;&lt;&amp;ü\ufffe&#x1f600;</S>"+tail), "R")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := read.parts[0].value("S"), "a\ufffdb\ufffdc\ufffdd\ufffde€<&ü\ufffd😀"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestEscapedTextComesBack(t *testing.T) {
	for _, text := range []string{"", "plain", "a <b> & \"c\" 'd' ]]>", "line\nline\r\ttab", "ü€😀 \u202e", "&amp;&#x41;"} {
		w := &writer{}
		w.text("S", text, "a", text)
		read, err := readEnvelope(strings.NewReader(head+w.b.String()+tail), "S")
		if err != nil || len(read.parts) != 1 || read.parts[0].attr("a") != text || read.parts[0].text != text && strings.TrimSpace(text) != "" {
			t.Errorf("%q: %v, %+v", text, err, read.parts)
		}
	}
	if got := Carried("a\x00b\x1b\xff\ufffec"); got != "abc" {
		t.Errorf("%q", got)
	}
}

// The contract's samples are read as what they say.
func TestSamplesOfTheContract(t *testing.T) {
	read, err := readEnvelope(strings.NewReader(sample(t, "GetItem.response")), "GetItemResponseMessage")
	if err != nil || len(read.parts) != 2 {
		t.Fatalf("%v, %d parts", err, len(read.parts))
	}
	e := eventOf(calendarItem(read.parts[0]), maria)
	room, ok := e.Attendee(atlas)
	if e.ID != "AAMkAGE-sample-item-0001" || e.ETag == "" || !e.Start.Equal(e.End.Add(-3600e9)) || e.Start.Hour() != 8 || !e.IsOrganizer || e.Organizer != maria ||
		!ok || room.Type != providers.Resource || room.Response != providers.ResponseAccepted || room.ResponseAt.IsZero() || e.Zone != "W. Europe Standard Time" {
		t.Errorf("%+v", e)
	}
	if failure := messageError(read.parts[1]); failure == nil || failure.Class != providers.Gone || failure.Code != "ErrorItemNotFound" {
		t.Errorf("%v", failure)
	}
	for name, want := range map[string]providers.Class{"impersonation-denied.fault": providers.NotAllowed, "server-busy.fault": providers.Throttled} {
		read, err := readEnvelope(strings.NewReader(sample(t, name)), "R")
		if err != nil || read.fault == nil {
			t.Fatal(name, err)
		}
		failure := faultError(read.fault, 500)
		if failure.Class != want || failure.Message.Empty() || want == providers.Throttled && failure.RetryAfter.Milliseconds() != 297749 {
			t.Errorf("%s: %+v", name, failure)
		}
	}
	read, err = readEnvelope(strings.NewReader(sample(t, "GetUserAvailability.response")), "FreeBusyResponse")
	if err != nil || len(read.parts) != 3 {
		t.Fatal(err, len(read.parts))
	}
	for i, subject := range []string{"Quarterly review", "", "-"} {
		blocks, ok := blocksOf(read.parts[i].at("FreeBusyView"), providers.Interval{})
		if ok != (subject != "-") || ok && (len(blocks) != 1 || blocks[0].Subject.Raw() != subject || blocks[0].State != providers.Busy) {
			t.Errorf("part %d: %v %+v", i, ok, blocks)
		}
	}
}

func FuzzReadEnvelope(f *testing.F) {
	f.Add([]byte(head + `<m:X xmlns:m="u" ResponseClass="Error">a&#x1F;<![CDATA[b]]></m:X>` + tail))
	f.Add([]byte(`<!DOCTYPE a [<!ENTITY b "c">]>` + head + "&b;" + tail))
	f.Add([]byte(head + "\xff\xfe&#55296;" + tail))
	f.Fuzz(func(t *testing.T, text []byte) {
		read, err := readEnvelope(bytes.NewReader(text), "R", "X")
		if err != nil {
			return
		}
		for _, part := range read.parts {
			_ = messageError(part)
			_, _ = entryOf(part)
			_ = eventOf(part, maria)
		}
		if read.fault != nil && faultError(read.fault, 500).Class == "" {
			t.Error("a fault without a class")
		}
		if bytes.Contains(text, []byte("<!DOCTYPE")) && !bytes.Contains(text, []byte("[CDATA[")) && !bytes.Contains(text, []byte("<!--")) && !bytes.Contains(text, []byte("<?")) && !errors.Is(err, errHostile) {
			if i := bytes.Index(text, []byte("<!DOCTYPE")); i < bytes.Index(text, []byte("nvelope")) {
				t.Error("a document type passed")
			}
		}
	})
}
