package cli

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// connectionObject is a configured connection in JSON.
type connectionObject struct {
	Name     string `json:"name"`
	Provider string `json:"provider"`
	// Organisation is the name of the first connection of its organisation: its own where
	// it stands beside none.
	Organisation     string `json:"organisation"`
	Tenant           string `json:"tenant"`
	ClientID         string `json:"client_id"`
	Cloud            string `json:"cloud"`
	Kind             string `json:"kind"`
	Keystore         string `json:"keystore"`
	Credential       string `json:"credential"`
	CredentialDetail string `json:"credential_detail"`
	// SecretExpires is the last day of the client secret, or of the certificate.
	SecretExpires *string `json:"secret_expires"`
	// ExpiresInDays are whole days, negative once it is over; Expiry says it in words.
	ExpiresInDays  *int     `json:"expires_in_days"`
	Expiry         string   `json:"expiry"`
	Authentication string   `json:"authentication"` // "secret", "certificate" or "person"
	Thumbprint     string   `json:"thumbprint"`     // of the certificate, as the portal shows it
	Account        string   `json:"account"`        // of a person
	Organizer      string   `json:"organizer"`
	TestMailbox    string   `json:"test_mailbox"`
	Domains        []string `json:"domains"`
	Demo           bool     `json:"demo"`
	// Disconnected is since when only the mirror remains, shown as old.
	Disconnected *string `json:"disconnected"`
}

func (a *app) connectionsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "connections",
		Short: "List the configured connections and whether their credentials are there",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			config, err := a.loadConfig()
			if err != nil {
				return err
			}
			if err := a.tellPending(); err != nil {
				a.out.say("roomdesk: %s", explain(err).sentence())
			}
			objects := make([]connectionObject, 0, len(config.Connections))
			rows := make([][]string, 0, len(config.Connections))
			var refused error
			beside := false // an organisation of two is there
			for _, connection := range config.Connections {
				if err := a.mayAdminister(connection, "connections"); err != nil {
					refused = err
					continue
				}
				state, detail := a.credential(ctx, connection)
				object := describeConnection(connection, a.deps.Now())
				object.Credential, object.CredentialDetail = state, detail
				objects = append(objects, object)
				beside = beside || connection.Beside != ""
				rows = append(rows, []string{connection.Name, connection.ProviderName(), connection.Tenant, connection.ActsAs(),
					connection.KeystoreKind(), state, a.expiry(connection), object.Organisation})
			}
			kept, err := a.legacy()
			if err != nil {
				return err
			}
			for _, old := range kept {
				objects = append(objects, connectionObject{Name: old.Name, Provider: "legacy", Tenant: old.Tenant, Kind: "enterprise", Account: old.Account, Credential: "none",
					CredentialDetail: "an API that is no more: roomdesk import migrate, or remove", Domains: []string{}})
				rows = append(rows, []string{providers.Sanitise(old.Name), "legacy", providers.Sanitise(old.Tenant), "", "", "none", "migrate or remove it: roomdesk import"})
			}
			if refused != nil && len(objects) == 0 {
				return refused
			}
			if refused != nil {
				a.out.say("roomdesk: left out: %s", explain(refused).sentence())
			}
			if a.out.format == formatJSON {
				return a.out.json(objects)
			}
			columns := []column{{title: "NAME", keep: true}, {title: "PROVIDER", keep: true}, {title: "TENANT"}, {title: "APPLICATION"},
				{title: "KEYSTORE", keep: true}, {title: "CREDENTIAL", keep: true, state: true}, {title: "EXPIRES"}, {title: "ORGANISATION", keep: true}}
			if a.out.format == formatTable && !beside { // each is its own
				columns = columns[:len(columns)-1]
				for i := range rows {
					rows[i] = rows[i][:len(columns)]
				}
			}
			return a.out.table(columns, rows,
				"No connection is configured. Connect a tenant with roomdesk connect graph, or look around with roomdesk demo.")
		}),
	}
}

func describeConnection(c keystore.Connection, now time.Time) connectionObject {
	object := connectionObject{
		Name: c.Name, Provider: c.Provider, Organisation: cmp.Or(c.Beside, c.Name), Tenant: c.Tenant, ClientID: c.ClientID, Cloud: c.CloudName(), Kind: "enterprise", Authentication: "secret",
		Keystore: c.KeystoreKind(), Organizer: c.Organizer, TestMailbox: c.TestMailbox, Domains: c.Domains, Demo: c.Demo(),
	}
	if c.Disconnected != nil {
		since := c.Disconnected.UTC().Format(time.RFC3339)
		object.Disconnected = &since
	}
	if object.Domains == nil {
		object.Domains = []string{}
	}
	if ends := c.Expires(); !ends.IsZero() {
		date, left := ends.Add(-time.Second).UTC().Format(time.DateOnly), c.Expiry(now)
		object.SecretExpires, object.ExpiresInDays, object.Expiry = &date, &left.Days, left.Sentence
	}
	if c.AccountID != "" {
		object.Kind, object.Authentication, object.Account = "individual", "person", c.Account
	}
	if c.ByPassword() {
		object.Authentication, object.Account = "password", c.User
	}
	if leaf, ok := c.Leaf(); ok {
		object.Authentication, object.Thumbprint = "certificate", keystore.Thumbprint(leaf)
	}
	return object
}

// credential looks whether the credential can be read, and says so in a word and,
// where it cannot, in a sentence.
func (a *app) credential(ctx context.Context, connection keystore.Connection) (state, detail string) {
	if connection.Disconnected != nil {
		return "disconnected", explain(errDisconnected(connection)).sentence()
	}
	store, err := a.secrets(connection)
	if err == nil {
		// Read as a sign-in would: a damaged key or one of another certificate shows.
		if connection.AccountID != "" {
			err = a.signedIn(ctx, connection, store)
		} else {
			_, err = a.held(connection, store)(ctx)
		}
		if err == nil {
			return "present", ""
		}
	}
	f := explain(err)
	switch {
	case errors.Is(err, errRefusedBefore):
		return "refused", f.sentence()
	case errors.Is(err, keystore.ErrNotFound):
		return "missing", f.sentence()
	case errors.Is(err, keystore.ErrLocked):
		return "locked", f.sentence()
	case errors.Is(err, keystore.ErrTimeout):
		return "no answer", f.sentence()
	case errors.Is(err, keystore.ErrPassphrase):
		return "wrong passphrase", f.sentence()
	case errors.Is(err, keystore.ErrPermissions):
		return "not safe", f.sentence()
	case errors.Is(err, keystore.ErrDamaged):
		return "damaged", f.sentence()
	}
	return "unavailable", f.sentence()
}

// expiry is when the credential ends, in words.
func (a *app) expiry(connection keystore.Connection) string {
	ends := connection.Expires()
	if ends.IsZero() {
		return "not known"
	}
	return a.countdown(ends)
}

// countdown is an end in words: "in 6 days", or "expired on 2026-11-20".
func (a *app) countdown(ends time.Time) string {
	left := ends.Sub(a.deps.Now())
	if left <= 0 {
		return "expired on " + ends.Add(-time.Second).UTC().Format(time.DateOnly)
	}
	return keystore.InDays(int(left / (24 * time.Hour)))
}
