package exchange

import (
	"encoding/binary"
	"math/bits"
)

// md4Sum is MD4 (RFC 1320), which NTLM still hashes passwords with.
func md4Sum(message []byte) [16]byte {
	padded := append([]byte(nil), message...)
	padded = append(padded, 0x80)
	for len(padded)%64 != 56 {
		padded = append(padded, 0)
	}
	padded = binary.LittleEndian.AppendUint64(padded, uint64(len(message))*8)
	state := [4]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}
	for ; len(padded) > 0; padded = padded[64:] {
		state = md4Block(state, padded[:64])
	}
	var out [16]byte
	for i, v := range state {
		binary.LittleEndian.PutUint32(out[4*i:], v)
	}
	return out
}

var (
	md4Shifts = [3][4]int{{3, 7, 11, 19}, {3, 5, 9, 13}, {3, 9, 11, 15}}
	md4Words  = [3][16]int{
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
		{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15},
		{0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15},
	}
	md4Adds = [3]uint32{0, 0x5a827999, 0x6ed9eba1}
)

func md4Block(state [4]uint32, block []byte) [4]uint32 {
	a, b, c, d := state[0], state[1], state[2], state[3]
	for round := range 3 {
		for i := range 16 {
			var f uint32
			switch round {
			case 0:
				f = b&c | ^b&d
			case 1:
				f = b&c | b&d | c&d
			default:
				f = b ^ c ^ d
			}
			word := binary.LittleEndian.Uint32(block[4*md4Words[round][i]:])
			sum := bits.RotateLeft32(a+f+word+md4Adds[round], md4Shifts[round][i%4])
			a, b, c, d = d, sum, b, c
		}
	}
	return [4]uint32{state[0] + a, state[1] + b, state[2] + c, state[3] + d}
}
