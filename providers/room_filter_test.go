package providers

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func number(n int) *int { return &n }
func yes() *bool        { b := true; return &b }
func no() *bool         { b := false; return &b }

// filterRooms is a small building in two cities with every oddity that a filter
// meets.
func filterRooms() []Room {
	return []Room{
		{Mailbox: "aalto@contoso.com", Name: Outside("Aalto"), Building: Outside("Amsterdam HQ"), Floor: Outside("3"), FloorNumber: number(3), Capacity: 12,
			Equipment: []Equipment{Display, Video}, StepFree: yes(), Section: Outside("West Wing"), Lists: []Address{"rooms-amsterdam@contoso.com"}},
		{Mailbox: "bauhaus@contoso.com", Name: Outside("Bauhaus"), Nickname: Outside("The Cube"), Building: Outside("Amsterdam HQ"), Floor: Outside("Floor 3"), Capacity: 16,
			Equipment: []Equipment{Display}, StepFree: no(), Tags: []Untrusted{Outside("Kitchen")}},
		{Mailbox: "cederstroem@contoso.com", Name: Outside("Cederström"), Building: Outside("Berlin Mitte"), Floor: Outside("3. OG"), Capacity: 8, Equipment: []Equipment{Audio}},
		{Mailbox: "dudok@contoso.com", Name: Outside("Dudok"), Building: Outside("Berlin Mitte"), Floor: Outside("Basement"), FloorNumber: number(-1), Tags: []Untrusted{Outside("projector")}},
		{Mailbox: "eames@contoso.com", Name: Outside("Eames 12"), Building: Outside("Straße 13"), FloorNumber: number(0), Capacity: math.MaxInt, Equipment: []Equipment{Teams}},
		{Mailbox: "evil@contoso.com", Name: Outside("Evil\x1b]52;c;x\x07\u202eroom"), Building: Outside("\nBerlin"), Floor: Outside("1st"), Capacity: -4},
	}
}

// PRODUCT 4 and J1: filters work without text, combine, and match what a person means.
func TestRoomFilterUnderstandsTerms(t *testing.T) {
	const aalto, bauhaus, ceder, dudok, eames, evil = 0, 1, 2, 3, 4, 5
	index := NewRoomIndex(filterRooms())
	for query, want := range map[string][]int{
		"":                      {aalto, bauhaus, ceder, dudok, eames, evil},
		"   \t\n":               {aalto, bauhaus, ceder, dudok, eames, evil},
		"aalto":                 {aalto},
		"AALTO":                 {aalto},
		"aal ams":               {aalto},
		"ams aal":               {aalto},
		"aalto bauhaus":         {},
		"cube":                  {bauhaus},
		"cederstrom":            {ceder},
		"cederström":            {ceder},
		"Cederstro\u0308m":      {ceder},
		"cederstroem":           {ceder},
		"ＡＡＬＴＯ":                 {aalto},
		"strasse":               {eames},
		"straße":                {eames},
		"kitchen":               {bauhaus},
		"-kitchen":              {aalto, ceder, dudok, eames, evil},
		"amsterdam -kitchen":    {aalto},
		"rooms-amsterdam":       {aalto},
		"dudok@contoso.com":     {dudok},
		`"west wing"`:           {aalto},
		`“west wing”`:           {aalto},
		`"west wing`:            {aalto},
		`"wing west"`:           {},
		`-"west wing" 12p`:      {bauhaus, eames},
		"12p":                   {aalto, bauhaus, eames},
		"12pax":                 {aalto, bauhaus, eames},
		"12pa":                  {aalto, bauhaus, eames},
		"12 pax":                {aalto, bauhaus, eames},
		"12 people":             {aalto, bauhaus, eames},
		"12seats":               {aalto, bauhaus, eames},
		">=12":                  {aalto, bauhaus, eames},
		"≥12":                   {aalto, bauhaus, eames},
		">12":                   {bauhaus, eames},
		"0p":                    {aalto, bauhaus, ceder, eames},
		"-12p":                  {ceder},
		"99999999999999999999p": {eames},
		"12":                    {eames},
		"display":               {aalto, bauhaus, dudok},
		"screen":                {aalto, bauhaus, dudok},
		"proj":                  {aalto, bauhaus, dudok},
		"Beamer":                {aalto, bauhaus, dudok},
		"tv video":              {aalto},
		"-display":              {ceder, eames, evil},
		"phone":                 {ceder},
		"mtr":                   {eames},
		"step-free":             {aalto},
		"wheelchair":            {aalto},
		"-accessible":           {bauhaus, ceder, dudok, eames, evil},
		"f3":                    {aalto, bauhaus, ceder},
		"floor3":                {aalto, bauhaus, ceder},
		"floor 3":               {aalto, bauhaus, ceder},
		"f03":                   {aalto, bauhaus, ceder},
		"f-1":                   {dudok},
		"floor -1":              {dudok},
		"floor-1":               {dudok},
		"f0":                    {eames},
		"f1":                    {evil},
		"-f3":                   {dudok, eames, evil},
		"f7":                    {},
		"@berlin":               {ceder, dudok, evil},
		"@ber":                  {ceder, dudok, evil},
		"@amsterdam":            {aalto, bauhaus},
		`@"amsterdam hq"`:       {aalto, bauhaus},
		"-@berlin":              {aalto, bauhaus, eames},
		"12p proj f3 @ams":      {aalto, bauhaus},
		"basement":              {dudok},
	} {
		if got := index.Filter(query).Rooms; !slices.Equal(got, want) {
			t.Errorf("%q matches %v, want %v", query, got, want)
		}
	}
}

