package providers

import (
	"math/bits"
	"sort"
	"strings"
)

// roomSet is a set of indexes of rooms, one bit each.
type roomSet []uint64

func setWords(rooms int) int { return (rooms + 63) / 64 }

func newRoomSet(rooms int) roomSet { return make(roomSet, setWords(rooms)) }

func (s roomSet) add(room int)      { s[room/64] |= 1 << (room % 64) }
func (s roomSet) has(room int) bool { return s[room/64]&(1<<(room%64)) != 0 }

func (s roomSet) or(o roomSet) {
	for i := range o {
		s[i] |= o[i]
	}
}

// complement turns the set over within the first rooms indexes.
func (s roomSet) complement(rooms int) {
	for i := range s {
		s[i] = ^s[i]
	}
	if rest := rooms % 64; rest != 0 && len(s) > 0 {
		s[len(s)-1] &= 1<<rest - 1
	}
}

func (s roomSet) count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// searchColumn is the folded text of all rooms in one string: searching it in one
// sweep is several times faster than searching each room's text.
type searchColumn struct {
	text   string
	starts []int // where each room's text begins; one more for the end
}

// find adds the rooms with want in their text.
func (c searchColumn) find(want string, out roomSet) {
	for room, from := 0, 0; ; {
		at := strings.Index(c.text[from:], want)
		if at < 0 {
			return
		}
		at += from
		// The next hit is mostly in the next room or the one after.
		for step := 1; c.starts[room+1] <= at; step++ {
			if step > 8 {
				room += sort.SearchInts(c.starts[room+1:], at+1)
				break
			}
			room++
		}
		out.add(room)
		from = c.starts[room+1]
		room++
		if room >= len(c.starts)-1 {
			return
		}
	}
}

// columnBuilder collects the texts of rooms, one after another.
type columnBuilder struct {
	text   []byte
	starts []int
	from   int
	// known has the folded form of buildings, floors and lists, which many rooms
	// share.
	known map[string]string
}

// fields adds texts of the current room, which are safe to show.
func (b *columnBuilder) fields(safe ...string) {
	for _, field := range safe {
		if field == "" || len(b.text)-b.from > maxRoomText {
			continue
		}
		b.text = append(appendFolded(b.text, field), fieldEnd)
		if other := foldUmlauts(field); other != "" {
			b.text = append(append(b.text, other...), fieldEnd)
		}
	}
}

// shared adds a text that other rooms are likely to have too.
func (b *columnBuilder) shared(safe string) {
	folded, ok := b.known[safe]
	if !ok {
		if b.known == nil {
			b.known = map[string]string{}
		}
		one := columnBuilder{}
		one.fields(safe)
		folded = string(one.text)
		b.known[safe] = folded
	}
	if len(b.text)-b.from <= maxRoomText {
		b.text = append(b.text, folded...)
	}
}

func (b *columnBuilder) end() {
	b.text = append(b.text, roomEnd)
	b.starts = append(b.starts, b.from)
	b.from = len(b.text)
}

func (b *columnBuilder) column() searchColumn {
	return searchColumn{string(b.text), append(b.starts, b.from)}
}
