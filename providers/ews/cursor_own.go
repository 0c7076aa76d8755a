package ews

import "strings"

// OwnCursor reports whether a reading position is one that this package made.
func OwnCursor(text string) bool { return strings.HasPrefix(text, cursorMark) }
