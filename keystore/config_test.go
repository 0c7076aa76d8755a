package keystore

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
)

const goodConfig = `# my tenants

# the main one
[[connections]]
name = "contoso" # short
provider = "graph"
tenant = "contoso.com"
client_id = "11111111-2222-3333-4444-555555555555"
organizer = "desk@contoso.com"
people = ["adele@contoso.com"]
secret_expires = 2027-05-31

[[connections]]
name = "sim"
provider = "graph"
tenant = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
client_id = "11111111-2222-3333-4444-555555555556"
cloud = "custom"
authority_url = "https://127.0.0.1:8443"
graph_url = "https://127.0.0.1:8443"
ca_file = "ca.pem"
keystore = "simulated"
`

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadConfig(t *testing.T) {
	path := writeConfig(t, goodConfig)
	config, err := LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(config.Names(), []string{"contoso", "sim"}) {
		t.Errorf("names: %v", config.Names())
	}
	first := config.Connections[0]
	if first.CloudName() != "global" || first.KeystoreKind() != "keyring" || !first.Expires().Equal(time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("defaults: %s %s %s", first.CloudName(), first.KeystoreKind(), first.Expires())
	}
	first.OnScreen, first.Rest = "20s", "1h"
	if onScreen, today, rest := first.Every(); onScreen != 20*time.Second || today != 0 || rest != time.Hour || first.Validate() != nil {
		t.Errorf("every %v, %v, %v: %v", onScreen, today, rest, first.Validate())
	}
	sim, _ := config.Find("sim")
	if sim.CAPath(path) != filepath.Join(filepath.Dir(path), "ca.pem") || !sim.Demo() {
		t.Errorf("sim: %+v", sim)
	}
	if none, err := LoadConfig(filepath.Join(t.TempDir(), "none.toml")); err != nil || len(none.Connections) != 0 {
		t.Errorf("a file that is not there: %v", err)
	}
}

// F-117: everything doubtful is refused with its place; nothing is guessed.
func TestConfigFaultsHaveAPlace(t *testing.T) {
	with := func(old, replacement string) string {
		if !strings.Contains(goodConfig, old) {
			t.Fatalf("no %q to replace", old)
		}
		return strings.Replace(goodConfig, old, replacement, 1)
	}
	cases := []struct {
		name, text   string
		line, column int
		says         string
	}{
		{"unknown key", with("organizer", "organiser"), 9, 1, `unknown key "connections.organiser"`},
		{"unknown table", goodConfig + "\n[ui]\ntheme = 1\n", 24, 2, "unknown key"},
		{"secret in the file", with("organizer =", "client_secret ="), 9, 1, "unknown key"},
		{"wrong type", with(`"contoso" #`, `4 #`), 5, 0, "name"},
		{"people no list", with(`["adele@contoso.com"]`, `"adele@contoso.com"`), 10, 0, "people"},
		{"duplicate key", with(`tenant = "contoso.com"`, "tenant = \"contoso.com\"\ntenant = \"x.com\""), 8, 0, "tenant"},
		{"duplicate name", with(`name = "sim"`, `name = "contoso"`), 14, 1, "is taken"},
		{"name that differs in case only", with(`name = "sim"`, `name = "CONTOSO"`), 14, 1, "is taken"},
		{"missing name", with(`name = "contoso" # short`, ""), 4, 3, "name is missing"},
		{"bad name", with(`"contoso" #`, `"../x" #`), 5, 1, "cannot be used"},
		{"byte order mark", "\xef\xbb\xbf" + goodConfig, 1, 1, "byte order mark"},
		{"CRLF", strings.ReplaceAll(goodConfig, "\n", "\r\n"), 1, 13, "carriage return"},
		{"not UTF-8", with("adele", "ad\xe9le"), 10, 14, "not UTF-8"},
		{"client id is the tenant", with(`tenant = "contoso.com"`, `tenant = "11111111-2222-3333-4444-555555555555"`), 8, 1, "same as the tenant"},
		{"simulated for a real host", with(`graph_url = "https://127.0.0.1:8443"`, `graph_url = "https://graph.microsoft.com"`), 20, 1, "not a loopback"},
		{"root without https", with(`authority_url = "https://`, `authority_url = "http://`), 19, 1, "no https root"},
		{"roots in a named cloud", with(`cloud = "custom"`, `cloud = "china"`), 19, 1, "only for cloud"},
		{"keystore", with(`keystore = "simulated"`, `keystore = "floppy"`), 22, 1, "unknown kind of credential store"},
		{"ews", with(`provider = "graph"`, `provider = "ews"`), 4, 3, "server is missing"},
		{"inline form", "connections = [{name = \"x\", provider = \"graph\", tenant = \"a.b\", client_id = \"11111111-2222-3333-4444-555555555555\"}]\n", 1, 1, "another form"},
		{"asks too often", with(`organizer = "desk@contoso.com"`, `on_screen = "1s"`), 9, 1, "not between 5s and a day"},
		{"no length of time", with(`organizer = "desk@contoso.com"`, `rest = "often"`), 9, 1, "no length of time"},
		{"not closed", with(`"contoso.com"`, `"contoso.com`), 7, 0, ""},
		{"NUL", with("short", "sh\x00rt"), 5, 0, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := LoadConfig(writeConfig(t, c.text))
			var e *ConfigError
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a ConfigError", err)
			}
			t.Log(err, "--", e.Remedy)
			if e.Line != c.line || e.Column < 1 || (c.column != 0 && e.Column != c.column) || !strings.Contains(e.Problem, c.says) || e.Remedy == "" {
				t.Errorf("%v (remedy %q), want line %d column %d saying %q", err, e.Remedy, c.line, c.column, c.says)
			}
			if strings.ContainsAny(err.Error(), "\x1b\x00\n") {
				t.Errorf("control characters in %q", err.Error())
			}
		})
	}
}

