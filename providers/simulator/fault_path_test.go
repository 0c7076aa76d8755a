package simulator

import "testing"

// Every spelling of a path that the service takes is one path to a fault, on
// both sides of the comparison.
func TestFaultPathsIgnoreTheSpelling(t *testing.T) {
	for _, spellings := range [][]string{
		{"/v1.0/users/a@b.example/calendarView/delta", "/v1.0/users/a@b.example/calendarView/delta()", "/v1.0/users('a@b.example')/calendarView/delta", "/V1.0/Users('A@b.example')/CALENDARVIEW/Delta()"},
		{"/v1.0/places/microsoft.graph.room", "/v1.0/places/graph.room", "/v1.0/Places/Microsoft.Graph.Room"},
		{"/v1.0/places/x@y.example/microsoft.graph.roomList/rooms", "/v1.0/places('x@y.example')/graph.roomlist/rooms"},
		{"/v1.0/users/o'neill@b.example/events", "/v1.0/users('o''neill@b.example')/events"},
	} {
		for _, pattern := range spellings {
			for _, path := range spellings {
				glob := "/**/" + pattern[len("/v1.0/"):]
				for _, p := range []string{pattern, glob, pattern + "*"} {
					if !(Fault{Path: p}).matches(&call{method: "GET", path: path}) {
						t.Errorf("the pattern %q does not match %q", p, path)
					}
				}
			}
		}
	}
	for pattern, path := range map[string]string{
		"/users/*/calendarView":       "/v1.0/users('a')/calendarView/delta()",
		"/users('a')/events":          "/v1.0/users/b/events",
		"/places/graph.roomList":      "/v1.0/places/microsoft.graph.room",
		"/users/*/calendarView/delta": "/v1.0/users/a/calendarView",
	} {
		if (Fault{Path: pattern}).matches(&call{method: "GET", path: path}) {
			t.Errorf("the pattern %q matches %q", pattern, path)
		}
	}
}
