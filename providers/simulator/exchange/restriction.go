package exchange

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// restrict keeps the items that a restriction lets through. What it cannot compare
// is refused.
func (c *Call) restrict(items []Item, n *node) ([]Item, *Error) {
	var kept []Item
	for _, i := range items {
		ok, err := c.passes(i, n)
		if err != nil {
			return nil, err
		}
		if ok {
			kept = append(kept, i)
		}
	}
	if len(items) == 0 { // a mistake is one also where there is nothing
		if _, err := c.passes(Item{}, n); err != nil {
			return nil, err
		}
	}
	return kept, c.sort(kept)
}

func (c *Call) passes(i Item, n *node) (bool, *Error) {
	if n == nil {
		return false, fail("ErrorInvalidRequest")
	}
	switch n.name {
	case "t:And", "t:Or":
		out := n.name == "t:And"
		for _, kid := range n.children {
			ok, err := c.passes(i, kid)
			if err != nil {
				return false, err
			}
			if ok != (n.name == "t:And") {
				out = ok
			}
		}
		return out, nil
	case "t:Not":
		ok, err := c.passes(i, onlyChild(n))
		return !ok, err
	case "t:Exists":
		_, there, err := c.comparable(i, onlyChild(n))
		return there, err
	case "t:Contains":
		if len(n.children) != 2 {
			return false, fail("ErrorInvalidRequest")
		}
		have, there, err := c.comparable(i, n.children[0])
		want := n.children[1].attribute("Value")
		if n.attribute("ContainmentComparison") != "Exact" {
			have, want = strings.ToLower(have), strings.ToLower(want)
		}
		switch n.attribute("ContainmentMode") {
		case "FullString":
			return there && have == want, err
		case "Prefixed":
			return there && strings.HasPrefix(have, want), err
		}
		return there && strings.Contains(have, want), err
	case "t:IsEqualTo", "t:IsNotEqualTo", "t:IsGreaterThan", "t:IsGreaterThanOrEqualTo", "t:IsLessThan", "t:IsLessThanOrEqualTo":
		return c.compares(i, n)
	}
	return false, notModelled("the restriction " + n.local())
}

func (c *Call) compares(i Item, n *node) (bool, *Error) {
	constant := n.find("t:FieldURIOrConstant", "t:Constant")
	if len(n.children) != 2 || constant == nil {
		return false, notModelled("comparing two properties")
	}
	have, there, err := c.comparable(i, n.children[0])
	if err != nil {
		return false, err
	}
	want := constant.attribute("Value")
	if _, _, bad := parseDateTime(want); bad == nil {
		at, err := c.instant(want)
		if err != nil {
			return false, err
		}
		want = at.UTC().Format(time.RFC3339)
	}
	order := cmp.Compare(have, want)
	switch n.name {
	case "t:IsEqualTo":
		return there && order == 0, nil
	case "t:IsNotEqualTo":
		return !there || order != 0, nil
	case "t:IsGreaterThan":
		return there && order > 0, nil
	case "t:IsGreaterThanOrEqualTo":
		return there && order >= 0, nil
	case "t:IsLessThan":
		return there && order < 0, nil
	}
	return there && order <= 0, nil
}

// comparable is a property as text that sorts as the property does.
func (c *Call) comparable(i Item, path *node) (text string, there bool, err *Error) {
	if path == nil {
		return "", false, fail("ErrorInvalidRequest")
	}
	if path.name == "t:ExtendedFieldURI" {
		f, err := readExtendedField(path)
		if err != nil {
			return "", false, err
		}
		text, there = propertyValue(i, f.graphName())
		return text, there, nil
	}
	at := func(t time.Time) (string, bool, *Error) { return t.UTC().Format(time.RFC3339), !t.IsZero(), nil }
	switch path.attribute("FieldURI") {
	case "calendar:Start":
		return at(i.Start)
	case "calendar:End":
		return at(i.End)
	case "item:DateTimeCreated":
		return at(i.Created)
	case "item:LastModifiedTime":
		return at(i.Modified)
	case "calendar:UID":
		return i.UID, i.UID != "", nil
	case "item:Subject":
		return i.Subject, i.Subject != "", nil
	case "calendar:Location":
		text := locationText(i.Locations)
		return text, text != "", nil
	case "item:ItemClass":
		return "IPM.Appointment", true, nil
	}
	return "", false, fail("ErrorUnsupportedPathForQuery")
}

// sort orders items by SortOrder.
func (c *Call) sort(items []Item) *Error {
	fields := c.body.child("m:SortOrder").kids()
	for n := range slices.Backward(fields) {
		path := onlyChild(fields[n])
		if _, _, err := c.comparable(Item{}, path); err != nil {
			return err
		}
		down := fields[n].attribute("Order") == "Descending"
		slices.SortStableFunc(items, func(a, b Item) int {
			x, _, _ := c.comparable(a, path)
			y, _, _ := c.comparable(b, path)
			if down {
				x, y = y, x
			}
			return cmp.Compare(x, y)
		})
	}
	return nil
}
