package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"roomdesk/doctor"
	"roomdesk/keystore"
	"roomdesk/providers"
)

// permissionsFlags are the flags of permissions.
type permissionsFlags struct {
	features        []string
	inside, outside []string
	alone           bool
}

func (a *app) permissionsCommand() *cobra.Command {
	f := &permissionsFlags{}
	command := &cobra.Command{
		Use:               "permissions [NAME]",
		Short:             "Which permissions are needed, granted, in the token, proven and extra",
		Long:              "Two connections of one organisation are looked at one after the other.",
		Example:           "roomdesk permissions --features rooms,booking\nroomdesk permissions --inside aalto@contoso.com --outside ceo@contoso.com",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeConnections,
		RunE:              a.run(a.forNamed(func(ctx context.Context) error { return a.permissions(ctx, f) })),
	}
	flags := command.Flags()
	flags.StringSliceVar(&f.features, "features", doctor.FeatureNames(), "what is wanted: "+strings.Join(doctor.FeatureNames(), ", "))
	flags.BoolVar(&f.alone, "alone", false, "look at this connection only, where it is one of two of an organisation")
	flags.StringArrayVar(&f.inside, "inside", nil, "mailbox that must be open (repeatable)")
	flags.StringArrayVar(&f.outside, "outside", nil, "mailbox that must be refused (repeatable)")
	return command
}

// permissionObject is one permission in JSON.
type permissionObject struct {
	Permission string   `json:"permission"`
	Features   []string `json:"features"`
	Granted    *bool    `json:"granted"`
	InToken    bool     `json:"in_token"`
	Proven     string   `json:"proven"`
	Extra      bool     `json:"extra"`
	Missing    bool     `json:"missing"`
	Drift      string   `json:"drift"`
	Right      string   `json:"right"`
}

// limitObject is one mailbox at which a limit was tried, in JSON.
type limitObject struct {
	Mailbox  string `json:"mailbox"`
	Expected string `json:"expected"`
	Result   string `json:"result"`
	Why      string `json:"why"`
	Holds    bool   `json:"holds"`
}

// mailboxAccess is what a mailbox that was tried allows, in JSON.
type mailboxAccess struct {
	Mailbox string       `json:"mailbox"`
	Level   string       `json:"level"`
	Verbs   []verbObject `json:"verbs"`
}

// permissionsObject is the result of permissions in JSON.
type permissionsObject struct {
	Least []string `json:"least"`
	// Level is the lowest level of access that suffices for the features, empty where
	// none needs a calendar; Access is what the connection and the person have.
	Level       string             `json:"level"`
	Access      string             `json:"access"`
	Role        string             `json:"role"`
	Verbs       []verbObject       `json:"verbs"`
	Mailboxes   []mailboxAccess    `json:"mailboxes"`
	Permissions []permissionObject `json:"permissions"`
	Limit       []limitObject      `json:"limit"`
	// LimitKind is how the limit is made, LimitWhy by what that was told.
	LimitKind string `json:"limit_kind"`
	LimitWhy  string `json:"limit_why"`
	// Again says how long a change takes to hold, where one seems to spread.
	Again    string   `json:"again"`
	Commands []string `json:"commands"`
}

func (a *app) permissions(ctx context.Context, f *permissionsFlags) error {
	for _, name := range f.features {
		if !slices.Contains(doctor.FeatureNames(), name) {
			return usage("choose of "+strings.Join(doctor.FeatureNames(), ", "), "there is no feature %q", providers.Sanitise(name))
		}
	}
	inside, err := mailboxesOf("--inside", f.inside)
	if err != nil {
		return err
	}
	outside, err := mailboxesOf("--outside", f.outside)
	if err != nil {
		return err
	}
	config, err := a.loadConfig()
	if err != nil {
		return err
	}
	connection, err := a.pick(config)
	if err != nil {
		return err
	}
	looked := a.looked(config, connection, f.alone)
	for _, c := range looked {
		if err := a.mayAdminister(c, "permissions"); err != nil {
			return err
		}
	}
	if len(looked) > 1 {
		return a.permissionsOfAll(ctx, f, looked, inside, outside)
	}
	beside, done := a.besideOf(ctx, connection, a.organisation(config, connection))
	defer done()
	result, err := a.permissionsOf(ctx, f, connection, here(inside, beside), here(outside, beside))
	if err != nil {
		return err
	}
	return a.printPermissions(result)
}

// permissionsOf looks at the permissions of one connection.
func (a *app) permissionsOf(ctx context.Context, f *permissionsFlags, connection keystore.Connection, inside, outside []providers.Address) (permissionsObject, error) {
	if connection.Exchange() {
		return a.permissionsExchange(ctx, f, connection, inside, outside)
	}
	secrets, err := a.secrets(connection)
	if err != nil {
		return permissionsObject{}, err
	}
	provider, err := a.newProvider(connection, stored(connection, secrets))
	if err != nil {
		return permissionsObject{}, asUsage(err)
	}
	defer provider.Close() //nolint:errcheck // only reads were made
	probe := provider.Probe()
	samples := permissionSamples(connection, inside)
	reviews, err := doctor.PermissionReview(ctx, probe, samples, f.features, connection.Permissions)
	if err != nil {
		return permissionsObject{}, err
	}
	result := permissionsObject{Least: append([]string{}, doctor.Least(f.features)...), Permissions: []permissionObject{}, Limit: []limitObject{}, Commands: []string{}}
	for _, r := range reviews {
		result.Permissions = append(result.Permissions, permissionObject{Permission: providers.Sanitise(r.Permission), Features: append([]string{}, r.For...), Granted: r.Granted,
			InToken: r.InToken, Proven: r.Proven, Extra: !r.Needed() && r.InToken, Missing: r.Missing(), Drift: r.Drift, Right: r.Right})
	}
	result.Level = string(doctor.LevelFor(f.features))
	if err := a.addAccess(ctx, &result, connection, provider, append(slices.Clone(samples), outside...)); err != nil {
		return permissionsObject{}, err
	}
	if len(inside)+len(outside) > 0 {
		token, err := probe.Token(ctx)
		if err != nil {
			return permissionsObject{}, err
		}
		limit, err := doctor.ProveLimit(ctx, probe, token, inside, outside)
		if err != nil {
			return permissionsObject{}, err
		}
		result.addLimit(limit)
		organizer, _ := providers.ParseAddress(connection.Organizer)
		result.Commands = doctor.LimitCommands(limit, token, connection.Name, connection.ClientID, organizer, f.features)
	}
	return result, nil
}

