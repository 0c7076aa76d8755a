package keystore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// maxConfig is the longest configuration file that is read, in bytes.
const maxConfig = 1 << 20

// Config is the configuration file as it was read: its connections, and its
// text, so that saving keeps comments and order.
type Config struct {
	Path        string
	Connections []Connection
	Features    Features

	existed bool
	text    []byte // as read; the file must still be this when it is saved
	next    []byte // with the changes of Add and Remove
}

// ConfigError is a fault in the configuration, with its place. Line and Column
// begin at 1, the column counts bytes; both are 0 where the whole file is meant.
type ConfigError struct {
	Path         string
	Line, Column int
	Problem      string
	Remedy       string
	Err          error
}

func (e *ConfigError) Error() string {
	if e.Line == 0 {
		return plain(e.Path) + ": " + e.Problem
	}
	return fmt.Sprintf("%s:%d:%d: %s", plain(e.Path), e.Line, e.Column, e.Problem)
}

// Unwrap gives the cause.
func (e *ConfigError) Unwrap() error { return e.Err }

// file is the shape of the configuration.
type file struct {
	Features    Features     `toml:"features,omitempty"`
	Connections []Connection `toml:"connections,omitempty"`
}

// LoadConfig reads and checks the configuration. A file that is not there is an
// empty configuration. Everything doubtful is refused with its place: nothing
// is guessed. Errors are of type [*ConfigError].
func LoadConfig(path string) (*Config, error) {
	text, err := readConfig(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &Config{Path: path}, nil
	}
	if err != nil {
		return nil, err
	}
	connections, err := parseConfig(path, text)
	if err != nil {
		return nil, err
	}
	return &Config{Path: path, Connections: connections, Features: features(text), existed: true, text: text, next: text}, nil
}

// readConfig reads the file's bytes, within bounds.
func readConfig(path string) ([]byte, error) {
	fail := func(problem, remedy string, err error) ([]byte, error) {
		return nil, &ConfigError{Path: path, Problem: problem, Remedy: remedy, Err: err}
	}
	info, err := os.Stat(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		return fail("cannot be read: "+plain(errors.Unwrap(err).Error()), "check the path and its permissions", err)
	}
	switch {
	case !info.Mode().IsRegular():
		return fail("is not a regular file", "give the configuration file with --config", nil)
	case info.Mode().Perm()&0o002 != 0:
		return fail("can be changed by every user of this machine", "take that right away: chmod o-w "+plain(path), nil)
	case info.Size() > maxConfig:
		return fail("is larger than 1 MB", "a configuration of connections is small: check that this is the right file", nil)
	}
	f, err := os.Open(path)
	if err != nil {
		return fail("cannot be read: "+plain(err.Error()), "check the path and its permissions", err)
	}
	defer f.Close() //nolint:errcheck // read only
	text, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return fail("cannot be read: "+plain(err.Error()), "check the disk", err)
	}
	if len(text) > maxConfig {
		return fail("is larger than 1 MB", "check that this is the right file", nil)
	}
	return text, nil
}

