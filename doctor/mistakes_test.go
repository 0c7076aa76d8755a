package doctor_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// mistake is a row of the catalogue: how it is made beyond what the tenant does by
// itself, and what the doctor must say of it (PRODUCT section 2).
type mistake struct {
	number int
	// rung is where it shows.
	rung string
	// says are parts of the first line, in their order: what, and the value to change.
	says string
	// where it is changed.
	where   string
	waits   bool
	partly  bool
	class   providers.Class
	prepare func(p *patient)
}

func catalogue() []mistake {
	named := func(n int) func(*patient) {
		return func(p *patient) { p.options.Mailboxes = append(p.options.Mailboxes, p.room(n)) }
	}
	booked := func(n int) func(*patient) {
		return func(p *patient) {
			named(n)(p)
			p.options.Write = true
		}
	}
	return []mistake{
		{1, "credential", "Secret ID, not its Value*copy the column Value", "Certificates & secrets", false, false, providers.SignedOut, nil},
		{2, "sign-in", "it has expired*make a new one", "Certificates & secrets", false, false, providers.SignedOut, nil},
		{3, "application", "knows no application with the client ID*Object ID*copy the Application (client) ID", "Overview", false, false, providers.SignedOut, nil},
		{4, "tenant", "there is no tenant*contoso.example belongs to*copy the Directory (tenant) ID, which should be", "Overview", false, false, providers.SignedOut, nil},
		{5, "token", "delegated permissions only*under Application permissions (not Delegated)*Grant admin consent", "API permissions", false, false, providers.SignedOut, nil},
		{6, "calendars", "Calendars.ReadWrite is not*not granted*Grant admin consent", "API permissions", false, false, providers.NotAllowed, nil},
		{7, "calendars", "Calendars.ReadWrite was granted*ago*no error*try again", "", true, false, providers.NotAllowed, (*patient).grantReading},
		{8, "places", "Place.Read.All is not*Place without s*Grant admin consent", "API permissions", false, false, providers.NotAllowed, nil},
		{9, "room calendars", "policy or role scope*leaves out room*add it to the policy's group", "Exchange Online PowerShell", false, true, providers.NotAllowed, nil},
		{10, "room calendars", "refused at one moment and open at the next*spreading*wait half an hour", "", true, true, providers.NotAllowed, refusedNow},
		{11, "room calendars", "has no mailbox in the cloud: it is on premises*move the room's mailbox", "Exchange admin center", false, true, providers.NoMailbox, nil},
		{12, "test mailbox", "has an account but no licence*assign a licence with Exchange Online", "Licenses and apps", false, true, providers.NoMailbox, nil},
		{13, "named mailboxes", "can be read and is not among the rooms: it is hidden*-HiddenFromAddressListsEnabled $false", "Exchange Online PowerShell", false, true, providers.Gone, named(2)},
		{14, "room answers", "did not answer a request*-AutomateProcessing AutoAccept", "Exchange Online PowerShell", false, true, providers.Transient, booked(3)},
		{15, "room answers", "declines*at a time at which it is free*-AllBookInPolicy $true", "Exchange Online PowerShell", false, true, providers.Conflict, booked(4)},
		{16, "teams", "cannot make Teams meetings*assign a licence with Teams", "Licenses and apps", false, true, providers.Unsupported, nil},
		{17, "clock", "this machine's clock is*behind the service's*set the clock", "on this machine", false, false, providers.Local, nil},
		{18, "credential", "the keyring is locked*unlock it", "on this machine", false, false, providers.SignedOut, func(p *patient) {
			p.options.Secret = func(context.Context) (keystore.Secret, error) { return keystore.Secret{}, errLocked }
			p.config.ClientSecret = func(context.Context) (string, error) { return "", errLocked }
		}},
		{19, "graph", "nothing is wrong: the service asked to wait*try again in", "", true, false, providers.Throttled, nil},
		{20, "exchange", "blocks Exchange Web Services, while Graph works*use Graph", "Exchange Online PowerShell", false, true, providers.NotAllowed, func(p *patient) {
			p.options.Exchange = p.tenant.Endpoints().EWSURL
		}},
	}
}

// refusedNow moves the time to where the policy that spreads refuses the room.
// Before that nobody could see it.
func refusedNow(p *patient) {
	for range 90 {
		if p.refuses(p.room(0)) {
			return
		}
		p.tenant.Clock().Advance(20 * time.Second)
	}
	p.t.Fatal("the policy that spreads never refuses the room")
}

