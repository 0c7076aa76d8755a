package providertest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// testChecker is a checker that does not fail the test: the test reads its
// report.
func testChecker(t testing.TB) *Checker {
	t.Helper()
	document, err := sharedContract()
	if errors.Is(err, errNoContract) && !requireAll() {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return newChecker(document)
}

// exchangeWith sends a sample through both ways of checking and gives what each
// reports.
func exchangeWith(t *testing.T, s sample, change ...func(*Checker)) map[string]string {
	t.Helper()
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != s.ask {
			t.Errorf("the server read %q, %v; want %q", body, err, s.ask)
		}
		for name, values := range s.header {
			w.Header()[name] = values
		}
		if w.Header().Get("Content-Type") == "" && s.answer != "" {
			w.Header().Set("Content-Type", jsonType)
		}
		w.WriteHeader(s.status)
		if _, err := io.WriteString(w, s.answer); err != nil && s.answer != "" {
			t.Error(err)
		}
	})
	atServer, atClient := testChecker(t), testChecker(t)
	for _, c := range change {
		c(atServer)
		c(atClient)
	}
	server := httptest.NewServer(atServer.Handler(answer))
	client := &http.Client{Transport: atClient.RoundTripper(server.Client().Transport)}
	request, err := http.NewRequestWithContext(t.Context(), s.method, server.URL+s.path, strings.NewReader(s.ask))
	if err != nil {
		t.Fatal(err)
	}
	if s.ask != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Add("Prefer", `IdType="ImmutableId"`)
	request.Header.Add("Prefer", "odata.maxpagesize=50")
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(response.Body)
	if err != nil || string(got) != s.answer && s.header.Get("Content-Encoding") == "" {
		t.Errorf("the client read %q, %v", got, err)
	}
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
	server.Close()
	return map[string]string{"handler": strings.Join(atServer.report(), "\n"), "round tripper": strings.Join(atClient.report(), "\n")}
}

func TestGoodExchangesPass(t *testing.T) {
	for name, s := range goodSamples() {
		t.Run(name, func(t *testing.T) {
			for way, report := range exchangeWith(t, s) {
				if report != "" {
					t.Errorf("%s: %s", way, report)
				}
			}
		})
	}
}

