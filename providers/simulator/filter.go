package simulator

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// filter is a parsed $filter: and, or, not, brackets, the six comparisons, in,
// startswith, endswith and contains over properties and literals, and any and
// all over collections.
type filter interface {
	test(field func(string) (any, bool)) (bool, error)
}

type (
	notFilter    struct{ f filter }
	binaryFilter struct {
		and         bool
		left, right filter
	}
	compareFilter struct {
		path, op string
		value    any
	}
	functionFilter struct{ name, path, text string }
	inFilter       struct {
		path   string
		values []any
	}
)

func (f notFilter) test(field func(string) (any, bool)) (bool, error) {
	ok, err := f.f.test(field)
	return !ok, err
}

func (f binaryFilter) test(field func(string) (any, bool)) (bool, error) {
	left, err := f.left.test(field)
	if err != nil {
		return false, err
	}
	right, err := f.right.test(field)
	if err != nil {
		return false, err
	}
	if f.and {
		return left && right, nil
	}
	return left || right, nil
}

func lookUp(field func(string) (any, bool), path string) (any, error) {
	v, ok := field(path)
	if !ok {
		return nil, fmt.Errorf("property '%s' does not exist or cannot be filtered", path)
	}
	return v, nil
}

func (f compareFilter) test(field func(string) (any, bool)) (bool, error) {
	have, err := lookUp(field, f.path)
	if err != nil {
		return false, err
	}
	if have == nil || f.value == nil {
		switch f.op {
		case "eq":
			return have == f.value, nil
		case "ne":
			return have != f.value, nil
		}
		return false, nil
	}
	if text, ok := have.(string); ok { // most filters are of this form, over every user
		if want, ok := f.value.(string); ok && (f.op == "eq" || f.op == "ne") {
			return strings.EqualFold(text, want) == (f.op == "eq"), nil
		}
	}
	order, err := compareValues(have, f.value)
	if err != nil {
		return false, err
	}
	switch f.op {
	case "eq":
		return order == 0, nil
	case "ne":
		return order != 0, nil
	case "gt":
		return order > 0, nil
	case "ge":
		return order >= 0, nil
	case "lt":
		return order < 0, nil
	}
	return order <= 0, nil
}

func (f inFilter) test(field func(string) (any, bool)) (bool, error) {
	for _, v := range f.values {
		if ok, err := (compareFilter{f.path, "eq", v}).test(field); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

func (f functionFilter) test(field func(string) (any, bool)) (bool, error) {
	have, err := lookUp(field, f.path)
	if err != nil {
		return false, err
	}
	text, ok := have.(string)
	if !ok {
		return false, nil
	}
	switch f.name {
	case "startswith":
		return hasPrefixFold(text, f.text), nil
	case "endswith":
		return strings.HasSuffix(strings.ToLower(text), strings.ToLower(f.text)), nil
	}
	return strings.Contains(strings.ToLower(text), strings.ToLower(f.text)), nil
}

// hasPrefixFold is [strings.HasPrefix] regardless of case.
func hasPrefixFold(text, prefix string) bool {
	if len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix) {
		return true
	}
	// A letter's two cases may differ in length; only the first letter is worth the
	// trouble.
	return len(prefix) > 0 && prefix[0] >= utf8.RuneSelf && strings.HasPrefix(strings.ToLower(text), strings.ToLower(prefix))
}

// compareValues orders two values of one type. Text ignores case, as Graph does.
func compareValues(a, b any) (int, error) {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return cmp.Compare(strings.ToLower(x), strings.ToLower(y)), nil
		}
	case float64:
		if y, ok := b.(float64); ok {
			return cmp.Compare(x, y), nil
		}
	case bool:
		if y, ok := b.(bool); ok {
			return cmp.Compare(btoi(x), btoi(y)), nil
		}
	case time.Time:
		switch y := b.(type) {
		case time.Time:
			return x.Compare(y), nil
		case string:
			t, err := parseInstant(y)
			if err != nil {
				return 0, err
			}
			return x.Compare(t), nil
		}
	}
	return 0, errors.New("a property is compared with a value of another type")
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// parseInstant reads a date and time with an offset, or in UTC without one.
func parseInstant(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("'%s' is no date and time", text)
}

// filterParser is a recursive descent over tokens.
type filterParser struct {
	tokens []string
	at     int
	depth  int
}

