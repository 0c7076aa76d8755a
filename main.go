// Roomdesk is a terminal console for Microsoft 365 meeting rooms.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	_ "time/tzdata" // zone names work on machines without a zone database

	"roomdesk/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A second interrupt ends the program at once.
	context.AfterFunc(ctx, stop)
	code := cli.Main(ctx, cli.ProcessDeps())
	stop()
	os.Exit(code)
}