// While a term grows key by key the list never empties because of its form.
func TestRoomFilterIgnoresIncompleteTerms(t *testing.T) {
	index := NewRoomIndex(filterRooms())
	all := index.Filter("").Rooms
	for _, query := range []string{`"`, "-", "@", ">", ">=", "≥", "f-", "floor-", "f:", `-"`, `@"`, "-@", `""`, "\ufe0f"} {
		m := index.Filter(query)
		if !slices.Equal(m.Rooms, all) {
			t.Errorf("%q alone hides rooms: %v", query, m.Rooms)
		}
		if m.Understood() != "" {
			t.Errorf("%q is understood as %q", query, m.Understood())
		}
	}
	for _, query := range []string{"display", "projector", "video", "teams", "wheelchair", "step-free", "12pax"} {
		for end := range query {
			// Nothing of these rooms is called so: from the third letter on the
			// beginning of the word counts as the word.
			if end >= minPrefix && len(index.Filter(query[:end]).Rooms) == 0 {
				t.Errorf("%q, on the way to %q, matches nothing", query[:end], query)
			}
		}
	}
}

// PRODUCT 4: the echo says what was understood and how many rooms each term removed.
func TestRoomFilterSaysWhatItUnderstood(t *testing.T) {
	m := NewRoomIndex(filterRooms()).Filter(`12p proj f3 -kitchen "west wing" @ams >`)
	if got, want := m.Understood(), `at least 12 seats · display · floor 3 · not "kitchen" · "west wing" · in "ams"`; got != want {
		t.Errorf("understood:\n%s\nwant\n%s", got, want)
	}
	type counts struct{ removed, alone int }
	var got []counts
	for _, term := range m.Terms {
		got = append(got, counts{term.Removed, term.Alone})
	}
	want := []counts{{3, 0}, {3, 0}, {3, 0}, {1, 0}, {5, 0}, {4, 0}, {0, 0}}
	if !slices.Equal(got, want) {
		t.Errorf("removed %v, want %v", got, want)
	}
	if m.Total != 6 || !slices.Equal(m.Rooms, []int{0}) {
		t.Errorf("matches %v of %d", m.Rooms, m.Total)
	}
	m = NewRoomIndex(filterRooms()).Filter("12p display f3 -kitchen")
	if got := m.Terms[3]; got.Alone != 1 {
		t.Errorf("without %s one room more would match, not %d", got.Typed, got.Alone)
	}
	if got, want := m.Explained(), `at least 12 seats −3 · display −3 · floor 3 −3 · not "kitchen" −1`; got != want {
		t.Errorf("explained %q, want %q", got, want)
	}
}

