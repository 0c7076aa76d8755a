package providertest

import (
	"net/http"
	"net/url"
	"testing"
)

// Every operation is listed, and counted by what came of it: an answer that a
// fault changed, or none at all, is a request and no checked answer.
func TestOperationsAreCounted(t *testing.T) {
	c := testChecker(t)
	ask := &http.Request{Method: "GET", URL: &url.URL{Path: "/v1.0/organization"}, Header: http.Header{}}
	kind := http.Header{"Content-Type": {jsonType}}
	c.check(exchange{request: ask, status: 200, header: kind, responseBody: []byte(`{"value":[]}`)})
	c.check(exchange{request: ask, status: 503, header: kind, responseBody: []byte("x"), injected: true})
	c.check(exchange{request: ask})
	all := c.Operations()
	if len(all) < 200 {
		t.Errorf("%d operations", len(all))
	}
	for _, o := range all {
		switch {
		case o.ID != "organization_ListOrganization":
			if o.Requests != 0 || len(o.Answers) != 0 {
				t.Errorf("%s was never asked for and has %v", o.ID, o)
			}
		case o.Method != "GET" || o.Path != "/organization" || o.Requests != 3 || len(o.Answers) != 1 || o.Succeeded() != 1:
			t.Errorf("counted as %+v", o)
		}
	}
	if report := c.report(); len(report) > 0 {
		t.Error(report)
	}
}

func TestAnswersOnly(t *testing.T) {
	wrong := sample{method: "GET", path: "/v1.0/places/graph.room?$selct=id", status: 200, answer: `{"value":[]}`}
	for side, text := range exchangeWith(t, wrong, (*Checker).AnswersOnly) {
		if text != "" {
			t.Errorf("%s: a wrong request was reported: %s", side, text)
		}
	}
	wrong.answer = `{"value":[{"nonsense":1}]}`
	for side, text := range exchangeWith(t, wrong, (*Checker).AnswersOnly) {
		if text == "" {
			t.Errorf("%s: a wrong answer was not reported", side)
		}
	}
}
