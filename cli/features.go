package cli

import (
	"context"

	"github.com/spf13/cobra"

	"roomdesk/audit"
	"roomdesk/keystore"
	"roomdesk/providers"
)

// featureObject is a switch in JSON.
type featureObject struct {
	Name     string `json:"name"`
	On       bool   `json:"on"`
	Chosen   bool   `json:"chosen"` // by the configuration, and so kept when a release chooses otherwise
	What     string `json:"what"`
	Maturity string `json:"maturity"`
}

func (a *app) featuresCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "features [NAME [on | off | default]]",
		Short: "Show or change the switches of this configuration",
		Long: "graph: whether new connections, and mailboxes that are authorised again, use Microsoft Graph or Exchange Web Services.\n" +
			"What is chosen here stays when a later release chooses otherwise; default follows the release.",
		Example: "roomdesk features\nroomdesk features graph off", Args: cobra.RangeArgs(0, 2), ValidArgs: []string{"graph", "on", "off", "default"},
		RunE: a.run(func(_ context.Context, args []string) error {
			config, err := a.loadConfig()
			if err != nil {
				return err
			}
			if len(args) > 0 && args[0] != "graph" {
				return usage("see roomdesk features", "there is no feature %q", providers.Sanitise(args[0]))
			}
			if len(args) == 2 {
				if err := a.changeFeature(config, args[1]); err != nil {
					return err
				}
			}
			return a.printFeatures(config)
		}),
	}
}

// graphOn reports whether the feature is in force.
func (a *app) graphOn(config *keystore.Config) bool {
	byDefault := keystore.GraphByDefault
	if a.graphByDefault != nil {
		byDefault = *a.graphByDefault
	}
	return config.Features.UsesGraph(byDefault)
}

func (a *app) feature(config *keystore.Config) providers.Feature {
	return providers.GraphFeature(a.graphOn(config), config.Features.Graph != "")
}

// changeFeature stores another choice; where a connection has a trail it is there first.
func (a *app) changeFeature(config *keystore.Config, text string) error {
	wanted := config.Features
	switch text {
	case "on", "off":
		wanted.Graph = text
	case "default":
		wanted.Graph = ""
	default:
		return usage("use on, off or default", "%q is no state of a feature", providers.Sanitise(text))
	}
	if err := a.mayConnect(config); err != nil {
		return err
	}
	if wanted == config.Features {
		return nil
	}
	was := wordOfFeature(config.Features)
	act := audit.Record{Action: "feature graph", Was: []string{was}, Is: []string{wordOfFeature(wanted)}}
	if len(config.Connections) > 0 {
		a.noteRecord(config.Connections[0], act)
	}
	err := config.SetFeatures(wanted)
	if err == nil {
		err = config.Save()
	}
	if len(config.Connections) > 0 {
		act.Result = audit.Done
		if err != nil {
			act.Result = audit.Refused
		}
		a.noteRecord(config.Connections[0], act)
	}
	return err
}

func wordOfFeature(f keystore.Features) string {
	if f.Graph == "" {
		return "default"
	}
	return f.Graph
}

func (a *app) printFeatures(config *keystore.Config) error {
	f := a.feature(config)
	if a.out.format == formatJSON {
		return a.out.json([]featureObject{{f.Name, f.On, f.Chosen, f.What, f.Maturity}})
	}
	state, by := "off", "the release"
	if f.On {
		state = "on"
	}
	if f.Chosen {
		by = "you"
	}
	return a.out.table([]column{{title: "FEATURE", keep: true}, {title: "STATE", keep: true, state: true}, {title: "CHOSEN BY", keep: true}, {title: "WHAT"}, {title: "MATURITY"}},
		[][]string{{f.Name, state, by, f.What, f.Maturity}}, "")
}
