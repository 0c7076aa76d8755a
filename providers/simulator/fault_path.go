package simulator

import (
	"regexp"
	"strings"
)

// keyInParentheses is a key in the other form that OData has for it: users('x').
var keyInParentheses = regexp.MustCompile(`\('((?:[^']|'')*)'\)`)

// canonicalPath gives the one form in which paths and the patterns for them are
// compared, because the service takes several spellings of each: lower case, keys
// as segments, type casts without "microsoft.", functions without brackets.
func canonicalPath(path string) string {
	path = strings.ToLower(path)
	if strings.IndexByte(path, '(') >= 0 {
		path = keyInParentheses.ReplaceAllStringFunc(path, func(key string) string {
			return "/" + strings.ReplaceAll(key[2:len(key)-2], "''", "'")
		})
		path = strings.ReplaceAll(path, "()", "")
	}
	return strings.ReplaceAll(path, "/microsoft.graph.", "/graph.")
}
