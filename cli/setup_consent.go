package cli

import (
	"context"
	"errors"

	"roomdesk/providers"
	"roomdesk/providers/graph"
)

// AwaitConsent implements [tui.SetupDesk].
func (d *setupDesk) AwaitConsent(ctx context.Context, s providers.Setup, show func(providers.ConsentPrompt)) (given providers.ConsentGiven, err error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	defer inWords(&err)
	provider, err := d.app.newProvider(d.connection(s), func(context.Context) ([]graph.Credential, error) {
		return nil, usage("run the test", "an administrator's consent needs no credential") // nothing asks for it
	})
	if err != nil {
		return given, asUsage(err)
	}
	defer provider.Close() //nolint:errcheck // nothing is under way
	return provider.AdminConsent(ctx, 0, func(p providers.ConsentPrompt) {
		paste := p.Paste
		p.Paste = func(address string) (err error) {
			defer inWords(&err)
			return paste(address)
		}
		show(p)
	})
}

// worded is an error as a person reads it: what failed, then what to do.
type worded struct {
	text string
	err  error
}

func (w worded) Error() string { return w.text }
func (w worded) Unwrap() error { return w.err }

// inWords gives an error of the set-up the whole sentence, for there it is shown as it
// is. What the service said in words stands for itself.
func inWords(err *error) {
	if *err == nil {
		return
	}
	f := *explain(*err)
	var said *providers.Error
	if errors.As(*err, &said) && said.Message.Or("") != "" && f.class == string(said.Class) {
		f.message = said.Message.Or("")
	}
	*err = worded{f.sentence(), *err}
}

// OpenLink implements [tui.SetupDesk].
func (d *setupDesk) OpenLink(ctx context.Context, address string) error {
	return openBrowser(ctx, address)
}
