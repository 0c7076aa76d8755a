package exchange

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

//go:embed schema.txt
var schemaText string

// schema is what requests may look like.
type schema struct {
	roots map[string]string // qualified element name: type
	types map[string]*schemaType
}

// schemaType is a complex or a simple type.
type schemaType struct {
	name       string
	open       bool // anything goes
	attributes map[string]schemaAttribute
	text       string // type of the text; "" where there must be none
	content    *particle

	enum     map[string]bool
	base     string
	facets   [][2]string
	list     string
	union    []string
	isSimple bool
}

type schemaAttribute struct {
	kind     string
	required bool
}

// particle is a part of a content model.
type particle struct {
	kind     byte // 'e' element, '(' sequence, '{' choice, '<' all, '%' anything
	name     string
	typeName string
	parts    []*particle
	min, max int // max -1: no end
}

// requestSchema is read once for all tenants of a process.
var requestSchema = sync.OnceValue(func() *schema {
	s, err := parseSchema(schemaText)
	if err != nil {
		panic(err) // the text is ours
	}
	return s
})

func parseSchema(text string) (*schema, error) {
	s := &schema{roots: map[string]string{}, types: map[string]*schemaType{}}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		if len(words) < 2 {
			return nil, fmt.Errorf("schema: %q", line)
		}
		name := words[1]
		t := &schemaType{name: name}
		var err error
		switch words[0] {
		case "root":
			s.roots[name] = words[2]
			continue
		case "open":
			t.open = true
		case "simple":
			err = t.parseSimple(words[2:])
		case "type":
			err = t.parseComplex(words[2:])
		default:
			err = fmt.Errorf("schema: %q", line)
		}
		if err != nil {
			return nil, err
		}
		s.types[name] = t
	}
	return s, nil
}

func (t *schemaType) parseSimple(words []string) error {
	t.isSimple = true
	switch words[0] {
	case "enum":
		t.enum = map[string]bool{}
		for v := range strings.SplitSeq(strings.Join(words[1:], " "), "|") {
			t.enum[v] = true
		}
	case "base":
		t.base = words[1]
		for i := 2; i+1 < len(words); i += 2 {
			t.facets = append(t.facets, [2]string{words[i], words[i+1]})
		}
	case "list":
		t.list = words[1]
	case "union":
		t.union = words[1:]
	default:
		return fmt.Errorf("schema: simple type %s: %q", t.name, words)
	}
	return nil
}

func (t *schemaType) parseComplex(words []string) error {
	t.attributes = map[string]schemaAttribute{}
	for len(words) > 0 {
		switch w := words[0]; w[0] {
		case '@':
			name, kind, _ := strings.Cut(w[1:], "=")
			required := strings.HasSuffix(kind, "!")
			t.attributes[name] = schemaAttribute{strings.TrimSuffix(kind, "!"), required}
			words = words[1:]
			continue
		case '#':
			t.text = w[1:]
			words = words[1:]
			continue
		}
		break
	}
	whole := &particle{kind: '(', min: 1, max: 1}
	for len(words) > 0 {
		p, rest, err := parseParticle(words)
		if err != nil {
			return fmt.Errorf("schema: type %s: %w", t.name, err)
		}
		whole.parts, words = append(whole.parts, p), rest
	}
	t.content = whole
	return nil
}

var closing = map[string]string{"(": ")", "{": "}", "<": ">"}

func parseParticle(words []string) (*particle, []string, error) {
	w := words[0]
	if w == "" {
		return nil, nil, fmt.Errorf("nothing where a particle should be")
	}
	if end, opens := closing[w]; opens {
		p := &particle{kind: w[0]}
		words = words[1:]
		for {
			if len(words) == 0 {
				return nil, nil, fmt.Errorf("%s is not closed", w)
			}
			if strings.HasPrefix(words[0], end) {
				p.min, p.max = occurs(words[0][len(end):])
				return p, words[1:], nil
			}
			part, rest, err := parseParticle(words)
			if err != nil {
				return nil, nil, err
			}
			p.parts, words = append(p.parts, part), rest
		}
	}
	bare := strings.TrimRight(w, "?*+")
	p := &particle{kind: 'e'}
	p.min, p.max = occurs(w[len(bare):])
	if bare == "%" {
		p.kind = '%'
		return p, words[1:], nil
	}
	var ok bool
	if p.name, p.typeName, ok = strings.Cut(bare, "="); !ok {
		return nil, nil, fmt.Errorf("%q is no element", w)
	}
	return p, words[1:], nil
}

func occurs(mark string) (least, most int) {
	switch mark {
	case "?":
		return 0, 1
	case "*":
		return 0, -1
	case "+":
		return 1, -1
	}
	return 1, 1
}

// checkText looks whether text is a value of a type.
func (s *schema) checkText(typeName, text string) error {
	if kind, ok := strings.CutPrefix(typeName, "xs:"); ok {
		return checkBuiltIn(kind, text)
	}
	if strings.HasPrefix(typeName, "xml:") {
		return nil
	}
	t := s.types[typeName]
	switch {
	case t == nil || t.open:
		return nil
	case !t.isSimple:
		if t.text == "" {
			return fmt.Errorf("'%s' has no text", t.name)
		}
		return s.checkText(t.text, text)
	case t.enum != nil:
		if !t.enum[strings.TrimSpace(text)] {
			return fmt.Errorf("The value '%s' is invalid according to its datatype '%s' - The Enumeration constraint failed.", text, t.name)
		}
		return nil
	case t.list != "":
		for item := range strings.FieldsSeq(text) {
			if err := s.checkText(t.list, item); err != nil {
				return err
			}
		}
		return nil
	case t.union != nil:
		var err error
		for _, member := range t.union {
			if err = s.checkText(member, text); err == nil {
				return nil
			}
		}
		return err
	}
	if err := s.checkText(t.base, text); err != nil {
		return err
	}
	for _, f := range t.facets {
		if err := checkFacet(f[0], f[1], text); err != nil {
			return fmt.Errorf("The value '%s' is invalid according to its datatype '%s' - %w", text, t.name, err)
		}
	}
	return nil
}

func checkFacet(facet, limit, text string) error {
	text = strings.TrimSpace(text)
	switch facet {
	case "minInclusive", "maxInclusive":
		have, err1 := strconv.ParseFloat(text, 64)
		want, err2 := strconv.ParseFloat(limit, 64)
		if err1 == nil && err2 == nil && (facet == "minInclusive" && have < want || facet == "maxInclusive" && have > want) {
			return fmt.Errorf("The %s constraint failed.", strings.ToUpper(facet[:1])+facet[1:])
		}
	case "minLength", "length":
		n, err := strconv.Atoi(limit)
		if err == nil && (len(text) < n || facet == "length" && len(text) != n) {
			return fmt.Errorf("The %s constraint failed.", strings.ToUpper(facet[:1])+facet[1:])
		}
	case "pattern":
		if !matches(limit, text) {
			return fmt.Errorf("The Pattern constraint failed.")
		}
	}
	return nil
}
