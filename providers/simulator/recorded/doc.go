// Package recorded runs a simulated tenant in a process of its own, for
// benchmarks: the memory and the processor time of the process that measures are
// then the client's alone. Calendar pages are made by the simulated tenant when
// they are first asked for and repeated from memory afterwards, so that making
// them is no part of what is measured; everything else is answered by the tenant
// as always. Only tests import it.
package recorded
