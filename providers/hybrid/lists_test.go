package hybrid

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"roomdesk/providers"
)

func list2(t *testing.T, o *organisation) (map[providers.Address]providers.Room, providers.Listing) {
	t.Helper()
	got := map[providers.Address]providers.Room{}
	listing, err := o.Rooms(t.Context(), func(page []providers.Room) error {
		for _, r := range page {
			if _, twice := got[r.Mailbox]; twice {
				t.Errorf("%s comes twice", r.Mailbox)
			}
			got[r.Mailbox] = r
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got, listing
}

func room(mailbox providers.Address, name string) providers.Room {
	return providers.Room{Mailbox: mailbox, Name: providers.Outside(name), Bookable: true}
}

// P17: one list: each room once, texts from the list with details, its provider that of
// its home and not of the list that has the details.
func TestRoomsAreOneList(t *testing.T) {
	o := newOrganisation(newFake(aalto, desk), newFake(bauer))
	inCloud := room(bauer, "Bauer")
	inCloud.Floor, inCloud.Capacity = providers.Outside("3"), 12
	onPremises := room(bauer, "Bauer (8)")
	onPremises.Capacity, onPremises.Building, onPremises.Lists = 8, providers.Outside("Berlin"), []providers.Address{"berlin@contoso.example"}
	o.cloud.rooms = []providers.Room{room(aalto, "Aalto"), inCloud, room(desk, "Desk")}
	o.local.rooms = []providers.Room{onPremises, room(aalto, "Aalto old"), room(nobody, "Cellar")}
	o.homes.Learn(providers.Home{Mailbox: bauer, Provider: "ews", Cause: providers.HomeLearnt})
	got, listing := list2(t, o)
	if len(got) != 4 || listing.Count != 4 || !listing.Complete || !listing.Warning.Empty() {
		t.Fatalf("%+v %+v", got, listing)
	}
	b := got[bauer]
	if b.Provider != "ews" || b.Name.Raw() != "Bauer" || b.Capacity != 12 || b.Floor.Raw() != "3" || b.Building.Raw() != "Berlin" || len(b.Lists) != 1 {
		t.Errorf("a room of both lists: %+v", b)
	}
	for mailbox, provider := range map[providers.Address]string{aalto: "graph", desk: "graph", nobody: "ews"} {
		if got[mailbox].Provider != provider {
			t.Errorf("%s: %q", mailbox, got[mailbox].Provider)
		}
	}
	if home, known := o.homes.Home(nobody); !known || home.Cause != providers.HomeListed || home.Provider != "ews" {
		t.Errorf("only one list has it: %+v", home)
	}
	if home, known := o.homes.Home(aalto); !known || home.Cause != providers.HomeListed || home.Provider != "graph" {
		t.Errorf("both lists have it, and the first part answers for it: %+v", home)
	}
	o.homes.Learn(providers.Home{Mailbox: desk, Provider: "ews", Cause: providers.HomeLearnt})
	if got, _ := list2(t, o); got[desk].Provider != "ews" {
		t.Error("a list overrules what was learnt")
	}
}

// P17: a room that both list lives where its free/busy is known; that is asked once.
func TestListedRoomsAreSettled(t *testing.T) {
	o := newOrganisation(newFake(aalto), newFake(bauer))
	o.cloud.rooms = []providers.Room{room(aalto, "Aalto"), room(bauer, "Bauer"), room(nobody, "Cellar")}
	o.local.rooms = o.cloud.rooms
	got, _ := list2(t, o)
	if got[aalto].Provider != "graph" || got[bauer].Provider != "ews" {
		t.Errorf("%+v", got)
	}
	if home, known := o.homes.Home(nobody); known {
		t.Errorf("nobody's room: %+v", home)
	}
	o.cloud.asked()
	o.local.asked()
	list2(t, o)
	if cloud, local := o.cloud.asked(), o.local.asked(); len(cloud) != 2 || len(local) != 1 { // the room that nobody has
		t.Errorf("asked again: %q %q", cloud, local)
	}
}

// F-132: one list is missing: the other stands, is not whole and says so, and no home
// is concluded from it.
func TestOneListIsMissing(t *testing.T) {
	o := newOrganisation(newFake(), newFake())
	o.cloud.rooms, o.local.rooms = []providers.Room{room(aalto, "Aalto")}, []providers.Room{room(bauer, "Bauer")}
	o.cloud.people, o.local.people = []providers.Person{{Mailbox: desk}}, []providers.Person{{Mailbox: desk}, {Mailbox: nobody}}
	o.local.fail(&providers.Error{Class: providers.Unreachable})
	got, listing := list2(t, o)
	if len(got) != 1 || listing.Complete || listing.Warning.Or("") != "rooms on premises cannot be listed: the service cannot be reached" {
		t.Errorf("%+v %+v", got, listing)
	}
	if _, known := o.homes.Home(aalto); known {
		t.Error("a home is concluded from half a list")
	}
	o.cloud.fail(&providers.Error{Class: providers.SignedOut})
	listing, err := o.Rooms(t.Context(), func([]providers.Room) error { t.Error("a page"); return nil })
	if !providers.Is(err, providers.SignedOut) || listing.Complete {
		t.Errorf("both fail: %v %+v", err, listing)
	}
	o.cloud.fail(nil)
	o.local.fail(nil)
	o.now = o.now.Add(lockedMost)
	o.local.warn = "cut at 100"
	if _, listing := list2(t, o); listing.Complete || listing.Warning.Or("") != "on premises: cut at 100" {
		t.Errorf("%+v", listing)
	}
	var people []providers.Address
	if listing, err = o.People(t.Context(), func(page []providers.Person) error {
		for _, p := range page {
			people = append(people, p.Mailbox)
		}
		return nil
	}); err != nil || listing.Count != 2 || !slices.Equal(people, []providers.Address{desk, nobody}) {
		t.Errorf("people: %v %+v %v", people, listing, err)
	}
	stop := errors.New("enough")
	if _, err := o.Rooms(t.Context(), func([]providers.Room) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the caller's own error: %v", err)
	}
}

// P17: free/busy is asked of each home, side by side, and put together by order.
func TestAvailabilityIsSplit(t *testing.T) {
	o := newOrganisation(newFake(aalto, desk), newFake(bauer))
	o.homes.Learn(providers.Home{Mailbox: bauer, Provider: "ews", Cause: providers.HomeLearnt})
	asked := []providers.Address{bauer, aalto, nobody, bauer, desk}
	got, err := o.Availability(t.Context(), asked, day())
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range got {
		if a.Mailbox != asked[i] || a.Known() != (asked[i] != nobody) || a.Known() && a.Zone != string(asked[i]) {
			t.Errorf("%d: asked for %s, got %+v", i, asked[i], a)
		}
	}
	if len(got) != len(asked) {
		t.Errorf("%d answers", len(got))
	}
}

// P17: homes of many are learnt with one question of the other part.
func TestAvailabilityLearns(t *testing.T) {
	o := newOrganisation(newFake(aalto), newFake(bauer, desk))
	if _, err := o.Availability(t.Context(), []providers.Address{aalto, bauer, desk, nobody}, day()); err != nil {
		t.Fatal(err)
	}
	if asked := o.local.asked(); len(asked) != 1 || strings.Contains(asked[0], string(aalto)) {
		t.Errorf("asked on premises: %q", asked)
	}
	o.cloud.asked()
	got, err := o.Availability(t.Context(), []providers.Address{aalto, bauer, desk}, day())
	if err != nil || !got[1].Known() || !got[2].Known() {
		t.Errorf("%+v %v", got, err)
	}
	if cloud, local := o.cloud.asked(), o.local.asked(); len(cloud) != 1 || len(local) != 1 || strings.Contains(cloud[0], string(bauer)) {
		t.Errorf("asked again: %q %q", cloud, local)
	}
}

// F-132: a part that does not answer leaves its mailboxes unknown with the reason,
// never free, and the others have their answer.
func TestAvailabilityWithAGap(t *testing.T) {
	o := newOrganisation(newFake(aalto), newFake(bauer))
	o.homes.Learn(providers.Home{Mailbox: bauer, Provider: "ews", Cause: providers.HomeLearnt})
	o.local.fail(&providers.Error{Class: providers.Unreachable})
	got, err := o.Availability(t.Context(), []providers.Address{bauer, aalto}, day())
	if err != nil {
		t.Fatal(err)
	}
	if state, _ := got[0].State(day().Start); got[0].Known() || state != providers.Unknown || got[0].FreeFor(day()) || got[0].Problem.Class != providers.Unreachable || !got[0].Problem.Since.Equal(o.now) {
		t.Errorf("on premises: %+v", got[0])
	}
	if !got[1].Known() {
		t.Errorf("in the cloud: %+v", got[1])
	}
	if _, err := o.Availability(t.Context(), []providers.Address{bauer}, day()); !providers.Is(err, providers.Unreachable) {
		t.Errorf("asked for those alone: %v", err)
	}
	o.cloud.fail(&providers.Error{Class: providers.SignedOut})
	if _, err := o.Availability(t.Context(), []providers.Address{bauer, aalto}, day()); err == nil {
		t.Error("both parts fail, and there is an answer")
	}
	// A mailbox that its home denies, while the other part cannot be asked, is not one
	// without a mailbox.
	o.cloud.fail(nil)
	o.now = o.now.Add(lockedMost)
	got, err = o.Availability(t.Context(), []providers.Address{desk, aalto}, day())
	if err != nil || got[0].Known() || got[0].Problem.Class != providers.Unreachable || !got[1].Known() {
		t.Errorf("%+v %v", got, err)
	}
}

func day() providers.Interval {
	start := newOrganisation(nil, nil).now
	return providers.Interval{Start: start, End: start.AddDate(0, 0, 1)}
}
