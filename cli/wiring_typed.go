package cli

import (
	"roomdesk/providers/graph"
	"roomdesk/providers/graph/typed"
)

// objects makes the part that handles single objects with Microsoft's SDK. This
// file is the only place that links the SDK in.
func objects(authorised graph.Authorised) graph.Objects { return typed.New(authorised) }
