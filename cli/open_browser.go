package cli

import (
	"context"
	"errors"
	"net/url"
	"os/exec"
	"runtime"
)

// openBrowser opens an https address in this machine's browser, without a shell. The
// program that does it shows the address to others of this machine in its arguments:
// a sign-in link holds nothing that helps them.
func openBrowser(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return errors.New("it is no https address")
	}
	name, args := "xdg-open", []string{u.String()}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", u.String()}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return errors.New(name + " is not installed")
	}
	command := exec.CommandContext(context.WithoutCancel(ctx), path, args...) //nolint:gosec // checked above, and no shell
	if err := command.Start(); err != nil {
		return err
	}
	go command.Wait() //nolint:errcheck // the browser goes on by itself
	return nil
}
