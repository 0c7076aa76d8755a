package ews

import (
	"strings"
	"time"
)

// node is an element of an answer. All methods work on nil, which is an element that
// is not there.
type node struct {
	name     string // without namespace
	attrs    []attribute
	text     string // its own, without that of its children
	children []*node
	said     []byte // the text while it is being read
}

type attribute struct{ name, value string }

func (n *node) child(name string) *node {
	if n != nil {
		for _, c := range n.children {
			if c.name == name {
				return c
			}
		}
	}
	return nil
}

// at goes down a path of names, each time to the first.
func (n *node) at(path ...string) *node {
	for _, name := range path {
		n = n.child(name)
	}
	return n
}

func (n *node) all(name string) []*node {
	var out []*node
	if n != nil {
		for _, c := range n.children {
			if c.name == name {
				out = append(out, c)
			}
		}
	}
	return out
}

// value is the text at a path; "" where there is none.
func (n *node) value(path ...string) string {
	if n = n.at(path...); n != nil {
		return n.text
	}
	return ""
}

func (n *node) attr(name string) string {
	if n != nil {
		for _, a := range n.attrs {
			if a.name == name {
				return a.value
			}
		}
	}
	return ""
}

func (n *node) truth(path ...string) bool {
	v := strings.TrimSpace(n.value(path...))
	return v == "true" || v == "1"
}

// find is the first element of that name anywhere below.
func (n *node) find(name string) *node {
	if n == nil {
		return nil
	}
	for _, c := range n.children {
		if c.name == name {
			return c
		}
		if found := c.find(name); found != nil {
			return found
		}
	}
	return nil
}

// instant reads a dateTime; without an offset it is UTC, as no zone was asked for.
func (n *node) instant(path ...string) time.Time {
	t, _ := parseTime(n.value(path...))
	return t
}

func parseTime(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), t.Year() > 1601
		}
	}
	return time.Time{}, false
}
