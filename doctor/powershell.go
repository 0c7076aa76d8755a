package doctor

import (
	"strings"
	"unicode"
)

// powerShellQuotes are the characters that PowerShell takes for a single quote.
const powerShellQuotes = "'\u2018\u2019\u201a\u201b"

// PowerShell writes a text as one argument of a command of PowerShell, whatever is in
// it: between single quotes nothing has a meaning but the quotes, which are doubled.
// Characters that would act on a terminal become blanks.
func PowerShell(text string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range text {
		switch {
		case strings.ContainsRune(powerShellQuotes, r):
			b.WriteRune(r)
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029':
			r = ' '
		}
		b.WriteRune(r)
	}
	b.WriteByte('\'')
	return b.String()
}

// filterText is a text within a recipient filter (OPATH), where quotes are doubled,
// too.
func filterText(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
