package cli

import "context"

// metaWish is where the store keeps the line of the latest booking's wishes.
const metaWish = "cli.wish"

// LastWish implements [tui.WishKeeper].
func (w *workspace) LastWish(ctx context.Context) (string, error) { return w.store.Meta(ctx, metaWish) }

// KeepWish implements [tui.WishKeeper]. Where another process holds the store, its
// console keeps its own.
func (w *workspace) KeepWish(ctx context.Context, line string) error {
	if !w.mayWrite() {
		return nil
	}
	return w.store.SetMeta(ctx, metaWish, line)
}
