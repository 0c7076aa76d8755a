package exchange

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"testing"
)

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// nobody knows no accounts.
type nobody struct{ Model }

func (nobody) Password(string) (Principal, string, bool) { return Principal{}, "", false }

// The worked example of MS-NLMP 4.2.4: its user, password, challenges and proof.
func TestNTLMExample(t *testing.T) {
	s := &Server{model: nobody{}, account: Account{Domain: "Domain", Name: "User", Address: "User@domain.example", Password: "Password"}}
	const blob = "01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000"
	const proof = "68cd0ab851e51c96aabc927bebef6a1c"
	challenge := make([]byte, 48)
	copy(challenge[24:], unhex(t, "0123456789abcdef"))
	message := func(user, proof string) []byte {
		name, domain, response := utf16le(user), utf16le("Domain"), append(unhex(t, proof), unhex(t, blob)...)
		b := append(append([]byte(nil), ntlmSignature...), 3, 0, 0, 0)
		at := 88
		fields := [][]byte{nil, response, domain, name, nil, nil}
		for _, f := range fields {
			b = appendField(b, len(f), at)
			at += len(f)
		}
		b = binary.LittleEndian.AppendUint32(b, ntlmUnicode)
		b = append(b, make([]byte, 88-len(b))...)
		return append(b, bytes.Join(fields, nil)...)
	}
	if login, ok := s.ntlmVerify(nil, challenge, message("User", proof), false); !ok || login != `Domain\User` {
		t.Errorf("the example is refused: %q", login)
	}
	for name, m := range map[string][]byte{
		"another proof":   message("User", "00"+proof[2:]),
		"another user":    message("Admin", proof),
		"channel binding": message("User", proof),
		"cut":             message("User", proof)[:100],
	} {
		if _, ok := s.ntlmVerify(nil, challenge, m, name == "channel binding"); ok {
			t.Errorf("%s is taken", name)
		}
	}
}
