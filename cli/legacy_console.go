package cli

import (
	"roomdesk/providers"
	"roomdesk/tui"
)

// oldRows are the connections over an API that is no more, for the console.
func (a *app) oldRows() ([]tui.ConnectionRow, error) {
	kept, err := a.legacy()
	if err != nil {
		return nil, err
	}
	rows := make([]tui.ConnectionRow, 0, len(kept))
	for _, old := range kept {
		identity := ""
		if old.Account != "" {
			identity = "account " + providers.Sanitise(old.Account)
		}
		rows = append(rows, tui.ConnectionRow{
			Name: providers.Sanitise(old.Name), Provider: "legacy", Tenant: providers.Sanitise(old.Tenant), Identity: identity, Kind: "enterprise", Keystore: "none",
			Credential: "migrate or remove it", Healthy: true, Old: &tui.OldConnection{Mechanism: providers.Sanitise(old.Mechanism), Imported: old.Imported,
				Migrate: "roomdesk import migrate " + shellWord(old.Name), Remove: "roomdesk import remove " + shellWord(old.Name)},
		})
	}
	return rows, nil
}
