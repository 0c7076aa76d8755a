package simulator

import (
	"cmp"
	"net/http"
)

// batchWord is what a fault does to a batch as a whole.
func (h *hit) batchWord() string {
	if h == nil {
		return ""
	}
	return h.Batch
}

// spoiledParts chooses the parts of a batch that a fault is about: by dice that
// fall the same for the same seed and batch.
func (h *hit) spoiledParts(c *call, parts []batchPart) map[string]bool {
	if h == nil || h.Batch == "" {
		return nil
	}
	n := min(cmp.Or(h.Count, 3), len(parts))
	chosen := make(map[string]bool, n)
	for _, i := range rng(h.Seed, "parts of a batch", len(parts)).Perm(len(parts))[:n] {
		chosen[parts[i].ID] = true
	}
	return chosen
}

// partSpoiler is the fault that answers in place of the chosen parts; nil where
// they do their work.
func (h *hit) partSpoiler() *hit {
	if h == nil || h.Batch != "throttle" && h.Batch != "fail" {
		return nil
	}
	f := Failure{}
	if h.Fail != nil {
		f = *h.Fail
	}
	if h.Batch == "throttle" {
		f.Status = cmp.Or(f.Status, http.StatusTooManyRequests)
		f.RetryAfter = cmp.Or(f.RetryAfter, "5")
	}
	f.Status = cmp.Or(f.Status, http.StatusServiceUnavailable)
	return &hit{Fault: Fault{Name: h.name(), Fail: &f}}
}
