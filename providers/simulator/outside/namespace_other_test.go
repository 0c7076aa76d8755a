//go:build !linux

package outside

import "testing"

func unshared(t *testing.T, _, _ string) {
	t.Helper()
	unavailable(t, "private network namespaces need Linux")
}

func furnish(t *testing.T) {
	t.Helper()
	t.Fatal("private network namespaces need Linux")
}
