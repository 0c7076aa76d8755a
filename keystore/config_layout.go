package keystore

import (
	"errors"

	"github.com/pelletier/go-toml/v2/unstable"
)

// layout says where things are in a configuration's text.
type layout struct {
	blocks []block
	inline int // offset of a "connections =" that is no block; -1 for none
}

// block is one [[connections]] block: its bytes reach from start to end, with
// the comment lines that stand directly above it.
type block struct {
	start, end int
	header     int            // offset of the header's key
	values     map[string]int // offsets of the keys' values
}

// offset is where the value of a key is, or the header where it is missing.
func (b block) offset(key string) int {
	if at, ok := b.values[key]; ok {
		return at
	}
	return b.header
}

// locate finds the blocks of a text that decodes.
func locate(text []byte) (layout, error) {
	found := layout{inline: -1}
	var parser unstable.Parser
	parser.Reset(text)
	inBlock := false
	for parser.NextExpression() {
		node := parser.Expression()
		switch node.Kind {
		case unstable.ArrayTable, unstable.Table:
			keys := node.Key()
			if !keys.Next() {
				return found, errors.New("a header without a key")
			}
			at := int(keys.Node().Raw.Offset)
			start := withComments(text, lineStart(text, at))
			if n := len(found.blocks); n > 0 && inBlock {
				found.blocks[n-1].end = start
			}
			inBlock = node.Kind == unstable.ArrayTable && string(keys.Node().Data) == "connections"
			if inBlock {
				found.blocks = append(found.blocks, block{start: start, end: len(text), header: at, values: map[string]int{}})
			}
		case unstable.KeyValue:
			keys := node.Key()
			if !keys.Next() {
				return found, errors.New("a value without a key")
			}
			key, at := string(keys.Node().Data), int(keys.Node().Raw.Offset)
			if inBlock {
				found.blocks[len(found.blocks)-1].values[key] = at
			} else if key == "connections" {
				found.inline = at
			}
		}
	}
	return found, parser.Error()
}

func lineStart(text []byte, offset int) int {
	for offset > 0 && text[offset-1] != '\n' {
		offset--
	}
	return offset
}

// withComments moves start up over comment lines that touch it.
func withComments(text []byte, start int) int {
	for start > 0 {
		above := lineStart(text, start-1)
		if text[above] != '#' {
			return start
		}
		start = above
	}
	return start
}
