package doctor_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
)

// otherWords answers as the tenant does, with other codes and texts: the service
// changes them without notice. The same code stays the same.
type otherWords struct{ http.RoundTripper }

func (o otherWords) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := o.RoundTripper.RoundTrip(req)
	if err != nil || resp.StatusCode < 400 {
		return resp, err
	}
	text, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	var said map[string]any
	if resp.Header.Get("Content-Encoding") == "" && json.Unmarshal(text, &said) == nil {
		if inner, ok := said["error"].(map[string]any); ok {
			inner["code"], inner["message"] = "Renamed"+strings.ToUpper(fmt.Sprint(inner["code"])), "something else"
		} else if codes, ok := said["error_codes"].([]any); ok && len(codes) > 0 {
			code := int64(codes[0].(float64)) + 800_000_000
			said["error_codes"], said["error_description"] = []int64{code}, fmt.Sprintf("AADSTS%d: something else", code)
		}
		if text, err = json.Marshal(said); err != nil {
			return nil, err
		}
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	resp.Header.Del("Content-Length")
	return resp, nil
}

// Codes and texts decide nothing: with all of them changed, each mistake has the
// same first line.
func TestEachMistakeInOtherWords(t *testing.T) {
	for _, row := range catalogue() {
		t.Run(fmt.Sprint(row.number), func(t *testing.T) {
			p := withMistakes(t, row, row)
			p.config.Around = func(next http.RoundTripper) http.RoundTripper { return otherWords{next} }
			row.check(t, p.examine())
		})
	}
}

// What cannot be told apart is said: without a way to read grants, a permission
// that was granted a moment ago looks like one that never was.
func TestWhatLooksTheSameIsSaid(t *testing.T) {
	p := admit(t, simulator.Options{Mistakes: []int{7}})
	d := p.examine()
	cause := d.Cause()
	if cause == nil || cause.Mistake != 6 || !strings.Contains(cause.Or, "within the last hour") {
		t.Errorf("got %q\n%s", d.FirstLine(), lines(d))
	}
}

// Trouble that nobody knows is shown as it came, with the id of its request, and
// not explained.
func TestUnknownTroubleIsShownAsItCame(t *testing.T) {
	p := admit(t, simulator.Options{})
	p.tenant.Inject(simulator.Fault{Path: "/v1.0/users/*/calendar", Times: -1, Fail: &simulator.Failure{Status: 418, Code: "Teapot", Message: "short and stout"}})
	cause := p.examine().Cause()
	if cause == nil || !cause.Unknown || cause.Mistake != 0 || cause.Status != 418 || cause.Code != "Teapot" || cause.RequestID == "" ||
		!strings.Contains(cause.Sentence(), "as it came") || !strings.Contains(cause.Sentence(), "short and stout") || cause.Change != "" {
		t.Errorf("got %+v", cause)
	}
}

// A proxy that inspects TLS is told by who signed the certificate (mistake 17).
func TestForeignCertificateAuthority(t *testing.T) {
	p := admit(t, simulator.Options{ForeignCA: true})
	d := p.examine()
	cause := d.Cause()
	if cause == nil || cause.Mistake != 17 || cause.Class != providers.UntrustedHost || !strings.Contains(cause.What, "does not trust") || !strings.Contains(cause.What, "which signed the certificate") {
		t.Fatalf("got %q\n%s", d.FirstLine(), lines(d))
	}
	if rung, _ := d.Rung("tls"); rung.State != providers.RungFailed {
		t.Errorf("tls is %s", rung.State)
	}
	if rung, _ := d.Rung("sign-in"); rung.State != providers.RungNotRun {
		t.Errorf("sign-in is %s: a credential may have left", rung.State)
	}
}

// No secret is in anything that a diagnosis holds.
func TestDiagnosisHoldsNoSecret(t *testing.T) {
	for _, number := range []int{1, 2, 3, 6} {
		p := admit(t, simulator.Options{Mistakes: []int{number}})
		d := p.examine()
		text := fmt.Sprintf("%+v %s", d, lines(d))
		for _, rung := range d.Rungs {
			if rung.Trouble != nil {
				text += fmt.Sprintf("%+v", *rung.Trouble)
			}
		}
		if at := p.tenant.Endpoints(); strings.Contains(text, at.ClientSecret) {
			t.Errorf("mistake %d: the secret is in the diagnosis", number)
		}
	}
}

// What the doctor writes is gone again, also from the rooms.
func TestWhatIsWrittenIsTakenAway(t *testing.T) {
	p := admit(t, simulator.Options{})
	p.options.Write, p.options.Mailboxes = true, []providers.Address{p.room(0)}
	before := p.written()
	d := p.examine()
	if rung, _ := d.Rung("room answers"); rung.State != providers.RungPassed || !strings.HasPrefix(rung.Seen, "1 ") {
		t.Fatalf("room answers is %s\n%s", rung.State, lines(d))
	}
	if after := p.written(); after != before {
		t.Errorf("%d entries of the organizer and the room before, %d after", before, after)
	}
}
