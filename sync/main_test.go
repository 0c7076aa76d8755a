package sync_test

import (
	"os"
	"testing"

	"roomdesk/providers/simulator/recorded"
)

func TestMain(m *testing.M) {
	recorded.Main()
	os.Exit(m.Run())
}
