package ews

import (
	"bytes"
	"crypto"
	"crypto/md5" //nolint:gosec // as Extended Protection wants
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strings"
)

// bound binds the sign-in by NTLM to the TLS connection, which servers with Extended
// Protection demand: it puts the channel binding (RFC 5929, tls-server-end-point) among
// the attributes of the server's challenge, from where the client takes them into its
// answer and signs them with the password. A server between here and there that shows
// another certificate cannot pass the answer on.
type bound struct{ next http.RoundTripper }

func (b bound) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || resp.TLS == nil || len(resp.TLS.PeerCertificates) == 0 {
		return resp, err
	}
	for i, offer := range resp.Header["Www-Authenticate"] {
		scheme, text, _ := strings.Cut(offer, " ")
		if !strings.EqualFold(scheme, "NTLM") && !strings.EqualFold(scheme, "Negotiate") {
			continue
		}
		challenge, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil || len(challenge) == 0 {
			continue
		}
		if changed, ok := bindChallenge(challenge, channelBinding(resp.TLS.PeerCertificates[0])); ok {
			resp.Header["Www-Authenticate"][i] = scheme + " " + base64.StdEncoding.EncodeToString(changed)
		}
	}
	return resp, nil
}

// channelBinding is the MD5 of the gss_channel_bindings_struct (RFC 2744) that holds the
// certificate's hash, as MS-NLMP 3.1.5.1.2 has it.
func channelBinding(certificate *x509.Certificate) []byte {
	hash := crypto.SHA256 // in place of MD5 and SHA-1 too (RFC 5929, 4.1)
	switch certificate.SignatureAlgorithm {
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384, x509.SHA384WithRSAPSS:
		hash = crypto.SHA384
	case x509.SHA512WithRSA, x509.ECDSAWithSHA512, x509.SHA512WithRSAPSS:
		hash = crypto.SHA512
	}
	h := hash.New()
	h.Write(certificate.Raw)
	data := h.Sum([]byte("tls-server-end-point:"))
	bindings := make([]byte, 16, 20+len(data)) // no addresses
	bindings = binary.LittleEndian.AppendUint32(bindings, uint32(len(data)))
	sum := md5.Sum(append(bindings, data...)) //nolint:gosec // as above
	return sum[:]
}

// Places of message 2 (MS-NLMP 2.2.1.2), and ids of attribute-value pairs (2.2.2.1).
const (
	challengeHead     = 48
	challengeInfoAt   = 40
	pairEnd           = 0
	pairBindings      = 10
	challengeMessage  = 2
	challengeInfoMost = 8 << 10
)

// bindChallenge puts a binding at the end of the challenge's attributes, in place of one
// that is there: no server tells its client one. false: it is no such message.
func bindChallenge(message, binding []byte) ([]byte, bool) {
	if len(message) < challengeHead || !bytes.HasPrefix(message, []byte("NTLMSSP\x00")) || binary.LittleEndian.Uint32(message[8:]) != challengeMessage {
		return nil, false
	}
	length, offset := int(binary.LittleEndian.Uint16(message[challengeInfoAt:])), int(binary.LittleEndian.Uint32(message[challengeInfoAt+4:]))
	if offset < challengeHead || offset > len(message) || length > len(message)-offset || length > challengeInfoMost {
		return nil, false
	}
	var info []byte
	for rest := message[offset : offset+length]; ; {
		if len(rest) < 4 {
			return nil, false // it has no end
		}
		id, n := binary.LittleEndian.Uint16(rest), int(binary.LittleEndian.Uint16(rest[2:]))
		if n > len(rest)-4 {
			return nil, false
		}
		if id == pairEnd {
			break
		}
		if id != pairBindings {
			info = append(info, rest[:4+n]...)
		}
		rest = rest[4+n:]
	}
	info = binary.LittleEndian.AppendUint16(info, pairBindings)
	info = binary.LittleEndian.AppendUint16(info, uint16(len(binding)))
	info = append(append(info, binding...), pairEnd, 0, 0, 0)
	// At the end of the message, so that nothing else has to move.
	out := append(bytes.Clone(message), info...)
	binary.LittleEndian.PutUint16(out[challengeInfoAt:], uint16(len(info)))
	binary.LittleEndian.PutUint16(out[challengeInfoAt+2:], uint16(len(info)))
	binary.LittleEndian.PutUint32(out[challengeInfoAt+4:], uint32(len(message)))
	return out, true
}
