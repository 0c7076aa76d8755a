package keystore

import (
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// C9: the end of a credential is counted down at 60, 30, 14, 7 and 1 days.
func TestExpiryCountsDown(t *testing.T) {
	c := Connection{Name: "contoso", SecretExpires: &toml.LocalDate{Year: 2027, Month: 5, Day: 31}}
	end := time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC) // the day itself is still good
	day := 24 * time.Hour
	for _, row := range []struct {
		before      time.Duration
		days, stage int
		says, words string
	}{
		{61 * day, 61, -1, "the client secret ends in 61 days", ""},
		{60*day + time.Second, 60, -1, "the client secret ends in 60 days", ""},
		{60 * day, 60, 60, "ends in 60 days: renew it with roomdesk rotate contoso", "ends in 60 days"},
		{31 * day, 31, 60, "ends in 31 days: renew", "ends in 31 days"},
		{30 * day, 30, 30, "ends in 30 days: renew", "ends in 30 days"},
		{14 * day, 14, 14, "ends in 14 days: renew", "ends in 14 days"},
		{8 * day, 8, 14, "ends in 8 days: renew", "ends in 8 days"},
		{7 * day, 7, 7, "ends in 7 days: renew", "ends in 7 days"},
		{2 * day, 2, 7, "ends in 2 days: renew", "ends in 2 days"},
		{day, 1, 1, "ends in 1 day: renew", "ends in 1 day"},
		{time.Second, 0, 1, "ends today: renew", "ends today"},
		{0, 0, 0, "ended on 2027-05-31: renew", "has ended"},
		{-3 * day, -3, 0, "ended on 2027-05-31: renew", "has ended"},
	} {
		e := c.Expiry(end.Add(-row.before))
		if e.Days != row.days || e.Stage != row.stage || !strings.Contains(e.Sentence, row.says) || e.Words != row.words || (row.stage < 0 && strings.Contains(e.Sentence, "renew")) {
			t.Errorf("%v before: %+v", row.before, e)
		}
	}
	if e := (Connection{Name: "contoso"}).Expiry(end); e.Stage != -1 || !strings.Contains(e.Sentence, "not known") || e.Words != "" {
		t.Errorf("%+v", e)
	}
	made, err := MakeCertificate("contoso", end)
	if err != nil {
		t.Fatal(err)
	}
	c = Connection{Name: "contoso", Certificate: EncodeCertificate(made.Leaf)}
	if e := c.Expiry(made.Leaf.NotAfter.Add(-5 * day)); e.Stage != 7 || !strings.HasPrefix(e.Sentence, "the certificate ends in 5 days: renew") {
		t.Errorf("%+v", e)
	}
}

// Changing a connection keeps comments, order and the other connections.
func TestUpdateKeepsTheRest(t *testing.T) {
	path := t.TempDir() + "/config.toml"
	const text = "# all of them\n\n[[connections]]\nname = \"one\" # the first\nprovider = \"graph\"\ntenant = \"contoso.com\"\nclient_id = \"11111111-2222-3333-4444-555555555555\"\n" +
		"# ends soon\nsecret_expires = 2027-05-31 # ask Ada\npeople = [\n  \"a@contoso.com\", # boss\n]\n\n# the other\n[[connections]]\nname = \"two\"\nprovider = \"graph\"\ntenant = \"contoso.com\"\nclient_id = \"11111111-2222-3333-4444-555555555556\""
	write(t, path, text)
	config, err := LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	c := config.Connections[0]
	c.SecretExpires = &toml.LocalDate{Year: 2028, Month: 1, Day: 2}
	c.Slot = 3
	if err := config.Update(c); err != nil {
		t.Fatal(err)
	}
	last := config.Connections[1]
	last.Slot, last.Spare, last.SpareSlot = 2, SparePrevious, 1
	if err := config.Update(last); err != nil {
		t.Fatal(err)
	}
	if err := config.Save(); err != nil {
		t.Fatal(err)
	}
	after := read(t, path)
	want := strings.Replace(text, "secret_expires = 2027-05-31 # ask Ada\n", "secret_expires = '2028-01-02'\n", 1)
	want = strings.Replace(want, "[[connections]]\n", "[[connections]]\nslot = 3\n", 1)
	want = strings.Replace(want, "# the other\n[[connections]]\n", "# the other\n[[connections]]\nspare_slot = 1\nspare = 'previous'\nslot = 2\n", 1)
	if after != want {
		t.Errorf("got:\n%s\nwant:\n%s", after, want)
	}
	// Back again, so that keys go as well.
	if config, err = LoadConfig(path); err == nil {
		err = config.Update(config.Connections[1].WithoutSpare())
	}
	if err != nil || strings.Contains(string(config.next), "spare") {
		t.Errorf("%s %v", config.next, err)
	}
	// What cannot be changed line by line is refused, not guessed.
	c.People = nil
	if err := config.Update(c); err == nil {
		t.Errorf("a list over several lines was cut: %s", config.next)
	}
}