func TestConfigFilesThatAreRefused(t *testing.T) {
	large := writeConfig(t, "# "+strings.Repeat("x", maxConfig))
	open := writeConfig(t, goodConfig)
	if err := os.Chmod(open, 0o666); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"larger than 1 MB": large, "every user": open, "regular file": t.TempDir()} {
		if _, err := LoadConfig(path); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want a refusal saying %q", err, name)
		}
	}
}

func newConnection(name string) Connection {
	return Connection{Name: name, Provider: "graph", Tenant: "fabrikam.com", ClientID: "99999999-2222-3333-4444-555555555555",
		Domains: []string{"fabrikam.com"}, SecretExpires: &toml.LocalDate{Year: 2027, Month: 1, Day: 31}}
}

func TestSaveKeepsWhatWasThere(t *testing.T) {
	path := writeConfig(t, goodConfig)
	config, err := LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := config.Add(newConnection("fabrikam")); err != nil {
		t.Fatal(err)
	}
	if err := config.Save(); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(path)
	if !strings.HasPrefix(string(text), goodConfig) {
		t.Errorf("the old text changed:\n%s", text)
	}
	again, err := LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := again.Find("fabrikam")
	if got.Expires() != newConnection("").Expires() || !slices.Equal(got.Domains, []string{"fabrikam.com"}) {
		t.Errorf("read back: %+v", got)
	}
	for _, name := range []string{"contoso", "fabrikam"} {
		if found, err := again.Remove(name); err != nil || !found {
			t.Fatalf("Remove: %v %v", found, err)
		}
	}
	if err := again.Save(); err != nil {
		t.Fatal(err)
	}
	text, _ = os.ReadFile(path)
	want := "# my tenants\n\n" + goodConfig[strings.Index(goodConfig, "[[connections]]\nname = \"sim\""):]
	if strings.TrimSpace(string(text)) != strings.TrimSpace(want) {
		t.Errorf("after Remove:\n%s\nwant:\n%s", text, want)
	}
	if found, err := again.Remove("nobody"); found || err != nil {
		t.Errorf("Remove of nothing: %v %v", found, err)
	}
}

func TestSaveRefuses(t *testing.T) {
	path := writeConfig(t, goodConfig)
	config, err := LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := config.Add(newConnection("contoso")); err == nil || !strings.Contains(err.Error(), "is taken") {
		t.Errorf("Add of a taken name: %v", err)
	}
	if err := config.Add(newConnection("fabrikam")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(goodConfig+"# edited\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := config.Save(); !errors.Is(err, ErrConfigChanged) {
		t.Errorf("Save over somebody's edit: %v, want ErrConfigChanged", err)
	}
	if text, _ := os.ReadFile(path); !strings.HasSuffix(string(text), "# edited\n") {
		t.Error("the edit is gone")
	}

	target := writeConfig(t, "")
	link := filepath.Join(t.TempDir(), "config.toml")
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	linked, err := LoadConfig(link)
	if err != nil {
		t.Fatal(err)
	}
	if err := linked.Add(newConnection("fabrikam")); err != nil {
		t.Fatal(err)
	}
	if err := linked.Save(); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("S-17: Save through a symbolic link: %v", err)
	}
}

// S-16: whatever the umask, the file is its owner's alone.
func TestSaveIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "config.toml")
	config, err := LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := config.Add(newConnection("fabrikam")); err != nil {
		t.Fatal(err)
	}
	if err := config.Save(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".config-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := config.Save(); err != nil {
		t.Errorf("a second Save: %v", err)
	}
}

func TestFindPaths(t *testing.T) {
	env := map[string]string{"XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "relative", "ROOMDESK_DATA": "/d"}
	lookup := func(name string) (string, bool) { value, ok := env[name]; return value, ok }
	got := FindPaths("", "", lookup)
	if got.Config != "/c/roomdesk/config.toml" || got.Data != "/d" {
		t.Errorf("%+v", got)
	}
	if got := FindPaths("/f.toml", "/e", lookup); got.Config != "/f.toml" || got.Data != "/e" {
		t.Errorf("flags do not win: %+v", got)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(goodConfig))
	f.Add([]byte("[[connections]]\nname.x = 1\n[connections.sub]\na=1"))
	f.Add([]byte("[connections]\n[[connections.x]]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		connections, err := parseConfig("config.toml", text)
		var e *ConfigError
		if err != nil && (!errors.As(err, &e) || e.Line < 1 || e.Column < 1) {
			t.Fatalf("an error without a place: %v", err)
		}
		if err != nil || len(connections) == 0 {
			return
		}
		config := Config{Path: "config.toml", Connections: connections, next: text}
		names := config.Names()
		if found, err := config.Remove(names[0]); err != nil || !found {
			t.Fatalf("Remove of what was read: %v %v", found, err)
		}
		if !slices.Equal(config.Names(), names[1:]) {
			t.Fatalf("Remove took more: %v of %v", config.Names(), names)
		}
	})
}
