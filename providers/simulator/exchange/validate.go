package exchange

import (
	"fmt"
	"slices"
	"strings"
)

// violation is the first place where a request leaves the schema.
type violation struct {
	at   *node
	text string
}

func (v *violation) Error() string { return v.text }

// validate holds an element against the schema. nil is a valid element, false one
// that the schema does not have.
func (s *schema) validate(n *node) (v *violation, known bool) {
	typeName, known := s.roots[n.name]
	if !known {
		return nil, false
	}
	return s.element(n, typeName), true
}

func (s *schema) element(n *node, typeName string) *violation {
	t := s.types[typeName]
	if t == nil || t.isSimple {
		if len(n.children) > 0 {
			return &violation{n.children[0], fmt.Sprintf("The element '%s' cannot contain child element '%s' because the parent element's content model is text only.", n.local(), n.children[0].local())}
		}
		if extra := n.anyAttribute(nil); extra != "" {
			return &violation{n, fmt.Sprintf("The '%s' attribute is not declared.", extra)}
		}
		if err := s.checkText(typeName, n.text); err != nil {
			return &violation{n, fmt.Sprintf("The '%s' element is invalid - %s", n.local(), err)}
		}
		return nil
	}
	if t.open {
		return nil
	}
	if v := s.attributesOf(n, t); v != nil {
		return v
	}
	if t.text != "" {
		if len(n.children) > 0 {
			return &violation{n.children[0], fmt.Sprintf("The element '%s' cannot contain child element '%s' because the parent element's content model is text only.", n.local(), n.children[0].local())}
		}
		if err := s.checkText(t.text, n.text); err != nil {
			return &violation{n, fmt.Sprintf("The '%s' element is invalid - %s", n.local(), err)}
		}
		return nil
	}
	if strings.TrimSpace(n.text) != "" {
		return &violation{n, fmt.Sprintf("The element '%s' cannot contain text.", n.local())}
	}
	m := matcher{schema: s, parent: n, list: n.children}
	if v := m.match(t.content); v != nil {
		return v
	}
	if m.at < len(m.list) {
		return m.unexpected(m.list[m.at])
	}
	return nil
}

// anyAttribute names an attribute that is not declared; those of other namespaces
// do not matter.
func (n *node) anyAttribute(declared map[string]schemaAttribute) string {
	var names []string
	for name := range n.attributes {
		if _, ok := declared[name]; !ok && !strings.HasPrefix(name, "{") {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return slices.Min(names)
}

func (s *schema) attributesOf(n *node, t *schemaType) *violation {
	if _, any := t.attributes["*"]; !any {
		if extra := n.anyAttribute(t.attributes); extra != "" {
			return &violation{n, fmt.Sprintf("The '%s' attribute is not declared.", extra)}
		}
	}
	for name, a := range t.attributes {
		value, there := n.attributes[name]
		if !there {
			if a.required {
				return &violation{n, fmt.Sprintf("The required attribute '%s' is missing.", name)}
			}
			continue
		}
		if err := s.checkText(a.kind, value); err != nil {
			return &violation{n, fmt.Sprintf("The '%s' attribute is invalid - %s", name, err)}
		}
	}
	return nil
}

// matcher walks an element's children along a content model. The models of EWS are
// deterministic, so nothing is tried twice.
type matcher struct {
	schema *schema
	parent *node
	list   []*node
	at     int
}

// begins reports whether the next child can begin a particle.
func (m *matcher) begins(p *particle) bool {
	if m.at >= len(m.list) {
		return false
	}
	switch p.kind {
	case '%':
		return true
	case 'e':
		return m.list[m.at].name == p.name
	case '(':
		for _, part := range p.parts {
			if m.begins(part) {
				return true
			}
			if !part.optional() {
				return false
			}
		}
		return false
	}
	return slices.ContainsFunc(p.parts, m.begins)
}

// optional reports whether a particle may be left out.
func (p *particle) optional() bool {
	if p.min == 0 {
		return true
	}
	switch p.kind {
	case '(', '<':
		return !slices.ContainsFunc(p.parts, func(part *particle) bool { return !part.optional() })
	case '{':
		return slices.ContainsFunc(p.parts, (*particle).optional)
	}
	return false
}

func (m *matcher) match(p *particle) *violation {
	count := 0
	for (p.max < 0 || count < p.max) && m.begins(p) {
		if v := m.once(p); v != nil {
			return v
		}
		count++
	}
	if count < p.min && !p.optional() {
		if m.at < len(m.list) {
			return m.unexpected(m.list[m.at])
		}
		return &violation{m.parent, fmt.Sprintf("The element '%s' in namespace '%s' has incomplete content. List of possible elements expected: '%s'.", m.parent.local(), m.parent.space(), p.expected())}
	}
	return nil
}

func (m *matcher) once(p *particle) *violation {
	switch p.kind {
	case '%':
		m.at++
		return nil
	case 'e':
		v := m.schema.element(m.list[m.at], p.typeName)
		m.at++
		return v
	case '(':
		for _, part := range p.parts {
			if v := m.match(part); v != nil {
				return v
			}
		}
		return nil
	case '{':
		for _, part := range p.parts {
			if m.begins(part) {
				return m.match(part)
			}
		}
		return nil
	}
	seen := map[*particle]bool{}
	for m.at < len(m.list) {
		i := slices.IndexFunc(p.parts, func(part *particle) bool { return !seen[part] && m.begins(part) })
		if i < 0 {
			break
		}
		seen[p.parts[i]] = true
		if v := m.match(p.parts[i]); v != nil {
			return v
		}
	}
	for _, part := range p.parts {
		if !seen[part] && !part.optional() {
			return m.match(part)
		}
	}
	return nil
}

func (m *matcher) unexpected(n *node) *violation {
	return &violation{n, fmt.Sprintf("The element '%s' in namespace '%s' has invalid child element '%s' in namespace '%s'.", m.parent.local(), m.parent.space(), n.local(), n.space())}
}

// expected names what a particle begins with.
func (p *particle) expected() string {
	if p.kind == 'e' {
		return p.name[strings.IndexByte(p.name, ':')+1:]
	}
	var out []string
	for _, part := range p.parts {
		out = append(out, part.expected())
		if p.kind == '(' && !part.optional() {
			break
		}
	}
	return strings.Join(out, ", ")
}

// space is the namespace of an element's name.
func (n *node) space() string {
	if i := strings.IndexByte(n.name, '}'); i > 0 && n.name[0] == '{' {
		return n.name[1:i]
	}
	prefix, _, _ := strings.Cut(n.name, ":")
	for space, p := range prefixes {
		if p == prefix {
			return space
		}
	}
	return ""
}
