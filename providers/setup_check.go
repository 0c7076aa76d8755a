package providers

import (
	"fmt"
	"strings"
	"time"
)

// Advice is what is to be said of a value while it is typed, without any request.
type Advice struct {
	// Wrong: it cannot be used. Where neither Wrong nor Fine, it is not complete yet.
	Wrong, Fine bool
	Text        string // one sentence; "" where there is nothing to say
	// Offer is the value that is probably meant; "" is none.
	Offer string
}

func wrong(format string, args ...any) Advice {
	return Advice{Wrong: true, Text: fmt.Sprintf(format, args...)}
}
func fine(text string) Advice              { return Advice{Fine: true, Text: text} }
func (a Advice) offer(value string) Advice { a.Offer = value; return a }

func looksLikeGUID(s string) bool { return len(s) == 36 && IsGUID(s) }

// IsGUID reports whether text has the form of a GUID,
// "11111111-2222-3333-4444-555555555555", braces allowed as the portal's
// PowerShell prints them.
func IsGUID(text string) bool {
	text = strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}")
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return true
}

// guidOf finds the one GUID in a text: without dashes, in braces or quotes, or with
// words around it, as portals and scripts print it.
func guidOf(text string) string {
	found := ""
	for i := 0; i+36 <= len(text); i++ {
		if looksLikeGUID(text[i : i+36]) {
			if found != "" && !strings.EqualFold(found, text[i:i+36]) {
				return ""
			}
			found = text[i : i+36]
		}
	}
	if found != "" {
		return strings.ToLower(found)
	}
	var hex strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'f':
			hex.WriteRune(r)
		case strings.ContainsRune("-{}()'\" \t\r\n–—", r):
		default:
			return ""
		}
	}
	if s := hex.String(); len(s) == 32 {
		return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
	}
	return ""
}

const zeroGUID = "00000000-0000-0000-0000-000000000000"

// guidAdvice is what is said of text where a GUID belongs; false where it is one.
func guidAdvice(text, what string) (Advice, bool) {
	switch found := guidOf(text); {
	case text == zeroGUID:
		return wrong("this is the example of a GUID and names nothing; copy the %s", what), true
	case looksLikeGUID(text):
		return Advice{}, false
	case found != "":
		return wrong("only the GUID itself belongs here").offer(found), true
	case len(text) < 36 && strings.Trim(strings.ToLower(text), "0123456789abcdef-") == "":
		if strings.Count(text, "-") == 4 {
			return wrong("a part of the GUID is missing: it has %d of 36 characters", len(text)), true
		}
		return Advice{Text: fmt.Sprintf("%d of 36 characters", len(text))}, true
	}
	return Advice{}, true
}

// CheckTenantID looks at what stands for the tenant: its GUID or a domain of it.
func CheckTenantID(text, clientID string) Advice {
	text = strings.TrimSpace(text)
	const copyIt = "copy the Directory (tenant) ID from the app registration's Overview"
	switch lower := strings.ToLower(text); {
	case text == "":
		return Advice{Text: "the Directory (tenant) ID, or a verified domain"}
	case clientID != "" && strings.EqualFold(text, strings.TrimSpace(clientID)):
		return wrong("this is the application's id; %s, which stands below it", copyIt)
	case lower == "common", lower == "organizations", lower == "consumers":
		return wrong("%q names no tenant; %s", text, copyIt)
	}
	advice, other := guidAdvice(text, "Directory (tenant) ID")
	if !other {
		return fine("the form is right")
	}
	if advice.Text != "" && (advice.Wrong || !strings.Contains(text, ".")) {
		return advice
	}
	return CheckDomain(text)
}

// CheckAppID looks at what stands for the application.
func CheckAppID(text, tenant string) Advice {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return Advice{Text: "the Application (client) ID"}
	case looksLikeGUID(text) && strings.EqualFold(text, strings.TrimSpace(tenant)):
		return wrong("this is the tenant's id; copy the Application (client) ID, which stands above it")
	case strings.Contains(text, "~"), len(text) > 36 && guidOf(text) == "" && !strings.ContainsAny(text, " @"):
		return wrong("this looks like a client secret and does not belong here; copy the Application (client) ID")
	}
	advice, other := guidAdvice(text, "Application (client) ID")
	switch {
	case !other:
		return fine("the form is right; the Object ID looks alike and is not meant")
	case advice.Text == "":
		return wrong("%q is not a GUID; copy the Application (client) ID from the app registration's Overview", cutPlain(text))
	}
	return advice
}

