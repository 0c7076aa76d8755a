package cli

import (
	"context"
	"io"
	"slices"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// connectionPermissions is what permissions found at one connection of an organisation,
// in JSON: the keys of one connection alone, or the error for which nothing is known.
type connectionPermissions struct {
	Connection string `json:"connection"`
	Home       string `json:"home"` // of the mailboxes that it reaches: "cloud" or "on premises"
	ExitCode   int    `json:"exit_code"`
	Error      string `json:"error"` // empty where it could be looked at
	*permissionsObject
	provider string
}

// organisationPermissions is the result of permissions over two connections, in JSON.
type organisationPermissions struct {
	Organisation string                  `json:"organisation"`
	ExitCode     int                     `json:"exit_code"`
	Connections  []connectionPermissions `json:"connections"`
}

// permissionsOfAll looks at both connections of an organisation. One that cannot be
// looked at leaves the other.
func (a *app) permissionsOfAll(ctx context.Context, f *permissionsFlags, connections []keystore.Connection, inside, outside []providers.Address) error {
	out := organisationPermissions{Organisation: connections[0].Name}
	for _, c := range connections {
		beside, done := a.besideOf(ctx, c, connections)
		result, err := a.permissionsOf(ctx, f, c, here(inside, beside), here(outside, beside))
		done()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		section := connectionPermissions{Connection: c.Name, Home: providers.HomeWords(c.Provider), provider: c.Provider}
		if err != nil {
			why := explain(err)
			section.Error, section.ExitCode = why.sentence(), why.code
		} else {
			section.permissionsObject = &result
		}
		out.Connections = append(out.Connections, section)
	}
	out.conclude()
	if a.out.format == formatJSON {
		if err := a.out.json(out); err != nil {
			return err
		}
	} else if err := a.tellAllPermissions(out); err != nil {
		return err
	}
	if out.ExitCode != exitDone {
		return told(out.ExitCode)
	}
	return nil
}

// conclude works out the exit codes. A mailbox lives on one side: where one has it, that
// the other has it not says nothing about a limit.
func (o *organisationPermissions) conclude() {
	lives := map[string]bool{}
	for _, section := range o.Connections {
		if section.permissionsObject != nil {
			for _, l := range section.Limit {
				lives[l.Mailbox] = lives[l.Mailbox] || l.Result != limitNoMailbox
			}
		}
	}
	for i := range o.Connections {
		section := &o.Connections[i]
		if section.permissionsObject != nil {
			section.Limit = slices.DeleteFunc(section.Limit, func(l limitObject) bool { return l.Result == limitNoMailbox && lives[l.Mailbox] })
			section.ExitCode = section.exit()
		}
		if o.ExitCode == exitDone || o.ExitCode == exitPartly && section.ExitCode != exitDone {
			o.ExitCode = section.ExitCode
		}
	}
}

// limitNoMailbox is the result at a mailbox that a side has not.
const limitNoMailbox = "no mailbox"

// tellAllPermissions prints both, one after the other; in --plain the connection stands
// before each permission.
func (a *app) tellAllPermissions(o organisationPermissions) error {
	for i, section := range o.Connections {
		name := providers.Sanitise(section.Connection)
		if a.out.format != formatPlain {
			heading := name + ", " + homeWhere(section.provider) + "\n"
			if i > 0 {
				heading = "\n" + heading
			}
			if _, err := io.WriteString(a.out.out, heading); err != nil {
				return failed("check where standard output goes", "writing the result: %v", err)
			}
		}
		if section.permissionsObject == nil {
			a.out.say("%s: %s", name, section.Error)
			continue
		}
		before := ""
		if a.out.format == formatPlain {
			before = name
		}
		if err := a.tellPermissions(*section.permissionsObject, before); err != nil {
			return err
		}
	}
	return nil
}
