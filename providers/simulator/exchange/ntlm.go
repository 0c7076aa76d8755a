package exchange

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // NTLM is made of it
	"crypto/rand"
	"crypto/rc4" //nolint:gosec // NTLM is made of it
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
	"unicode/utf16"
)

// NTLM as of [MS-NLMP], server side, version 2 only. It signs in a connection: three
// messages in two requests, and what follows on the connection needs none.

var ntlmSignature = []byte("NTLMSSP\x00")

// Flags of NTLM messages.
const (
	ntlmUnicode      = 0x00000001
	ntlmTargetWanted = 0x00000004
	ntlmNTLM         = 0x00000200
	ntlmAlwaysSign   = 0x00008000
	ntlmTargetDomain = 0x00010000
	ntlmExtended     = 0x00080000
	ntlmTargetInfo   = 0x00800000
	ntlmVersion      = 0x02000000
	ntlm128          = 0x20000000
	ntlmKeyExchange  = 0x40000000
	ntlm56           = 0x80000000
)

// Ids of attribute-value pairs.
const (
	avEnd             = 0
	avComputerName    = 1
	avDomainName      = 2
	avComputerDNS     = 3
	avDomainDNS       = 4
	avFlags           = 6
	avTimestamp       = 7
	avChannelBindings = 10
)

// micInside is the flag of avFlags that says that the message is signed.
const micInside = 2

// maxNTLM bounds a message.
const maxNTLM = 16 << 10

// byNTLM goes one step of a handshake.
func (c *Call) byNTLM(scheme, value string) (caller, *Answer) {
	refuse := func() (caller, *Answer) {
		a := c.challenge("")
		return caller{}, &a
	}
	raw, err := base64.StdEncoding.DecodeString(value)
	conn := c.r.Conn
	if err != nil || conn == nil || len(raw) < 12 || len(raw) > maxNTLM || !bytes.HasPrefix(raw, ntlmSignature) {
		return refuse()
	}
	conn.mu.Lock()
	defer conn.mu.Unlock()
	conn.login = ""
	switch binary.LittleEndian.Uint32(raw[8:]) {
	case 1:
		challenge := c.s.ntlmChallenge(offered(raw))
		conn.negotiate, conn.challenge = raw, challenge
		a := c.challenge(scheme + " " + base64.StdEncoding.EncodeToString(challenge))
		return caller{}, &a
	case 3:
		negotiate, challenge := conn.negotiate, conn.challenge
		conn.negotiate, conn.challenge = nil, nil // good for one try
		if challenge == nil {
			return refuse()
		}
		login, ok := c.s.ntlmVerify(negotiate, challenge, raw, c.settings.ChannelBinding)
		if who, _, known := c.s.lookUp(login); known && who.service {
			c.s.tried(ok)
		}
		if !ok {
			return refuse()
		}
		who, _, ok := c.s.lookUp(login)
		if !ok {
			return refuse()
		}
		conn.login = login
		return who, nil
	}
	return refuse()
}

// offered are the flags of message 1.
func offered(negotiate []byte) uint32 {
	if len(negotiate) < 16 {
		return 0
	}
	return binary.LittleEndian.Uint32(negotiate[12:])
}

// ntlmChallenge is message 2.
func (s *Server) ntlmChallenge(offered uint32) []byte {
	domain := utf16le(s.account.Domain)
	_, dns, _ := strings.Cut(s.account.Address, "@")
	var info []byte
	pair := func(id uint16, value []byte) {
		info = binary.LittleEndian.AppendUint16(info, id)
		info = binary.LittleEndian.AppendUint16(info, uint16(len(value)))
		info = append(info, value...)
	}
	pair(avDomainName, domain)
	pair(avComputerName, utf16le("EXCHANGE"))
	pair(avDomainDNS, utf16le(dns))
	pair(avComputerDNS, utf16le("exchange."+dns))
	pair(avTimestamp, binary.LittleEndian.AppendUint64(nil, fileTime(time.Now())))
	pair(avEnd, nil)

	const head = 56
	flags := uint32(ntlmUnicode | ntlmTargetWanted | ntlmNTLM | ntlmAlwaysSign | ntlmTargetDomain | ntlmExtended | ntlmTargetInfo | ntlmVersion | ntlm128 | ntlmKeyExchange)
	flags |= ntlm56
	flags &^= (ntlm128 | ntlmKeyExchange | ntlm56) &^ offered // a server takes up what the client offers (MS-NLMP 3.2.5.1.1)
	b := append([]byte(nil), ntlmSignature...)
	b = binary.LittleEndian.AppendUint32(b, 2)
	b = appendField(b, len(domain), head)
	b = binary.LittleEndian.AppendUint32(b, flags)
	var nonce [8]byte
	_, _ = rand.Read(nonce[:]) // never fails
	b = append(b, nonce[:]...)
	b = append(b, make([]byte, 8)...)
	b = appendField(b, len(info), head+len(domain))
	b = append(b, 10, 0, 0x7c, 0x4f, 0, 0, 0, 15) // version 10.0, revision 15
	b = append(b, domain...)
	return append(b, info...)
}

