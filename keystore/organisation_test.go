package keystore

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

const twoSides = `[[connections]]
name = "hq"
provider = "ews"
tenant = "aaaaaaaa-bbbb-8ccc-9ddd-eeeeeeeeeeee"
server = "https://mail.hq.example/EWS/Exchange.asmx"
user = "HQ\\svc-rooms"
email = "desk@hq.example"

# in the cloud
[[connections]]
name = "contoso"
provider = "graph"
beside = "hq"
tenant = "contoso.com"
client_id = "11111111-2222-3333-4444-555555555555"
`

func names(connections []Connection) (out []string) {
	for _, c := range connections {
		out = append(out, c.Name)
	}
	return out
}

// P14, P17: two connections are one organisation under either name.
func TestOrganisation(t *testing.T) {
	config, err := LoadConfig(writeConfig(t, twoSides))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"hq", "contoso"} {
		if got := names(config.Organisation(name)); !slices.Equal(got, []string{"hq", "contoso"}) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if first, single := config.Single(); !single || first.Name != "hq" {
		t.Errorf("%s %v", first.Name, single)
	}
	if config.Organisation("nobody") != nil {
		t.Error("an organisation without connections")
	}
	third := Connection{Name: "lab", Provider: "graph", Tenant: "lab.example", ClientID: "11111111-2222-3333-4444-555555555556"}
	if err := config.Add(third); err != nil {
		t.Fatal(err)
	}
	if _, single := config.Single(); single {
		t.Error("two organisations are taken for one")
	}
	third.Name, third.Beside = "lab2", "hq"
	var field *FieldError
	if err := config.CheckNew(third); !errors.As(err, &field) || field.Field != "beside" || !strings.Contains(field.Problem, "contoso") {
		t.Errorf("a third connection: %v", err)
	}
}

// What stood beside a connection that is removed stands alone, and nothing else of the
// file changes.
func TestRemoveLeavesTheOther(t *testing.T) {
	for name, other := range map[string]string{"hq": "contoso", "contoso": "hq"} {
		path := writeConfig(t, twoSides)
		config, err := LoadConfig(path)
		if err != nil {
			t.Fatal(err)
		}
		if removed, err := config.Remove(name); !removed || err != nil {
			t.Fatal(removed, err)
		}
		if err := config.Save(); err != nil {
			t.Fatal(err)
		}
		left, err := LoadConfig(path)
		if err != nil || !slices.Equal(left.Names(), []string{other}) || left.Connections[0].Beside != "" {
			t.Errorf("without %s: %v %+v", name, err, left)
		}
		text, err := os.ReadFile(path)
		if err != nil || name == "hq" && !strings.Contains(string(text), "# in the cloud") {
			t.Errorf("%v %s", err, text)
		}
	}
}

func TestBesideIsRefused(t *testing.T) {
	second := "\n[[connections]]\nname = \"other\"\nprovider = \"graph\"\ntenant = \"other.example\"\nclient_id = \"11111111-2222-3333-4444-555555555557\"\n"
	for name, c := range map[string]struct{ text, problem string }{
		"itself":        {strings.Replace(twoSides, `beside = "hq"`, `beside = "contoso"`, 1), `9:10: beside names the connection itself`},
		"nobody":        {strings.Replace(twoSides, `beside = "hq"`, `beside = "berlin"`, 1), `"berlin", which is no connection`},
		"same provider": {twoSides + second + "beside = \"contoso\"\n", `"contoso", which is one to Graph too`},
		"two beside":    {twoSides + second + "beside = \"hq\"\n", `beside which "contoso" stands already`},
		"a chain":       {strings.Replace(twoSides, "email =", "beside = \"contoso\"\nemail =", 1), "stands beside another itself"},
		"a person's":    {twoSides + "account = \"a@contoso.com\"\naccount_id = \"x\"\n", "person's own connection"},
	} {
		_, err := LoadConfig(writeConfig(t, strings.Replace(c.text, "\n\n# in", "\n# in", 1)))
		var wrong *ConfigError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), strings.TrimPrefix(c.problem, "9:10: ")) || wrong.Line == 0 || wrong.Remedy == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
