package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// words are what a field of a fault knows.
var (
	commitWords  = []string{"", "fail", "reset", "hang", "truncate"}
	garbleWords  = []string{"", "html", "null_value", "not_array", "no_value", "not_json", "empty", "wrong_type", "bom", "invalid_utf8", "huge_number", "deep_nesting", "duplicate_keys", "endless"}
	pageWords    = []string{"", "no_link", "loop", "empty", "foreign_link", "dup", "drop", "reorder", "size", "skip_ignored", "same_again", "no_count", "count_changes"}
	deltaWords   = []string{"", "expire", "bare", "ghost_removed", "omit", "late", "rewrite"}
	trackedWords = []string{"expire", "late", "rewrite"} // of delta: only with a token
	roomWords    = []string{"", "decline", "tentative", "accept", "silent", "delay", "policy"}
	lieWords     = []string{"value", "remove", "null", "type", "shift"}
	tokenWords   = []string{"expire", "revoke", "claims", "skew"}
	boxWords     = []string{"", "soft_deleted", "onprem", "unlicensed", "guest", "moved", "renamed"}
	clockWords   = []string{"", "jump", "freeze", "run", "zone"}
	tenantWords  = []string{"", "swap", "restore_old"}
	notifyWords  = []string{"", "dup", "drop", "late", "forged", "reorder"}
	batchWords   = []string{"", "throttle", "fail", "missing", "twice", "reorder"}
	networkWords = []string{"", "captive_portal", "proxy_407", "redirect_foreign", "goaway", "refused_stream", "tls_hang", "tls_expired", "tls_not_yet", "tls_wrong_host", "tls_unknown_ca"}
)

// wordField is one field of a fault that takes a word.
type wordField struct {
	name, value string
	known       []string
}

func (f Fault) wordFields() []wordField {
	quotas := append([]string{""}, quotaNames...)
	return []wordField{
		{"commit_then", f.CommitThen, commitWords}, {"garble", f.Garble, garbleWords}, {"page", f.Page, pageWords}, {"delta", f.Delta, deltaWords},
		{"room", f.Room, roomWords}, {"quota", f.Quota, quotas}, {"mailbox_state", f.MailboxState, boxWords},
		{"clock", f.Clock, clockWords}, {"tenant", f.Tenant, tenantWords}, {"notify", f.Notify, notifyWords}, {"batch", f.Batch, batchWords},
		{"network", f.Network, networkWords},
	}
}

// FaultVerbs lists all that a fault can do, as "verb" or "verb(word)".
func FaultVerbs() []string {
	out := []string{"fail", "reset_before", "delay", "drip", "truncate"}
	for _, word := range lieWords {
		out = append(out, "lie("+word+")")
	}
	for _, word := range tokenWords {
		out = append(out, "token("+word+")")
	}
	for _, field := range (Fault{}).wordFields() {
		for _, word := range field.known[1:] {
			out = append(out, field.name+"("+word+")")
		}
	}
	slices.Sort(out)
	return out
}

// effects are what a fault does, as verbs.
func (f Fault) effects() []string {
	var parts []string
	add := func(kind, value string) { parts = append(parts, kind+"("+value+")") }
	if f.Fail != nil {
		add("fail", strconv.Itoa(f.Fail.Status))
	}
	if f.ResetBefore {
		parts = append(parts, "reset_before")
	}
	if f.Lie != nil {
		add("lie", f.Lie.How+" "+f.Lie.Field)
	}
	if f.Token != nil {
		add("token", f.Token.Do)
	}
	for _, field := range f.wordFields() {
		if field.value != "" {
			add(field.name, field.value)
		}
	}
	if f.Delay > 0 {
		add("delay", time.Duration(f.Delay).String())
	}
	if f.Drip > 0 {
		add("drip", strconv.Itoa(f.Drip))
	}
	if f.Truncate > 0 {
		add("truncate", strconv.Itoa(f.Truncate))
	}
	return parts
}

func (f Fault) name() string {
	if f.Name != "" {
		return f.Name
	}
	return strings.Join(f.effects(), " ")
}

// aside reports whether the fault is not for requests to Graph as such: it is
// looked up where its effect is.
func (f Fault) aside() bool {
	return f.Room != "" || f.Quota != "" || f.Notify != "" || f.atHandshake()
}

