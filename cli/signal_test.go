package cli_test

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// interrupted ends as main's context does.
func interrupted() context.Context {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	return ctx
}
