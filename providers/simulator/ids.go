package simulator

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
)

// Exchange's ids are long, opaque and per mailbox: 152 characters in the usual
// form, another form under Prefer: IdType="ImmutableId". Both name the same item.

const (
	mutableIDBytes   = 114
	immutableIDBytes = 78
)

// movesOffset is where the mutable form has [itemID.moves].
const movesOffset = 80

var (
	mutableHead   = []byte{0x00, 0x03, 0x24}
	immutableHead = []byte{0x00, 0x09, 0x00, 0x2e}
)

// itemID names a stored item, or one date of a series where date is set.
type itemID struct {
	num  uint32
	date int32
	// moves is the item's count of calendars left. Only the mutable form carries
	// it: with each move the item gets a new one, and the old names nothing.
	moves  uint16
	stable bool // read from the immutable form
}

// appendID appends an item's id in one of its two forms.
func (m *mailbox) appendID(out []byte, id itemID, immutable bool) []byte {
	var raw [mutableIDBytes]byte
	b := raw[:0]
	if immutable {
		b = append(b, immutableHead...)
		b = append(b, 0, 0, 0, 0, 0)
		b = append(b, m.store[:]...)
		b = append(b, m.guid[:]...)
		b = append(b, m.store[:]...)
		b = append(b, 1, 0)
		b = b[:immutableIDBytes-12]
	} else {
		b = append(b, mutableHead...)
		b = append(b, m.id...)
		b = append(b, 0, 0x46, 0, 0, 0, 0, 0)
		b = append(b, m.store[:]...)
		b = append(b, 7, 0)
		b = append(b, m.guid[:]...)
		b = append(b, byte(id.moves>>8), byte(id.moves), 0, 0, 1, 0x0d)
		b = append(b, m.guid[:]...)
		b = b[:mutableIDBytes-12]
	}
	b = binary.BigEndian.AppendUint32(b, uint32(id.date))
	b = binary.BigEndian.AppendUint32(b, id.num)
	b = binary.BigEndian.AppendUint32(b, m.checkID(id))
	return base64.URLEncoding.AppendEncode(out, b)
}

// checkID guards an id against being made up.
func (m *mailbox) checkID(id itemID) uint32 {
	h := uint32(2166136261) // FNV-1a
	for _, c := range m.guid {
		h = (h ^ uint32(c)) * 16777619
	}
	for _, n := range [2]uint32{id.num, uint32(id.date)} {
		for shift := 24; shift >= 0; shift -= 8 {
			h = (h ^ n>>shift&0xff) * 16777619
		}
	}
	return h
}

// parseID reads an id of this mailbox. malformed is true for text that is no id
// at all; an id of another mailbox is well formed and names nothing here.
func (m *mailbox) parseID(s string) (id itemID, ok, malformed bool) {
	b, err := base64.URLEncoding.DecodeString(s)
	if err != nil || (len(b) != mutableIDBytes && len(b) != immutableIDBytes) {
		return id, false, true
	}
	tail := b[len(b)-12:]
	id = itemID{date: int32(binary.BigEndian.Uint32(tail)), num: binary.BigEndian.Uint32(tail[4:]), stable: len(b) == immutableIDBytes}
	if !id.stable {
		id.moves = binary.BigEndian.Uint16(b[movesOffset:])
	}
	mine := binary.BigEndian.Uint32(tail[8:]) == m.checkID(id) && id.num != 0 && id.date >= 0
	return id, mine, false
}

// calendarNumber is what a calendar's id carries in place of an item's number.
const calendarNumber = 0xffff0000

// calendarID is the same in both forms: containers have no immutable ids. The
// generation tells calendars apart that had the same number one after another.
func (m *mailbox) calendarID(k calendarKind, generation int32) string {
	return string(m.appendID(nil, itemID{num: calendarNumber + uint32(k), date: generation}, false))
}

func (m *mailbox) parseCalendarID(s string) (k calendarKind, generation int32, ok bool) {
	id, ok, _ := m.parseID(s)
	if !ok || id.num < calendarNumber || id.num > calendarNumber+maxCalendars {
		return 0, 0, false
	}
	return calendarKind(id.num - calendarNumber), id.date, true
}

// changeKey stands in every ETag. It changes with each change of the item.
func (m *mailbox) changeKey(e *event) string { return string(m.appendKey(nil, e.num, e.date, e.rev)) }

func (m *mailbox) appendKey(out []byte, num uint32, date int32, rev uint32) []byte {
	var b [22]byte
	copy(b[:], m.guid[:8])
	binary.BigEndian.PutUint32(b[8:], num)
	binary.BigEndian.PutUint32(b[12:], uint32(date))
	binary.BigEndian.PutUint32(b[16:], rev)
	return base64.StdEncoding.AppendEncode(out, b[:])
}

// appendICalUID appends the UID that all copies of a meeting share. That of an
// occurrence carries its date.
func appendICalUID(out []byte, uid uint64, created int64, date int32) []byte {
	var b [16 + 40]byte
	copy(b[:], globalObjectHead[:])
	binary.BigEndian.PutUint16(b[16:], uint16(date/10000))
	b[18], b[19] = byte(date/100%100), byte(date%100)
	binary.LittleEndian.PutUint64(b[20:], uint64(created+11644473600)*10_000_000)
	b[36] = 0x10
	binary.BigEndian.PutUint64(b[40:], uid)
	binary.BigEndian.PutUint64(b[48:], uid*0x9e3779b97f4a7c15)
	const digits = "0123456789ABCDEF"
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return out
}

var globalObjectHead = [16]byte{0x04, 0, 0, 0, 0x82, 0, 0xe0, 0, 0x74, 0xc5, 0xb7, 0x10, 0x1a, 0x82, 0xe0, 0x08}

// rng gives a random source for one purpose, the same for the same seed.
func rng(seed int64, purpose string, n int) *rand.Rand {
	h := fnv.New64a()
	h.Write(fmt.Appendf(nil, "%s/%d", purpose, n))
	return rand.New(rand.NewPCG(uint64(seed), h.Sum64()))
}

func newGUID(r *rand.Rand) (bytes [16]byte) {
	binary.BigEndian.PutUint64(bytes[:], r.Uint64())
	binary.BigEndian.PutUint64(bytes[8:], r.Uint64())
	bytes[6] = bytes[6]&0x0f | 0x40
	bytes[8] = bytes[8]&0x3f | 0x80
	return bytes
}

func guidText(b [16]byte) string {
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
