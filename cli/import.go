package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"roomdesk/audit"
	"roomdesk/keystore"
	"roomdesk/providers"
)

// importedObject is what became of a line of an imported file, in JSON.
type importedObject struct {
	Name      string `json:"name"`
	Mechanism string `json:"mechanism"` // "graph", "ews" or "legacy"
	Stored    bool   `json:"stored"`
	Next      string `json:"next"`
}

func (a *app) importCommand() *cobra.Command {
	command := &cobra.Command{Use: "import", Short: "Take over old connections", Args: cobra.NoArgs, RunE: a.run(func(context.Context, []string) error { return a.listLegacy() }),
		Long: "Without a command: the old connections that wait to be migrated or removed."}
	connections := &cobra.Command{
		Use: "connections FILE", Short: "Read a list of old connections: CSV, JSON or TOML", Args: cobra.ExactArgs(1),
		Long: "Each has name, mechanism, tenant and account; other columns are refused with their line. Credentials are in no such list:\n" +
			"connections over Graph and Exchange are made again with the command that is printed. Those over the older \"Office 365\n" +
			"API\" are kept as legacy: they can be migrated or removed, and nothing else.",
		Example: "roomdesk import connections old.csv",
		RunE:    a.run(func(_ context.Context, args []string) error { return a.importConnections(args[0]) }),
	}
	migrate := &cobra.Command{Use: "migrate NAME", Short: "What migrates an old connection; drops it once its tenant is connected", Args: cobra.ExactArgs(1),
		RunE: a.run(func(_ context.Context, args []string) error { return a.migrateLegacy(args[0]) })}
	remove := &cobra.Command{Use: "remove NAME", Short: "Remove an old connection", Args: cobra.ExactArgs(1),
		RunE: a.run(func(_ context.Context, args []string) error { return a.removeLegacy(args[0]) })}
	command.AddCommand(connections, migrate, remove)
	return command
}

// connectLine is the command that makes a connection in the place of an old one.
func connectLine(mechanism, name, tenant string) string {
	if mechanism == keystore.ExchangeProvider {
		return "roomdesk connect ews --name " + shellWord(name)
	}
	line := "roomdesk connect graph --name " + shellWord(name)
	if tenant != "" {
		line += " --tenant " + shellWord(tenant)
	}
	return line
}

// shellWord quotes a text for a shell where it needs that.
func shellWord(s string) string {
	s = providers.Sanitise(s)
	if s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.@", r))
	}) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func (a *app) importConnections(path string) error {
	config, err := a.loadConfig()
	if err != nil {
		return err
	}
	if err := a.mayConnect(config); err != nil {
		return err
	}
	rows, err := readImport(path)
	if err != nil {
		return err
	}
	kept, err := a.legacy()
	if err != nil {
		return err
	}
	objects, table := []importedObject{}, [][]string{}
	for _, row := range rows {
		o := importedObject{Name: row.Name, Mechanism: mechanismOf(row.Mechanism)}
		if _, taken := config.Find(row.Name); taken && o.Mechanism == "legacy" {
			return usage("rename it in the file; nothing was imported", "%s:%d: a connection %q is configured", providers.Sanitise(path), row.line, providers.Sanitise(row.Name))
		}
		o.Next = connectLine(o.Mechanism, row.Name, row.Tenant)
		if o.Mechanism == "legacy" {
			o.Stored, o.Next = true, "roomdesk import migrate "+shellWord(row.Name)+", or roomdesk import remove "+shellWord(row.Name)
			kept = slices.DeleteFunc(kept, func(c legacyConnection) bool { return keystore.EnvName(c.Name) == keystore.EnvName(row.Name) })
			kept = append(kept, legacyConnection{Name: row.Name, Tenant: row.Tenant, Account: row.Account, Mechanism: row.Mechanism, Imported: a.deps.Now().UTC()})
		}
		objects = append(objects, o)
		table = append(table, []string{providers.Sanitise(o.Name), o.Mechanism, o.Next})
	}
	if err := a.keepLegacy(kept); err != nil {
		return err
	}
	if a.out.format == formatJSON {
		return a.out.json(objects)
	}
	return a.out.table([]column{{title: "NAME", keep: true}, {title: "MECHANISM", keep: true}, {title: "NEXT"}}, table, "The file has no connections.")
}