// withMistakes is a tenant with some mistakes, and a doctor who looks where they are.
// The first line will be about first.
func withMistakes(t *testing.T, first mistake, rows ...mistake) *patient {
	var numbers []int
	for _, row := range rows {
		if row.number != 18 {
			numbers = append(numbers, row.number)
		}
	}
	p := admit(t, simulator.Options{Mistakes: numbers})
	for _, row := range rows {
		if row.number == 17 {
			p.behind = 2 * time.Hour
		}
		// Where something hides what is on its way, it need not show.
		if row.prepare != nil && (row.number != 10 || first.number == 10) && (row.number != 7 || first.number != 3) {
			row.prepare(p)
		}
	}
	return p
}

// check holds a diagnosis to what a row expects of the first line.
func (m mistake) check(t *testing.T, d providers.Diagnosis) {
	t.Helper()
	cause := d.Cause()
	if cause == nil {
		t.Fatalf("nothing is found\n%s", lines(d))
	}
	line := d.FirstLine()
	rest := line
	for part := range strings.SplitSeq(m.says, "*") {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Errorf("the first line is %q, without %q\n%s", line, part, lines(d))
			return
		}
		rest = after
	}
	if !strings.Contains(cause.Where, m.where) || m.where == "" && cause.Where != "" {
		t.Errorf("it is changed in %q, want %q", cause.Where, m.where)
	}
	if cause.Mistake != m.number || cause.Class != m.class || cause.Partly != m.partly {
		t.Errorf("mistake %d, class %q, partly %v; want %d, %q, %v\n%s", cause.Mistake, cause.Class, cause.Partly, m.number, m.class, m.partly, lines(d))
	}
	rung, _ := d.Rung(m.rung)
	want := providers.RungFailed
	if m.waits {
		want = providers.RungWaiting
	}
	if rung.State != want {
		t.Errorf("rung %s is %s, want %s\n%s", m.rung, rung.State, want, lines(d))
	}
	if strings.Contains(line, "\n") {
		t.Errorf("the first line is more than one: %q", line)
	}
}

// Each mistake of the catalogue alone leads to its own first line (S1, L7, L8, C6 to C9).
func TestEachMistakeAlone(t *testing.T) {
	for _, row := range catalogue() {
		t.Run(fmt.Sprint(row.number), func(t *testing.T) {
			p := withMistakes(t, row, row)
			row.check(t, p.examine())
		})
	}
}

// together says which of two mistakes the first line is about; 0: they cannot stand
// together, since one undoes or is the other.
func together(a, b mistake) (first mistake, why string) {
	pair := [2]int{a.number, b.number}
	switch {
	case pair == [2]int{1, 2}:
		return a, "one secret has one mistake: the tenant hands out one of them"
	case pair == [2]int{6, 7}:
		return a, "granted a moment ago is granted"
	case pair == [2]int{9, 10}:
		return a, "the policy of a moment ago is the policy before"
	}
	ladder := []string{"credential", "clock", "tenant", "application", "sign-in", "token", "graph", "places", "calendars", "test mailbox", "room calendars", "named mailboxes", "teams", "room answers", "exchange"}
	place := func(m mistake) int {
		n := slices.Index(ladder, m.rung)
		// What passes by itself is told where nothing failed; but it keeps what stands
		// on it from being tried.
		return n
	}
	stands := map[string][]string{
		"graph":     {"places", "calendars", "test mailbox", "room calendars", "named mailboxes", "teams", "room answers", "exchange"},
		"calendars": {"test mailbox", "room calendars", "named mailboxes", "teams", "room answers"},
		"places":    {"room calendars", "room answers"},
	}
	if a.waits != b.waits {
		w, f := a, b
		if b.waits {
			w, f = b, a
		}
		if slices.Contains(stands[w.rung], f.rung) {
			return w, ""
		}
		return f, ""
	}
	if place(b) < place(a) {
		return b, ""
	}
	return a, ""
}

// All pairs of the catalogue: the first line is about the first cause.
func TestMistakesInPairs(t *testing.T) {
	rows := catalogue()
	pairs, apart := 0, 0
	for i, a := range rows {
		for _, b := range rows[i+1:] {
			if a.number == 1 && b.number == 18 || a.number == 2 && b.number == 18 {
				// The keyring is locked before anybody sees what is in it.
				a, b = b, a
			}
			first, why := together(a, b)
			pairs++
			if why != "" {
				apart++
				t.Logf("%d with %d: %s", a.number, b.number, why)
				continue
			}
			t.Run(fmt.Sprintf("%d with %d", a.number, b.number), func(t *testing.T) {
				p := withMistakes(t, first, a, b)
				first.check(t, p.examine())
			})
		}
	}
	if pairs != 190 || apart > 3 {
		t.Errorf("%d pairs, %d of them cannot stand together", pairs, apart)
	}
}
