package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"roomdesk/providers/providertest"
)

// wrongRequest is a request that must be refused and must change nothing.
type wrongRequest struct {
	name    string
	request request
	raw     string // the body as it goes out, where it is no JSON of ours
	token   string // in place of the caller's
	status  int    // 0: any of the 400s
}

// Systematic nonsense for every operation: each is refused in Graph's words, the
// answer is what the contract knows, and nothing in the tenant has changed.
func TestWrongRequestsChangeNothing(t *testing.T) {
	checker := providertest.Contract(t)
	checker.AnswersOnly()
	p := newProber(t, checker)
	foreign := p.app.post(201, "/users/"+p.other+"/events", meeting("x@elsewhere.example", p.at, 0, "subject", "of the colleague"))["id"].(string)
	sent, done := 0, map[string]bool{}
	for _, o := range checker.Operations() {
		good := p.make(o)
		fold := o.Method + " " + folded(o.Path)
		whole, before := p.state(!done[fold]), p.state(false)
		all := p.wrong(o, good, foreign)
		if done[fold] { // another spelling: the ways in only
			all = all[:min(len(all), 6)]
		}
		for _, w := range all {
			sent++
			client := *good.client
			if w.token != "" {
				client.token = w.token
			}
			got, err := client.tryRaw(w)
			where := fmt.Sprintf("%s: %s: %s %.200s", o.ID, w.name, w.request.method, w.request.path)
			if err != nil {
				t.Errorf("%s: no answer: %v", where, err)
				continue
			}
			if got.status == http.StatusNotImplemented && w.request.method == "PUT" && got.errorCode() != "" {
				continue // says that it is not modelled
			}
			if got.status < 400 || got.status > 499 || w.status != 0 && got.status != w.status {
				t.Errorf("%s: status %d (want %d) %.300s", where, got.status, w.status, got.raw)
			} else if message, _ := dig(got.body, "error", "message").(string); got.errorCode() == "" || message == "" {
				t.Errorf("%s: status %d without code and message: %.300s", where, got.status, got.raw)
			}
			if after := p.state(false); after != before {
				t.Errorf("%s: status %d, and the tenant has changed", where, got.status)
				before = after
			}
		}
		if p.state(!done[fold]) != whole {
			t.Errorf("%s: after the wrong requests the tenant has changed", o.ID)
		}
		done[fold] = true
	}
	if sent < 1000 {
		t.Errorf("only %d wrong requests", sent)
	}
	t.Logf("%d wrong requests", sent)
}

// tryRaw is try with the body as it stands.
func (c *client) tryRaw(w wrongRequest) (reply, error) {
	if w.raw == "" {
		return c.try(w.request)
	}
	req, err := http.NewRequest(w.request.method, c.at.GraphURL+"/v1.0"+w.request.path, strings.NewReader(w.raw))
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	out := reply{status: resp.StatusCode, header: resp.Header}
	if out.raw, err = io.ReadAll(resp.Body); err != nil {
		return out, err
	}
	if len(out.raw) > 0 {
		err = json.Unmarshal(out.raw, &out.body)
	}
	return out, err
}