// parseConfig checks text, and says where it is wrong.
func parseConfig(path string, text []byte) ([]Connection, error) {
	at := func(offset int, problem, remedy string) error {
		line, column := position(text, offset)
		return &ConfigError{Path: path, Line: line, Column: column, Problem: problem, Remedy: remedy}
	}
	if bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) {
		return nil, at(0, "begins with a byte order mark", "save the file as UTF-8 without a byte order mark")
	}
	if i := bytes.IndexByte(text, '\r'); i >= 0 {
		return nil, at(i, "has a carriage return", "save the file with line ends of LF only")
	}
	if i := badUTF8(text); i >= 0 {
		return nil, at(i, "is not UTF-8 here", "save the file as UTF-8")
	}
	var decoded file
	decoder := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields()
	if err := decoder.Decode(&decoded); err != nil {
		return nil, decodeError(path, err)
	}
	if err := decoded.Features.validate(); err != nil {
		_, graph, _ := featureLine(text)
		problem, remedy, _ := explainField(err)
		return nil, at(max(graph, 0), problem, remedy)
	}
	places, err := locate(text)
	if err != nil || len(places.blocks) != len(decoded.Connections) {
		return nil, at(max(places.inline, 0), "writes connections in another form", "write each as a [[connections]] block of its own")
	}
	seen := map[string]int{}
	for i, connection := range decoded.Connections {
		if err := connection.Validate(); err != nil {
			problem, remedy, field := explainField(err)
			return nil, at(places.blocks[i].offset(field), problem, remedy)
		}
		// Two names that differ only in case or punctuation would share the
		// environment variable, and on some systems the directory.
		folded := EnvName(connection.Name)
		if first, twice := seen[folded]; twice {
			return nil, at(places.blocks[i].offset("name"), fmt.Sprintf("name %q is taken by connection %q", connection.Name, decoded.Connections[first].Name),
				"give each connection a name of its own")
		}
		seen[folded] = i
	}
	if i, err := checkBeside(decoded.Connections); err != nil {
		problem, remedy, field := explainField(err)
		return nil, at(places.blocks[i].offset(field), problem, remedy)
	}
	return decoded.Connections, nil
}

// explainField turns a validation error into problem, remedy and key.
func explainField(err error) (problem, remedy, field string) {
	var fieldErr *FieldError
	var kindErr *Error
	switch {
	case errors.As(err, &fieldErr):
		return fieldErr.Error(), fieldErr.Remedy, fieldErr.Field
	case errors.As(err, &kindErr):
		return "keystore: " + kindErr.Error(), kindErr.Remedy, "keystore"
	}
	return plain(err.Error()), "", ""
}

// decodeError gives the decoder's first finding a place and a remedy.
func decodeError(path string, err error) error {
	e := &ConfigError{Path: path, Err: err}
	var missing *toml.StrictMissingError
	var decode *toml.DecodeError
	switch {
	case errors.As(err, &missing) && len(missing.Errors) > 0:
		first := missing.Errors[0]
		e.Line, e.Column = first.Position()
		e.Problem = fmt.Sprintf("unknown key %q", plain(strings.Join(first.Key(), ".")))
		e.Remedy = "see the keys of [[connections]] in docs/commands.md"
		if key := first.Key(); len(key) > 0 && strings.Contains(strings.ToLower(key[len(key)-1]), "secret") {
			e.Remedy = "a secret does not belong into this file: roomdesk connect puts it into the keyring"
		}
	case errors.As(err, &decode):
		e.Line, e.Column = decode.Position()
		e.Problem = goNames.ReplaceAllString(plain(strings.TrimPrefix(decode.Error(), "toml: ")), "into $1")
		if key := decode.Key(); len(key) > 0 && !strings.Contains(e.Problem, key[len(key)-1]) {
			e.Problem = plain(strings.Join(key, ".")) + ": " + e.Problem
		}
		e.Remedy = "correct that line; the keys and their types are in docs/commands.md"
	default:
		e.Problem, e.Remedy = plain(err.Error()), "correct the file; the keys and their types are in docs/commands.md"
	}
	return e
}

// goNames takes the names of Go types out of a decoder's message.
var goNames = regexp.MustCompile(`into struct field \S+ of type (?:\[\])?(?:\w+\.)?(\w+)`)

func badUTF8(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// position is the line and column of a byte, both from 1.
func position(text []byte, offset int) (line, column int) {
	offset = min(offset, len(text))
	before := text[:offset]
	return bytes.Count(before, []byte("\n")) + 1, offset - bytes.LastIndexByte(before, '\n')
}

// Find gives the connection of that name.
func (c *Config) Find(name string) (Connection, bool) {
	for _, connection := range c.Connections {
		if connection.Name == name {
			return connection, true
		}
	}
	return Connection{}, false
}

// Names lists the connections' names in the order of the file.
func (c *Config) Names() []string {
	names := make([]string, len(c.Connections))
	for i, connection := range c.Connections {
		names[i] = connection.Name
	}
	return names
}
