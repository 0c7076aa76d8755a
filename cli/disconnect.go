package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// disconnectObject is what a disconnection does or did, in JSON.
type disconnectObject struct {
	Name         string              `json:"name"`
	TenantName   providers.Untrusted `json:"tenant_name"`
	Disconnected bool                `json:"disconnected"`
	Stops        []string            `json:"stops"`
	Deletes      []string            `json:"deletes"`
	Stays        []string            `json:"stays"`
	Mirror       *mirrorObject       `json:"mirror"`
	// Pending are writes that have not reached the tenant, or not surely.
	Pending []pendingObject `json:"pending"`
	// Remains is what could not be removed, each with what to do; then it is repeated.
	Remains []string `json:"remains"`
}

// mirrorObject is what a mirror holds, in JSON.
type mirrorObject struct {
	Path     string `json:"path"`
	Bytes    int64  `json:"bytes"`
	Rooms    int    `json:"rooms"`
	People   int    `json:"people"`
	Events   int    `json:"events"`
	Bookings int    `json:"bookings"`
	// ToCome are meetings that were booked here, are still to come, and stay in the
	// tenant.
	ToCome int  `json:"to_come"`
	Kept   bool `json:"kept"`
}

// pendingObject is a write under way, in JSON.
type pendingObject struct {
	ID      string              `json:"id"`
	What    string              `json:"what"` // "booking", "change" or "relocation"
	State   string              `json:"state"`
	Room    providers.Address   `json:"room"`
	Start   *string             `json:"start"`
	Subject providers.Untrusted `json:"subject"`
}

// disconnectFlags are the flags of disconnect.
type disconnectFlags struct{ dryRun, yes, keepMirror, abandon bool }

func (a *app) disconnectCommand() *cobra.Command {
	f := &disconnectFlags{}
	command := &cobra.Command{
		Use:   "disconnect NAME",
		Short: "Remove a connection, its credential and its mirror",
		Long: "Disconnect removes a connection from the configuration, its credential from the keyring and its local mirror.\n" +
			"Nothing is changed in the tenant: meetings booked here stay. With --keep-mirror the mirror stays to be looked at:\n" +
			"as old, with its age. connect under the same name takes it up again.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeConnections,
		RunE:              a.run(func(ctx context.Context, args []string) error { return a.disconnect(ctx, args[0], f) }),
	}
	flags := command.Flags()
	flags.BoolVar(&f.dryRun, "dry-run", false, "only say what would happen")
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	flags.BoolVar(&f.keepMirror, "keep-mirror", false, "keep what was mirrored, to be seen as old")
	flags.BoolVar(&f.abandon, "abandon", false, "also where bookings have not reached the tenant yet")
	return command
}

func (a *app) disconnect(ctx context.Context, name string, f *disconnectFlags) error {
	config, err := a.loadConfig()
	if err != nil {
		return err
	}
	connection, err := findConnection(config, name)
	if err != nil {
		if forgot, errForget := a.forgetPending(ctx, name, f.dryRun); forgot || errForget != nil {
			return errForget
		}
		return err
	}
	if err := a.mayAdminister(connection, "disconnect"); err != nil {
		return err
	}
	secrets, err := a.secrets(connection)
	if err != nil {
		return err
	}
	plan := a.disconnectPlan(ctx, connection, secrets, f.keepMirror, nil)
	if f.dryRun {
		return a.reportDisconnect(plan)
	}
	if !f.yes {
		if err := a.confirmDisconnect(ctx, plan); err != nil {
			return err
		}
	}
	if err := plan.blocked(f.abandon); err != nil {
		return err
	}
	if holder := mirrorHolder(ctx, a.mirrorPath(connection)); holder != "" {
		return failed("close it, then repeat", "connection %s is in use by %s", name, holder)
	}
	if err := a.cutOff(config, connection); err != nil {
		return err
	}
	plan.Disconnected = true
	if _, err := a.forgetPending(ctx, name, false); err != nil {
		a.out.say("roomdesk: %s", explain(err).sentence())
	}
	plan.Remains = a.removeConnection(ctx, connection, secrets, !f.keepMirror)
	if err := a.reportDisconnect(plan); err != nil {
		return err
	}
	if len(plan.Remains) > 0 {
		return told(exitPartly)
	}
	return nil
}

// blocked refuses while writes are pending, unless they are abandoned.
func (plan disconnectObject) blocked(abandon bool) error {
	if len(plan.Pending) == 0 || abandon {
		return nil
	}
	names := make([]string, 0, len(plan.Pending))
	for _, p := range plan.Pending {
		names = append(names, p.words())
	}
	return &failure{code: exitDeclined, class: string(providers.Conflict), message: "nothing was changed: not all has reached the tenant: " + strings.Join(names, "; "),
		next: "let it be sent first (roomdesk sync --once, roomdesk bookings), or repeat with --abandon"}
}

func (p pendingObject) words() string {
	text := p.What + " of " + string(p.Room)
	if p.Start != nil {
		text += " at " + *p.Start
	}
	return text + " (" + p.State + ")"
}

// confirmDisconnect shows the plan and asks for the tenant's name.
func (a *app) confirmDisconnect(ctx context.Context, plan disconnectObject) error {
	if !terminal(a.deps.Stdin) {
		return usage("look with --dry-run, then repeat with --yes", "disconnecting %s needs a confirmation, and nobody can be asked here", plan.Name)
	}
	a.sayPlan(plan)
	typed, err := a.ask(ctx, "Type the tenant's name, "+plan.TenantName.Or(plan.Name)+", to disconnect: ")
	if err != nil {
		return err
	}
	if !plan.named(typed) {
		return failed("", "nothing was changed: the name was not typed")
	}
	return nil
}

// named reports whether the tenant's name was typed.
func (plan disconnectObject) named(typed string) bool {
	return strings.EqualFold(strings.TrimSpace(typed), strings.TrimSpace(plan.TenantName.Or(plan.Name)))
}

func (a *app) reportDisconnect(plan disconnectObject) error {
	if a.out.format == formatJSON {
		return a.out.json(plan)
	}
	if !plan.Disconnected {
		a.sayPlan(plan)
		return nil
	}
	if len(plan.Remains) == 0 {
		a.out.say("Disconnected %s.", plan.Name)
		return nil
	}
	a.out.say("roomdesk: %s is disconnected: nothing is read or sent any more. This remains:", plan.Name)
	for _, item := range plan.Remains {
		a.out.say("  %s", item)
	}
	a.out.say("Then repeat: roomdesk disconnect %s", plan.Name)
	return nil
}

func (a *app) sayPlan(plan disconnectObject) {
	a.out.say("Disconnecting %s", plan.Name)
	var pending []string
	for _, p := range plan.Pending {
		pending = append(pending, p.words())
	}
	for _, part := range []struct {
		title string
		items []string
	}{{"stops", plan.Stops}, {"is deleted", plan.Deletes}, {"stays", plan.Stays}, {"not sent", pending}} {
		for _, item := range part.items {
			a.out.say("  %-11s %s", part.title, item)
		}
	}
}

// errDisconnected is why a disconnected connection does nothing.
func errDisconnected(c keystore.Connection) error {
	return &providers.Error{Class: providers.SignedOut, Op: "signing in", Message: providers.Outside(disconnectedWords(c)),
		Advice: "connect it again under the same name: roomdesk connect " + c.Provider + " --name " + c.Name}
}

func disconnectedWords(c keystore.Connection) string {
	return "connection " + c.Name + " is disconnected since " + c.Disconnected.UTC().Format(time.DateTime+" UTC")
}
