package cli

import (
	"context"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Groups of commands in the help.
const (
	groupLook    = "look"
	groupBook    = "book"
	groupConnect = "connect"
)

// root builds the tree of commands.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "roomdesk",
		Short: "A terminal console for Microsoft 365 meeting rooms",
		Long: "roomdesk shows the meeting rooms of a Microsoft 365 tenant, who has them, and books them.\n" +
			"Without a command it opens the console; every view is also a command with --json.",
		Example: "roomdesk demo\nroomdesk rooms 12p display --json\nroomdesk book --room aalto --start \"tomorrow 14:00\" --end +1h --subject \"Design review\" --teams",
		RunE:    a.run(func(ctx context.Context, _ []string) error { return a.console(ctx) }),
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.flags.config, "config", "", "configuration file (default: ROOMDESK_CONFIG, or config.toml in the user's configuration directory)")
	flags.StringVar(&a.flags.data, "data", "", "directory of the local mirrors (default: ROOMDESK_DATA, or the user's data directory)")
	flags.StringVar(&a.flags.connection, "connection", "", "name of the connection, where several are configured")
	flags.BoolVar(&a.flags.json, "json", false, "print JSON")
	flags.BoolVar(&a.flags.plain, "plain", false, "print tab-separated lines without a header")
	flags.BoolVar(&a.flags.noColor, "no-color", false, "no colours")
	flags.BoolVar(&a.flags.accessible, "accessible", false, "no colours and no moving output; lines only")
	// The function fails only for a flag that does not exist.
	_ = root.RegisterFlagCompletionFunc("connection", a.completeConnections)
	root.AddGroup(
		&cobra.Group{ID: groupLook, Title: "look"},
		&cobra.Group{ID: groupBook, Title: "book"},
		&cobra.Group{ID: groupConnect, Title: "connect and run"},
	)
	for group, commands := range map[string][]*cobra.Command{
		groupLook:    a.lookCommands(),
		groupBook:    a.bookCommands(),
		groupConnect: a.connectCommands(),
	} {
		for _, command := range commands {
			command.GroupID = group
			root.AddCommand(command)
		}
	}
	return root
}

// completeConnections offers the configured connections' names.
func (a *app) completeConnections(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	config, err := a.loadConfig()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return config.Names(), cobra.ShellCompDirectiveNoFileComp
}

// version is what the build says of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	if v == "" {
		v = "(devel)"
	}
	revision, modified := "", ""
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			revision = setting.Value[:min(len(setting.Value), 12)]
		case "vcs.modified":
			if setting.Value == "true" {
				modified = ", modified"
			}
		}
	}
	if revision != "" {
		v += " (" + revision + modified + ")"
	}
	return v + " " + info.GoVersion
}
