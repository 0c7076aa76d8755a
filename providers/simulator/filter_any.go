package simulator

import (
	"errors"
	"fmt"
	"strings"
)

// rows is a collection of complex values that any and all look into. What one of
// primitive values is, is under the name "".
type rows []func(name string) (any, bool)

// textRows are the rows of a collection of text.
func textRows(list []string) rows {
	out := make(rows, len(list))
	for i, s := range list {
		out[i] = func(name string) (any, bool) { return s, name == "" }
	}
	return out
}

// lambdaFilter is path/any(x:...) or path/all(x:...); a nil body asks whether
// there is anything.
type lambdaFilter struct {
	path     string
	all      bool
	variable string
	body     filter
}

func (f lambdaFilter) test(field func(string) (any, bool)) (bool, error) {
	value, err := lookUp(field, f.path)
	if err != nil {
		return false, err
	}
	var list rows
	switch v := value.(type) {
	case rows:
		list = v
	case []string:
		list = textRows(v)
	case nil:
	default:
		return false, fmt.Errorf("property '%s' is no collection", f.path)
	}
	if f.body == nil {
		return len(list) > 0, nil
	}
	for _, row := range list {
		ok, err := f.body.test(func(path string) (any, bool) {
			if path == f.variable {
				return row("")
			}
			if rest, own := strings.CutPrefix(path, f.variable+"/"); own {
				return row(rest)
			}
			return field(path)
		})
		if err != nil {
			return false, err
		}
		if ok != f.all {
			return ok, nil
		}
	}
	return f.all, nil
}

// lambda reads what stands behind path/any or path/all. The tokenizer leaves
// "x:x/skuId" and "x:startswith" in one piece.
func (p *filterParser) lambda(path string) (filter, error) {
	f := lambdaFilter{all: strings.HasSuffix(path, "/all"), path: path[:len(path)-len("/any")]}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	if p.peek() == ")" && !f.all {
		p.at++
		return f, nil
	}
	variable, rest, ok := strings.Cut(strings.ToLower(p.peek()), ":")
	if !ok || variable == "" {
		return nil, errors.New("a lambda expression needs a variable")
	}
	f.variable = variable
	if rest == "" {
		p.at++
	} else {
		p.tokens[p.at] = p.tokens[p.at][len(variable)+1:]
	}
	body, err := p.or()
	if err != nil {
		return nil, err
	}
	f.body = body
	return f, p.expect(")")
}

// operators lists what an expression uses, by the word that Graph's directory
// has for it: those that need an advanced query are refused without one.
func operators(f filter, out map[string]bool) {
	switch x := f.(type) {
	case notFilter:
		out["not"] = true
		operators(x.f, out)
	case binaryFilter:
		operators(x.left, out)
		operators(x.right, out)
	case compareFilter:
		out[x.op] = true
		if strings.HasSuffix(x.path, "/$count") {
			out["$count"] = true
		}
	case functionFilter:
		out[x.name] = true
	case inFilter:
		out["in"] = true
	case lambdaFilter:
		if x.all {
			out["all"] = true
		}
		if x.body != nil {
			operators(x.body, out)
		} else {
			out["any()"] = true
		}
	}
}
