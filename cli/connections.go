package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"roomdesk/keystore"
)

// connectionObject is a configured connection in JSON.
type connectionObject struct {
	Name             string   `json:"name"`
	Provider         string   `json:"provider"`
	Tenant           string   `json:"tenant"`
	ClientID         string   `json:"client_id"`
	Cloud            string   `json:"cloud"`
	Kind             string   `json:"kind"`
	Keystore         string   `json:"keystore"`
	Credential       string   `json:"credential"`
	CredentialDetail string   `json:"credential_detail"`
	SecretExpires    *string  `json:"secret_expires"`
	Organizer        string   `json:"organizer"`
	TestMailbox      string   `json:"test_mailbox"`
	Domains          []string `json:"domains"`
	Demo             bool     `json:"demo"`
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
			objects := make([]connectionObject, 0, len(config.Connections))
			rows := make([][]string, 0, len(config.Connections))
			for _, connection := range config.Connections {
				state, detail := a.credential(ctx, connection)
				object := describeConnection(connection)
				object.Credential, object.CredentialDetail = state, detail
				objects = append(objects, object)
				rows = append(rows, []string{connection.Name, "Graph", connection.Tenant, connection.ClientID,
					connection.KeystoreKind(), state, a.expiry(connection)})
			}
			if a.out.format == formatJSON {
				return a.out.json(objects)
			}
			return a.out.table([]column{{title: "NAME", keep: true}, {title: "PROVIDER", keep: true}, {title: "TENANT"}, {title: "APPLICATION"},
				{title: "KEYSTORE", keep: true}, {title: "CREDENTIAL", keep: true, state: true}, {title: "SECRET EXPIRES"}}, rows,
				"No connection is configured. Connect a tenant with roomdesk connect graph, or look around with roomdesk demo.")
		}),
	}
}

func describeConnection(c keystore.Connection) connectionObject {
	object := connectionObject{
		Name: c.Name, Provider: c.Provider, Tenant: c.Tenant, ClientID: c.ClientID, Cloud: c.CloudName(), Kind: "enterprise",
		Keystore: c.KeystoreKind(), Organizer: c.Organizer, TestMailbox: c.TestMailbox, Domains: c.Domains, Demo: c.Demo(),
	}
	if object.Domains == nil {
		object.Domains = []string{}
	}
	if c.SecretExpires != nil {
		date := c.SecretExpires.String()
		object.SecretExpires = &date
	}
	return object
}

// credential looks whether the credential can be read, and says so in a word and,
// where it cannot, in a sentence.
func (a *app) credential(ctx context.Context, connection keystore.Connection) (state, detail string) {
	store, err := a.secrets(connection)
	if err == nil {
		var secret keystore.Secret
		if secret, err = store.Get(ctx, connection.SecretKey()); err == nil {
			secret.Wipe()
			return "present", ""
		}
	}
	f := explain(err)
	switch {
	case errors.Is(err, keystore.ErrNotFound):
		return "missing", f.sentence()
	case errors.Is(err, keystore.ErrLocked):
		return "locked", f.sentence()
	case errors.Is(err, keystore.ErrTimeout):
		return "no answer", f.sentence()
	}
	return "unavailable", f.sentence()
}

// expiry is when the client secret ends, in words.
func (a *app) expiry(connection keystore.Connection) string {
	ends := connection.Expires()
	if ends.IsZero() {
		return "not known"
	}
	left := ends.Sub(a.deps.Now())
	if left <= 0 {
		return "expired on " + connection.SecretExpires.String()
	}
	return fmt.Sprintf("in %d days", int(left/(24*time.Hour)))
}
