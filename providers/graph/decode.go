package graph

import (
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"roomdesk/providers"
)

// lenient lets one damaged character, such as half of a surrogate pair where the
// service cut a preview, become U+FFFD instead of costing the whole page.
// Everything else stays strict: duplicate names, wrong kinds and trailing text
// are refused.
var lenient = jsontext.AllowInvalidUTF8(true)

// decode is the one place that reads a JSON value into a struct.
func decode(text []byte, into any) error { return json.Unmarshal(text, into, lenient) }

// errShape is the failure of JSON that is not what the service sends.
var errShape = errors.New("the JSON has not the shape of the service's answers")

// object reads an answer that is one object.
func object(r io.Reader, into any) error {
	d := jsontext.NewDecoder(r, lenient)
	if d.PeekKind() != '{' {
		return shape(d, "an object")
	}
	if err := json.UnmarshalDecode(d, into); err != nil {
		return err
	}
	return atEnd(d)
}

// annotations are what a page says besides its values.
type annotations struct {
	next, delta string
	count       int // -1: not said
}

// page reads a collection's page value by value, so that its text never lies in
// memory as a whole. each is called with a cleared value for every entry and must
// copy what it keeps. Nothing may be used before page returned without error.
func page[T any](r io.Reader, each func(*T) error) (annotations, error) {
	var entry, zero T
	return pageOf(jsontext.NewDecoder(r, lenient), func(d *jsontext.Decoder) error {
		entry = zero
		if err := json.UnmarshalDecode(d, &entry); err != nil {
			return err
		}
		return each(&entry)
	})
}

// pageOf is page for entries, all of them objects, that each reads by itself.
func pageOf(d *jsontext.Decoder, each func(*jsontext.Decoder) error) (annotations, error) {
	a := annotations{count: -1}
	if d.PeekKind() != '{' {
		return a, shape(d, "an object")
	}
	if _, err := d.ReadToken(); err != nil {
		return a, err
	}
	seen := false
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return a, err
		}
		switch name.String() {
		case "value":
			seen = true
			err = values(d, each)
		case "@odata.nextLink":
			err = json.UnmarshalDecode(d, &a.next)
		case "@odata.deltaLink":
			err = json.UnmarshalDecode(d, &a.delta)
		case "@odata.count":
			err = json.UnmarshalDecode(d, &a.count)
		default:
			err = d.SkipValue()
		}
		if err != nil {
			return a, err
		}
	}
	if _, err := d.ReadToken(); err != nil { // the closing brace
		return a, err
	}
	if !seen {
		return a, fmt.Errorf("%w: \"value\" is missing", errShape)
	}
	return a, atEnd(d)
}

func values(d *jsontext.Decoder, each func(*jsontext.Decoder) error) error {
	if d.PeekKind() != '[' {
		return shape(d, "a list")
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != ']' {
		if d.PeekKind() != '{' {
			return shape(d, "an object")
		}
		if err := each(d); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

// shape tells what stands where something else was expected, or why there is
// nothing to read at all.
func shape(d *jsontext.Decoder, want string) error {
	if d.PeekKind() == 0 {
		if _, err := d.ReadToken(); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: %s has a value of another kind than %s", errShape, pointer(d), want)
}

func pointer(d *jsontext.Decoder) string {
	if p := d.StackPointer(); p != "" {
		return string(p)
	}
	return "the answer"
}

// atEnd refuses text behind the value.
func atEnd(d *jsontext.Decoder) error {
	if _, err := d.ReadToken(); err == nil {
		return fmt.Errorf("%w: there is more text behind its end", errShape)
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// decodeError sorts a failure while reading an answer: what the transport says is
// as it says; anything else is an answer that the service would not give.
func decodeError(err error) *providers.Error {
	var known *providers.Error
	if errors.As(err, &known) {
		found := *known
		return &found
	}
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	e := &providers.Error{Class: providers.Foreign, Err: err}
	switch {
	case errors.Is(err, errShape):
	case isTruncated(err):
		e.Class, e.Err = providers.Transient, errors.New("the answer ended too early")
	case errors.As(err, &semantic):
		// The library's text may quote the value; the place says enough.
		e.Err = fmt.Errorf("%w: at %s", errShape, semantic.JSONPointer)
	case errors.As(err, &syntactic):
		e.Err = fmt.Errorf("the answer is not valid JSON: at %s", syntactic.JSONPointer)
	default:
		e.Class = providers.Transient
	}
	return e
}
