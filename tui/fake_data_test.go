package tui

import (
	"context"
	"time"
)

func (f *fakeWorkspace) Data(_ context.Context, name string) (DataReport, error) {
	return DataReport{
		Connection: name,
		Processes:  []DataProcess{{Name: "roomdesk", PID: 4711, Does: "this console: reads into the mirror, shows it, and books"}},
		Files: []DataFile{
			{What: "configuration", Path: "/home/adele/.config/roomdesk/config.toml", Mode: "0600", Bytes: 812, Modified: fakeNow().Add(-50 * time.Hour), Holds: "tenant, application and addresses; no secret"},
			{What: "mirror", Path: "/home/adele/.local/share/roomdesk/contoso/mirror.db", Mode: "0600", Bytes: 4_215_812, Modified: fakeNow().Add(-6 * time.Second), Holds: "rooms, people, meetings and bookings; not encrypted"},
			{What: "beside the mirror", Path: "/home/adele/.local/share/roomdesk/contoso/notes.txt", Mode: "0644", Bytes: 12, Modified: fakeNow().Add(-time.Hour)},
		},
		Keys: []DataKey{{Where: "this computer's keyring (Secret Service)", Name: "roomdesk contoso client-secret aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/11111111-2222-3333-4444-555555555555", Holds: "the client secret", State: "present"}},
		Endpoints: []DataEndpoint{
			{Host: "login.microsoftonline.com:443", Does: "sign-in", In: 18_212, Out: 4_102, LastIn: fakeNow().Add(-40 * time.Minute), LastOut: fakeNow().Add(-40 * time.Minute)},
			{Host: "graph.microsoft.com:443", Does: "the tenant's rooms, people and calendars", In: 12_418_212, Out: 804_102, LastIn: fakeNow().Add(-6 * time.Second), LastOut: fakeNow().Add(-6 * time.Second)},
			{Host: "evil.example:443", Does: "none of this connection's: refused, nothing was sent", Refused: 2},
		},
		Stays:  []string{"rooms, people, meetings and free/busy: in the mirror, not encrypted, readable for your account only"},
		Leaves: []string{"to the tenant's own service: questions about rooms, people and calendars, and the meetings that are booked here", "to anybody else: nothing. There is no broker, no telemetry, and nothing looks for updates"},
	}, nil
}
