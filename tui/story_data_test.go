package tui

import "testing"

// L12: one screen says where data is: processes, files, keys by name, and what went to
// which host and when.
func TestL12WhereIsMyData(t *testing.T) {
	d := newDriver(t, office(), 120, 60)
	d.keys("6", "d")
	d.see("Where is my data", "THIS MACHINE", "roomdesk, process 4711", "mirror", "4.2 MB · 0600 · 6 s", "not encrypted", "client-secret", "THE TENANT",
		"graph.microsoft.com:443", "→ out 804 kB, 6 s ago", "← in 12.4 MB, 6 s ago", "2 connections refused", "STAYS HERE", "LEAVES", "There is no broker")
	d.keys("esc")
	d.notSee("Where is my data")
}
