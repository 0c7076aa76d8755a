package keystore

import "fmt"

// Organisation gives the connections that belong together with the one of that name:
// the first, and the one that stands beside it. A connection by itself is the only
// one.
func (c *Config) Organisation(name string) []Connection {
	first, found := c.Find(name)
	if !found {
		return nil
	}
	if first.Beside != "" {
		if of, found := c.Find(first.Beside); found {
			first = of
		}
	}
	out := []Connection{first}
	for _, other := range c.Connections {
		if other.Beside == first.Name && other.Name != first.Name {
			out = append(out, other)
		}
	}
	return out
}

// Single gives the first connection where all belong to one organisation.
func (c *Config) Single() (Connection, bool) {
	if len(c.Connections) == 0 {
		return Connection{}, false
	}
	organisation := c.Organisation(c.Connections[0].Name)
	return organisation[0], len(organisation) == len(c.Connections)
}

// checkBeside says which connection stands beside one that it cannot stand beside; at
// is its number.
func checkBeside(connections []Connection) (at int, err error) {
	bad := func(problem, remedy string) error { return &FieldError{"beside", problem, remedy} }
	names, companions := map[string]Connection{}, map[string]string{}
	for _, c := range connections {
		names[c.Name] = c
	}
	for i, c := range connections {
		if c.Beside == "" {
			continue
		}
		of, found := names[c.Beside]
		other := companions[c.Beside]
		companions[c.Beside] = c.Name
		switch {
		case c.Beside == c.Name:
			return i, bad("names the connection itself", "name the organisation's other connection, or remove the key")
		case !found:
			return i, bad(fmt.Sprintf("names %q, which is no connection", plain(c.Beside)), "name a configured connection, or remove the key")
		case of.Provider == c.Provider:
			return i, bad(fmt.Sprintf("names connection %q, which is one to %s too", of.Name, of.ProviderName()), "an organisation has one connection to Graph and one to Exchange")
		case of.Beside != "":
			return i, bad(fmt.Sprintf("names connection %q, which stands beside another itself", of.Name), "name the organisation's first connection: "+plain(of.Beside))
		case other != "":
			return i, bad(fmt.Sprintf("names connection %q, beside which %q stands already", of.Name, other), "an organisation has two connections: remove one of the keys")
		case c.AccountID != "" || of.AccountID != "":
			return i, bad("joins a person's own connection", "an organisation is reached with an application and a service account: remove the key")
		}
	}
	return 0, nil
}