// permissionSamples are the mailboxes at which permissions are tried.
func permissionSamples(c keystore.Connection, more []providers.Address) []providers.Address {
	out := slices.Clone(more)
	for _, text := range []string{c.Organizer, c.TestMailbox} {
		if address, ok := providers.ParseAddress(text); ok && !slices.Contains(out, address) {
			out = append(out, address)
		}
	}
	return out
}

func mailboxesOf(flag string, texts []string) ([]providers.Address, error) {
	var out []providers.Address
	for _, text := range texts {
		address, ok := providers.ParseAddress(text)
		if !ok {
			return nil, usage("write it as name@domain", "%s %q is no mailbox address", flag, providers.Sanitise(text))
		}
		out = append(out, address)
	}
	return out, nil
}

func (a *app) printPermissions(result permissionsObject) error {
	if a.out.format == formatJSON {
		if err := a.out.json(result); err != nil {
			return err
		}
	} else if err := a.tellPermissions(result, ""); err != nil {
		return err
	}
	if code := result.exit(); code != exitDone {
		return told(code)
	}
	return nil
}

// exit is the exit code: 5 where a needed permission is missing, 3 where a limit does not
// hold.
func (o *permissionsObject) exit() int {
	switch {
	case slices.ContainsFunc(o.Permissions, func(p permissionObject) bool { return p.Missing }):
		return exitSignIn
	case slices.ContainsFunc(o.Limit, func(l limitObject) bool { return !l.Holds }):
		return exitPartly
	}
	return exitDone
}

// tellPermissions prints them as a table; before, unless empty, is a column of its own on
// the left.
func (a *app) tellPermissions(result permissionsObject, before string) error {
	rows := make([][]string, 0, len(result.Permissions))
	for _, p := range result.Permissions {
		granted := "cannot be read"
		if p.Granted != nil {
			granted = yesNo(p.Granted)
		}
		state := "ok"
		switch {
		case p.Missing:
			state = "missing"
		case p.Extra:
			state = "extra"
		case len(p.Features) == 0:
			state = "not needed"
		}
		if p.Drift != "" {
			state += ", " + p.Drift + " since connecting"
		}
		if p.Right != "" {
			state += ", is spelt " + p.Right
		}
		proven := p.Proven
		if proven == "" {
			proven = "not tried"
		}
		rows = append(rows, []string{p.Permission, state, strings.Join(p.Features, ", "), granted, yesNo(&p.InToken), proven})
	}
	for _, l := range result.Limit {
		rows = append(rows, []string{l.Mailbox, map[bool]string{true: "holds", false: "does not hold"}[l.Holds], "must be " + l.Expected, "", "", l.Result})
	}
	columns := []column{{title: "PERMISSION", keep: true}, {title: "STATE", keep: true, state: true}, {title: "NEEDED FOR"}, {title: "GRANTED"}, {title: "IN THE TOKEN"}, {title: "PROVEN"}}
	if before != "" {
		columns = append([]column{{title: "CONNECTION", keep: true}}, columns...)
		for i := range rows {
			rows[i] = append([]string{before}, rows[i]...)
		}
	}
	if err := a.out.table(columns, rows, "No permission is needed or there."); err != nil {
		return err
	}
	a.out.say("The least for this: %s", strings.Join(result.Least, ", "))
	if result.Level != "" {
		a.out.say("The lowest level of access that suffices: %s", result.Level)
	}
	a.out.say("Access: %s, role %s", result.Access, result.Role)
	for _, m := range result.Mailboxes {
		var denied []string
		for _, v := range m.Verbs {
			if !v.Allowed {
				denied = append(denied, v.Verb)
			}
		}
		words := m.Level
		if len(denied) > 0 {
			words += ", no " + strings.Join(denied, ", ")
		}
		a.out.say("  %s: %s", m.Mailbox, words)
	}
	if result.LimitKind != "" {
		a.out.say("Limit: %s: %s.", result.LimitKind, result.LimitWhy)
	}
	if result.Again != "" {
		a.out.say("%s", strings.ToUpper(result.Again[:1])+result.Again[1:]+".")
	}
	for _, l := range result.Limit {
		if l.Why != "" {
			a.out.say("%s: %s", l.Mailbox, l.Why)
		}
	}
	if len(result.Commands) > 0 {
		a.out.say("%s", fmt.Sprintf("To limit it to some mailboxes, in %s:\n%s", result.shell(), strings.Join(result.Commands, "\n")))
	}
	return nil
}
