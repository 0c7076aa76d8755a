package entra

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// failure is an answer in Entra's JSON form for errors. The numbers are Entra's;
// clients may show them but must not depend on them.
type failure struct {
	status  int
	kind    string // OAuth's "error"
	code    int    // AADSTS number
	message string

	suberror string // what kind of action would help
	claims   string // JSON that the next request has to carry
}

func failed(status int, kind string, code int, format string, args ...any) *failure {
	return &failure{status: status, kind: kind, code: code, message: fmt.Sprintf(format, args...)}
}

type failureBody struct {
	Error         string `json:"error"`
	Description   string `json:"error_description"`
	Codes         []int  `json:"error_codes"`
	Timestamp     string `json:"timestamp"`
	TraceID       string `json:"trace_id"`
	CorrelationID string `json:"correlation_id"`
	URI           string `json:"error_uri"`
	Suberror      string `json:"suberror,omitempty"`
	Claims        string `json:"claims,omitempty"`
}

func (d *Directory) writeFailure(w http.ResponseWriter, r *http.Request, f *failure) {
	trace, correlation := uuid.NewString(), correlationID(r)
	timestamp := d.timestamp()
	body := failureBody{
		Error:         f.kind,
		Description:   f.describe(trace, correlation, timestamp),
		Codes:         []int{f.code},
		Timestamp:     timestamp,
		TraceID:       trace,
		CorrelationID: correlation,
		URI:           d.errorURI(r, f.code),
		Suberror:      f.suberror,
		Claims:        f.claims,
	}
	w.Header().Set("x-ms-request-id", trace)
	if f.status == http.StatusUnauthorized && r.Header.Get("Authorization") != "" {
		// RFC 6749, 5.2: required when the client tried the header.
		w.Header().Set("WWW-Authenticate", `Basic realm="`+d.options.TenantID+`"`)
	}
	writeJSON(w, r, f.status, body)
}

// describe is a failure as one line: for JSON, for a redirect and for a page.
func (f *failure) describe(trace, correlation, timestamp string) string {
	return fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s", f.code, f.message, trace, correlation, timestamp)
}

func (d *Directory) describe(r *http.Request, f *failure) string {
	return f.describe(uuid.NewString(), correlationID(r), d.timestamp())
}

func (d *Directory) timestamp() string { return d.options.Now().UTC().Format("2006-01-02 15:04:05Z") }

// writeJSON answers as Entra does; no answer of a token endpoint may be stored.
func writeJSON(w http.ResponseWriter, r *http.Request, status int, body any) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store, no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	if h.Get("x-ms-request-id") == "" {
		h.Set("x-ms-request-id", uuid.NewString())
	}
	if id := r.Header.Get("client-request-id"); isGUID(id) {
		h.Set("client-request-id", id)
	}
	encoded, err := json.Marshal(body)
	if err != nil { // only strings, numbers and lists reach this
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(encoded) // the client may be gone; nobody is left to tell
	}
}

// correlationID is the client's own id for the request, from the header or, as
// msal-node sends it, from the query.
func correlationID(r *http.Request) string {
	for _, id := range []string{r.Header.Get("client-request-id"), r.URL.Query().Get("client-request-id")} {
		if isGUID(id) {
			return id
		}
	}
	return uuid.NewString()
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }

func failTenant(kind tenantKind, segment string) *failure {
	if segment == "" {
		return failed(http.StatusBadRequest, "invalid_request", 900021, "Requested tenant identifier '' is not valid. Tenant identifiers may not be an empty GUID.")
	}
	if kind == invalidTenant {
		return failed(http.StatusBadRequest, "invalid_request", 900023,
			"Specified tenant identifier '%s' is neither a valid DNS name, nor a valid external domain.", segment)
	}
	return failed(http.StatusBadRequest, "invalid_request", 90002,
		"Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. "+
			"Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.", segment)
}

func failParameter(name string) *failure {
	return failed(http.StatusBadRequest, "invalid_request", 900144,
		"The request body must contain the following parameter: '%s'.", name)
}
