package cli

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// The demo reaches the rooms of each kind of organisation, and its credentials are in
// no file.
func TestDemoOfEachOrganisation(t *testing.T) {
	for kind, want := range map[string][]string{"": {"graph"}, simulator.ExchangeOnPremises: {"ews"}, simulator.ExchangeHybrid: {"graph", "ews"}} {
		t.Run("exchange="+kind, func(t *testing.T) {
			t.Parallel()
			o := simulator.Options{Rooms: 6, People: 4, Seed: 7, Exchange: kind}
			if kind == simulator.ExchangeHybrid {
				o.OnPremisesRooms, o.OnPremisesPeople = 2, 1
			}
			tenant, err := StartTenant(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := tenant.Close(); err != nil {
					t.Error(err)
				}
			}()
			dir := t.TempDir()
			a := &app{memory: &keystore.Memory{}, deps: Deps{Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}, Now: time.Now, Zone: time.UTC, LookupEnv: func(string) (string, bool) { return "", false }}}
			a.log = a.newLog(false)
			a.flags.config, a.flags.data = filepath.Join(dir, "config.toml"), dir
			a.prepareOutput()
			s, err := a.demoOrganisation(t.Context(), tenant, dir, kind == simulator.ExchangeHybrid)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.close(nil); err != nil {
					t.Error(err)
				}
			}()
			var asked []string
			for _, m := range s.members {
				asked = append(asked, m.connection.Provider)
			}
			rooms := 0
			if _, err := s.provider.Rooms(t.Context(), func(page []providers.Room) error {
				for _, room := range page {
					rooms++
					now := time.Now()
					free, err := s.provider.Availability(t.Context(), []providers.Address{room.Mailbox}, providers.Interval{Start: now, End: now.Add(time.Hour)})
					if err != nil || len(free) != 1 || free[0].Problem != nil {
						t.Errorf("%s: %+v, %v", room.Mailbox, free, err)
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if rooms != 6 || !slices.Equal(asked, want) {
				t.Errorf("%d rooms by %v, want 6 by %v", rooms, asked, want)
			}
		})
	}
}
