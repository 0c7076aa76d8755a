package simulator

import (
	"fmt"
	"strings"
)

// ordering is a parsed $orderby.
type ordering []struct {
	path string
	desc bool
}

func parseOrder(text string) (ordering, error) {
	var out ordering
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	for item := range strings.SplitSeq(text, ",") {
		words := strings.Fields(strings.ToLower(item))
		if len(words) == 0 || len(words) > 2 || (len(words) == 2 && words[1] != "asc" && words[1] != "desc") {
			return nil, fmt.Errorf("invalid $orderby '%s'", item)
		}
		out = append(out, struct {
			path string
			desc bool
		}{words[0], len(words) == 2 && words[1] == "desc"})
	}
	return out, nil
}

// compare orders two rows; null comes first.
func (o ordering) compare(a, b func(string) (any, bool)) int {
	for _, by := range o {
		x, _ := a(by.path)
		y, _ := b(by.path)
		n := 0
		switch {
		case x == nil && y == nil:
		case x == nil:
			n = -1
		case y == nil:
			n = 1
		default:
			n, _ = compareValues(x, y)
		}
		if by.desc {
			n = -n
		}
		if n != 0 {
			return n
		}
	}
	return 0
}
