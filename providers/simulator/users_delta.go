package simulator

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// directoryTokenLife is how long the directory keeps what a delta token needs.
const directoryTokenLife = 7 * 24 * time.Hour

// usersToken is what a token of users/delta carries: the whole state of a round,
// and the query that it began with.
type usersToken struct {
	Since  uint32   `json:"s"`           // changes after this version
	UpTo   uint32   `json:"u"`           // and up to this one; a new round sends what is there
	Fresh  bool     `json:"f,omitempty"` // a new round
	Skip   int      `json:"k,omitempty"`
	At     int64    `json:"a"` // when the round began, Unix seconds
	Select string   `json:"n,omitempty"`
	IDs    []string `json:"i,omitempty"`
	Top    int      `json:"t,omitempty"`
}

func (t *Tenant) encodeUsersToken(u usersToken) string {
	b, err := json.Marshal(u)
	if err != nil {
		panic(err) // text and numbers only
	}
	return base64.RawURLEncoding.EncodeToString(append(t.sign(b), b...))
}

func (t *Tenant) decodeUsersToken(text string) (u usersToken, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) < 12 || string(t.sign(b[12:])) != string(b[:12]) {
		return u, false
	}
	return u, json.Unmarshal(b[12:], &u) == nil
}

// usersDelta answers one page of users/delta.
func (c *call) usersDelta() answer {
	if p := c.options("$deltatoken", "$skiptoken", "$select", "$filter", "$top"); p != nil {
		return c.refuse(p)
	}
	if c.hit != nil && c.hit.Delta == "expire" {
		return c.usersTokenExpired()
	}
	token, p := c.usersRound()
	switch {
	case p != nil && p.status == http.StatusGone:
		return c.usersTokenExpired()
	case p != nil:
		return c.refuse(p)
	}
	c.query.Set("$select", token.Select)
	pick, p := c.selected("microsoft.graph.user", userProperties)
	if p != nil {
		return c.refuse(p)
	}
	names := userNames(pick)
	var list []*mailbox
	if token.Fresh {
		list = c.t.world.present()
	} else {
		list = c.t.world.accounts.changedBetween(token.Since, token.UpTo, names)
	}
	if len(token.IDs) > 0 {
		list = slices.DeleteFunc(slices.Clone(list), func(m *mailbox) bool { return !slices.Contains(token.IDs, m.id) })
	}
	size := token.Top
	if size == 0 {
		size = defaultUsers
	}
	page, more := cut(list, token.Skip, size)
	w := &writer{}
	w.open()
	w.string("@odata.context", c.context("users"+selectContext(pick, names)))
	root := "https://" + c.host + c.rawPath
	if more {
		next := token
		next.Skip += size
		w.string("@odata.nextLink", root+"?$skiptoken="+c.t.encodeUsersToken(next))
	} else {
		next := usersToken{Since: token.UpTo, At: token.At, Select: token.Select, IDs: token.IDs, Top: token.Top}
		w.string("@odata.deltaLink", root+"?$deltatoken="+c.t.encodeUsersToken(next))
	}
	w.key("value")
	w.b = append(w.b, '[')
	for _, m := range page {
		w.open()
		if removed := m.state().removed; removed != "" {
			w.string("id", m.id)
			w.key("@removed")
			w.open()
			// "changed": deleted, and can be restored for 30 days.
			reason := "deleted"
			if removed == GoneMailbox {
				reason = "changed"
			}
			w.string("reason", reason)
			w.close()
		} else {
			w.user(m, names)
		}
		w.close()
	}
	w.closeList()
	w.close()
	return c.ok(w)
}

// usersRound reads the token, or begins a round.
func (c *call) usersRound() (usersToken, *problem) {
	now := c.t.options.Now()
	text := c.query.Get("$skiptoken")
	if text == "" {
		text = c.query.Get("$deltatoken")
	}
	if text != "" && !strings.EqualFold(text, "latest") {
		token, ok := c.t.decodeUsersToken(text)
		switch {
		case !ok:
			return token, bad("InvalidDeltaToken", "The delta token is badly formed.")
		case now.Sub(time.Unix(token.At, 0)) > directoryTokenLife:
			return token, &problem{http.StatusGone, "resyncRequired", ""}
		}
		// Options beside a token are an error: the token has them.
		if c.query.Has("$select") || c.query.Has("$filter") {
			return token, bad("BadRequest", "$select and $filter are part of the token and cannot be sent with it.")
		}
		if token.UpTo == 0 && !token.Fresh {
			token.UpTo, token.At = c.t.world.accounts.now(), now.Unix()
		}
		return token, nil
	}
	token := usersToken{Fresh: text == "", At: now.Unix(), UpTo: c.t.world.accounts.now(), Select: c.query.Get("$select")}
	token.Since = token.UpTo
	var p *problem
	if token.Top, p = c.number("$top", 0); p != nil {
		return token, p
	}
	if token.Top > maxUsers {
		return token, unsupportedQuery("Invalid page size specified. Must be between 1 and 999 inclusive.")
	}
	token.IDs, p = deltaIDs(c.query.Get("$filter"))
	return token, p
}

// maxDeltaIDs is how many objects the filter of a delta query may name.
const maxDeltaIDs = 50

// deltaIDs reads the only filter of users/delta: id eq '...' or id eq '...'.
func deltaIDs(text string) ([]string, *problem) {
	if text == "" {
		return nil, nil
	}
	f, err := parseFilter(text)
	if err != nil {
		return nil, bad("BadRequest", "Invalid filter clause: "+err.Error())
	}
	var ids []string
	var collect func(filter) bool
	collect = func(f filter) bool {
		switch x := f.(type) {
		case binaryFilter:
			return !x.and && collect(x.left) && collect(x.right)
		case compareFilter:
			id, ok := x.value.(string)
			ids = append(ids, strings.ToLower(id))
			return ok && x.path == "id" && x.op == "eq"
		}
		return false
	}
	if !collect(f) || len(ids) > maxDeltaIDs {
		return nil, unsupportedQuery("Only up to 50 ids can be filtered in a delta query, as id eq '...' or id eq '...'.")
	}
	return ids, nil
}

// usersTokenExpired is the directory's 410: Location has the address that begins
// a new round with the same query.
func (c *call) usersTokenExpired() answer {
	fresh := "https://" + c.host + c.rawPath
	if token, ok := c.t.decodeUsersToken(c.query.Get("$deltatoken") + c.query.Get("$skiptoken")); ok && token.Select != "" {
		fresh += "?$select=" + url.QueryEscape(token.Select)
	}
	a := c.fail(http.StatusGone, "resyncRequired", "The delta token is no longer valid, and the application must reset the sync state.")
	a.set("Location", fresh)
	return a
}
