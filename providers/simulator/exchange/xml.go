package exchange

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Namespaces of requests, with the prefixes that this package writes.
const (
	soapSpace     = "http://schemas.xmlsoap.org/soap/envelope/"
	messagesSpace = "http://schemas.microsoft.com/exchange/services/2006/messages"
	typesSpace    = "http://schemas.microsoft.com/exchange/services/2006/types"
	errorsSpace   = "http://schemas.microsoft.com/exchange/services/2006/errors"
)

var prefixes = map[string]string{soapSpace: "s", messagesSpace: "m", typesSpace: "t"}

// Bounds of a request's XML: a hostile document costs no more than its own length.
const (
	maxDepth = 64
	maxNodes = 200_000
)

// node is an element of a request. name is qualified with this package's prefixes,
// or with the namespace in braces where it is none of them.
type node struct {
	name       string
	attributes map[string]string
	children   []*node
	text       string
	line, col  int
}

// errHostile marks documents that no client sends by mistake.
var errHostile = errors.New("refused")

// readXML reads one document without DTD, entities of its own, or depth beyond
// reason.
func readXML(raw []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(raw))
	d.Strict = true
	var root *node
	var open []*node
	count := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.Directive:
			return nil, fmt.Errorf("%w: for security reasons DTD is prohibited in this XML document", errHostile)
		case xml.ProcInst:
			if token.Target != "xml" {
				return nil, fmt.Errorf("%w: processing instructions (other than the XML declaration) and DTDs are not supported", errHostile)
			}
		case xml.StartElement:
			if count++; count > maxNodes {
				return nil, fmt.Errorf("%w: the document has more than %d elements", errHostile, maxNodes)
			}
			if len(open) >= maxDepth {
				return nil, fmt.Errorf("%w: the maximum read depth (%d) has been exceeded", errHostile, maxDepth)
			}
			n := &node{name: qualified(token.Name)}
			n.line, n.col = d.InputPos()
			for _, a := range token.Attr {
				if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
					continue
				}
				name := a.Name.Local
				if a.Name.Space != "" {
					name = "{" + a.Name.Space + "}" + name
				}
				if n.attributes == nil {
					n.attributes = map[string]string{}
				}
				if _, twice := n.attributes[name]; twice {
					return nil, fmt.Errorf("'%s' is a duplicate attribute name", a.Name.Local)
				}
				n.attributes[name] = a.Value
			}
			switch {
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.children = append(parent.children, n)
			case root != nil:
				return nil, errors.New("there are multiple root elements")
			default:
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(token)
			} else if strings.TrimSpace(string(token)) != "" {
				return nil, errors.New("data at the root level is invalid")
			}
		}
	}
	if root == nil {
		return nil, errors.New("root element is missing")
	}
	return root, nil
}

func qualified(n xml.Name) string {
	if p, ok := prefixes[n.Space]; ok {
		return p + ":" + n.Local
	}
	return "{" + n.Space + "}" + n.Local
}

// local is the name without prefix or namespace.
func (n *node) local() string {
	if i := strings.LastIndexAny(n.name, ":}"); i >= 0 {
		return n.name[i+1:]
	}
	return n.name
}

// child gives the first child of a name, or nil. A nil node has none.
func (n *node) child(name string) *node {
	if n == nil {
		return nil
	}
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// find follows names from child to child.
func (n *node) find(names ...string) *node {
	for _, name := range names {
		n = n.child(name)
	}
	return n
}

// value is an element's trimmed text; "" where there is no element.
func (n *node) value() string {
	if n == nil {
		return ""
	}
	return strings.TrimSpace(n.text)
}

// content is an element's text as it came.
func (n *node) content() string {
	if n == nil {
		return ""
	}
	return n.text
}

func (n *node) attribute(name string) string {
	if n == nil {
		return ""
	}
	return n.attributes[name]
}

func (n *node) kids() []*node {
	if n == nil {
		return nil
	}
	return n.children
}

// writer builds an answer. Elements are opened and closed by name, so that what is
// written is always well formed.
type writer struct {
	b    []byte
	open []string
}

func (w *writer) start(name string, attributes ...string) {
	w.tag(name, attributes)
	w.b = append(w.b, '>')
	w.open = append(w.open, name)
}

func (w *writer) tag(name string, attributes []string) {
	w.b = append(w.b, '<')
	w.b = append(w.b, name...)
	for i := 0; i+1 < len(attributes); i += 2 {
		w.b = append(w.b, ' ')
		w.b = append(w.b, attributes[i]...)
		w.b = append(w.b, '=', '"')
		w.escape(attributes[i+1])
		w.b = append(w.b, '"')
	}
}

func (w *writer) end() {
	name := w.open[len(w.open)-1]
	w.open = w.open[:len(w.open)-1]
	w.b = append(w.b, '<', '/')
	w.b = append(w.b, name...)
	w.b = append(w.b, '>')
}

func (w *writer) empty(name string, attributes ...string) {
	w.tag(name, attributes)
	w.b = append(w.b, '/', '>')
}

func (w *writer) leaf(name, text string, attributes ...string) {
	w.start(name, attributes...)
	w.escape(text)
	w.end()
}

// some writes a leaf unless there is nothing to say.
func (w *writer) some(name, text string) {
	if text != "" {
		w.leaf(name, text)
	}
}

func (w *writer) flag(name string, on bool) {
	if on {
		w.leaf(name, "true")
	} else {
		w.leaf(name, "false")
	}
}

// escape writes text; characters that XML 1.0 cannot hold become its mark for them.
func (w *writer) escape(text string) {
	for _, r := range text {
		switch {
		case r == '<':
			w.b = append(w.b, "&lt;"...)
		case r == '>':
			w.b = append(w.b, "&gt;"...)
		case r == '&':
			w.b = append(w.b, "&amp;"...)
		case r == '"':
			w.b = append(w.b, "&quot;"...)
		case r == '\r':
			w.b = append(w.b, "&#xD;"...)
		case r == '\t' || r == '\n' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000:
			w.b = append(w.b, string(r)...)
		default:
			w.b = append(w.b, "\ufffd"...)
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
