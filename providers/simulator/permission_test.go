package simulator

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// contractDocument is the published contract, which stands beside a checkout.
func contractDocument(t *testing.T) *openapi3.T {
	t.Helper()
	file := os.Getenv("ROOMDESK_CONTRACT")
	if file == "" {
		file = filepath.Join("..", "..", "..", "shared", "contract")
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		file = filepath.Join(file, "graph-v1.0.openapi.yaml")
	}
	if _, err := os.Stat(file); err != nil {
		if os.Getenv("ROOMDESK_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	document, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

var parameter = regexp.MustCompile(`\{[^}]+\}`)

// Every operation of the contract needs here what the contract says.
func TestPermissionsAreThoseOfTheContract(t *testing.T) {
	document := contractDocument(t)
	compared := 0
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			want, ok := operation.Extensions["x-permissions"].(map[string]any)
			if !ok {
				if path != "/$batch" {
					t.Errorf("%s %s has no x-permissions", method, path)
				}
				continue
			}
			compared++
			rawPath := "/v1.0" + strings.ReplaceAll(parameter.ReplaceAllString(path, "X"), " ", "%20")
			own := strings.HasPrefix(path, "/me")
			if own && path != "/me" {
				rawPath = strings.Replace(rawPath, "/me", "/users/X", 1)
			}
			got, ok := permissionOf(method, operationNames(rawPath))
			if !ok {
				t.Errorf("%s %s stands in no row", method, path)
				continue
			}
			unsupported := func(s string) string {
				if s == "" {
					return "not supported"
				}
				return s
			}
			// The contract repeats the application's permission for /me, where no
			// application can be.
			if app := unsupported(got.application); app != want["application"] && !own {
				t.Errorf("%s %s: application %s, want %v", method, path, app, want["application"])
			}
			if user := unsupported(got.delegated); user != want["delegated"] {
				t.Errorf("%s %s: delegated %s, want %v", method, path, user, want["delegated"])
			}
		}
	}
	if compared < 200 {
		t.Errorf("only %d operations were compared", compared)
	}
}

// operationNames are the segments of a path without anything around them.
func operationNames(rawPath string) []string {
	c := &call{t: &Tenant{world: &world{}}, rawPath: rawPath, entry: &Entry{}}
	c.resolve()
	names := make([]string, c.depth())
	for i := range names {
		names[i], _, _ = strings.Cut(c.name(i), "(")
	}
	return names
}

func TestOperationPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"a", "a", true}, {"a", "a/b", false}, {"a/*", "a", false}, {"a/*", "a/b", true}, {"a/*", "a/b/c", false},
		{"a/**", "a", true}, {"a/**", "a/b/c", true}, {"a/**", "b", false}, {"a/*/c", "a/b/c", true}, {"a/*/c", "a/b", false},
		{"a/*/c/**", "a/b", false}, {"a/*/c/**", "a/b/c", true}, {"a/*/c/**", "a/b/c/d", true},
	} {
		if got := matchOperation(c.pattern, strings.Split(c.path, "/")); got != c.want {
			t.Errorf("%s matches %s: %v", c.pattern, c.path, got)
		}
	}
}

// An operation that stands in no row is not served, rather than open to everybody.
func TestOperationWithoutARowIsClosed(t *testing.T) {
	tenant, _ := start(t, Options{Rooms: 2, People: 2})
	for _, c := range []struct {
		permitted bool
		status    int
		want      int
	}{{false, 200, 500}, {false, 204, 500}, {true, 200, 200}, {false, 404, 404}} {
		one := &call{t: tenant, entry: &Entry{}, permitted: c.permitted}
		if got := one.covered(answer{status: c.status}); got.status != c.want {
			t.Errorf("permitted %v, answered %d: %d, want %d", c.permitted, c.status, got.status, c.want)
		}
	}
}

func BenchmarkPermissionOf(b *testing.B) {
	names := []string{"subscriptions", "x"}
	for b.Loop() {
		if _, ok := permissionOf("PATCH", names); !ok {
			b.Fatal("no row")
		}
	}
}