// state is a short text for what a request could change: the versions of all
// calendars and settings; with whole the truth and the places too.
func (p *prober) state(whole bool) string {
	p.t.Helper()
	p.tenant.settle()
	hash := sha256.New()
	encode := json.NewEncoder(hash)
	for _, m := range p.tenant.world.all {
		p.tenant.mu.RLock()
		fmt.Fprintln(hash, m.version, m.settings.zone, m.settings.more)
		for _, f := range m.changedFolders() {
			fmt.Fprintln(hash, f.name, f.color, f.generation, f.gone)
		}
		p.tenant.mu.RUnlock()
		if whole {
			truth, _ := p.tenant.Truth(m.contact.address, p.at.AddDate(0, 0, -5), p.at.AddDate(0, 0, 20))
			if err := encode.Encode(truth); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	if whole {
		for _, path := range []string{"/subscriptions", "/places/graph.room?$top=100", "/places/graph.desk?$top=1000", "/places/graph.building", "/places/" + p.room + "/checkIns"} {
			fmt.Fprintf(hash, "%s", p.inMemory(path))
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// inMemory reads past the network and the contract check, for the speed.
func (p *prober) inMemory(path string) []byte {
	p.t.Helper()
	r := httptest.NewRequest("GET", p.app.at.GraphURL+"/v1.0"+path, nil)
	r.Header.Set("Authorization", "Bearer "+p.app.token)
	w := httptest.NewRecorder()
	p.tenant.serve(w, r)
	if w.Code != http.StatusOK {
		p.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

// wrong lists what is wrong about an operation.
func (p *prober) wrong(o providertest.Operation, good attempt, foreign string) []wrongRequest {
	what := o.Method + " " + folded(o.Path)
	out := []wrongRequest{
		{name: "no such method", request: request{method: "PUT", path: good.path, body: good.body}},
		{name: "no token", request: good.request, token: "none", status: 401},
		{name: "a token of nobody", request: good.request, token: "eyJhbGciOiJub25lIn0.e30.", status: 401},
		{name: "segment behind", request: request{method: o.Method, path: strings.SplitN(good.path, "?", 2)[0] + "/nonsense", body: good.body}},
	}
	out = append(out, p.wrongQueries(o, good, what)...)
	out = append(out, p.wrongIDs(o, good, foreign)...)
	if good.body != nil {
		out = append(out, wrongBodies(o, good, what)...)
	}
	if strings.HasSuffix(o.Path, "{event-id}") && o.Method != "GET" {
		stale := good.request
		stale.header = []string{"If-Match", `W/"c3RhbGU="`}
		out = append(out, wrongRequest{name: "stale If-Match", request: stale, status: 412})
	}
	return out
}

// ignoredQueries are options that an operation accepts and does not look at, as
// the service does.
var ignoredQueries = map[string]string{
	"GET /users/{user-id}/calendar/calendarView/delta $select": "change tracking ignores it",
}

func (p *prober) wrongQueries(o providertest.Operation, good attempt, what string) []wrongRequest {
	joint := "?"
	if strings.Contains(good.path, "?") {
		joint = "&"
	}
	with := func(name, value string) wrongRequest {
		return wrongRequest{name: name + "=" + value, request: request{method: o.Method, path: good.path + joint + name + "=" + value, body: good.body}}
	}
	var out []wrongRequest
	if o.Method == "GET" {
		out = append(out, with("$nonsense", "1"), with("$expand", "nonsense"), with("%ff", "%zz"))
	}
	for _, ref := range p.contract[o.ID].Parameters {
		switch name := ref.Value.Name; name {
		case "$select":
			if ignoredQueries[what+" $select"] == "" {
				out = append(out, with(name, "nonsense"), with(name, "id,nonsense"))
			}
		case "$top", "$skip":
			out = append(out, with(name, "-1"), with(name, "many"), with(name, "99999999999999999999"), with(name, "1.5"))
		case "$count":
			out = append(out, with(name, "perhaps"))
		case "$filter":
			out = append(out, with(name, "nonsense%20eq%201"), with(name, "((("), with(name, "'"))
		case "$skiptoken", "$deltatoken":
			out = append(out, with(name, "nonsense"), with(name, strings.Repeat("A", 9000)))
		case "startDateTime":
			bare, _, _ := strings.Cut(good.path, "?")
			for _, query := range []string{"?startDateTime=yesterday&endDateTime=tomorrow", "?startDateTime=2026-11-20T00:00:00Z", "", "?startDateTime=2026-11-20T00:00:00Z&endDateTime=2026-11-19T00:00:00Z"} {
				out = append(out, wrongRequest{name: "window " + query, request: request{method: o.Method, path: bare + query}})
			}
		}
	}
	return out
}

// wrongIDs puts nonsense in the place of each parameter of the path.
func (p *prober) wrongIDs(o providertest.Operation, good attempt, foreign string) []wrongRequest {
	var out []wrongRequest
	parts, template := strings.Split(good.path, "/"), strings.Split(o.Path, "/")
	for i, segment := range template {
		if !strings.Contains(segment, "{") {
			continue
		}
		name := parameter.FindString(segment)
		wrong := []string{"nonsense", "%27", "%2e%2e", "00000000-0000-0000-0000-000000000000", strings.Repeat("A", 9000), "%00", "%F0%9F%92%A9"}
		switch name {
		case "{user-id}":
			wrong = append(wrong, "someone@fabrikam.example", p.tenant.Rooms()[0].List)
		case "{event-id}":
			wrong = append(wrong, foreign) // of another mailbox
		case "{TimeZoneStandard}":
			wrong = []string{"nonsense"}
		}
		for _, value := range wrong {
			query := ""
			changed := slices.Clone(parts)
			if old := changed[i]; strings.Contains(old, "?") {
				query = "?" + strings.SplitN(old, "?", 2)[1]
			}
			changed[i] = strings.Replace(segment, name, value, 1) + query
			out = append(out, wrongRequest{name: fmt.Sprintf("%s is %.40s", name, value), request: request{method: o.Method, path: strings.Join(changed, "/"), body: good.body}})
		}
	}
	return out
}

// emptyIsRight are operations to which an empty body is no mistake.
var emptyIsRight = []string{"/accept", "/decline", "/tentativelyAccept", "/cancel", "/findMeetingTimes"}

// wrongBodies spoils a good body.
func wrongBodies(o providertest.Operation, good attempt, what string) []wrongRequest {
	raw := func(name, body string) wrongRequest {
		return wrongRequest{name: name, request: good.request, raw: body}
	}
	out := []wrongRequest{raw("half a body", `{"a":`), raw("a list", `[]`), raw("a number", `7`), raw("no JSON", `<xml/>`), raw("two bodies", `{}{}`), raw("no text", "\xff\xfe")}
	body, ok := good.body.(object)
	if !ok {
		return out
	}
	with := func(name, key string, value any) {
		changed := maps.Clone(body)
		if changed[key] = value; value == nil {
			delete(changed, key)
		}
		w := wrongRequest{name: name, request: good.request}
		w.request.body = changed
		out = append(out, w)
	}
	if what != "POST /$batch" { // it is read as loosely as the service does
		with("unknown property", "nonsense", 1)
	}
	for _, key := range slices.Sorted(maps.Keys(body)) {
		if strings.HasPrefix(key, "@") {
			continue
		}
		switch body[key].(type) {
		case string:
			with("a number as "+key, key, 7)
			with("an object as "+key, key, object{"x": 1})
		case int, bool:
			with("a text as "+key, key, "text")
			with("an object as "+key, key, object{})
		default:
			with("a text as "+key, key, "text")
			with("a number as "+key, key, 7)
		}
	}
	if o.Method == "POST" && !slices.ContainsFunc(emptyIsRight, func(s string) bool { return strings.HasSuffix(what, s) }) {
		out = append(out, raw("nothing required", `{}`))
	}
	return out
}
