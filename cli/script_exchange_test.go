package cli_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"roomdesk/cli"
	"roomdesk/providers/simulator"
)

// exchangeKey is where a script's organisation with Exchange is kept.
type exchangeKey struct{}

// startExchange puts an organisation with Exchange on premises in the place of the
// script's tenant: exchange. Afterwards exchange set JSON changes what its administrator
// decides.
func startExchange(ts *testscript.TestScript, neg bool, args []string) {
	running := ts.Value(exchangeKey{}).(**simulator.Tenant)
	if !neg && len(args) == 2 && args[0] == "set" && *running != nil {
		settings, _ := (*running).ExchangeSettings()
		ts.Check(json.Unmarshal([]byte(args[1]), &settings))
		ts.Check((*running).SetExchange(settings))
		return
	}
	if neg || len(args) != 0 {
		ts.Fatalf("usage: exchange, exchange set JSON")
	}
	tenant, err := cli.StartTenant(context.Background(), simulator.Options{
		Rooms: 12, People: 8, Seed: 7, RoomAnswerDelay: 100 * time.Millisecond, Exchange: simulator.ExchangeOnPremises,
	})
	ts.Check(err)
	*running = tenant
	ts.Defer(func() { ts.Check(tenant.Close()) })
	dir := ts.MkAbs("exchange")
	ts.Check(tenant.WriteDir(dir))
	e := tenant.Endpoints()
	for name, value := range map[string]string{
		"EXCHANGE": dir, "EWS_URL": e.EWSURL, "EWS_LOGIN": e.ExchangeLogin, "EWS_PASSWORD": e.ExchangePassword, "CA": filepath.Join(dir, "ca.pem"), "DOMAIN": e.Domain,
		"ORGANIZER": e.Organizer, "TEST_MAILBOX": e.TestMailbox, "ROOM": tenant.Rooms()[0].Mailbox, "ROOM_NAME": tenant.Rooms()[0].Name, "ROOM2": tenant.Rooms()[1].Mailbox,
		"ROOMDESK_CONFIG": filepath.Join(dir, "config.toml"),
	} {
		ts.Setenv(name, value)
	}
	ts.Check(os.WriteFile(ts.MkAbs("password"), []byte(e.ExchangePassword+"\n"), 0o600))
}
