package cli

import (
	"context"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"roomdesk/providers"
)

func (a *app) wordsCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "words",
		Short: "Show the words by which equipment can be asked for, and what they mean",
		Long: "A word means display, video, audio, teams or step-free, which places say themselves, or tag:TEXT, which is looked for\n" +
			"in tags and names. What a place says is proven; what a tag or a name says is guessed. Your own words are kept in\n" +
			wordsName + " beside the configuration, and hold in place of the usual ones. An open console takes them at once.",
		Args: cobra.NoArgs,
		RunE: a.run(func(context.Context, []string) error { return a.listWords() }),
	}
	var dryRun bool
	take := &cobra.Command{
		Use:   "import FILE",
		Short: "Add words from a file of that form; - is standard input",
		Args:  cobra.ExactArgs(1),
		RunE:  a.run(func(_ context.Context, args []string) error { return a.importWords(args[0], dryRun) }),
	}
	take.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be added")
	command.AddCommand(take, &cobra.Command{
		Use:     "set WORD MEANING",
		Short:   "Say what a word means: display, video, audio, teams, step-free, tag:TEXT, or nothing",
		Example: "roomdesk rooms words set flipchart tag:whiteboard\nroomdesk rooms words set tv nothing",
		Args:    cobra.ExactArgs(2),
		RunE: a.run(func(_ context.Context, args []string) error {
			means := args[1]
			if means == "nothing" {
				means = ""
			}
			return a.changeWords(func(own []providers.EquipmentWord) ([]providers.EquipmentWord, error) {
				return withWords(own, providers.EquipmentWord{Word: args[0], Means: means})
			})
		}),
	}, &cobra.Command{
		Use:   "forget WORD",
		Short: "Forget a word of your own; a usual one means again what it meant",
		Args:  cobra.ExactArgs(1),
		RunE: a.run(func(_ context.Context, args []string) error {
			return a.changeWords(func(own []providers.EquipmentWord) ([]providers.EquipmentWord, error) {
				word, err := foldedWord(args[0])
				if err != nil {
					return nil, err
				}
				kept := slices.DeleteFunc(slices.Clone(own), func(w providers.EquipmentWord) bool { return w.Word == word })
				if len(kept) == len(own) {
					return nil, usage("see roomdesk rooms words", "%q is not one of your own words", providers.Sanitise(args[0]))
				}
				return kept, nil
			})
		}),
	})
	return command
}

// foldedWord is a word in the form in which the table has it.
func foldedWord(word string) (string, error) {
	one, err := providers.NewEquipmentWords([]providers.EquipmentWord{{Word: word}})
	if err != nil {
		return "", usage("see roomdesk rooms words --help", "%s", providers.Sanitise(err.Error()))
	}
	return one.List()[0].Word, nil
}

// withWords adds words, or gives them another meaning.
func withWords(own []providers.EquipmentWord, added ...providers.EquipmentWord) ([]providers.EquipmentWord, error) {
	own = slices.Clone(own)
	for _, w := range added {
		word, err := foldedWord(w.Word)
		if err != nil {
			return nil, err
		}
		w.Word = word
		own = slices.DeleteFunc(own, func(have providers.EquipmentWord) bool { return have.Word == word })
		own = append(own, w)
	}
	return own, nil
}

func (a *app) changeWords(change func([]providers.EquipmentWord) ([]providers.EquipmentWord, error)) error {
	file := a.wordsFile()
	words, _, err := file.get()
	if err != nil {
		return err
	}
	own, err := change(ownWords(words))
	if err != nil {
		return err
	}
	checked, err := providers.NewEquipmentWords(own)
	if err != nil {
		return usage("see roomdesk rooms words --help", "%s", providers.Sanitise(err.Error()))
	}
	if err := writeWords(file.path, ownWords(checked)); err != nil {
		return failed("check the directory's permissions", "the words cannot be stored: %s", providers.Sanitise(err.Error()))
	}
	return a.listWords()
}

func ownWords(words *providers.EquipmentWords) []providers.EquipmentWord {
	var own []providers.EquipmentWord
	for _, w := range words.List() {
		if w.Own {
			own = append(own, w)
		}
	}
	return own
}

func (a *app) importWords(path string, dryRun bool) error {
	var text []byte
	var err error
	if path == "-" {
		text, err = io.ReadAll(io.LimitReader(a.deps.Stdin, maxWordsFile+1))
	} else {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return failed("check the path", "the words cannot be read: %s", providers.Sanitise(err.Error()))
	}
	added, err := parseWords(text)
	if err == nil {
		_, err = providers.NewEquipmentWords(added)
	}
	if err != nil {
		return usage("each line is a word and what it means, such as whiteboard = \"tag:whiteboard\"", "%s: %s", providers.Sanitise(path), providers.Sanitise(err.Error()))
	}
	if dryRun {
		a.out.say("%s would be added; nothing was changed.", plural(len(added), "word", ""))
		return nil
	}
	return a.changeWords(func(own []providers.EquipmentWord) ([]providers.EquipmentWord, error) {
		return withWords(own, added...)
	})
}

// wordObject is a word in JSON.
type wordObject struct {
	Word  string `json:"word"`
	Means string `json:"means"`
	Proof string `json:"proof"` // of what is found by it
	Own   bool   `json:"own"`
}

func wordProof(w providers.EquipmentWord) string {
	switch {
	case w.Means == "":
		return ""
	case len(w.Means) > 4 && w.Means[:4] == "tag:":
		return "guessed"
	}
	return "proven by a place's field, else guessed by a tag"
}

func (a *app) listWords() error {
	words, _, err := a.wordsFile().get()
	if err != nil {
		return err
	}
	list := words.List()
	if a.out.format == formatJSON {
		objects := make([]wordObject, len(list))
		for i, w := range list {
			proof := ""
			switch {
			case w.Means == "":
			case len(w.Means) > 4 && w.Means[:4] == "tag:":
				proof = "guessed"
			default:
				proof = "proven or guessed"
			}
			objects[i] = wordObject{w.Word, w.Means, proof, w.Own}
		}
		return a.out.json(objects)
	}
	rows := make([][]string, len(list))
	for i, w := range list {
		means, whose := w.Means, "usual"
		if means == "" {
			means = "nothing special"
		}
		if w.Own {
			whose = "yours"
		}
		rows[i] = []string{w.Word, means, whose, wordProof(w)}
	}
	return a.out.table([]column{{title: "WORD", keep: true}, {title: "MEANS", keep: true}, {title: "WHOSE"}, {title: "WHAT IS FOUND BY IT"}}, rows, "")
}
