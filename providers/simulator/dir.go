package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pelletier/go-toml/v2"
)

// configConnection is the ready connection in config.toml.
type configConnection struct {
	Name         string   `toml:"name"`
	Provider     string   `toml:"provider"`
	Beside       string   `toml:"beside,omitempty"`
	Tenant       string   `toml:"tenant"`
	ClientID     string   `toml:"client_id,omitempty"`
	Cloud        string   `toml:"cloud,omitempty"`
	AuthorityURL string   `toml:"authority_url,omitempty"`
	GraphURL     string   `toml:"graph_url,omitempty"`
	Server       string   `toml:"server,omitempty"`
	User         string   `toml:"user,omitempty"`
	Email        string   `toml:"email,omitempty"`
	CAFile       string   `toml:"ca_file"`
	Organizer    string   `toml:"organizer"`
	TestMailbox  string   `toml:"test_mailbox"`
	Domains      []string `toml:"domains"`
	Keystore     string   `toml:"keystore"`
}

// WriteDir writes endpoints.json, ca.pem and config.toml into a directory of
// mode 0700 as files of mode 0600. The directory is made where it does not exist.
func (t *Tenant) WriteDir(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("simulated tenant: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("simulated tenant: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("simulated tenant: %w", err)
	}
	e := t.Endpoints()
	e.CAFile = filepath.Join(dir, "ca.pem")
	endpoints, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("simulated tenant: %w", err)
	}
	graph := configConnection{
		Name: "demo", Provider: "graph", Tenant: e.TenantID, ClientID: e.ClientID, Cloud: "custom",
		AuthorityURL: e.AuthorityURL, GraphURL: e.GraphURL, CAFile: e.CAFile,
		Organizer: e.Organizer, TestMailbox: e.TestMailbox, Domains: []string{e.Domain}, Keystore: "simulated",
	}
	ews := configConnection{
		Name: "demo", Provider: "ews", Tenant: e.TenantID, Server: e.EWSURL, User: e.ExchangeLogin, Email: e.Organizer, CAFile: e.CAFile,
		Organizer: e.Organizer, TestMailbox: e.TestMailbox, Domains: []string{e.Domain}, Keystore: "simulated",
	}
	connections := []configConnection{graph}
	switch t.options.Exchange {
	case ExchangeOnPremises: // where Graph reads nothing
		connections = []configConnection{ews}
	case ExchangeHybrid:
		ews.Name, ews.Beside = "demo-exchange", graph.Name
		if there := t.onPremises(); there != "" {
			ews.Email, ews.Organizer, ews.TestMailbox = there, there, there
		}
		connections = append(connections, ews)
	}
	config, err := toml.Marshal(map[string][]configConnection{"connections": connections})
	if err != nil {
		return fmt.Errorf("simulated tenant: %w", err)
	}
	// endpoints.json comes last: whoever waits for it finds the others.
	for _, file := range []struct {
		name    string
		content []byte
	}{{"ca.pem", e.CAPEM}, {"config.toml", config}, {"endpoints.json", append(endpoints, '\n')}} {
		if err := writePrivate(filepath.Join(dir, file.name), file.content); err != nil {
			return fmt.Errorf("simulated tenant: %w", err)
		}
	}
	return nil
}

// writePrivate replaces a file in one step. It follows no link at its place.
func writePrivate(name string, content []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(name), ".tmp-*") // 0600
	if err != nil {
		return err
	}
	_, err = temp.Write(content)
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), name)
	}
	if err != nil {
		if gone := os.Remove(temp.Name()); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}
