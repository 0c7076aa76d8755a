package simulator

import (
	"net/url"
	"testing"
)

// What a page of rooms costs the tenant itself, without the wire.
func BenchmarkPlacePage(b *testing.B) {
	tenant, _ := start(b, Options{Seed: 1, Rooms: 10_000, People: 10})
	for name, query := range map[string]url.Values{
		"page-100": {}, "page-1000": {"$top": {"1000"}, "$skip": {"5000"}}, "select": {"$select": {"displayName,emailAddress"}},
		"filter": {"$filter": {"capacity ge 12 and building eq 'London HQ'"}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c := &call{t: tenant, method: "GET", rawPath: "/v1.0/places/graph.room", segments: []string{"places", "graph.room"}, entry: &Entry{}, host: "x", query: url.Values{}}
				for k, v := range query {
					c.query[k] = v
				}
				if a := c.places(); a.status != 200 {
					b.Fatal(string(a.body))
				}
			}
		})
	}
}
