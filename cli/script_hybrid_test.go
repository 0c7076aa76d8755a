package cli_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"roomdesk/cli"
	"roomdesk/providers/simulator"
)

type hybridKey struct{}

// hybridTenant is the tenant of a hybrid organisation, and what is wrong with it.
type hybridTenant struct {
	tenant *simulator.Tenant
	faults []func()
}

// startHybrid starts an organisation whose last rooms and people are on premises, for
// the rest of the script: hybrid.
func startHybrid(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: hybrid")
	}
	const rooms, localRooms, localPeople = 12, 5, 3
	tenant, err := cli.StartTenant(context.Background(), simulator.Options{
		Rooms: rooms, People: 8, Seed: 7, RoomAnswerDelay: 100 * time.Millisecond, Exchange: simulator.ExchangeHybrid, OnPremisesRooms: localRooms, OnPremisesPeople: localPeople,
	})
	ts.Check(err)
	ts.Defer(func() { ts.Check(tenant.Close()) })
	dir := ts.MkAbs("hybrid")
	ts.Check(tenant.WriteDir(dir))
	e, all, people := tenant.Endpoints(), tenant.Rooms(), tenant.People()
	local := slices.Clone(all[rooms-localRooms:])
	for name, value := range map[string]string{
		"HYBRID": dir, "EWS_URL": e.EWSURL, "EWS_LOGIN": e.ExchangeLogin, "EWS_PASSWORD": e.ExchangePassword, "SECRET": e.ClientSecret, "CA": filepath.Join(dir, "ca.pem"), "DOMAIN": e.Domain, "ORGANIZER": e.Organizer,
		"TENANT_ID": e.TenantID, "CLIENT_ID": e.ClientID, "AUTHORITY_URL": e.AuthorityURL, "GRAPH_URL": e.GraphURL,
		"CLOUD_ROOM": all[0].Mailbox, "CLOUD_ROOM2": all[1].Mailbox, "LOCAL_ROOM": local[0].Mailbox, "LOCAL_ROOM2": local[1].Mailbox, "LOCAL_NAME": local[0].Name,
		"LOCAL_PERSON": people[len(people)-1].Mailbox, "CLOUD_PERSON": people[1].Mailbox, "ROOMDESK_CONFIG": filepath.Join(dir, "config.toml"),
	} {
		ts.Setenv(name, value)
	}
	ts.Check(os.WriteFile(ts.MkAbs("password"), []byte(e.ExchangePassword+"\n"), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("secret"), []byte(e.ClientSecret+"\n"), 0o600))
	ts.Value(hybridKey{}).(*hybridTenant).tenant = tenant
}

// changeSide takes a side of the hybrid organisation away, or gives both back: side
// down graph, side down ews, side up. side moved ADDRESS moves a mailbox to the cloud.
func changeSide(ts *testscript.TestScript, neg bool, args []string) {
	h := ts.Value(hybridKey{}).(*hybridTenant)
	switch {
	case !neg && len(args) == 1 && args[0] == "up":
		for _, remove := range h.faults {
			remove()
		}
		h.faults = nil
	case !neg && len(args) == 2 && args[0] == "down":
		path := map[string]string{"graph": "/v1.0", "ews": "/EWS/Exchange.asmx"}[args[1]]
		h.faults = append(h.faults, h.tenant.Inject(simulator.Fault{Path: path, Network: "proxy_407"}))
	case !neg && len(args) == 2 && args[0] == "moved":
		ts.Check(h.tenant.SetHosting(args[1], simulator.HostedOnline))
	default:
		ts.Fatalf("usage: side down graph, side down ews, side up, side moved ADDRESS")
	}
}
