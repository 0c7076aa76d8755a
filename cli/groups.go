package cli

import "github.com/spf13/cobra"

func (a *app) lookCommands() []*cobra.Command {
	return []*cobra.Command{a.roomsCommand(), a.freebusyCommand(), a.peopleCommand(), a.calendarsCommand(), a.eventsCommand(), a.exportCommand()}
}

func (a *app) bookCommands() []*cobra.Command {
	return []*cobra.Command{a.bookCommand(), a.bookingsCommand(), a.relocateCommand()}
}

func (a *app) connectCommands() []*cobra.Command {
	return []*cobra.Command{a.connectCommand(), a.connectionsCommand(), a.importCommand(), a.signInCommand(), a.whoamiCommand(), a.roleCommand(), a.rotateCommand(), a.migrateCommand(), a.profilesCommand(), a.featuresCommand(), a.disconnectCommand(), a.dataCommand(), a.auditCommand(), a.doctorCommand(), a.permissionsCommand(), a.syncCommand(), a.verifyCommand(), a.demoCommand(), a.tenantCommand()}
}