func TestBadExchangesFail(t *testing.T) {
	good := goodSamples()
	with := func(name string, change func(*sample)) sample {
		s := good[name]
		change(&s)
		return s
	}
	swap := func(in *string, old, fresh string) {
		if !strings.Contains(*in, old) {
			t.Fatalf("sample without %q", old)
		}
		*in = strings.Replace(*in, old, fresh, 1)
	}
	for name, c := range map[string]struct {
		sample sample
		says   string
	}{
		"typo in a response":           {with("rooms", func(s *sample) { swap(&s.answer, "displayName", "displayNmae") }), `/value/#: property "displayNmae"`},
		"typo in a nested object":      {with("rooms", func(s *sample) { swap(&s.answer, "latitude", "latitud") }), `"latitud"`},
		"typo in an event":             {with("event", func(s *sample) { swap(&s.answer, "showAs", "showas") }), `"showas"`},
		"typo in a request":            {with("create", func(s *sample) { swap(&s.ask, "transactionId", "transactionID") }), `request of user_CreateEvents`},
		"typo in an action's body":     {with("schedule", func(s *sample) { swap(&s.ask, "schedules", "shedules") }), `"shedules"`},
		"unknown query":                {with("rooms", func(s *sample) { s.path = "/v1.0/places/graph.room?$selct=id" }), `no query parameter "$selct"`},
		"query twice":                  {with("rooms", func(s *sample) { s.path = "/v1.0/places/graph.room?$top=1&$top=2" }), "more than once"},
		"query of the wrong type":      {with("rooms", func(s *sample) { s.path = "/v1.0/places/graph.room?$top=many" }), `"$top"`},
		"query missing":                {with("event", func(s *sample) { s.path = "/v1.0/users/u/calendarView"; s.answer = goodDelta }), "startDateTime"},
		"unknown name in $select":      {with("rooms, short", func(s *sample) { s.path = "/v1.0/places/graph.room?$select=displayNmae" }), "$select"},
		"wrong type":                   {with("rooms", func(s *sample) { swap(&s.answer, `"capacity":12`, `"capacity":"12"`) }), "/value/#/capacity"},
		"wrong member":                 {with("event", func(s *sample) { swap(&s.answer, `"showAs":"busy"`, `"showAs":"bussy"`) }), "showAs"},
		"error without code":           {with("error", func(s *sample) { swap(&s.answer, `"code"`, `"kode"`) }), "code"},
		"error that is HTML":           {with("error", func(s *sample) { s.answer = "<html>"; s.header = http.Header{"Content-Type": {"text/html"}} }), "text/html"},
		"error without body":           {with("error", func(s *sample) { s.answer = "" }), "no body"},
		"throttled without body":       {with("throttled", func(s *sample) { s.answer = "" }), "no body"},
		"success that is not declared": {with("cancel", func(s *sample) { s.status = 200 }), "status is not supported"},
		"no JSON":                      {with("rooms", func(s *sample) { s.answer = s.answer[:100] }), "decode response body"},
		"unknown path":                 {sample{"GET", "/v1.0/users/adele@contoso.example/kalender", "", 404, goodError, nil}, "/v1.0/users/{id}/kalender"},
		"beta":                         {sample{"GET", "/beta/users/u", "", 404, goodError, nil}, "no such path"},
		"unknown method":               {sample{"PUT", "/v1.0/users/u/events/AAMk1", goodDraft, 405, goodError, nil}, "no such method"},
		"body where none belongs":      {with("delete", func(s *sample) { s.ask = "{}" }), "body not allowed"},
		"missing body":                 {with("create", func(s *sample) { s.ask = "" }), "request of user_CreateEvents"},
		"inner request":                {batchOf(strings.Replace(goodAsk, "schedules", "shedules", 1), goodSchedule), `"shedules"`},
		"inner response":               {batchOf(goodAsk, strings.Replace(goodSchedule, "scheduleItems", "scheduledItems", 1)), `"scheduledItems"`},
		"inner query":                  {with("batch", func(s *sample) { swap(&s.ask, "$top", "$topp") }), `"$topp"`},
		"inner error":                  {with("batch", func(s *sample) { swap(&s.answer, `"code"`, `"kode"`) }), "code"},
		"inner part without answer":    {with("batch", func(s *sample) { swap(&s.answer, `"id":"1"`, `"id":"3"`) }), "has no answer"},
		"inner part answered twice":    {with("batch", func(s *sample) { swap(&s.answer, `"id":"1"`, `"id":"2"`) }), "answered twice"},
		"inner body without type":      {with("batch", func(s *sample) { swap(&s.ask, `"headers":{"Content-Type":"application/json"},`, "") }), "no Content-Type"},
		"inner absolute url":           {with("batch", func(s *sample) { swap(&s.ask, `"/places`, `"https://graph.microsoft.com/v1.0/places`) }), "absolute"},
		"inner batch":                  {with("batch", func(s *sample) { swap(&s.ask, `"users/u/calendar/getSchedule"`, `"/$batch"`) }), "batch"},
		"inner dependency":             {with("batch", func(s *sample) { swap(&s.ask, `"id":"1",`, `"id":"1","dependsOn":["2"],`) }), "depends"},
	} {
		t.Run(name, func(t *testing.T) {
			for way, report := range exchangeWith(t, c.sample) {
				if !strings.Contains(report, c.says) {
					t.Errorf("%s reports %q, want something with %q", way, report, c.says)
				}
			}
		})
	}
}

// Faults that are marked may answer what they like; the request is still checked.
func TestInjectedFaultsAreTolerated(t *testing.T) {
	fault := sample{"GET", "/v1.0/users/u/events/AAMk1", "", 503, "<html>", http.Header{"Content-Type": {"text/html"}, InjectedHeader: {"html"}}}
	for way, report := range exchangeWith(t, fault) {
		if report != "" {
			t.Errorf("%s: %s", way, report)
		}
	}
	fault.path += "?$selct=id"
	for way, report := range exchangeWith(t, fault) {
		if !strings.Contains(report, "$selct") {
			t.Errorf("%s: the request of a faulty answer is not checked: %q", way, report)
		}
	}
	delete(fault.header, InjectedHeader)
	byStatus := func(c *Checker) {
		c.Injected(func(_ *http.Request, status int, _ http.Header) bool { return status == 503 })
	}
	fault.path = "/v1.0/users/u/events/AAMk1"
	for way, report := range exchangeWith(t, fault, byStatus) {
		if report != "" {
			t.Errorf("%s, own rule: %s", way, report)
		}
	}
}

