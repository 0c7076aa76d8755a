package simulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// captivePortal is what a network's sign-in page looks like from the inside.
const captivePortal = `<!DOCTYPE html><html><head><title>Network sign-in</title></head><body><form action="/login">Please sign in to use this network.</form></body></html>`

// nesting is deeper than decoders with a limit allow, and small all the same.
const nesting = 20_000

// garble replaces or spoils the body of a good answer.
func (h *hit) garble(a answer) answer {
	switch h.Garble {
	case "html":
		a.body, a.kind = []byte(captivePortal), "text/html; charset=utf-8"
	case "null_value":
		a.body = []byte(`{"value":[null]}`)
	case "not_array":
		a.body = []byte(`{"value":{"id":"1"}}`)
	case "no_value":
		a.body = []byte(`{}`)
	case "not_json":
		a.body = []byte(`{"value":[{"id":`)
	case "empty":
		a.body = nil
	case "wrong_type":
		a.kind = "text/plain; charset=utf-8"
	case "bom":
		a.body = slices.Concat([]byte("\xef\xbb\xbf"), a.body)
	case "invalid_utf8":
		a.body = spoilText(a.body, "\xff\xc3\x28\xed\xa0\x80")
	case "huge_number":
		a.body = withProperty(a.body, `"@odata.count":`+strings.Repeat("9", 400)+`,"size":1e400`)
	case "deep_nesting":
		a.body = withProperty(a.body, `"extension":`+strings.Repeat("[", nesting)+strings.Repeat("]", nesting))
	case "duplicate_keys":
		a.body = twiceKeyed(a.body)
	}
	return a
}

// spoilText puts bytes into the first text value of a JSON body that is no link.
func spoilText(body []byte, with string) []byte {
	for _, mark := range []string{`"subject":"`, `"displayName":"`, `"name":"`, `":"`} {
		if i := bytes.Index(body, []byte(mark)); i >= 0 {
			return slices.Insert(slices.Clone(body), i+len(mark), []byte(with)...)
		}
	}
	return body
}

// withProperty adds a property in front of those of an object.
func withProperty(body []byte, property string) []byte {
	rest, ok := bytes.CutPrefix(body, []byte("{"))
	if !ok {
		return body
	}
	if !bytes.HasPrefix(rest, []byte("}")) {
		property += ","
	}
	return slices.Concat([]byte("{"), []byte(property), rest)
}

// twiceKeyed gives an object each of its keys once more, with null for a value.
func twiceKeyed(body []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || len(fields) == 0 {
		return body
	}
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	w := &writer{}
	for _, name := range names {
		w.null(name)
	}
	return withProperty(body, string(w.b))
}

// lie changes one property in a body.
func (h *hit) lie(body []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var whole map[string]any
	if d.Decode(&whole) != nil {
		return body
	}
	path := strings.Split(h.Lie.Field, ".")
	if strings.HasPrefix(h.Lie.Field, "@") { // annotations have dots in their names
		path = []string{h.Lie.Field}
	}
	list, isList := whole["value"].([]any)
	for i, entry := range list {
		if h.Lie.Item == 0 || h.Lie.Item == i+1 {
			h.lieIn(entry, path)
		}
	}
	if _, own := whole[path[0]]; !isList || own {
		h.lieIn(whole, path)
	}
	out, err := json.Marshal(whole)
	if err != nil {
		return body
	}
	return out
}

func (h *hit) lieIn(v any, path []string) {
	if list, ok := v.([]any); ok {
		for _, entry := range list {
			h.lieIn(entry, path)
		}
		return
	}
	object, ok := v.(map[string]any)
	if !ok {
		return
	}
	name := path[0]
	for have := range object { // clients that ignore case are lied to as well
		if strings.EqualFold(have, name) {
			name = have
		}
	}
	if len(path) > 1 {
		h.lieIn(object[name], path[1:])
		return
	}
	switch h.Lie.How {
	case "remove":
		delete(object, name)
	case "null":
		object[name] = nil
	case "value":
		object[name] = h.Lie.Value
	case "type":
		if _, text := object[name].(string); text {
			object[name] = 4711
		} else {
			object[name] = "4711"
		}
	case "shift":
		if text, ok := object[name].(string); ok {
			object[name] = shifted(text, time.Duration(h.By))
		}
	}
}

// shifted moves a date and time in one of Graph's forms.
func shifted(text string, by time.Duration) string {
	for _, layout := range []string{"2006-01-02T15:04:05.0000000", "2006-01-02T15:04:05.0000000Z", time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Add(by).Format(layout)
		}
	}
	return text
}

// endless writes a list that goes on until the client has enough.
func (h *hit) endless(c *call, w http.ResponseWriter) {
	w.Header().Del("Content-Length")
	w.Header().Del("Content-Encoding")
	w.WriteHeader(http.StatusOK)
	chunk := []byte(`{"value":[` + strings.Repeat(`{"id":"endless","subject":"`+strings.Repeat("x", 900)+`"},`, 64))
	for c.ctx.Err() == nil {
		select {
		case <-c.t.done:
			panic(http.ErrAbortHandler)
		default:
		}
		if _, err := w.Write(chunk); err != nil {
			return
		}
		flush(w)
		chunk = bytes.TrimPrefix(chunk, []byte(`{"value":[`))
	}
}