func (f Fault) atHandshake() bool { return strings.HasPrefix(f.Network, "tls_") }

// Validate refuses a fault that would do nothing or that says something unknown.
func (f Fault) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("fault "+f.name()+": "+format, args...))
	}
	for _, field := range f.wordFields() {
		if !slices.Contains(field.known, field.value) {
			bad("%s %q is none of %q", field.name, field.value, field.known[1:])
		}
	}
	effects := f.effects()
	switch {
	case len(effects) == 0:
		bad("nothing is said about what shall happen")
	case f.aside() && len(effects) > 1 && (len(effects) > 2 || f.Delay == 0):
		bad("room, quota, notify and tls_ stand alone, at most with delay")
	case f.atHandshake() && (f.Method != "" || f.Path != "" || f.Mailbox != ""):
		bad("at a handshake there is no method, path or mailbox yet")
	}
	if f.Fail != nil && (f.Fail.Status < 200 || f.Fail.Status > 599) && f.Delta == "" && (f.Batch == "" || f.Fail.Status != 0) {
		bad("fail.status %d is no HTTP status between 200 and 599", f.Fail.Status)
	}
	if f.Nth < 0 || f.Times < -1 || f.Drip < 0 || f.Truncate < 0 || f.Delay < 0 || f.For < 0 || f.Count < 0 {
		bad("a number is negative")
	}
	if f.Chance < 0 || f.Chance > 1 || math.IsNaN(f.Chance) {
		bad("chance %v is not between 0 and 1", f.Chance)
	}
	if f.By != 0 && f.Clock == "" && f.Tenant == "" && (f.Lie == nil || f.Lie.How != "shift") {
		bad("by belongs to clock, tenant or a shifting lie")
	}
	if f.By == 0 && (f.Clock == "jump" || f.Clock == "zone" || f.Lie != nil && f.Lie.How == "shift") {
		bad("by is missing: how far?")
	}
	if f.By < 0 && f.Tenant != "" {
		bad("by is negative")
	}
	if f.Token != nil {
		if err := f.Token.Validate(); err != nil {
			bad("%w", err)
		}
	}
	if strings.ContainsAny(f.Path, "*?") {
		for segment := range strings.SplitSeq(f.Path, "/") {
			if _, err := path.Match(segment, ""); err != nil {
				bad("path: %w", err)
			}
		}
	}
	if f.Lie != nil {
		if err := f.Lie.validate(); err != nil {
			bad("%w", err)
		}
	}
	return errors.Join(errs...)
}

// ParseFaults reads faults from JSON: one object or a list. Unknown keys are
// refused.
func ParseFaults(raw []byte) ([]Fault, error) {
	raw = trimJSON(raw)
	if len(raw) > 0 && raw[0] == '{' {
		raw = append(append([]byte{'['}, raw...), ']')
	}
	var faults []Fault
	if err := decodeStrictly(raw, &faults); err != nil {
		return nil, fmt.Errorf("faults: %w", err)
	}
	var errs []error
	for _, f := range faults {
		errs = append(errs, f.Validate())
	}
	return faults, errors.Join(errs...)
}

// Lie is a property that is not as it should be, in a good answer. Where the
// answer is a list, it concerns its entries.
type Lie struct {
	// Field is the property's name, with dots into objects and lists:
	// "start.dateTime", "attendees.status.response", "@odata.etag".
	Field string `json:"field"`
	// How is "value" (it is Value), "remove", "null", "type" (a number where there
	// was text, text where there was anything else), or "shift" (a date and time is
	// off by the fault's By).
	How   string          `json:"how"`
	Value json.RawMessage `json:"value,omitempty"`
	// Item is the entry of a list that lies, counted from 1; 0 is all of them.
	Item int `json:"item,omitempty"`
}

func (l *Lie) validate() error {
	switch {
	case l.Field == "":
		return errors.New("lie: which field?")
	case !slices.Contains(lieWords, l.How):
		return fmt.Errorf("lie: how %q is none of %q", l.How, lieWords)
	case (l.How == "value") != (len(l.Value) > 0):
		return errors.New("lie: value goes with how \"value\", and only with it")
	case len(l.Value) > 0 && !json.Valid(l.Value):
		return errors.New("lie: value is no JSON")
	case l.Item < 0:
		return errors.New("lie: item is negative")
	}
	return nil
}
