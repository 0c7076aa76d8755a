package simulator

import (
	"encoding/json"
	"net/url"
	"strconv"
)

// pageSize is the size of a page of a calendar list, unless a fault ignores it.
func (c *call) pageSize(asked int) int {
	if c.hit != nil && c.hit.Page == "size" {
		return 1 << 30
	}
	return asked
}

// deltaWord is what a fault says about this delta request.
func (c *call) deltaWord() string {
	if c.hit == nil {
		return ""
	}
	return c.hit.Delta
}

// twice repeats a page's last entry: here it stands in an older version, and as it
// is at the head of the next page. Without a next page both stand on this one.
func (h *hit) twice(page map[string]json.RawMessage, value []json.RawMessage) []json.RawMessage {
	if len(value) == 0 {
		return value
	}
	last := value[len(value)-1]
	value[len(value)-1] = olderVersion(last)
	var next string
	if len(value) == 1 || json.Unmarshal(page["@odata.nextLink"], &next) != nil || next == "" {
		return append(value, last)
	}
	u, err := url.Parse(next)
	if err != nil {
		return append(value, last)
	}
	q := u.Query()
	switch skip, err := strconv.Atoi(q.Get("$skip")); {
	case err == nil && skip > 0:
		q.Set("$skip", strconv.Itoa(skip-1))
		u.RawQuery = q.Encode()
		if raw, err := json.Marshal(u.String()); err == nil {
			page["@odata.nextLink"] = raw
		}
		return value
	case q.Has("$skiptoken"):
		return value // delta made its link so already
	}
	return append(value, last)
}

// olderVersion is an entry as it may have been before its last change.
func olderVersion(entry json.RawMessage) json.RawMessage {
	var fields map[string]any
	if json.Unmarshal(entry, &fields) != nil || fields["@removed"] != nil {
		return entry
	}
	for _, name := range []string{"subject", "displayName", "@odata.etag"} {
		if text, ok := fields[name].(string); ok {
			fields[name] = "Old " + text
			if name[0] == '@' {
				fields[name] = `W/"b2xk"`
			}
		}
	}
	old, err := json.Marshal(fields)
	if err != nil {
		return entry
	}
	return old
}
