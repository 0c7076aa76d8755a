package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// legacyConnection is an old connection over a mechanism that is no more. It holds no
// credential, and all that can be done with it is to migrate it or to remove it
// (PRODUCT P16).
type legacyConnection struct {
	Name      string    `json:"name"`
	Tenant    string    `json:"tenant"`
	Account   string    `json:"account"`
	Mechanism string    `json:"mechanism"` // as the file named it
	Imported  time.Time `json:"imported"`
}

// importRow is a line of an imported file: the keys of its three shapes.
type importRow struct {
	Name      string `json:"name" toml:"name"`
	Mechanism string `json:"mechanism" toml:"mechanism"`
	Tenant    string `json:"tenant" toml:"tenant"`
	Account   string `json:"account" toml:"account"`
	line      int
}

// importColumns are the columns of the CSV shape.
var importColumns = []string{"name", "mechanism", "tenant", "account"}

// mechanismOf recognises how an old connection reached its calendars: "graph", "ews" or
// "legacy"; "" where nobody knows the name.
func mechanismOf(text string) string {
	folded := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(text))
	switch folded {
	case "graph", "graphapi", "msgraph", "microsoftgraph", "msgraphcalendars":
		return "graph"
	case "ews", "exchange", "exchangewebservices":
		return "ews"
	case "office365api", "office365", "o365api", "outlookrestapi", "outlookapi", "legacy":
		return "legacy"
	}
	return ""
}

// maxImport is the longest file that is read, in bytes.
const maxImport = 1 << 20

// readImport reads a file of old connections: CSV, JSON or TOML by its name's end. What
// is not understood is refused with its line.
func readImport(path string) ([]importRow, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usage("check the path", "%s cannot be read: %v", providers.Sanitise(path), errors.Unwrap(err))
	}
	defer f.Close() //nolint:errcheck // read only
	text, err := io.ReadAll(io.LimitReader(f, maxImport+1))
	switch {
	case err != nil:
		return nil, failed("check the disk", "%s cannot be read: %v", providers.Sanitise(path), err)
	case len(text) > maxImport:
		return nil, usage("check that this is the right file", "%s is larger than 1 MB", providers.Sanitise(path))
	}
	var rows []importRow
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		rows, err = importCSV(path, text)
	case ".json":
		rows, err = importJSON(path, text)
	case ".toml":
		rows, err = importTOML(path, text)
	default:
		return nil, usage("name it .csv, .json or .toml", "it is not clear what %s is", providers.Sanitise(path))
	}
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, row := range rows {
		wrong := func(format string, args ...any) error {
			return usage("correct the file; nothing was imported", "%s:%d: %s", providers.Sanitise(path), row.line, fmt.Sprintf(format, args...))
		}
		switch {
		case row.Name == "":
			return nil, wrong("a connection has no name")
		case seen[keystore.EnvName(row.Name)]:
			return nil, wrong("the name %q is there twice", providers.Sanitise(row.Name))
		case mechanismOf(row.Mechanism) == "":
			return nil, wrong("the mechanism %q is unknown: graph, ews or Office 365 API", providers.Sanitise(row.Mechanism))
		}
		seen[keystore.EnvName(row.Name)] = true
	}
	return rows, nil
}

func importWrong(path string, line int, format string, args ...any) error {
	return usage("the keys are "+strings.Join(importColumns, ", ")+"; nothing was imported", "%s:%d: %s", providers.Sanitise(path), line, fmt.Sprintf(format, args...))
}

func importCSV(path string, text []byte) ([]importRow, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	head, err := r.Read()
	if err != nil {
		return nil, importWrong(path, 1, "there is no header")
	}
	for i := range head {
		head[i] = strings.ToLower(strings.TrimSpace(head[i]))
		if !slices.Contains(importColumns, head[i]) || slices.Contains(head[:i], head[i]) {
			return nil, importWrong(path, 1, "column %q is unknown or there twice", providers.Sanitise(head[i]))
		}
	}
	var rows []importRow
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		line, _ := r.FieldPos(0)
		if err != nil {
			var wrong *csv.ParseError
			if errors.As(err, &wrong) {
				line = wrong.Line
			}
			return nil, importWrong(path, line, "%s", providers.Sanitise(err.Error()))
		}
		row := importRow{line: line}
		for i, cell := range cells {
			row.set(head[i], strings.TrimSpace(cell))
		}
		rows = append(rows, row)
	}
}

func (r *importRow) set(key, value string) {
	switch key {
	case "name":
		r.Name = value
	case "mechanism":
		r.Mechanism = value
	case "tenant":
		r.Tenant = value
	case "account":
		r.Account = value
	}
}

func importJSON(path string, text []byte) ([]importRow, error) {
	lineAt := func(offset int64) int { return bytes.Count(text[:min(int(offset), len(text))], []byte("\n")) + 1 }
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	token := func(want json.Delim) error {
		if have, err := d.Token(); err != nil || have != want {
			return importWrong(path, lineAt(d.InputOffset()), "an array of connections is expected")
		}
		return nil
	}
	if err := token('['); err != nil {
		return nil, err
	}
	var rows []importRow
	for d.More() {
		var row importRow
		if err := d.Decode(&row); err != nil {
			return nil, importWrong(path, lineAt(d.InputOffset()), "%s", providers.Sanitise(strings.TrimPrefix(err.Error(), "json: ")))
		}
		row.line = lineAt(d.InputOffset())
		rows = append(rows, row)
	}
	return rows, token(']')
}

func importTOML(path string, text []byte) ([]importRow, error) {
	var decoded struct {
		Connections []importRow `toml:"connections"`
	}
	err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&decoded)
	var missing *toml.StrictMissingError
	var wrong *toml.DecodeError
	switch {
	case errors.As(err, &missing) && len(missing.Errors) > 0:
		line, _ := missing.Errors[0].Position()
		return nil, importWrong(path, line, "key %q is unknown", providers.Sanitise(strings.Join(missing.Errors[0].Key(), ".")))
	case errors.As(err, &wrong):
		line, _ := wrong.Position()
		return nil, importWrong(path, line, "%s", providers.Sanitise(strings.TrimPrefix(wrong.Error(), "toml: ")))
	case err != nil:
		return nil, importWrong(path, 1, "%s", providers.Sanitise(err.Error()))
	}
	at := 0
	for i := range decoded.Connections { // blocks come in order
		if n := bytes.Index(text[at:], []byte("[[connections]]")); n >= 0 {
			at += n + 1
			decoded.Connections[i].line = bytes.Count(text[:at], []byte("\n")) + 1
		}
	}
	return decoded.Connections, nil
}

// legacyFile is where old connections are kept, beside the configuration.
func (a *app) legacyFile() string {
	return filepath.Join(filepath.Dir(a.paths().Config), "legacy-connections.json")
}

// legacy lists the old connections that wait to be migrated or removed.
func (a *app) legacy() ([]legacyConnection, error) {
	text, err := os.ReadFile(a.legacyFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []legacyConnection
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil {
		return nil, failed("correct or remove it", "%s cannot be read: %v", a.legacyFile(), err)
	}
	return list, nil
}

func (a *app) keepLegacy(list []legacyConnection) error {
	if len(list) == 0 {
		if err := os.Remove(a.legacyFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return failed("check its permissions", "%s cannot be removed: %v", a.legacyFile(), err)
		}
		return nil
	}
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(a.legacyFile()), 0o700); err != nil {
		return failed("check the path and its permissions", "old connections cannot be kept: %v", err)
	}
	return writeExport(a.legacyFile(), append(text, '\n'), true)
}