// S-26, S-43: a pasted monster costs little and shows nothing harmful.
func TestRoomFilterBoundsQuery(t *testing.T) {
	index := NewRoomIndex(filterRooms())
	for _, query := range []string{strings.Repeat("a ", 5<<20), strings.Repeat("x", 10<<20), strings.Repeat(`"`, 1<<20), strings.Repeat("-@", 1<<20), "% _ ' OR 1=1 --", "\x1b]52;c;x\x07 \u202e"} {
		m := index.Filter(query)
		if len(m.Terms) > maxTerms {
			t.Errorf("%d terms", len(m.Terms))
		}
		for _, term := range m.Terms {
			if term.Typed != Sanitise(term.Typed) || term.Meaning != Sanitise(term.Meaning) {
				t.Errorf("unsafe echo %q %q", term.Typed, term.Meaning)
			}
		}
	}
	if got := index.Filter("% _").Rooms; len(got) != 0 {
		t.Errorf("wildcards of other languages match %v", got)
	}
}

func TestRoomFilterOfNoRooms(t *testing.T) {
	for _, query := range []string{"", "a", "12p", "display f3 @x -y"} {
		if m := NewRoomIndex(nil).Filter(query); len(m.Rooms) != 0 || m.Total != 0 {
			t.Errorf("%q finds %v", query, m.Rooms)
		}
	}
}

// A room's fields are apart: a phrase does not match across two of them, nor
// across two rooms.
func TestRoomFilterKeepsFieldsApart(t *testing.T) {
	index := NewRoomIndex([]Room{
		{Mailbox: "a@x.com", Name: Outside("alpha"), Building: Outside("beta")},
		{Mailbox: "b@x.com", Name: Outside("gamma")},
	})
	for _, query := range []string{`"alpha beta"`, "alphabeta", `"a@x.com gamma"`, "comgamma", "a@x.comb"} {
		if got := index.Filter(query).Rooms; len(got) != 0 {
			t.Errorf("%q matches %v", query, got)
		}
	}
}

var namePieces = []string{"Aalto", "Ber lin", "ber", "Straße", "Ö", "12p", "f3", "display", "x", "\u0301", "🏢", "\x1b[31m", "-", "é", "10", "Ω", "ﬁ"}

func drawRooms(t *rapid.T) []Room {
	text := rapid.Custom(func(t *rapid.T) Untrusted {
		return Outside(strings.Join(rapid.SliceOfN(rapid.SampledFrom(namePieces), 0, 3).Draw(t, "pieces"), rapid.SampledFrom([]string{"", " "}).Draw(t, "glue")))
	})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Room {
		r := Room{Mailbox: Address(rapid.StringMatching(`[a-c]{1,3}@x\.com`).Draw(t, "mailbox")), Name: text.Draw(t, "name"), Nickname: text.Draw(t, "nick"),
			Building: text.Draw(t, "building"), Floor: text.Draw(t, "floor"), Section: text.Draw(t, "section"), Tags: rapid.SliceOfN(text, 0, 2).Draw(t, "tags"),
			Capacity:  rapid.SampledFrom([]int{-1, 0, 1, 11, 12, 13, 1e9}).Draw(t, "capacity"),
			Equipment: rapid.SliceOfN(rapid.SampledFrom([]Equipment{Display, Video, Audio, Teams}), 0, 3).Draw(t, "equipment")}
		if rapid.Bool().Draw(t, "numbered") {
			r.FloorNumber = number(rapid.IntRange(-2, 12).Draw(t, "number"))
		}
		if rapid.Bool().Draw(t, "step-free said") {
			b := rapid.Bool().Draw(t, "step-free")
			r.StepFree = &b
		}
		return r
	}), 0, 140).Draw(t, "rooms")
}

// plainMatch is the filter's meaning for words and seats said a second time,
// without index, bits and sweep.
func plainMatch(r Room, words []string, seats int) bool {
	fields := []string{r.Name.String(), r.Nickname.String(), r.Building.String(), FloorWords(r.Floor.String()), r.Section.String(), string(r.Mailbox)}
	for _, tag := range r.Tags {
		fields = append(fields, tag.String())
	}
	for _, word := range words {
		if !slices.ContainsFunc(fields, func(f string) bool {
			return strings.Contains(foldSearch(f), foldSearch(Sanitise(word))) || strings.Contains(foldUmlauts(f), foldSearch(Sanitise(word)))
		}) {
			return false
		}
	}
	return seats == 0 || r.Capacity >= seats
}

func TestRoomFilterAgreesWithPlainSearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rooms := drawRooms(t)
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ber", "lin", "strasse", "o", "oe", "fi", "ω", "e", "🏢", "10", "com"}), 0, 3).Draw(t, "words")
		seats := rapid.SampledFrom([]int{0, 1, 12, 13}).Draw(t, "seats")
		query := strings.Join(words, " ")
		if seats > 0 {
			query += fmt.Sprintf(" %dp", seats)
		}
		var want []int
		for i, r := range rooms {
			if plainMatch(r, words, seats) {
				want = append(want, i)
			}
		}
		if got := NewRoomIndex(rooms).Filter(query + " ").Rooms; !slices.Equal(got, want) {
			t.Fatalf("%q matches %v, want %v", query, got, want)
		}
	})
}

// Whatever the terms are: order does not count, a term more never adds a room,
// and the counts fit together.
func TestRoomFilterLaws(t *testing.T) {
	term := rapid.SampledFrom([]string{"a", "-a", "ber", "12p", "-12p", "f3", "-f10", "display", "-video", "teams", "step-free", "@ber", "-@x", `"ber lin"`, `-"x"`, ">=1", "f-1", "mic", "-accessible", "♿"})
	rapid.Check(t, func(t *rapid.T) {
		rooms := drawRooms(t)
		index := NewRoomIndex(rooms)
		terms := rapid.SliceOfN(term, 0, 5).Draw(t, "terms")
		m := index.Filter(strings.Join(terms, " ") + " ")
		shuffled := rapid.Permutation(terms).Draw(t, "shuffled")
		if got := index.Filter(strings.Join(shuffled, " ") + " ").Rooms; !slices.Equal(got, m.Rooms) {
			t.Fatalf("the order of %q counts: %v, %v", terms, m.Rooms, got)
		}
		for i := range terms {
			without := index.Filter(strings.Join(slices.Delete(slices.Clone(terms), i, i+1), " ") + " ")
			if got := len(without.Rooms) - len(m.Rooms); got != m.Terms[i].Alone {
				t.Fatalf("without %s %d rooms more match, it says %d", terms[i], got, m.Terms[i].Alone)
			}
			alone := index.Filter(terms[i] + " ")
			if got := len(rooms) - len(alone.Rooms); got != m.Terms[i].Removed {
				t.Fatalf("%s removes %d rooms, it says %d", terms[i], got, m.Terms[i].Removed)
			}
		}
		for _, i := range m.Rooms {
			for _, asked := range terms {
				if (asked == "12p" || asked == ">=1") && rooms[i].Capacity <= 0 {
					t.Fatalf("a room that does not say its capacity satisfies %s", asked)
				}
			}
		}
	})
}