func (a *app) listLegacy() error {
	kept, err := a.legacy()
	if err != nil {
		return err
	}
	objects, table := []importedObject{}, [][]string{}
	for _, c := range kept {
		next := "roomdesk import migrate " + shellWord(c.Name) + ", or roomdesk import remove " + shellWord(c.Name)
		objects = append(objects, importedObject{c.Name, "legacy", true, next})
		table = append(table, []string{providers.Sanitise(c.Name), "legacy", next})
	}
	if a.out.format == formatJSON {
		return a.out.json(objects)
	}
	return a.out.table([]column{{title: "NAME", keep: true}, {title: "MECHANISM", keep: true}, {title: "NEXT"}}, table, "No old connection waits.")
}

func findLegacy(kept []legacyConnection, name string) (legacyConnection, error) {
	for _, c := range kept {
		if c.Name == name {
			return c, nil
		}
	}
	return legacyConnection{}, usage("see roomdesk import", "there is no old connection %q", providers.Sanitise(name))
}

// legacyRefusal says of an old connection what can be done with it; nil where the name
// is of none.
func (a *app) legacyRefusal(name string) error {
	kept, err := a.legacy()
	if err != nil {
		return err
	}
	if _, err := findLegacy(kept, name); err != nil {
		return nil //nolint:nilerr // the name is of no old connection
	}
	return usage("roomdesk import migrate "+shellWord(name)+", or roomdesk import remove "+shellWord(name), "connection %s is over an API that is no more: it can only be migrated or removed", providers.Sanitise(name))
}

// migrateLegacy drops an old connection where its tenant is connected now, and else says
// how to connect it.
func (a *app) migrateLegacy(name string) error {
	kept, err := a.legacy()
	if err != nil {
		return err
	}
	old, err := findLegacy(kept, name)
	if err != nil {
		return err
	}
	config, err := a.loadConfig()
	if err != nil {
		return err
	}
	if err := a.mayConnect(config); err != nil {
		return err
	}
	for _, c := range config.Connections {
		same := old.Tenant != "" && (strings.EqualFold(c.Tenant, old.Tenant) || slices.ContainsFunc(c.Domains, func(d string) bool { return strings.EqualFold(d, old.Tenant) }))
		if c.Disconnected == nil && (same || c.Name == old.Name) {
			a.noteRecord(c, audit.Record{Action: "migrate connection", Was: []string{"legacy " + old.Name}, Is: []string{c.Provider + " " + c.Name}, Result: audit.Done})
			a.out.say("%s is connected as %s now; the old connection is gone.", providers.Sanitise(old.Name), c.Name)
			return a.keepLegacy(slices.DeleteFunc(kept, func(l legacyConnection) bool { return l.Name == old.Name }))
		}
	}
	mechanism := "graph"
	if !a.graphOn(config) {
		mechanism = keystore.ExchangeProvider
	}
	a.out.say("Connect its tenant, then repeat this; what was booked over the old connection is read from the tenant:\n  %s", connectLine(mechanism, old.Name, old.Tenant))
	return told(exitPartly)
}

func (a *app) removeLegacy(name string) error {
	config, err := a.loadConfig()
	if err != nil {
		return err
	}
	if err := a.mayConnect(config); err != nil {
		return err
	}
	kept, err := a.legacy()
	if err != nil {
		return err
	}
	if _, err := findLegacy(kept, name); err != nil {
		return err
	}
	return a.keepLegacy(slices.DeleteFunc(kept, func(c legacyConnection) bool { return c.Name == name }))
}
