package graph

import (
	"hash/maphash"
	"strconv"
)

// loop notices that paging goes in a circle: a link that came before, or, where
// the links differ each time, the same content again and again.
type loop struct {
	seed    maphash.Seed
	links   map[uint64]bool
	content uint64
	repeats int
}

// sameContent is how many pages in a row may have equal content.
const sameContent = 3

func newLoop() *loop { return &loop{seed: maphash.MakeSeed(), links: map[uint64]bool{}} }

// add notes a link; false where it was followed before.
func (l *loop) add(link string) bool {
	h := maphash.String(l.seed, link)
	if l.links[h] {
		return false
	}
	l.links[h] = true
	return true
}

// page notes the content of a page that has any; false where the same came too
// often in a row.
func (l *loop) page(write func(*maphash.Hash)) bool {
	var h maphash.Hash
	h.SetSeed(l.seed)
	write(&h)
	if sum := h.Sum64(); sum == l.content {
		l.repeats++
	} else {
		l.content, l.repeats = sum, 1
	}
	return l.repeats < sameContent
}

func itoa(n int) string { return strconv.Itoa(n) }
