package exchange

import "golang.org/x/crypto/md4" //nolint:staticcheck // old and weak, and what NTLM hashes passwords with

// md4Sum is the hash of a password for NTLM.
func md4Sum(message []byte) []byte {
	h := md4.New()
	h.Write(message)
	return h.Sum(nil)
}
