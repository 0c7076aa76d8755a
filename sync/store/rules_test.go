package store_test

import (
	"reflect"
	"testing"

	"roomdesk/providers"
)

// An export replaces the one before as a whole and survives the end of the program.
func TestRoomRulesAreKept(t *testing.T) {
	file := path(t)
	s := openAt(t, file)
	rules := providers.UsualRoomRules(aalto)
	rules.Imported, rules.Assumed, rules.BookInPolicy = noon, []string{"EnforceCapacity"}, []string{"adele@contoso.com"}
	for _, list := range [][]providers.RoomRules{{providers.UsualRoomRules("bauhaus@contoso.com"), rules}, {rules}} {
		if err := s.SetRoomRules(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, file)
	if got := must(s.RoomRules(t.Context()))(t); len(got) != 1 || !reflect.DeepEqual(got[aalto], rules) {
		t.Errorf("%+v, want %+v", got, rules)
	}
	if err := s.SetRoomRules(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := must(s.RoomRules(t.Context()))(t); len(got) != 0 {
		t.Errorf("after forgetting: %v", got)
	}
}
