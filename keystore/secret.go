package keystore

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// redacted is what every way of printing a [Secret] gives.
const redacted = "redacted"

// Secret is a credential. Every verb of package fmt, every slog handler and both
// JSON and text encoders print "redacted"; [Secret.Reveal] is the only way to the
// value. The zero Secret is empty.
type Secret struct{ value []byte }

// NewSecret keeps a copy of value.
func NewSecret(value string) Secret { return Secret{[]byte(value)} }

// Reveal is the value itself, for the one call that needs it.
func (s Secret) Reveal() string { return string(s.value) }

// Empty reports whether there is no value.
func (s Secret) Empty() bool { return len(s.value) == 0 }

// Len is the value's length in bytes.
func (s Secret) Len() int { return len(s.value) }

// Equal compares in constant time for values of the same length.
func (s Secret) Equal(o Secret) bool { return subtle.ConstantTimeCompare(s.value, o.value) == 1 }

// Wipe overwrites the value. Copies that [Secret.Reveal] gave out stay with the
// garbage collector: Go offers no better.
func (s Secret) Wipe() { clear(s.value) }

func (s Secret) String() string   { return redacted }
func (s Secret) GoString() string { return redacted }

// Format redacts under every verb, width and flag.
func (s Secret) Format(f fmt.State, _ rune) {
	// A failed write is the printer's to report; there is nothing to add here.
	_, _ = io.WriteString(f, redacted)
}

func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
