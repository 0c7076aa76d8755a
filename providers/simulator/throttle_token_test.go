package simulator

import (
	"testing"

	"roomdesk/providers/simulator/entra"
)

// A request whose token a fault ends is over for its application, too, once it is
// answered.
func TestARequestWithoutItsTokenIsNoLongerInFlight(t *testing.T) {
	tenant, c := start(t, Options{Rooms: 2, People: 2})
	room := tenant.Rooms()[0].Mailbox
	view := "/users/" + room + "/calendarView?startDateTime=2026-01-01T00:00:00Z&endDateTime=2026-01-02T00:00:00Z"
	for range 5 {
		remove := tenant.Inject(Fault{Path: "/calendarView", Nth: 1, Token: &entra.Disturbance{Do: "expire"}})
		if _, err := c.try(request{method: "GET", path: view}); err != nil {
			t.Fatal(err)
		}
		remove()
		tenant.Directory().Calm()
		c = connect(t, tenant)
	}
	if _, err := c.try(request{method: "GET", path: view}); err != nil {
		t.Fatal(err)
	}
	all := tenant.LedgerWhere(LedgerFilter{Path: "/calendarView"})
	if last := all[len(all)-1]; last.Concurrency != 1 || last.AppConcurrency != 1 {
		t.Errorf("%d requests at once for the mailbox, %d of the application, where there is one", last.Concurrency, last.AppConcurrency)
	}
}
