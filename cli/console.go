package cli

import "context"

func (a *app) console(ctx context.Context) error { return failed("", "soon") }