func appendField(b []byte, length, offset int) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(length))
	b = binary.LittleEndian.AppendUint16(b, uint16(length))
	return binary.LittleEndian.AppendUint32(b, uint32(offset))
}

// field reads what a message's length and offset point at.
func field(message []byte, at int) ([]byte, bool) {
	if at+8 > len(message) {
		return nil, false
	}
	length, offset := int(binary.LittleEndian.Uint16(message[at:])), int(binary.LittleEndian.Uint32(message[at+4:]))
	if offset > len(message) || length > len(message)-offset {
		return nil, false
	}
	return message[offset : offset+length], true
}

// ntlmVerify checks message 3 against the two before it. login is who it says that
// it is; it stands beside false where the password is wrong.
func (s *Server) ntlmVerify(negotiate, challenge, message []byte, binding bool) (login string, ok bool) {
	response, ok1 := field(message, 20)
	domain, ok2 := field(message, 28)
	user, ok3 := field(message, 36)
	sessionKey, ok4 := field(message, 52)
	if !ok1 || !ok2 || !ok3 || !ok4 || len(message) < 64 || len(response) < 16+28 {
		return "", false // version 1 has 24 bytes
	}
	flags := binary.LittleEndian.Uint32(message[60:])
	if flags&ntlmUnicode == 0 {
		return "", false
	}
	name, realm := fromUTF16(user), fromUTF16(domain)
	login = name
	if realm != "" && !strings.Contains(name, "@") {
		login = realm + `\` + name
	}
	_, password, known := s.lookUp(login)
	if !known {
		return "", false
	}
	hash := md4Sum(utf16le(password))
	key := keyed(hash, utf16le(strings.ToUpper(name)), domain)
	proof, blob := response[:16], response[16:]
	if !hmac.Equal(proof, keyed(key, challenge[24:32], blob)) {
		return login, false
	}
	pairs, ok := avPairs(blob[28:])
	if !ok {
		return "", false
	}
	if binding && !bytes.Equal(pairs[avChannelBindings], s.channelBinding()) {
		return "", false
	}
	if f := pairs[avFlags]; len(f) == 4 && binary.LittleEndian.Uint32(f)&micInside != 0 {
		return login, s.checkMIC(negotiate, challenge, message, keyed(key, proof), sessionKey, flags)
	}
	return login, true
}

// checkMIC checks the signature over all three messages.
func (s *Server) checkMIC(negotiate, challenge, message, base, sessionKey []byte, flags uint32) bool {
	const at = 72
	if len(message) < at+16 {
		return false
	}
	exported := base
	if flags&ntlmKeyExchange != 0 {
		if len(sessionKey) != 16 {
			return false
		}
		cipher, err := rc4.NewCipher(base) //nolint:gosec // as NTLM wants
		if err != nil {
			return false
		}
		exported = make([]byte, 16)
		cipher.XORKeyStream(exported, sessionKey)
	}
	mic := bytes.Clone(message[at : at+16])
	blank := bytes.Clone(message)
	clear(blank[at : at+16])
	return hmac.Equal(mic, keyed(exported, negotiate, challenge, blank))
}

// avPairs reads attribute-value pairs.
func avPairs(b []byte) (map[uint16][]byte, bool) {
	out := map[uint16][]byte{}
	for len(b) >= 4 {
		id, n := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if id == avEnd {
			return out, true
		}
		if n > len(b)-4 {
			return nil, false
		}
		out[id] = b[4 : 4+n]
		b = b[4+n:]
	}
	return nil, false
}

// channelBinding is what a client behind the same TLS connection knows too: the
// hash of tls-server-end-point (RFC 5929).
func (s *Server) channelBinding() []byte {
	sum := sha256.Sum256(s.certificate)
	data := append([]byte("tls-server-end-point:"), sum[:]...)
	b := make([]byte, 16) // no addresses
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	hash := md5.Sum(append(b, data...)) //nolint:gosec // as NTLM wants
	return hash[:]
}

func keyed(key []byte, parts ...[]byte) []byte {
	mac := hmac.New(md5.New, key)
	for _, p := range parts {
		mac.Write(p)
	}
	return mac.Sum(nil)
}

func utf16le(text string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(text)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func fromUTF16(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// fileTime counts tenths of microseconds since 1601.
func fileTime(t time.Time) uint64 {
	return uint64(t.Unix()+11644473600)*10_000_000 + uint64(t.Nanosecond()/100)
}
