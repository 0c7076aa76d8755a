package simulator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"roomdesk/providers/simulator/entra"
)

// randomKinds are the kinds of faults that a random schedule may hold: each can be
// overcome by a client that does everything right, within the schedule's own time.
var randomKinds = []string{"fail", "throttle", "commit_then", "reset_before", "delay", "drip", "truncate", "garble", "page", "delta", "lie", "quota", "token", "mailbox_state", "tenant", "room", "batch", "network"}

// RandomFaults makes a schedule of n faults of the kinds named (none: all of them
// but hanging ones). It is the same for the same seed, number and kinds. Each hits
// a few requests somewhere among the first hundred that it concerns, and then no
// more.
func RandomFaults(seed int64, n int, kinds ...string) ([]Fault, error) {
	if len(kinds) == 0 {
		kinds = randomKinds
	}
	for _, kind := range kinds {
		if !slices.Contains(randomKinds, kind) {
			return nil, fmt.Errorf("random faults: kind %q is none of %q", kind, randomKinds)
		}
	}
	r := rng(seed, "random faults "+strings.Join(kinds, " "), n)
	out := make([]Fault, n)
	for i := range out {
		f := randomFault(r, kinds[r.IntN(len(kinds))])
		f.Name = fmt.Sprintf("random %d/%d %s", seed, i+1, f.name())
		if !f.aside() || f.Quota != "" {
			f.Nth, f.Times = 1+r.IntN(100), 1+r.IntN(3)
		} else {
			f.Nth, f.Times = 1+r.IntN(5), 1
		}
		out[i] = f
	}
	return out, nil
}

func randomFault(r *rand.Rand, kind string) Fault {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	status := []int{429, 500, 502, 503, 504, 503, 504}[r.IntN(7)]
	switch kind {
	case "fail":
		return Fault{Fail: &Failure{Status: status, RetryAfter: pick("", "", "1", "2"), Empty: status == 504 && r.IntN(2) == 0}}
	case "throttle":
		return Fault{Fail: &Failure{Status: 429, RetryAfter: pick("", "0", "1", "2", "1.5", "date:2s", "NaN")}}
	case "commit_then":
		return Fault{Method: pick("POST", "PATCH", "DELETE", ""), CommitThen: pick("fail", "reset", "truncate")}
	case "reset_before":
		return Fault{ResetBefore: true}
	case "delay":
		return Fault{Delay: Duration(time.Duration(20+r.IntN(400)) * time.Millisecond)}
	case "drip":
		return Fault{Drip: 20_000 + r.IntN(80_000)}
	case "truncate":
		return Fault{Truncate: 1 + r.IntN(2000)}
	case "garble":
		return Fault{Method: "GET", Garble: pick("html", "null_value", "not_array", "no_value", "not_json", "empty", "wrong_type", "invalid_utf8", "duplicate_keys", "deep_nesting")}
	case "page":
		return Fault{Method: "GET", Path: "/users/*/calendarView/**", Page: pick("dup", "reorder", "empty", "loop", "foreign_link")}
	case "delta":
		return Fault{Method: "GET", Path: "**/calendarView/delta", Delta: pick("expire", "ghost_removed", "late", "rewrite", "bare")}
	case "lie":
		return Fault{Method: "GET", Path: "**/calendarView/delta", Lie: &Lie{Field: pick("subject", "@odata.etag", "location", "organizer", "attendees"), How: pick("null", "remove")}}
	case "quota":
		return Fault{Quota: pick("per_app", "per_mailbox", "small")}
	case "token":
		return Fault{Token: &entra.Disturbance{Do: pick("expire", "revoke", "claims")}}
	case "mailbox_state":
		return Fault{Path: "/users/*/calendarView/delta", MailboxState: pick("moved", "unlicensed")}
	case "tenant":
		return Fault{Method: "GET", Path: "/organization", Tenant: "swap"}
	case "room":
		return Fault{Room: pick("decline", "tentative", "silent", "policy")}
	case "batch":
		return Fault{Batch: pick("throttle", "fail", "missing", "twice", "reorder"), Count: 1 + r.IntN(5), Seed: r.Int64()}
	}
	return Fault{Network: pick("captive_portal", "proxy_407", "redirect_foreign", "goaway", "refused_stream")}
}
