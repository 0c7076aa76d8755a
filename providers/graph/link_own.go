package graph

import "strings"

// OwnCursor reports whether a reading position is one that this package made: a link of
// the service.
func OwnCursor(text string) bool { return strings.HasPrefix(text, "https://") }
