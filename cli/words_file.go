package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	stdsync "sync"

	"github.com/pelletier/go-toml/v2"

	"roomdesk/providers"
)

// wordsFile is the person's own words for equipment: one file beside the
// configuration, a line for each word. It may be edited by hand while roomdesk
// runs.
type wordsFile struct {
	path string

	mu    stdsync.Mutex
	seen  string // size and time of the file that was read
	words *providers.EquipmentWords
	err   error
}

// wordsName is the file's name in the directory of the configuration.
const wordsName = "words.toml"

const maxWordsFile = 1 << 20

func (a *app) wordsFile() *wordsFile {
	return &wordsFile{path: filepath.Join(filepath.Dir(a.paths().Config), wordsName)}
}

// get gives the words as the file has them now, and whether they changed since the
// last call. A file that cannot be read is an error, and the words are those that
// held before.
func (f *wordsFile) get() (words *providers.EquipmentWords, changed bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := "none"
	info, err := os.Stat(f.path)
	switch {
	case err == nil:
		seen = fmt.Sprint(info.Size(), info.ModTime().UnixNano())
	case !errors.Is(err, fs.ErrNotExist):
		return f.words, false, err
	}
	if seen == f.seen {
		return f.words, false, f.err
	}
	first := f.seen == ""
	f.seen = seen
	own, err := readWords(f.path)
	if err == nil {
		var words *providers.EquipmentWords
		if words, err = providers.NewEquipmentWords(own); err == nil {
			f.words = words
		}
	}
	f.err = nil
	if err != nil {
		f.err = &failure{code: exitUsage, class: "configuration", message: providers.Sanitise(f.path + ": " + err.Error()), next: "correct the file, or set its words with roomdesk rooms words"}
	}
	return f.words, !first, f.err
}

// readWords reads the file: each line is a word and what it means. No file is no
// words.
func readWords(path string) ([]providers.EquipmentWord, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parseWords(text)
}

func parseWords(text []byte) ([]providers.EquipmentWord, error) {
	if len(text) > maxWordsFile {
		return nil, errors.New("is larger than 1 MB")
	}
	var table map[string]string
	if err := toml.NewDecoder(bytes.NewReader(text)).Decode(&table); err != nil {
		var decode *toml.DecodeError
		if errors.As(err, &decode) {
			line, column := decode.Position()
			return nil, fmt.Errorf("line %d, column %d: each line is a word and what it means, such as whiteboard = \"tag:whiteboard\"", line, column)
		}
		return nil, err
	}
	own := make([]providers.EquipmentWord, 0, len(table))
	for word, means := range table {
		own = append(own, providers.EquipmentWord{Word: word, Means: means})
	}
	slices.SortFunc(own, func(a, b providers.EquipmentWord) int { return strings.Compare(a.Word, b.Word) })
	return own, nil
}

// writeWords replaces the file in one step.
func writeWords(path string, own []providers.EquipmentWord) error {
	table := make(map[string]string, len(own))
	for _, w := range own {
		table[w.Word] = w.Means
	}
	text, err := toml.Marshal(table)
	if err != nil {
		return err
	}
	text = append([]byte("# Words for equipment. Each means display, video, audio, teams or step-free, which places say themselves,\n"+
		"# tag:TEXT, which is looked for in tags and names, or \"\": nothing special.\n"), text...)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".words-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}