func parseFilter(text string) (filter, error) {
	tokens, err := filterTokens(text)
	if err != nil {
		return nil, err
	}
	p := &filterParser{tokens: tokens}
	f, err := p.or()
	if err == nil && p.at < len(p.tokens) {
		err = fmt.Errorf("syntax error at '%s'", p.tokens[p.at])
	}
	return f, err
}

func filterTokens(text string) ([]string, error) {
	var tokens []string
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case unicode.IsSpace(rune(c)):
			i++
		case c == '(' || c == ')' || c == ',':
			tokens = append(tokens, string(c))
			i++
		case c == '\'':
			end := i + 1
			for {
				j := strings.IndexByte(text[end:], '\'')
				if j < 0 {
					return nil, errors.New("there is an unterminated string literal")
				}
				end += j + 1
				if end < len(text) && text[end] == '\'' {
					end++
					continue
				}
				break
			}
			tokens = append(tokens, text[i:end])
			i = end
		default:
			end := i
			for end < len(text) && !strings.ContainsRune(" \t\n(),'", rune(text[end])) {
				end++
			}
			tokens = append(tokens, text[i:end])
			i = end
		}
	}
	return tokens, nil
}

func (p *filterParser) peek() string {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return ""
}

func (p *filterParser) take() string {
	t := p.peek()
	p.at++
	return t
}

func (p *filterParser) expect(t string) error {
	if got := p.take(); got != t {
		return fmt.Errorf("'%s' expected before '%s'", t, got)
	}
	return nil
}

func (p *filterParser) or() (filter, error) {
	left, err := p.and()
	for err == nil && strings.EqualFold(p.peek(), "or") {
		p.at++
		var right filter
		right, err = p.and()
		left = binaryFilter{false, left, right}
	}
	return left, err
}

func (p *filterParser) and() (filter, error) {
	left, err := p.unary()
	for err == nil && strings.EqualFold(p.peek(), "and") {
		p.at++
		var right filter
		right, err = p.unary()
		left = binaryFilter{true, left, right}
	}
	return left, err
}

func (p *filterParser) unary() (filter, error) {
	if p.depth++; p.depth > 50 {
		return nil, errors.New("the expression is nested too deeply")
	}
	defer func() { p.depth-- }()
	switch word := strings.ToLower(p.take()); word {
	case "not":
		f, err := p.unary()
		return notFilter{f}, err
	case "(":
		f, err := p.or()
		if err != nil {
			return nil, err
		}
		return f, p.expect(")")
	case "startswith", "endswith", "contains":
		if err := p.expect("("); err != nil {
			return nil, err
		}
		path := strings.ToLower(p.take())
		if err := p.expect(","); err != nil {
			return nil, err
		}
		text, ok := literal(p.take()).(string)
		if !ok {
			return nil, fmt.Errorf("%s needs a text", word)
		}
		return functionFilter{word, path, text}, p.expect(")")
	case "", ")", ",":
		return nil, errors.New("an expression is missing")
	default:
		return p.comparison(word)
	}
}

func (p *filterParser) comparison(path string) (filter, error) {
	if p.peek() == "(" && (strings.HasSuffix(path, "/any") || strings.HasSuffix(path, "/all")) {
		return p.lambda(path)
	}
	switch op := strings.ToLower(p.take()); op {
	case "eq", "ne", "gt", "ge", "lt", "le":
		text := p.take()
		if text == "" || text == "(" || text == ")" {
			return nil, errors.New("a value is missing")
		}
		return compareFilter{path, op, literal(text)}, nil
	case "in":
		f := inFilter{path: path}
		if err := p.expect("("); err != nil {
			return nil, err
		}
		for {
			f.values = append(f.values, literal(p.take()))
			switch next := p.take(); next {
			case ",":
			case ")":
				return f, nil
			default:
				return nil, fmt.Errorf("syntax error at '%s'", next)
			}
		}
	default:
		return nil, fmt.Errorf("syntax error at '%s'", op)
	}
}

// literal reads a value: quoted text, true, false, null, a number, else an
// unquoted date or GUID, which stays text.
func literal(token string) any {
	if len(token) >= 2 && token[0] == '\'' {
		return strings.ReplaceAll(token[1:len(token)-1], "''", "'")
	}
	switch strings.ToLower(token) {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	if n, err := strconv.ParseFloat(token, 64); err == nil {
		return n
	}
	return token
}
