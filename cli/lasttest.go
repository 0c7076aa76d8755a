package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"roomdesk/keystore"
	"roomdesk/providers"
)

// lastTest is what the latest examination of a connection found.
type lastTest struct {
	At        time.Time `json:"at"`
	Healthy   bool      `json:"healthy"`
	FirstLine string    `json:"first_line"`
}

// lastTestFile stands beside the mirror, besideTestFile too: that of the connection that
// stands beside the mirror's.
const (
	lastTestFile   = "last-test.json"
	besideTestFile = "last-test-beside.json"
)

func (a *app) lastTestPath(c keystore.Connection) string {
	if c.Beside != "" {
		return filepath.Join(a.paths().ConnectionData(c.Beside), besideTestFile)
	}
	return filepath.Join(a.paths().ConnectionData(c.Name), lastTestFile)
}

// noteTest keeps what an examination found. It is a convenience: where it cannot be
// kept, the connection shows as never tested.
func (a *app) noteTest(c keystore.Connection, d providers.Diagnosis) {
	if _, err := os.Stat(filepath.Dir(a.lastTestPath(c))); err != nil {
		return // nothing is kept of this connection
	}
	text, err := json.Marshal(lastTest{d.Started.UTC(), d.Cause() == nil, d.FirstLine()})
	if err == nil {
		err = writeExport(a.lastTestPath(c), append(text, '\n'), true)
	}
	if err != nil {
		a.log.Warn("the result of the test is not kept", "error", err)
	}
}

// tested is the latest examination that was kept; false where there is none.
func (a *app) tested(c keystore.Connection) (lastTest, bool) {
	var t lastTest
	text, err := os.ReadFile(a.lastTestPath(c))
	if err != nil || json.Unmarshal(text, &t) != nil {
		return t, false
	}
	return t, true
}
