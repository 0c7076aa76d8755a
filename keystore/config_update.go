package keystore

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Update replaces a connection by one of the same name, changing only the lines of
// the keys that differ: comments and order stay. [Config.Save] makes it last.
func (c *Config) Update(connection Connection) error {
	at := slices.IndexFunc(c.Connections, func(have Connection) bool { return have.Name == connection.Name })
	if at < 0 {
		return fmt.Errorf("there is no connection %q", plain(connection.Name))
	}
	if err := connection.Validate(); err != nil {
		return err
	}
	before, err := keyLines(c.Connections[at])
	if err != nil {
		return err
	}
	after, err := keyLines(connection)
	if err != nil {
		return err
	}
	next := c.next
	for _, key := range connectionKeys() {
		if before[key] == after[key] {
			continue
		}
		places, err := locate(next)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Path, err)
		}
		here := places.blocks[at]
		value, present := here.values[key]
		switch {
		case present:
			start := lineStart(next, value)
			end := len(next)
			if i := bytes.IndexByte(next[value:], '\n'); i >= 0 {
				end = value + i + 1
			}
			next = slices.Concat(next[:start], []byte(after[key]), next[end:])
		default:
			// A new key goes below the header's line.
			var start int
			if i := bytes.IndexByte(next[here.header:], '\n'); i >= 0 {
				start = here.header + i + 1
			} else {
				next = append(slices.Clone(next), '\n')
				start = len(next)
			}
			next = slices.Concat(next[:start], []byte(after[key]), next[start:])
		}
	}
	connections, err := parseConfig(c.Path, next)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(connections[at], connection) {
		return &ConfigError{Path: c.Path, Problem: "is written in a form that cannot be changed in place", Remedy: "write each key of the connection on a line of its own"}
	}
	return c.change(next)
}

// keyLines are the lines of a connection by key.
func keyLines(c Connection) (map[string]string, error) {
	text, err := toml.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("writing connection %s: %w", c.Name, err)
	}
	lines := map[string]string{}
	for line := range strings.Lines(string(text)) {
		key, _, _ := strings.Cut(line, " = ")
		lines[key] = line
	}
	return lines, nil
}

func connectionKeys() (keys []string) {
	t := reflect.TypeFor[Connection]()
	for i := range t.NumField() {
		key, _, _ := strings.Cut(t.Field(i).Tag.Get("toml"), ",")
		keys = append(keys, key)
	}
	return keys
}