// Several goroutines may ask at once, and what was found before changes nothing.
func TestRoomFilterConcurrently(t *testing.T) {
	index := NewRoomIndex(filterRooms())
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			for i := range 200 {
				word := string(rune('a' + (i+n)%26))
				want := NewRoomIndex(filterRooms()).Filter(word + " ").Rooms
				if got := index.Filter(word + " ").Rooms; !slices.Equal(got, want) {
					t.Errorf("%q: %v, want %v", word, got, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

func FuzzRoomFilter(f *testing.F) {
	for _, seed := range []string{"", "12p display f3", `"west wing" -kitchen @ber`, "floor 3", ">=", `"`, "\xff", "\x1b]52;c;x\x07", "f-1 -f-1", "ﷺ ẞ İ"} {
		f.Add(seed, "Aalto")
	}
	f.Fuzz(func(t *testing.T, query, name string) {
		rooms := append(filterRooms(), Room{Mailbox: "fuzz@contoso.com", Name: Outside(name)})
		m := NewRoomIndex(rooms).Filter(query)
		if !slices.IsSorted(m.Rooms) || len(m.Rooms) > len(rooms) {
			t.Fatalf("matches %v", m.Rooms)
		}
		for _, term := range m.Terms {
			for _, text := range []string{term.Typed, term.Meaning} {
				if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || (r >= 0x7f && r < 0xa0) || (r >= 0x202a && r <= 0x202e) }) {
					t.Fatalf("unsafe echo %q", text)
				}
			}
			if term.Removed < term.Alone || term.Removed > len(rooms) {
				t.Fatalf("counts of %q: %d, %d", term.Typed, term.Removed, term.Alone)
			}
		}
		// A room is found by its own name, whatever that is.
		if words := strings.Join(strings.Fields(strings.NewReplacer(`"`, " ", "“", " ", "”", " ", "„", " ").Replace(name)), " "); words != "" && len(words) < 200 && words == Sanitise(name) {
			if got := NewRoomIndex(rooms).Filter(`"` + words + `"`).Rooms; !slices.Contains(got, len(rooms)-1) {
				t.Fatalf("a room called %q is not found by that", name)
			}
		}
	})
}

func BenchmarkRoomFilter(b *testing.B) {
	rooms := make([]Room, 10_000)
	for i := range rooms {
		rooms[i] = Room{Mailbox: Address(fmt.Sprintf("room-%05d@contoso.onmicrosoft.com", i)), Name: Outside(fmt.Sprintf("Conf Room %05d Küche", i)),
			Building: Outside([]string{"Amsterdam HQ", "Berlin Mitte", "London Bridge"}[i%3]), Floor: Outside(fmt.Sprint(i % 9)), FloorNumber: number(i % 9),
			Capacity: i % 30, Equipment: []Equipment{Display, Video}[:i%3%2+1], Lists: []Address{"rooms-berlin@contoso.onmicrosoft.com"}, Tags: []Untrusted{Outside("whiteboard")}}
	}
	index := NewRoomIndex(rooms)
	// Each key changes the last word; the words before it stay.
	b.Run("typing", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			index.Filter("contoso onmicrosoft com roo" + strconv.Itoa(i%1000))
		}
	})
	b.Run("contoso+onmicrosoft+com+room+anew", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			index.recent = [recentTexts]foundText{}
			index.Filter("contoso onmicrosoft com room")
		}
	})
	for _, query := range []string{"", "b", "berlin", "conf room", "12p display f3", "12p display f3 @berlin -kuche whiteboard", "zzzz", "contoso onmicrosoft com room"} {
		b.Run(strings.ReplaceAll(query, " ", "+"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				index.Filter(query)
			}
		})
	}
}

func BenchmarkNewRoomIndex(b *testing.B) {
	rooms := make([]Room, 10_000)
	for i := range rooms {
		rooms[i] = Room{Mailbox: Address(fmt.Sprintf("room-%05d@contoso.com", i)), Name: Outside(fmt.Sprintf("Conf Room %05d Küche", i)), Building: Outside("Amsterdam HQ"), Floor: Outside("3")}
	}
	b.ReportAllocs()
	for b.Loop() {
		NewRoomIndex(rooms)
	}
}

// P17: rooms are found by where their mailboxes live; nothing is concluded where that is
// not known.
func TestRoomFilterByHome(t *testing.T) {
	rooms := []Room{{Mailbox: "a@contoso.com", Provider: "graph"}, {Mailbox: "b@contoso.com", Provider: "ews"}, {Mailbox: "c@contoso.com"}}
	index := NewRoomIndex(rooms)
	for query, want := range map[string][]int{
		"home:cloud": {0}, "home:c": {0}, "HOME:Graph": {0}, "home:on-premises": {1}, "home:on": {1}, "home:premises": {1}, "home:": {0, 1, 2}, "-home:cloud": {1, 2}, "home:moon": {},
	} {
		if got := index.Filter(query); !slices.Equal(got.Rooms, want) {
			t.Errorf("%q: %v, want %v", query, got.Rooms, want)
		}
	}
	if got := index.Filter("home:cloud -home:on").Understood(); got != "in the cloud · not on premises" {
		t.Error(got)
	}
	if MixedHomes(rooms[:1]) || MixedHomes(nil) || !MixedHomes(rooms[:2]) {
		t.Error("which homes are different")
	}
}
