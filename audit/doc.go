// Package audit keeps a trail of all that roomdesk does to a tenant and to its own
// connections: one line before a write leaves and one with what became of it. Lines
// are only appended, and each carries a hash over itself and the line before, so
// that a line that was changed, removed or moved later shows.
//
// A trail proves nothing against somebody who can rewrite all of it, nor does it
// miss lines cut off at its end. Whoever wants that notes the head, [Log.Head],
// somewhere else from time to time; [Verify] takes it.
package audit
