package keystore

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// Features are the switches of the configuration's [features]. A value that is not
// there follows the release's own choice; one that is there stays when that changes.
type Features struct {
	// Graph is "on" or "off": whether new connections, and mailboxes that are authorised
	// again, use Graph or Exchange Web Services.
	Graph string `toml:"graph,omitempty"`
}

// GraphByDefault is what holds where the configuration says nothing of Graph.
const GraphByDefault = true

// UsesGraph reports whether the feature is on, where the release's own choice is
// byDefault.
func (f Features) UsesGraph(byDefault bool) bool {
	switch f.Graph {
	case "on":
		return true
	case "off":
		return false
	}
	return byDefault
}

func (f Features) validate() error {
	if f.Graph != "" && f.Graph != "on" && f.Graph != "off" {
		return &FieldError{"graph", fmt.Sprintf("%q is neither on nor off", plain(f.Graph)), `write graph = "on" or graph = "off", or remove it`}
	}
	return nil
}

// featureLine is where [features] stands in a text, and its value of graph: offsets, -1
// for none.
func featureLine(text []byte) (header, graph int, err error) {
	header, graph = -1, -1
	var parser unstable.Parser
	parser.Reset(text)
	inside := false
	for parser.NextExpression() {
		node := parser.Expression()
		keys := node.Key()
		if node.Kind != unstable.ArrayTable && node.Kind != unstable.Table && node.Kind != unstable.KeyValue || !keys.Next() {
			continue
		}
		key, at := string(keys.Node().Data), int(keys.Node().Raw.Offset)
		switch node.Kind {
		case unstable.ArrayTable, unstable.Table:
			if inside = node.Kind == unstable.Table && key == "features"; inside {
				header = at
			}
		default:
			if inside && key == "graph" {
				graph = at
			}
		}
	}
	return header, graph, parser.Error()
}

// SetFeatures changes the switches; comments and order stay. [Config.Save] makes it last.
func (c *Config) SetFeatures(f Features) error {
	if err := f.validate(); err != nil {
		return err
	}
	header, graph, err := featureLine(c.next)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Path, err)
	}
	line := []byte(nil)
	if f.Graph != "" {
		line = fmt.Appendf(nil, "graph = %q\n", f.Graph)
	}
	endOf := func(at int) int {
		if i := bytes.IndexByte(c.next[at:], '\n'); i >= 0 {
			return at + i + 1
		}
		return len(c.next)
	}
	var next []byte
	switch {
	case graph >= 0:
		next = slices.Concat(c.next[:lineStart(c.next, graph)], line, c.next[endOf(graph):])
	case len(line) == 0:
		return nil
	case header >= 0:
		at := endOf(header)
		head := c.next[:at]
		if at == len(c.next) && !bytes.HasSuffix(head, []byte("\n")) {
			head = append(slices.Clone(head), '\n')
		}
		next = slices.Concat(head, line, c.next[at:])
	default:
		next = bytes.TrimRight(c.next, "\n")
		if len(next) > 0 {
			next = append(slices.Clone(next), "\n\n"...)
		}
		next = append(append(next, "[features]\n"...), line...)
	}
	if err := c.change(next); err != nil {
		return err
	}
	if c.Features != f {
		return &ConfigError{Path: c.Path, Problem: "writes [features] in a form that cannot be changed in place", Remedy: "write it as [features] with each key on a line of its own"}
	}
	return nil
}

// features reads the switches of a text that decodes.
func features(text []byte) Features {
	var decoded file
	if err := toml.Unmarshal(text, &decoded); err != nil {
		return Features{} // the text was read as a configuration before
	}
	return decoded.Features
}