// CheckSecretValue looks at a client secret, before any request. Nothing that it says
// holds a part of the secret.
func CheckSecretValue(text, clientID, tenant string) Advice {
	trimmed := strings.TrimSpace(text)
	const copyValue = "copy the column Value"
	same := func(other string) bool { return other != "" && strings.EqualFold(trimmed, strings.TrimSpace(other)) }
	switch {
	case trimmed == "":
		return Advice{Text: "the column Value, which the portal shows only once"}
	case same(clientID):
		return wrong("this is the Application (client) ID and no secret; %s under Certificates & secrets", copyValue)
	case same(tenant):
		return wrong("this is the Directory (tenant) ID and no secret; %s under Certificates & secrets", copyValue)
	case looksLikeGUID(trimmed), guidOf(trimmed) != "" && len(trimmed) <= 40:
		return wrong("this looks like the Secret ID; copy the column Value beside it, or make a new secret: the Value is shown only once")
	case strings.Contains(trimmed, "-----BEGIN"):
		return wrong("this is a certificate or a key and no secret; choose the certificate above")
	case strings.ContainsAny(trimmed, " \t\r\n\x00"):
		return wrong("a secret has no blanks and no line breaks; copy the Value once more, without what surrounds it")
	case strings.Contains(trimmed, "*") && strings.HasSuffix(trimmed, "***"):
		return wrong("the portal shows the secret with stars once it was left: make a new one and copy its Value at once")
	case len(trimmed) > 2000:
		return wrong("this is longer than any secret; %s only", copyValue)
	}
	return fine("the form is right; it is tried before anything is kept")
}

// CheckDomain looks at the name of a domain.
func CheckDomain(text string) Advice {
	text = strings.TrimSpace(text)
	bad := func(why, meant string) Advice {
		a := wrong("%s", why)
		if meant != "" && CheckDomain(meant).Fine {
			a.Text, a.Offer = why+"; "+meant+" is meant, presumably", meant
		}
		return a
	}
	lower := strings.ToLower(text)
	switch {
	case text == "":
		return Advice{Text: "as contoso.com"}
	case strings.Contains(text, "://"):
		host, _, _ := strings.Cut(lower[strings.Index(lower, "://")+3:], "/")
		return bad("this is a web address and no domain", host)
	case strings.Contains(text, "@"):
		return bad("this is a mailbox and no domain", lower[strings.LastIndex(lower, "@")+1:])
	case strings.ContainsAny(text, ",;"):
		return bad("a domain has dots and no commas", strings.NewReplacer(",", ".", ";", ".", " ", "").Replace(lower))
	case strings.ContainsAny(text, " \t"):
		return bad("a domain has no blanks", strings.Join(strings.Fields(lower), ""))
	case strings.Contains(text, ".."):
		return bad("there are two dots in a row", strings.ReplaceAll(lower, "..", "."))
	case strings.HasPrefix(text, ".") || strings.HasSuffix(text, "."):
		return bad("there is a dot too many at the edge", strings.Trim(lower, "."))
	case !strings.Contains(text, "."):
		a := Advice{Text: "a domain has a dot: " + lower + ".onmicrosoft.com is the tenant's first one", Offer: lower + ".onmicrosoft.com"}
		if !domainWord(lower) {
			a = wrong("%q is no domain", cutPlain(text))
		}
		return a
	}
	labels := strings.Split(lower, ".")
	for _, label := range labels {
		if !domainWord(label) {
			return wrong("%q is no domain", cutPlain(text))
		}
	}
	rest := strings.Join(labels[1:], ".")
	for _, right := range []string{"onmicrosoft.com", "onmicrosoft.us", "partner.onmschina.cn"} {
		if rest != right && rest != "" && near(rest, right, 2) {
			return bad("onmicrosoft is misspelt", labels[0]+"."+right)
		}
	}
	if last := labels[len(labels)-1]; len(labels) >= 2 {
		if meant, typo := map[string]string{"con": "com", "cmo": "com", "ocm": "com", "comm": "com", "nte": "net", "ogr": "org", "rog": "org"}[last]; typo {
			return bad("there is no domain ending in ."+last, strings.TrimSuffix(lower, last)+meant)
		}
	}
	return fine("")
}

func domainWord(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r > 0x7f) {
			return false
		}
	}
	return true
}

