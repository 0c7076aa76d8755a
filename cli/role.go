package cli

import (
	"context"

	"github.com/spf13/cobra"

	"roomdesk/audit"
	"roomdesk/keystore"
	"roomdesk/providers"
)

// roleObject is a role with what it may do, in JSON.
type roleObject struct {
	Name  string       `json:"name"`
	Role  string       `json:"role"`
	Verbs []verbObject `json:"verbs"`
}

// verbObject is something that a person may do or not, in JSON.
type verbObject struct {
	Verb    string `json:"verb"`
	Allowed bool   `json:"allowed"`
	Why     string `json:"why"` // why not
}

func (a *app) roleCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "role NAME [ROLE]",
		Short: "Show or change how far whoever uses a connection here may go",
		Long: "A viewer may look, a booker may book, change, cancel and relocate too, an administrator may make, look into, change and\n" +
			"remove connections too. Changing a role is an administrator's act: a lower role cannot raise itself. Who may write the\n" +
			"configuration file can: to bind others, let it belong to an administrator.",
		Example:           "roomdesk role contoso\nroomdesk role contoso booker",
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: a.completeConnections,
		RunE: a.run(func(_ context.Context, args []string) error {
			config, err := a.loadConfig()
			if err != nil {
				return err
			}
			c, err := findConnection(config, args[0])
			if err != nil {
				return err
			}
			if len(args) == 2 {
				if c, err = a.changeRole(config, c, args[1]); err != nil {
					return err
				}
			}
			return a.printRole(c)
		}),
	}
}

// changeRole stores another role. It is in the audit trail before it holds.
func (a *app) changeRole(config *keystore.Config, c keystore.Connection, text string) (keystore.Connection, error) {
	role, ok := providers.ParseRole(text)
	if !ok {
		return c, usage("choose viewer, booker or administrator", "there is no role %q", providers.Sanitise(text))
	}
	was := roleOf(c)
	if err := a.mayAdminister(c, "role"); err != nil {
		return c, err
	}
	if role == was {
		return c, nil
	}
	trail := a.trail(a.auditPath(c, a.mirrorPath(c)), c)
	act := audit.Record{Action: "role", Was: []string{string(was)}, Is: []string{string(role)}}
	intent, err := trail.Append(context.Background(), act)
	if err != nil {
		return c, err
	}
	next := c
	next.Role = string(role)
	err = update(config, next)
	act.Intent, act.Result = intent.N, audit.Done
	if err != nil {
		act.Result = audit.Refused
	}
	a.noteRecord(c, act)
	if err != nil {
		return c, err
	}
	a.out.say("The role on %s is %s now; it was %s. Running consoles and services go by it at once.", c.Name, role, was)
	return next, nil
}

func (a *app) printRole(c keystore.Connection) error {
	role := roleOf(c)
	verbs := verbsOf(role.Access(), true)
	if a.out.format == formatJSON {
		return a.out.json(roleObject{Name: c.Name, Role: string(role), Verbs: verbs})
	}
	return a.verbTable([]string{string(role)}, verbs)
}

// verbsOf lists what an access allows.
func verbsOf(access providers.Access, administer bool) []verbObject {
	verbs := providers.Verbs()
	if administer {
		verbs = append(verbs, providers.VerbAdminister)
	}
	out := make([]verbObject, 0, len(verbs))
	for _, v := range verbs {
		why := access.Refuses(v)
		out = append(out, verbObject{string(v), why == "", why})
	}
	return out
}

// verbTable prints what may be done, with what it is of before each line.
func (a *app) verbTable(of []string, verbs []verbObject) error {
	rows := make([][]string, 0, len(verbs))
	for _, v := range verbs {
		word := "yes"
		if !v.Allowed {
			word = "no"
		}
		rows = append(rows, append(of[:len(of):len(of)], v.Verb, word, v.Why))
	}
	return a.out.table([]column{{title: "ROLE", keep: true}, {title: "MAY", keep: true}, {title: "ALLOWED", keep: true, state: true}, {title: "WHY NOT"}}, rows, "")
}
