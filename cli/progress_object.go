package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"roomdesk/providers"
)

// progressObject is how the sync comes along, in JSON: the numbers of the bar and
// of the lines.
type progressObject struct {
	Phase        providers.SyncPhase `json:"phase"`
	Complete     bool                `json:"complete"`
	Done         int                 `json:"done"`
	Total        int                 `json:"total"`
	Rate         float64             `json:"rate"`
	LeftS        *int64              `json:"left_s"`
	WaitingUntil *string             `json:"waiting_until"`
	StalledS     *int64              `json:"stalled_s"`
	Pace         providers.Untrusted `json:"pace"`
	Requests     int64               `json:"requests"`
}

func (o *output) progress(p providers.SyncProgress) progressObject {
	now := o.now()
	object := progressObject{Phase: p.Phase, Complete: p.Phase == providers.PhaseChanges, Done: p.Done, Total: p.Total, Rate: p.Rate, Requests: p.Requests}
	if p.Left > 0 {
		left := int64(p.Left.Seconds())
		object.LeftS = &left
	}
	if p.ThrottledTo.After(now) {
		object.WaitingUntil = o.stamp(p.ThrottledTo)
	}
	object.StalledS = o.age(p.Stalled)
	if !object.Complete {
		object.Pace = providers.Outside(p.Pace(now, o.zone))
	}
	return object
}

// line prints a value as one line of JSON.
func (o *output) line(to io.Writer, value any) error {
	text, err := json.Marshal(value)
	if err == nil {
		_, err = fmt.Fprintf(to, "%s\n", text)
	}
	if err != nil {
		return failed("check where the output goes", "writing the result: %v", err)
	}
	return nil
}
