//go:build !linux

package outside

import "testing"

const insideVariable = "ROOMDESK_OUTSIDE_NAMESPACE"

func inNamespace(t *testing.T, _, _ string) bool {
	t.Helper()
	unavailable(t, "private network namespaces need Linux")
	return false
}

func furnish(t *testing.T) { t.Fatal("private network namespaces need Linux") }
