package tui

import (
	"context"

	"roomdesk/providers"
)

// fakeDisconnections is what the fake says about taking a connection away.
type fakeDisconnections struct {
	pending, remains []string
	disconnected     []DisconnectHow
}

func (f *fakeWorkspace) PlanDisconnect(_ context.Context, _ string, keep bool) (Disconnection, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := Disconnection{
		Tenant: providers.Outside("Fabrikam"), Pending: f.pending,
		Stops:   []string{"reading rooms, people, calendars and free/busy of tenant fabrikam.com", "booking with this connection"},
		Deletes: []string{"the client secret from the keyring"},
		Stays:   []string{"meetings that were booked here, in the tenant's calendars: 4 still to come", "the app registration, its secret and its permissions in the tenant: an administrator removes them there"},
	}
	mirror := "the local mirror /home/adele/.local/share/roomdesk/fabrikam/mirror.db with its list of bookings: 37 rooms, 120 people, 2418 meetings, 9 bookings, 4.2 MB"
	if keep {
		d.Stays = append(d.Stays, mirror+"; it is shown as old, with its age")
	} else {
		d.Deletes = append(d.Deletes, "the connection from /home/adele/.config/roomdesk/config.toml", mirror)
	}
	return d, nil
}

func (f *fakeWorkspace) Disconnect(_ context.Context, _ string, how DisconnectHow) (Disconnection, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.disconnected = append(f.disconnected, how)
	f.header.Disconnected, f.header.Access = fakeNow(), providers.NoAccess
	for mailbox, a := range f.avail {
		a.Problem = &providers.Problem{Class: providers.SignedOut}
		f.avail[mailbox] = a
	}
	return Disconnection{Remains: f.remains, Ends: !how.KeepMirror}, nil
}
