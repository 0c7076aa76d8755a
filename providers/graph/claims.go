package graph

import (
	"encoding/base64"
	"net/http"
	"strings"
)

// maxClaims bounds what is taken of a claims challenge.
const maxClaims = 8 << 10

// claimsOf is the JSON of a claims challenge (continuous access evaluation), or
// "" where the refusal holds none that can be read. The header carries it in
// base64, in any of that encoding's spellings.
func claimsOf(header http.Header) string {
	for _, raw := range header.Values("WWW-Authenticate") {
		_, rest, ok := strings.Cut(raw, "claims=")
		if !ok || !strings.HasPrefix(strings.ToLower(strings.TrimSpace(raw)), "bearer") {
			continue
		}
		var encoded string
		if quoted, isQuoted := strings.CutPrefix(rest, `"`); isQuoted {
			encoded, _, _ = strings.Cut(quoted, `"`)
		} else {
			encoded, _, _ = strings.Cut(rest, ",")
		}
		encoded = strings.TrimRight(strings.TrimSpace(encoded), "=")
		if encoded == "" || len(encoded) > maxClaims {
			continue
		}
		encoded = strings.NewReplacer("-", "+", "_", "/").Replace(encoded)
		text, err := base64.RawStdEncoding.DecodeString(encoded)
		var object map[string]any
		if err == nil && decode(text, &object) == nil && len(object) > 0 {
			return string(text)
		}
	}
	return ""
}

// tokenClaims are what a token says of its application. They are for display:
// the service asks its clients not to rely on them, and nothing verifies them.
type tokenClaims struct {
	Tenant  string   `json:"tid"`
	AppID   string   `json:"appid"`
	AppName string   `json:"app_displayname"`
	Roles   []string `json:"roles"`
	Scopes  string   `json:"scp"` // of a person, separated by blanks
	Person  string   `json:"upn"`
}

// permissions are the application's, or those that a person gave it.
func (c tokenClaims) permissions() []string { return append(c.Roles, strings.Fields(c.Scopes)...) }

// readClaims reads the middle part of a token; a token of another form has no
// claims.
func readClaims(token string) tokenClaims {
	var claims tokenClaims
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return claims
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil || decode(text, &claims) != nil {
		return tokenClaims{}
	}
	return claims
}
