package graph

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// both reads the first value of a text by reflection and by the event reader.
func both(text []byte) (want, have WireEvent, wantErr, haveErr error) {
	d := jsontext.NewDecoder(bytes.NewReader(text), lenient)
	wantErr = json.UnmarshalDecode(d, &want)
	r := newEventReader(bytes.NewReader(text))
	w, haveErr := r.next()
	if haveErr == nil {
		have = *w
		if w.Subject != nil {
			subject := strings.Clone(*w.Subject)
			have.Subject = &subject
		}
		if w.Organizer != nil {
			organizer := *w.Organizer
			have.Organizer = &organizer
		}
		if w.Removed != nil {
			removed := *w.Removed
			have.Removed = &removed
		}
		have.Attendees = append([]WireAttendee(nil), w.Attendees...)
	}
	if len(want.Attendees) == 0 {
		want.Attendees = nil // none is none
	}
	r.free()
	return want, have, wantErr, haveErr
}

func agree(t *testing.T, text []byte) {
	t.Helper()
	want, have, wantErr, haveErr := both(text)
	if (wantErr == nil) != (haveErr == nil) {
		t.Fatalf("%q: by reflection %v, by the reader %v", text, wantErr, haveErr)
	}
	if wantErr == nil && !reflect.DeepEqual(want, have) {
		t.Fatalf("%q:\nby reflection %+v\nby the reader %+v", text, want, have)
	}
	if haveErr != nil && decodeError(haveErr).Class == "" {
		t.Fatalf("%q: %v has no class", text, haveErr)
	}
}

// eventTexts are events in shapes that the service sends, and in some that it
// should not.
func eventTexts() []string {
	value := recordedPage[strings.Index(recordedPage, "[\n")+2 : strings.LastIndex(recordedPage, "],\n")]
	return append(strings.Split(value, "},\n{"), // pieces: one without its end, one without its start
		strings.Split(value, ",\n{\"@odata.type\"")[0],
		`{"id":"1","subject":"a\"b\\","start":{"dateTime":"x","timeZone":null},"end":null,"attendees":[]}`,
		`{"\u0069d":"escaped name","subject":"\ud800 half","location":{"displayName":"\u00fc","other":[{},[],{"a":[1,-2.5e3,true,null]}]}}`,
		" {\n\t\"id\" : \"1\" , \"attendees\" : [ { \"type\" : null , \"status\" : { } , \"emailAddress\" : { \"name\" : \"n\" } } , null ] } ",
		`{"id":"1","@removed":{}}`, `{"id":"1","@removed":null,"organizer":{"emailAddress":null},"onlineMeeting":null}`,
		`{"id":"1","onlineMeeting":{"joinUrl":"https://x","phones":[{"n":"]}"}]},"responseStatus":{"response":"none","time":"0001-01-01T00:00:00Z","x":{}}}`,
		`{"id":1}`, `{"id":["1"]}`, `{"isAllDay":"true"}`, `{"isAllDay":0}`, `{"start":"2026"}`, `{"start":[]}`, `{"attendees":{}}`, `{"attendees":[1]}`,
		`{"attendees":[[]]}`, `{"organizer":[]}`, `{"subject":{}}`, `{"location":true}`, `{"@removed":"deleted"}`, `{"x":1,"x":2}`, `{"start":{"a":1,"a":1}}`,
		"{\"id\":\"\xff\"}", "{\"id\":\"a\nb\"}", `{"id":"\x"}`, `{}`, `{"id":"1"`, `{"id":tru}`, `{"n":01}`, `{"a":1,}`, `{,}`, ``, `null`)
}

// The reader of events gives what decoding by reflection gives, whatever the
// text, and refuses what that refuses.
func TestEventReaderAgreesWithReflection(t *testing.T) { // F-022, F-023
	texts := eventTexts()
	for _, text := range texts {
		if strings.HasPrefix(strings.TrimSpace(text), "{") {
			agree(t, []byte(text))
		}
	}
	r := rand.New(rand.NewPCG(3, 4))
	const alphabet = `{}[]",:\ntruefalse01-.eEu "ud800é` + "\x00\xff"
	for range 20_000 {
		text := []byte(texts[r.IntN(len(texts))])
		for range r.IntN(4) {
			if len(text) < 2 {
				break
			}
			at, size := r.IntN(len(text)), 0
			switch r.IntN(3) {
			case 0: // another character
				text[at] = alphabet[r.IntN(len(alphabet))]
			case 1: // a piece less
				size = min(r.IntN(8), len(text)-at)
				text = append(text[:at:at], text[at+size:]...)
			default: // a piece twice
				size = min(r.IntN(40), len(text)-at)
				text = append(text[:at+size:at+size], text[at:]...)
			}
		}
		if len(text) > 0 && text[0] == '{' {
			agree(t, text)
		}
	}
}

func FuzzEventReader(f *testing.F) {
	for _, text := range eventTexts() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 0 && text[0] == '{' {
			agree(t, text)
		}
	})
}

// A reader that is used again knows nothing of the page before, and what came out
// of it stays as it was.
func TestEventReaderForgets(t *testing.T) {
	first, err := decodePage(recordedPage)
	if err != nil {
		t.Fatal(err)
	}
	before := first.events[0]
	attendees := append([]string(nil), before.Attendees[0].Text.Raw(), before.Attendees[1].Text.Raw())
	for range 50 {
		second, err := decodePage(`{"value":[{"id":"` + strings.Repeat("z", 900) + `","attendees":[{"type":"optional","emailAddress":{"address":"q@contoso.test"}}]},{"id":"2"}]}`)
		if err != nil || len(second.events) != 2 {
			t.Fatal(err)
		}
		if e := second.events[1]; e.Subject.Raw() != "" || e.Organizer != "" || len(e.Attendees) != 0 || !e.Modified.IsZero() {
			t.Fatalf("something is left over: %+v", e)
		}
	}
	if before.ID != "AAMk1" || before.Subject.Raw() != "Design review 🎨 \ufffd" || before.Attendees[0].Text.Raw() != attendees[0] || before.Attendees[1].Text.Raw() != attendees[1] {
		t.Errorf("an event changed after it was read: %+v", before)
	}
}
