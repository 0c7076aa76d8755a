package simulator

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"roomdesk/providers/providertest"
)

// A client that wants no metadata gets the same answer without annotations, but
// with the links that lead on.
func TestMetadataLevelNone(t *testing.T) {
	_, c := start(t, Options{Seed: 3, Rooms: 12, People: 4, Wrap: providertest.ContractIfPresent(t).Handler})
	none := "application/json;odata.metadata=none"
	path := "/users/" + c.at.Organizer + "/events?$top=3&$count=true"
	full := c.get(path)
	bare := c.send(200, request{method: "GET", path: path, header: []string{"Accept", "text/html, " + none}})
	if bytes.Contains(bare.raw, []byte("@odata.etag")) || bytes.Contains(bare.raw, []byte("@odata.context")) {
		t.Errorf("annotations in %s", bare.raw)
	}
	if kind := bare.header.Get("Content-Type"); !strings.HasPrefix(kind, none+";") {
		t.Errorf("Content-Type %q", kind)
	}
	if got := slices.Sorted(maps.Keys(bare.body)); !slices.Equal(got, []string{"@odata.count", "@odata.nextLink", "value"}) {
		t.Errorf("the list has %v", got)
	}
	for i := range 3 {
		have, want := dig(bare.body, "value", i).(object), dig(full, "value", i).(object)
		for name, value := range want {
			if got, ok := have[name]; ok == strings.Contains(name, "@odata.") || ok && !reflect.DeepEqual(got, value) {
				t.Errorf("%s is %v, was %v", name, got, value)
			}
		}
	}
	first := dig(full, "value", 0, "id").(string)
	if one := c.get("/users/"+c.at.Organizer+"/events/"+first, "Accept", none); one["id"] != first || one["@odata.etag"] != nil || one["calendar@odata.navigationLink"] != nil {
		t.Errorf("one event: %v", one)
	}
	refused := c.send(404, request{method: "GET", path: "/users/nobody@" + c.at.Domain + "/events", header: []string{"Accept", none}})
	if refused.errorCode() == "" {
		t.Errorf("the error lost its code: %s", refused.raw)
	}
	batch := c.post(200, "/$batch", object{"requests": []object{{"id": "1", "method": "GET", "url": path, "headers": object{"Accept": none}}}})
	if got := dig(batch, "responses", 0, "body", "value", 0).(object); got["@odata.etag"] != nil || got["subject"] == nil {
		t.Errorf("part of a batch: %v", got)
	}
}
