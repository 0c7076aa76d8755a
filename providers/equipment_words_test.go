package providers

import (
	"strings"
	"testing"
)

func wordRooms() []Room {
	return []Room{
		{Name: Outside("Proven"), Mailbox: "proven@x.example", Equipment: []Equipment{Display}},
		{Name: Outside("Tagged"), Mailbox: "tagged@x.example", Tags: []Untrusted{Outside("Large Leinwand")}},
		{Name: Outside("Leinwand West"), Mailbox: "named@x.example"},
		{Name: Outside("Board"), Mailbox: "board@x.example", Tags: []Untrusted{Outside("White Board")}},
		{Name: Outside("Bare"), Mailbox: "bare@x.example"},
	}
}

func matched(rooms []Room, words *EquipmentWords, query string) string {
	var names []string
	for _, i := range NewRoomIndexWith(rooms, words).Filter(query).Rooms {
		names = append(names, rooms[i].Mailbox.Local())
	}
	return strings.Join(names, " ")
}

// Own words are asked for and looked for; a usual word can be taken out; what is
// found by a tag or a name is guessed, what the place says is proven.
func TestOwnWordsForEquipment(t *testing.T) {
	rooms := wordRooms()
	words, err := NewEquipmentWords([]EquipmentWord{
		{Word: "Leinwand", Means: "display"}, {Word: "flipchart", Means: "tag:White Board"}, {Word: "beamer"}, {Word: "rolli", Means: "step-free"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"leinwand ": "proven tagged named", "display ": "proven tagged named", "flipchart ": "board", "-flipchart ": "proven tagged named bare",
		"beamer ": "", "rolli ": "", "leinw": "proven tagged named",
	} {
		if got := matched(rooms, words, query); got != want {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
	if got := matched(rooms, nil, "display "); got != "proven" {
		t.Errorf("without own words %q", got)
	}
	for i, want := range map[int]string{0: "proven display", 1: `inferred display by its tag "large leinwand"`, 2: `inferred display by the word "leinwand" in its name`, 4: ""} {
		got := ""
		if why, ok := words.Evidence(&rooms[i], Display); ok {
			got = string(why.Proof) + " " + why.Words
		}
		if got != want {
			t.Errorf("%s: %q, want %q", rooms[i].Name.String(), got, want)
		}
	}
}

// Only a person's own words are looked for in names: a room called after a television
// need not have one.
func TestUsualWordsSayNothingInNames(t *testing.T) {
	room := Room{Name: Outside("Display West"), Nickname: Outside("Beamer"), Mailbox: "west@x.example"}
	words, err := NewEquipmentWords([]EquipmentWord{{Word: "west", Means: "video"}})
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[Equipment]bool{Display: false, Video: true} {
		if why, ok := words.Evidence(&room, kind); ok != want {
			t.Errorf("%s: %q, %t", kind, why.Words, ok)
		}
	}
	if got := matched([]Room{room}, words, "display "); got != "" {
		t.Errorf("found by its name: %s", got)
	}
}

func TestWordsThatCannotBeUsed(t *testing.T) {
	for _, w := range []EquipmentWord{
		{Word: "", Means: "display"}, {Word: "two words", Means: "display"}, {Word: "12p", Means: "display"}, {Word: "f3", Means: "video"},
		{Word: "x", Means: "hologram"}, {Word: "x", Means: "tag:"}, {Word: "@x", Means: "video"}, {Word: strings.Repeat("x", 41), Means: "video"},
	} {
		if _, err := NewEquipmentWords([]EquipmentWord{w}); err == nil {
			t.Errorf("%+v was taken", w)
		}
	}
	if _, err := NewEquipmentWords([]EquipmentWord{{Word: "TV", Means: "audio"}, {Word: "tv", Means: "video"}}); err == nil {
		t.Error("one word was taken twice")
	}
}
