package simulator

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every reading operation of the contract on places, people, the organisation,
// service principals and subscriptions answers, and as the contract says.
func TestDirectoryAndPlacesAreServedWhole(t *testing.T) {
	document := contractDocument(t)
	tenant, plain := checked(t, Options{Seed: 94})
	if err := tenant.Directory().Grant(plain.at.ClientID, "Application.Read.All"); err != nil {
		t.Fatal(err)
	}
	c := connect(t, tenant)
	room := tenant.Rooms()[0].Mailbox
	made := c.post(201, "/users/"+c.at.Organizer+"/events", meeting(room, tenant.quiet(), time.Hour))
	c.event(c.at.Organizer, made)
	uid := made["iCalUId"].(string)
	c.person(tenant, c.at.Organizer, "Calendars.ReadWrite Place.Read.All").post(201, "/places/"+room+"/checkIns", object{"calendarEventId": uid, "checkInMethod": "manual"})
	r := newReceiver(t)
	sub := c.post(201, "/subscriptions", subscribe(tenant, r.URL, "users/"+room+"/events"))["id"].(string)
	principal := c.get("/servicePrincipals(appId='" + c.at.ClientID + "')")["id"].(string)
	building := dig(c.get("/places/graph.building?$top=1"), "value", 0, "placeId").(string)
	level := dig(c.get("/places/"+building+"/graph.building/map/levels"), "value", 0, "id").(string)
	key := func(path string) string {
		kind := ""
		for k := range placeKinds {
			if strings.Contains(path, "}/graph."+placeNames[k]) || strings.Contains(path, "}/microsoft.graph."+placeNames[k]) {
				kind = placeNames[k]
			}
		}
		switch {
		case strings.Contains(path, "checkIns"):
			return room
		case kind == "building" || kind == "":
			return building
		case kind == "roomList":
			return tenant.Rooms()[0].List
		}
		return dig(c.get("/places/graph."+kind+"?$top=1"), "value", 0, "placeId").(string)
	}
	served := 0
	for _, path := range slices.Sorted(maps.Keys(document.Paths.Map())) {
		own := slices.ContainsFunc([]string{"/places", "/organization", "/directoryObjects", "/servicePrincipals", "/subscriptions"}, func(p string) bool { return strings.HasPrefix(path, p) })
		if !own && path != "/users" && path != "/users/delta" && path != "/users/delta()" && path != "/users/{user-id}" || document.Paths.Find(path).Get == nil {
			continue
		}
		address := strings.NewReplacer("{place-id}", key(path), "{levelMap-id}", level, "{checkInClaim-id}", uid, "{organization-id}", c.at.TenantID,
			"{servicePrincipal-id}", principal, "{appId}", c.at.ClientID, "{subscription-id}", sub, "{user-id}", room).Replace(path)
		if got, err := c.try(request{method: http.MethodGet, path: address}); err != nil || got.status != http.StatusOK {
			t.Errorf("GET %s: %d %v %s", path, got.status, err, got.raw)
		}
		served++
	}
	if served < 60 {
		t.Errorf("only %d operations", served)
	}
}