// CheckDomains looks at a list of domains.
func CheckDomains(text string) Advice {
	if strings.Contains(text, ",") && len(SetupList(text)) == 2 && !strings.Contains(text, ".") {
		return CheckDomain(text)
	}
	list := SetupList(text)
	for i, domain := range list {
		if a := CheckDomain(domain); !a.Fine {
			if a.Offer != "" {
				meant := append([]string{}, list...)
				meant[i] = a.Offer
				a.Offer = strings.Join(meant, " ")
			}
			a.Wrong = true
			return a
		}
	}
	if len(list) == 0 {
		return Advice{}
	}
	return fine("")
}

// CheckMailbox looks at the address of a mailbox.
func CheckMailbox(text string) Advice {
	text = strings.TrimSpace(text)
	local, domain, found := strings.Cut(text, "@")
	switch {
	case text == "":
		return Advice{Text: "as desk@contoso.com"}
	case strings.HasPrefix(strings.ToLower(text), "mailto:"):
		return wrong("only the address itself belongs here").offer(text[len("mailto:"):])
	case strings.HasSuffix(text, ">") && strings.Contains(text, "<"):
		return wrong("only the address itself belongs here").offer(strings.TrimSuffix(text[strings.LastIndex(text, "<")+1:], ">"))
	case !found:
		return Advice{Text: "write it as name@domain"}
	case domain == "":
		return Advice{Text: "the domain follows the @"}
	}
	if a := CheckDomain(domain); !a.Fine {
		if a.Offer != "" {
			a.Offer = local + "@" + a.Offer
		}
		return a
	}
	if _, ok := ParseAddress(text); !ok {
		return wrong("%q is no mailbox address; write it as name@domain", cutPlain(text))
	}
	return fine("")
}

// CheckExpiry looks at the day on which a secret ends.
func CheckExpiry(text string, now time.Time) Advice {
	text = strings.TrimSpace(text)
	if text == "" {
		return Advice{Text: "as 2027-05-31, from the column Expires; it is counted down"}
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		for _, form := range []string{"1/2/2006", "02.01.2006", "2 January 2006", "2 Jan 2006", "2006/01/02", "20060102"} {
			if day, err := time.Parse(form, text); err == nil {
				return wrong("write the day as %s", day.Format(time.DateOnly)).offer(day.Format(time.DateOnly))
			}
		}
		if len(text) < len(time.DateOnly) && strings.Trim(text, "0123456789-") == "" {
			return Advice{Text: "as 2027-05-31"}
		}
		return wrong("%q is no day; write it as 2027-05-31", cutPlain(text))
	}
	left := day.AddDate(0, 0, 1).Sub(now)
	switch {
	case left <= 0:
		return wrong("that day is over: the secret has expired; make a new one and copy its Value")
	case left > 25*30*24*time.Hour:
		return fine("that is more than two years ahead, which the portal does not offer: look again")
	}
	return fine("in " + Age(left))
}

// CheckHTTPS looks at the root of a service in a custom cloud.
func CheckHTTPS(text string) Advice {
	text = strings.TrimSpace(text)
	switch rest, ok := strings.CutPrefix(strings.ToLower(text), "https://"); {
	case text == "":
		return Advice{Text: "as https://host or https://host:port"}
	case strings.HasPrefix(strings.ToLower(text), "http://"):
		return wrong("only https is used").offer("https://" + text[len("http://"):])
	case !ok && strings.HasPrefix("https://", strings.ToLower(text)):
		return Advice{Text: "as https://host"}
	case !ok:
		return wrong("write it with https:// in front").offer("https://" + text)
	case rest == "":
		return Advice{Text: "the host follows"}
	case strings.ContainsAny(rest, " \t@?#"):
		return wrong("only the root belongs here, as https://host:port")
	}
	return fine("")
}

// CheckConnectionName looks at the short name of a connection.
func CheckConnectionName(text string, taken []string) Advice {
	text = strings.TrimSpace(text)
	for _, have := range taken {
		if strings.EqualFold(have, text) {
			return wrong("there is a connection %q already; choose another name", cutPlain(text)).offer(text + "-2")
		}
	}
	for i, r := range text {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && (i == 0 || !strings.ContainsRune("._-", r)) {
			return wrong("use letters, digits, dots, hyphens and underscores")
		}
	}
	if len(text) > 63 || strings.HasSuffix(text, ".") {
		return wrong("use up to 63 letters, digits, dots, hyphens and underscores")
	}
	return fine("")
}

// cutPlain makes typed text fit for a sentence.
func cutPlain(s string) string {
	s = Sanitise(s)
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
