package simulator

import (
	"html"
	"strings"
)

// bodyOf is the event's body in HTML; a Teams meeting's ends with the join text.
// A room's copy has none.
func (e *eventEncoder) bodyOf(x *event) string {
	if e.basic || e.m.kind == roomBox && !x.has(isOrganizerFlag) {
		return ""
	}
	text := ""
	switch {
	case x.body == nil:
	case x.body.html:
		text = x.body.content
	default:
		text = html.EscapeString(x.body.content)
	}
	if x.has(onlineFlag) && e.t.linked(x) && (x.body == nil || !x.body.whole) {
		text += `<div>________________</div><div><a href="` + html.EscapeString(e.t.joinURL(x)) + `">Join the meeting now</a></div>`
	}
	return text
}

func (e *eventEncoder) body(content string) {
	e.key("body")
	if content == "" && !e.prefer.text {
		e.b = append(e.b, `{"contentType":"html","content":""}`...)
		return
	}
	e.open()
	if e.prefer.text {
		e.string("contentType", "text")
		e.string("content", plainText(content))
	} else {
		e.string("contentType", "html")
		if content != "" && !strings.HasPrefix(content, "<html") {
			content = "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head><body>" + content + "</body></html>"
		}
		e.string("content", content)
	}
	e.close()
}

// preview is the beginning of a body without its tags.
func preview(content string) string {
	if content == "" {
		return ""
	}
	text := []rune(strings.TrimSpace(plainText(content)))
	return string(text[:min(len(text), 255)])
}

// plainText takes the tags off.
func plainText(s string) string {
	var b strings.Builder
	in := false
	for _, r := range s {
		switch {
		case r == '<':
			in = true
		case r == '>':
			if in {
				in = false
				if n := b.Len(); n > 0 && b.String()[n-1] != '\n' {
					b.WriteByte('\n')
				}
			}
		case !in:
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(html.UnescapeString(b.String()))
}
