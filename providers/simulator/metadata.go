package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// noMetadataKind is the Content-Type of an answer without OData's annotations.
const noMetadataKind = "application/json;odata.metadata=none;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"

// wantsNoMetadata reports whether the client asked for application/json with
// odata.metadata=none, as CLI for Microsoft 365 does for each request. The level
// "full" is answered as "minimal".
func (c *call) wantsNoMetadata() bool {
	for one := range strings.SplitSeq(c.header.Get("Accept"), ",") {
		kind, parameters, err := mime.ParseMediaType(one)
		if err == nil && kind == "application/json" && strings.EqualFold(parameters["odata.metadata"], "none") {
			return true
		}
	}
	return false
}

// dropMetadata takes the annotations out of a good answer, if the client wants
// that. Links to further pages and counts stay, because nothing could be listed
// without them.
func (c *call) dropMetadata(a *answer) {
	if a.status >= http.StatusMultipleChoices || a.kind != "" || len(a.body) == 0 || !c.wantsNoMetadata() {
		return
	}
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.UseNumber()
	w := &writer{b: make([]byte, 0, len(a.body))}
	if w.copyWithout(d) != nil {
		return // a body that a fault has spoiled
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return
	}
	a.body, a.kind = w.b, noMetadataKind
}

// isMetadata reports whether a property is an annotation that can be left out.
func isMetadata(name string) bool {
	switch name {
	case "@odata.nextLink", "@odata.deltaLink", "@odata.count":
		return false
	}
	return strings.Contains(name, "@odata.")
}

// copyWithout copies the next value, leaving annotations out.
func (w *writer) copyWithout(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case json.Delim:
		w.b = append(w.b, byte(v))
		for d.More() {
			if v == '{' {
				if err := w.copyProperty(d); err != nil {
					return err
				}
				continue
			}
			w.comma()
			if err := w.copyWithout(d); err != nil {
				return err
			}
		}
		if token, err = d.Token(); err != nil {
			return err
		}
		if end, ok := token.(json.Delim); ok {
			w.b = append(w.b, byte(end))
		}
	case string:
		w.b = appendString(w.b, v)
	case json.Number:
		w.b = append(w.b, v...)
	case bool:
		if v {
			w.b = append(w.b, "true"...)
		} else {
			w.b = append(w.b, "false"...)
		}
	default:
		w.b = append(w.b, "null"...)
	}
	return nil
}

func (w *writer) copyProperty(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	name, ok := token.(string)
	if !ok {
		return errors.New("a property without a name")
	}
	if isMetadata(name) {
		var dropped json.RawMessage
		return d.Decode(&dropped)
	}
	w.comma()
	w.b = append(appendString(w.b, name), ':')
	return w.copyWithout(d)
}
