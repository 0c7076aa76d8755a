package graph

import (
	"net/url"
	"strings"

	"roomdesk/providers"
)

// checkLink decides whether a link that the service handed out may be followed:
// only on the configured scheme, host and port, spelt exactly so, below the same
// version, and, where mailbox is given, inside that mailbox. Anything else gives
// class Foreign and must not cause a request.
func (r *roots) checkLink(raw string, mailbox providers.Address) error {
	const op = "following a link of the service"
	bad := func(why string) error {
		return &providers.Error{Class: providers.Foreign, Op: op, Mailbox: mailbox,
			Message: providers.Outside("the link " + why + ", so nothing was sent"),
			Advice:  "a proxy may be rewriting answers; nothing was disclosed"}
	}
	if len(raw) > maxLink {
		return bad("is longer than any link of the service")
	}
	for i := range len(raw) {
		if raw[i] <= 0x20 || raw[i] >= 0x7f || raw[i] == '\\' {
			return bad("has characters that no link may have")
		}
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return bad("is not a URL")
	case u.Scheme != r.graph.Scheme:
		return bad("has another scheme")
	case u.User != nil, u.Opaque != "":
		return bad("has a user in it")
	case withPort(u) != withPort(r.graph):
		return bad("leads to another host")
	case u.Fragment != "" || strings.Contains(raw, "#"):
		return bad("has a fragment")
	case !strings.HasPrefix(u.Path, r.graph.Path+"/"):
		return bad("leads outside of the version in use")
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == ".." || segment == "." {
			return bad("climbs out of its path")
		}
	}
	if mailbox != "" && !sameMailbox(strings.TrimPrefix(u.EscapedPath(), r.graph.Path), mailbox) {
		return bad("leads to another mailbox")
	}
	return nil
}

// maxLink bounds what is kept of a link; Exchange's tokens take some kilobytes.
const maxLink = 64 << 10

// withPort is the host with its port, the scheme's own where none is given.
func withPort(u *url.URL) string {
	if u.Port() == "" && !strings.HasSuffix(u.Host, ":") {
		return u.Host + ":443"
	}
	return u.Host
}

// sameMailbox reports whether a path below the version, escaped, names the
// mailbox: "/users/a%40b.c/..." or "/users('a@b.c')/...". A GUID in its place is
// the service's own id of a user and is taken as it is.
func sameMailbox(path string, mailbox providers.Address) bool {
	name, ok := userOf(path)
	return ok && (strings.EqualFold(name, string(mailbox)) || CheckGUID(name))
}

// userOf is the unescaped key of the user that a path below the version names.
func userOf(path string) (string, bool) {
	rest, ok := strings.CutPrefix(path, "/users")
	if !ok {
		return "", false
	}
	var key string
	switch {
	case strings.HasPrefix(rest, "/"):
		key, _, _ = strings.Cut(rest[1:], "/")
	case strings.HasPrefix(rest, "('"), strings.HasPrefix(rest, "(%27"):
		inner, _, found := strings.Cut(rest[1:], ")")
		if !found {
			return "", false
		}
		key = inner
	default:
		return "", false
	}
	name, err := url.PathUnescape(key)
	if err != nil {
		return "", false
	}
	if strings.HasPrefix(rest, "(") {
		name = strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(name, "'"), "'"), "''", "'")
	}
	return name, name != ""
}

// url builds an address below the version from path segments, each escaped, and
// a query that is already escaped.
func (r *roots) url(query string, segments ...string) string {
	var b strings.Builder
	b.WriteString(r.graph.String())
	for _, segment := range segments {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(segment))
	}
	if query != "" {
		b.WriteByte('?')
		b.WriteString(query)
	}
	return b.String()
}

// pathMailbox finds the mailbox in an address of this service.
func (r *roots) pathMailbox(u *url.URL) providers.Address {
	name, _ := userOf(strings.TrimPrefix(u.EscapedPath(), r.graph.EscapedPath()))
	mailbox, _ := providers.ParseAddress(name)
	return mailbox
}