func TestCompressedBodiesAreChecked(t *testing.T) {
	pack := func(text string) string {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, err := io.WriteString(w, text)
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	s := goodSamples()["rooms"]
	s.header = http.Header{"Content-Encoding": {"gzip"}}
	s.answer = pack(goodRooms)
	if report := exchangeWith(t, s)["handler"]; report != "" {
		t.Error(report)
	}
	s.answer = pack(strings.Replace(goodRooms, "displayName", "displayNmae", 1))
	for way, report := range exchangeWith(t, s) {
		if !strings.Contains(report, "displayNmae") {
			t.Errorf("%s: %q", way, report)
		}
	}
}

// Repeats of one mistake are one line with a count.
func TestReportNamesEachMistakeOnce(t *testing.T) {
	c := testChecker(t)
	handler := c.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		fmt.Fprintf(w, `{"value":[{"id":"1"},{"nam":"x"},{"nam":"y"}]}`)
	}))
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/v1.0/places/graph.room", nil))
		})
	}
	group.Wait()
	report := c.report()
	if len(report) != 1 || !strings.Contains(report[0], "(40 times)") {
		t.Errorf("%q", report)
	}
	operations, total := c.Exchanges()
	if total != 20 || len(operations) != 1 {
		t.Errorf("%v, %d", operations, total)
	}
}

// A broken connection and a client that stops reading are no violations.
func TestBrokenAnswersAreNotChecked(t *testing.T) {
	c := testChecker(t)
	server := httptest.NewServer(c.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		_, _ = io.WriteString(w, `{"value":[`)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/v1.0/places/graph.room", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(response.Body); err == nil {
		t.Error("the client saw no break")
	}
	_ = response.Body.Close()
	server.Close()
	if report := c.report(); len(report) != 0 {
		t.Error(report)
	}
	if _, total := c.Exchanges(); total != 1 {
		t.Errorf("%d exchanges", total)
	}
}

// An answer reaches the client while the handler still writes.
func TestAnswersAreStreamed(t *testing.T) {
	c := testChecker(t)
	goOn := make(chan struct{})
	server := httptest.NewServer(c.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		_, _ = io.WriteString(w, `{"value":[`)
		w.(http.Flusher).Flush()
		<-goOn
		_, _ = io.WriteString(w, `]}`)
	})))
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/v1.0/places/graph.room", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	first := make([]byte, 10)
	if _, err := io.ReadFull(response.Body, first); err != nil {
		t.Fatal(err)
	}
	close(goOn)
	if rest, err := io.ReadAll(response.Body); err != nil || string(rest) != "]}" {
		t.Errorf("%q, %v", rest, err)
	}
}

// A decoder that stops behind the last brace and closes has read everything.
func TestRoundTripperChecksWhatADecoderLeaves(t *testing.T) {
	c := testChecker(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		_, _ = io.WriteString(w, `{"value":[{"nam":1}]}`+strings.Repeat("\n", 64<<10))
	}))
	defer server.Close()
	client := http.Client{Transport: c.RoundTripper(server.Client().Transport)}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, server.URL+"/v1.0/places/graph.room", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.NewDecoder(response.Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if report := c.report(); len(report) != 1 {
		t.Errorf("%q", report)
	}
}

func TestNilCheckerPassesThrough(t *testing.T) {
	var c *Checker
	c.Injected(nil)
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) })
	w := httptest.NewRecorder()
	c.Handler(next).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1.0/nowhere", nil))
	if w.Code != http.StatusTeapot || c.RoundTripper(http.DefaultTransport) != http.DefaultTransport {
		t.Error("a nil checker does something")
	}
}

func TestFindContract(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ROOMDESK_CONTRACT", dir)
	if file, err := findContract(); err != nil || file != filepath.Join(dir, contractFile) {
		t.Errorf("folder: %q, %v", file, err)
	}
	t.Setenv("ROOMDESK_CONTRACT", filepath.Join(dir, "none"))
	if _, err := findContract(); !errors.Is(err, os.ErrNotExist) || errors.Is(err, errNoContract) {
		t.Errorf("a wrong setting is an error, not a reason to skip: %v", err)
	}
	t.Setenv("ROOMDESK_CONTRACT", "")
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	if _, err := findContract(); !errors.Is(err, errNoContract) {
		t.Errorf("a checkout without the contract: %v", err)
	}
}

func BenchmarkCheckSchedule(b *testing.B) { benchmarkCheck(b, "schedule") }
func BenchmarkCheckRooms(b *testing.B)    { benchmarkCheck(b, "rooms") }

func benchmarkCheck(b *testing.B, name string) {
	c := testChecker(b)
	s := goodSamples()[name]
	request := httptest.NewRequest(s.method, s.path, nil)
	request.Header.Set("Content-Type", "application/json")
	x := exchange{
		request: request, requestBody: []byte(s.ask), status: s.status,
		header: http.Header{"Content-Type": {jsonType}}, responseBody: []byte(s.answer),
	}
	b.ReportAllocs()
	for b.Loop() {
		c.check(x)
	}
	if report := c.report(); len(report) > 0 {
		b.Fatal(report)
	}
}
