package entra

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"sync"
	"time"
)

// flows is what sign-in remembers between requests. Codes and tokens are kept by
// their hash only.
type flows struct {
	mu           sync.Mutex
	browsers     map[string]*browser
	interactions map[string]*interaction
	codes        map[string]*authorizationCode
	devices      map[string]*deviceCode // by device code
	refresh      map[string]*refreshToken
	attempts     map[string]*attempts // by object id
	assertions   map[string]time.Time // client id and jti, until when
}

func newFlows() flows {
	return flows{
		browsers: map[string]*browser{}, interactions: map[string]*interaction{}, codes: map[string]*authorizationCode{},
		devices: map[string]*deviceCode{}, refresh: map[string]*refreshToken{}, attempts: map[string]*attempts{}, assertions: map[string]time.Time{},
	}
}

// maxFlows bounds each of the maps: a client in a loop must not fill the memory.
const maxFlows = 20_000

// bound makes room in a map that is full: first what is over, then anything.
func bound[V any](m map[string]V, over func(V) bool) {
	if len(m) < maxFlows {
		return
	}
	for key, v := range m {
		if over(v) {
			delete(m, key)
		}
	}
	for key := range m {
		if len(m) < maxFlows*9/10 {
			return
		}
		delete(m, key)
	}
}

// browser is one browser by its cookie, with the accounts that are signed in.
type browser struct {
	id       string
	accounts []account
	seen     time.Time
}

// account is a person signed in to a browser.
type account struct {
	id      string // object id; of another tenant's directory where foreign
	name    string
	display string
	mfa     bool
	foreign bool
}

func (b *browser) find(match func(account) bool) *account {
	if i := slices.IndexFunc(b.accounts, match); i >= 0 {
		return &b.accounts[i]
	}
	return nil
}

func (b *browser) add(a account) {
	b.remove(a.id)
	b.accounts = append(b.accounts, a)
}

func (b *browser) remove(id string) {
	b.accounts = slices.DeleteFunc(b.accounts, func(a account) bool { return a.id == id })
}

// newToken makes an unguessable opaque value.
func newToken(prefix string) string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the program instead
	return prefix + base64.RawURLEncoding.EncodeToString(b[:])
}

// hashed is the key under which a secret value is kept.
func hashed(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
