package outside

import (
	"encoding/json"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"roomdesk/providers/simulator/entra"
)

// chromiumSteps are the steps of scripts/chromium.mjs.
var chromiumSteps = []string{
	"trusts no key but the one that it was told",
	"signs a person in with a proof key",
	"keys are enough",
	"a window that is signed in is asked who it is",
	"somebody of another tenant is refused",
	"cancelling on either page ends at the application",
	"an administrator grants in two pages",
	"enters a device code",
	"names from outside are texts, and no page can be framed",
}

// hostileName would be an element with a script, if a page took it for markup.
const hostileName = `<b onmouseover=alert(1)>people's</b> <img src=x onerror=alert(2)> desk`

// chromium finds the browser.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	unavailable(t, "there is no Chromium")
	return ""
}

// A real browser shows the pages of sign-in and consent: C11, C12, C14, C15, C18.
func testChromium(t *testing.T, row *row) {
	path := chromium(t)
	out, err := exec.CommandContext(t.Context(), path, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	row.versions = append(row.versions, strings.TrimSpace(string(out)))
	s := newSite(t, "")
	s.in.ChromiumPath, s.in.ApplicationName = path, hostileName
	e := s.Endpoints()
	for _, err := range []error{
		s.Directory().Update(e.PublicClientID, func(a *entra.Application) { a.DisplayName = hostileName }),
		s.Directory().Update(e.ClientID, func(a *entra.Application) { a.Roles = nil }),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	saw := s.run(t, row, "chromium.mjs", chromiumSteps...)

	expect(t, saw, "trusts no key but the one that it was told", map[string]any{"refused": "ERR_CERT_AUTHORITY_INVALID"})
	expect(t, saw, "signs a person in with a proof key",
		map[string]any{"title": "Sign in", "wrong": "AADSTS50126", "kept": "", "asked": "Permissions requested", "user": e.User, "nonce": "a nonce"})
	expect(t, saw, "keys are enough", map[string]any{"order": []any{"loginfmt", "passwd", "action"}, "code": true})
	expect(t, saw, "a window that is signed in is asked who it is", map[string]any{"first": "Pick an account", "second": "Need admin approval",
		"accept": 0., "role": 1., "third": e.Admin})
	expect(t, saw, "somebody of another tenant is refused", map[string]any{"alert": "AADSTS50020"})
	cancelled := func() any { return []any{"access_denied", "", "a state"} }
	expect(t, saw, "cancelling on either page ends at the application", map[string]any{"ends": []any{cancelled(), cancelled()}})
	expect(t, saw, "enters a device code", map[string]any{"asked": "Are you trying to sign in to " + hostileName + "?",
		"last": "You have signed in to the application on your device", "user": e.User})
	expect(t, saw, "names from outside are texts, and no page can be framed",
		map[string]any{"named": true, "elements": 0., "framed": 0., "refused": true, "dialogs": 0.})
	s.checkGranted(t, saw)
}

// checkGranted compares what the administrator read with what was granted.
func (s *site) checkGranted(t *testing.T, saw map[string]json.RawMessage) {
	t.Helper()
	type granted struct {
		Pages, Listed []string
		Consent       string `json:"admin_consent"`
		Of, State     string
	}
	got := read[granted](t, saw, "an administrator grants in two pages")
	grants, err := s.Directory().Grants(s.Endpoints().ClientID)
	if err != nil {
		t.Fatal(err)
	}
	want := granted{Pages: []string{"Permissions requested (1 of 2)", "Permissions requested (2 of 2)"}, Consent: "True", Of: s.Endpoints().TenantID, State: "a state"}
	for _, g := range grants {
		want.Listed = append(want.Listed, g.Role+" (application)")
	}
	slices.Sort(want.Listed)
	slices.Sort(got.Listed)
	if len(grants) == 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("the administrator read and got %+v, granted is %+v", got, want)
	}
}
