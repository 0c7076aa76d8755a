package cli

import "roomdesk/providers/graph"

// objects makes the part that handles single objects with Microsoft's SDK. It is
// the only place that links the SDK in.
var objects func(graph.Authorised) graph.Objects
