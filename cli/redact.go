package cli

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"roomdesk/providers"
)

// redactor puts pseudonyms in the place of whoever and whatever could be recognised.
// The same text has the same pseudonym each time on this machine, so that what belongs
// together can be seen; the key that makes them stays here.
type redactor struct {
	key     []byte
	terms   []knownText // longest first
	secrets []string
	// replaced counts by kind: "mailbox", "name", "id", "host", "address", "path", "secret".
	replaced map[string]int
}

// knownText is a text that is known to name somebody or something.
type knownText struct{ folded, kind string }

// pseudonymKey is the file with the key of pseudonyms, in the data directory.
const pseudonymKey = "pseudonyms.key"

// newRedactor reads the key of pseudonyms, and makes it where there is none.
func newRedactor(dir string) (*redactor, error) {
	path := filepath.Join(dir, pseudonymKey)
	bad := func(err error) (*redactor, error) {
		return nil, failed("remove the file: another key is made", "the key of pseudonyms %s cannot be used: %s", providers.Sanitise(path), providers.Sanitise(err.Error()))
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return bad(err)
		}
		if err := writeExport(path, []byte(hex.EncodeToString(key)+"\n"), false); err != nil {
			return nil, err
		}
		return &redactor{key: key, replaced: map[string]int{}}, nil
	}
	if err != nil {
		return bad(err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return bad(errors.New("it is no plain file that only you can read"))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return bad(err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		return bad(errors.New("it is no key"))
	}
	return &redactor{key: key, replaced: map[string]int{}}, nil
}

// know adds texts that name something of a kind. Short ones would be found in anything.
func (r *redactor) know(kind string, texts ...string) {
	for _, text := range texts {
		text = strings.ToLower(strings.TrimSpace(providers.Sanitise(text)))
		if len(text) >= 3 {
			r.terms = append(r.terms, knownText{text, kind})
		}
	}
}

// secret adds a text that is in nothing that leaves, in whatever form.
func (r *redactor) secret(text string) {
	if len(text) >= 8 {
		r.secrets = append(r.secrets, text)
	}
}

// ready sorts what is known: a name within a longer one is not found first.
func (r *redactor) ready() {
	slices.SortFunc(r.terms, func(a, b knownText) int {
		if len(a.folded) != len(b.folded) {
			return len(b.folded) - len(a.folded)
		}
		return strings.Compare(a.folded, b.folded)
	})
	r.terms = slices.CompactFunc(r.terms, func(a, b knownText) bool { return a.folded == b.folded })
}

// pseudonym is what stands in the place of a text.
func (r *redactor) pseudonym(kind, text string) string {
	r.replaced[kind]++
	mac := hmac.New(sha256.New, r.key)
	mac.Write([]byte(kind + "\x00" + strings.ToLower(text)))
	return kind + "-" + hex.EncodeToString(mac.Sum(nil))[:8]
}

var (
	secretForms = []*regexp.Regexp{
		regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*){0,4}`),             // tokens, signed or encrypted
		regexp.MustCompile(`[A-Za-z0-9_.~-]{3}\dQ~[A-Za-z0-9_.~-]{20,}`),              // client secrets of Entra
		regexp.MustCompile(`(?s)-----BEGIN [A-Z ]+-----.*?(-----END [A-Z ]+-----|$)`), // keys and certificates
		regexp.MustCompile(`(?i)AGE-SECRET-KEY-[A-Z0-9-]+`),                           //
		regexp.MustCompile(`\b[01]\.A[A-Za-z0-9_-]{30,}`),                             // refresh tokens and codes
		regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9+/_.~=-]{8,}`),           //
		regexp.MustCompile(`(?i)\b(client_secret|client_assertion|password|refresh_token|access_token|code)=[^&\s"]+`),
	}
	mailboxForm = regexp.MustCompile(`[A-Za-z0-9._%+'-]+@([A-Za-z0-9-]+\.)+[A-Za-z0-9-]{2,}`)
	guidForm    = regexp.MustCompile(`(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)
	graphIDForm = regexp.MustCompile(`\bA[AQ][A-Za-z0-9_=+/-]{40,}`) // of messages, events and calendars
	hexForm     = regexp.MustCompile(`\b[0-9a-fA-F]{32,}\b`)         // thumbprints and iCalendar's ids
	addressForm = regexp.MustCompile(`\b\d{1,3}(\.\d{1,3}){3}\b`)
	address6    = regexp.MustCompile(`\[[0-9a-fA-F:]+(%[a-z0-9]+)?\]`)
)

// text is a text without what could be recognised.
func (r *redactor) text(s string) string {
	for _, secret := range r.secrets {
		if strings.Contains(s, secret) {
			s = strings.ReplaceAll(s, secret, "[secret]")
			r.replaced["secret"]++
		}
	}
	for _, form := range secretForms {
		s = form.ReplaceAllStringFunc(s, func(string) string { r.replaced["secret"]++; return "[secret]" })
	}
	s = mailboxForm.ReplaceAllStringFunc(s, func(m string) string { return r.pseudonym("mailbox", m) })
	s = r.known(s)
	s = guidForm.ReplaceAllStringFunc(s, func(m string) string { return r.pseudonym("id", m) })
	s = graphIDForm.ReplaceAllStringFunc(s, func(m string) string { return r.pseudonym("id", m) })
	s = hexForm.ReplaceAllStringFunc(s, func(m string) string { return r.pseudonym("id", m) })
	s = addressForm.ReplaceAllStringFunc(s, func(m string) string {
		if ip := net.ParseIP(m); ip == nil || ip.IsLoopback() {
			return m
		}
		return r.pseudonym("address", m)
	})
	return address6.ReplaceAllStringFunc(s, func(m string) string {
		if ip := net.ParseIP(strings.Trim(m, "[]")); ip == nil || ip.IsLoopback() {
			return m
		}
		return r.pseudonym("address", m)
	})
}

// known puts pseudonyms in the place of what is known by its text.
func (r *redactor) known(s string) string {
	for _, t := range r.terms {
		from := 0
		for {
			folded := strings.ToLower(s)
			if len(folded) != len(s) { // a letter that is longer in lower case: its place is not sure
				folded = foldASCII(s)
			}
			i := strings.Index(folded[from:], t.folded)
			if i < 0 {
				break
			}
			start, end := from+i, from+i+len(t.folded)
			if wordBefore(s, start) || wordAfter(s, end) {
				from = start + 1
				continue
			}
			name := r.pseudonym(t.kind, t.folded)
			s = s[:start] + name + s[end:]
			from = start + len(name)
		}
	}
	return s
}

func foldASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// wordBefore and wordAfter report a letter or digit beside a place: then what was
// found is a part of another word.
func wordBefore(s string, i int) bool { return i > 0 && wordByte(s[i-1]) }
func wordAfter(s string, i int) bool  { return i < len(s) && wordByte(s[i]) }

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// value is a decoded JSON value without what could be recognised. The ids of requests
// stay: they are what support asks for, and say nothing of anybody.
func (r *redactor) value(key string, v any) any {
	switch v := v.(type) {
	case string:
		if key == "request_id" && guidForm.FindString(v) == v {
			return v
		}
		return r.text(v)
	case []any:
		for i := range v {
			v[i] = r.value(key, v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = r.value(k, v[k])
		}
	}
	return v
}
