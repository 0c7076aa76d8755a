package outside

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// insideVariable is set in the process that has the private network, to the file
// for its row of the table.
const insideVariable = "ROOMDESK_OUTSIDE_NAMESPACE"

// Some clients know one name for Graph and one for sign-in, and both on port 443.
// inNamespace runs a test of this binary where these names are this machine's, and
// brings its row of the table back.
func inNamespace(t *testing.T, test string, row *row) {
	t.Helper()
	results := filepath.Join(t.TempDir(), "results.json")
	unshared(t, test, results)
	raw, err := os.ReadFile(results)
	if err == nil {
		err = json.Unmarshal(raw, &[]any{&row.passed, &row.steps})
	}
	if err != nil {
		t.Errorf("no results from the namespace: %v", err)
	}
	if row.steps == 0 {
		unavailable(t, "nothing ran in the namespace; its output says why")
	}
}

// insideNamespace is how such a test begins: with a tenant under Microsoft's names.
func insideNamespace(t *testing.T, row *row, spellings ...spelling) *site {
	t.Helper()
	results := os.Getenv(insideVariable)
	if results == "" {
		t.Skip("runs as a part of TestOutsideClients")
	}
	t.Cleanup(func() {
		raw, err := json.Marshal([]int{row.passed, row.steps})
		if err == nil {
			err = os.WriteFile(results, raw, 0o600)
		}
		if err != nil {
			t.Error(err)
		}
	})
	furnish(t)
	s := newSite(t, "127.0.0.1:443", spellings...)
	s.in.Endpoints.AuthorityURL, s.in.Endpoints.GraphURL = "https://login.microsoftonline.com", "https://graph.microsoft.com"
	return s
}
