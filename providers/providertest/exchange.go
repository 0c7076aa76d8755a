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
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// exchange is one request with its answer, bodies decompressed.
type exchange struct {
	request      *http.Request // its body is not touched
	requestBody  []byte
	status       int // 0: no answer came
	header       http.Header
	responseBody []byte
	injected     bool // a fault changed the answer on purpose
	inBatch      bool
}

var checkOptions = openapi3filter.Options{
	IncludeResponseStatus:             true,
	MultiError:                        true,
	SkipSettingDefaults:               true,
	RejectWhenRequestBodyNotSpecified: true,
	AuthenticationFunc:                openapi3filter.NoopAuthenticationFunc,
}

// concerns reports whether a path is Graph's and not sign-in or anything else
// that shares the listener.
func concerns(path string) bool {
	return strings.HasPrefix(path, versionRoot+"/") || path == versionRoot || strings.HasPrefix(path, "/beta/")
}

// check holds one exchange against the contract.
func (c *Checker) check(x exchange) {
	request := &http.Request{
		Method: x.request.Method, URL: cloneURL(x.request.URL), Header: x.request.Header.Clone(),
		Body: io.NopCloser(bytes.NewReader(x.requestBody)), ContentLength: int64(len(x.requestBody)),
	}
	request.Header.Del("Content-Encoding") // the body is decompressed
	route, parameters, err := c.contract.router.FindRoute(request)
	if err != nil {
		c.count("unknown operation")
		what := "no such path in the contract"
		if errors.Is(err, routers.ErrMethodNotAllowed) {
			what = "the contract has no such method for the path"
		}
		c.violate(fmt.Sprintf("request %s %s: %s", request.Method, patternOf(request.URL.Path), what), request.URL.RequestURI())
		return
	}
	operation := route.Operation.OperationID
	c.count(operation)
	input := &openapi3filter.RequestValidationInput{
		Request: request, PathParams: parameters, Route: route, Options: &checkOptions,
	}
	c.checkRequest(operation, input, x)
	if x.status != 0 && !x.injected {
		c.checkResponse(operation, input, x)
		c.answered(operation, x.status)
	}
	if route.Path == "/$batch" {
		c.checkBatch(operation, x)
	}
}

func (c *Checker) checkRequest(operation string, input *openapi3filter.RequestValidationInput, x exchange) {
	known := c.contract.queries[input.Route.Operation]
	query, err := url.ParseQuery(input.Request.URL.RawQuery)
	if err != nil {
		c.violate("request of "+operation+": the query cannot be read", input.Request.URL.RequestURI())
	}
	for name, values := range query {
		if !known[name] {
			c.violate(fmt.Sprintf("request of %s: the contract knows no query parameter %q", operation, name), input.Request.URL.RequestURI())
		}
		if len(values) > 1 {
			c.violate(fmt.Sprintf("request of %s: query parameter %q comes more than once", operation, name), input.Request.URL.RequestURI())
		}
	}
	if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
		c.note("request of "+operation, err, x.requestBody)
	}
}

func (c *Checker) checkResponse(operation string, input *openapi3filter.RequestValidationInput, x exchange) {
	header := x.header.Clone()
	header.Del("Content-Encoding")
	where := fmt.Sprintf("response %d of %s", x.status, operation)
	if x.status == http.StatusNoContent && len(x.responseBody) > 0 {
		c.violate(where+": has a body", excerpt(x.responseBody))
	}
	// A validator passes an empty body as an empty value; the service never
	// answers an error or a collection with nothing.
	if len(x.responseBody) == 0 && wantsBody(input.Route.Operation, x.status) && x.request.Method != http.MethodHead {
		c.violate(where+": has no body", "")
		return
	}
	// The validator reads plain text as text only, never as the number it is.
	if strings.HasSuffix(input.Route.Path, "/$count") && x.status == http.StatusOK {
		if _, err := strconv.ParseUint(string(x.responseBody), 10, 63); err != nil || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") {
			c.violate(where+": is no count", excerpt(x.responseBody))
		}
		return
	}
	err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: x.status, Header: header,
		Body: io.NopCloser(bytes.NewReader(x.responseBody)), Options: &checkOptions,
	})
	if err != nil {
		c.note(where, err, x.responseBody)
	}
}

func wantsBody(operation *openapi3.Operation, status int) bool {
	response := operation.Responses.Status(status)
	return response != nil && response.Value != nil && len(response.Value.Content) > 0
}

// note turns a validator's error, which may hold many, into violations.
func (c *Checker) note(where string, err error, body []byte) {
	for _, leaf := range leaves(err) {
		text, example := leaf.text, leaf.example
		if example == "" {
			example = excerpt(body)
		}
		c.violate(where+": "+text, example)
	}
}

type leaf struct{ text, example string }

var listIndex = regexp.MustCompile(`/\d+(/|$)`)

// leaves flattens the validator's errors to the innermost reasons.
func leaves(err error) []leaf {
	// MultiError matches many targets with errors.As, so look at it first.
	if many, ok := err.(openapi3.MultiError); ok { // only the outermost kind counts here
		var out []leaf
		for _, one := range many {
			out = append(out, leaves(one)...)
		}
		return out
	}
	switch e := err.(type) { // only the outermost kind counts here
	case *openapi3.SchemaError:
		return schemaLeaves(e)
	case *openapi3filter.RequestError:
		prefix := ""
		if e.Parameter != nil {
			prefix = fmt.Sprintf("parameter %q: ", e.Parameter.Name)
		}
		if e.Err == nil {
			return []leaf{{text: prefix + e.Reason}}
		}
		return prefixed(prefix, leaves(e.Err))
	case *openapi3filter.ResponseError:
		if e.Err == nil {
			return []leaf{{text: e.Reason}}
		}
		if strings.Contains(e.Reason, "decode") {
			return prefixed(e.Reason+": ", leaves(e.Err))
		}
		return leaves(e.Err)
	}
	return []leaf{{text: firstLine(err.Error())}}
}

func schemaLeaves(e *openapi3.SchemaError) []leaf {
	pointer := "/" + strings.Join(e.JSONPointer(), "/")
	value, _ := json.Marshal(e.Value) // shown only; it came from JSON
	// "Nullable" is written as a choice between the type and nothing: say what the
	// type itself dislikes.
	if e.SchemaField == "anyOf" && e.Schema != nil && len(e.Schema.AnyOf) > 0 {
		if inner := e.Schema.AnyOf[0].Value.VisitJSON(e.Value, openapi3.MultiErrors()); inner != nil {
			return prefixed(listIndex.ReplaceAllString(pointer, "/#$1")+" ", leaves(inner))
		}
	}
	if e.Origin != nil && e.Reason == "" {
		return prefixed(listIndex.ReplaceAllString(pointer, "/#$1")+" ", leaves(e.Origin))
	}
	return []leaf{{
		text:    listIndex.ReplaceAllString(pointer, "/#$1") + ": " + firstLine(e.Reason),
		example: pointer + " in " + excerpt(value),
	}}
}

func prefixed(prefix string, in []leaf) []leaf {
	out := slices.Clone(in)
	for i := range out {
		out[i].text = prefix + out[i].text
	}
	return out
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	if len(line) > 300 {
		line = line[:300] + "..."
	}
	return line
}

func excerpt(body []byte) string {
	const most = 400
	if len(body) > most {
		return fmt.Sprintf("%q... (%d bytes)", body[:most], len(body))
	}
	return fmt.Sprintf("%q", body)
}

// patternOf hides what differs from one request to the next.
func patternOf(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.Contains(part, "@") || len(part) > 36 {
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/")
}

func cloneURL(u *url.URL) *url.URL {
	c := *u
	c.Scheme, c.Host = "", ""
	return &c
}

// plain undoes Content-Encoding for checking.
func plain(header http.Header, body []byte) ([]byte, error) {
	switch strings.ToLower(header.Get("Content-Encoding")) {
	case "", "identity":
		return body, nil
	case "gzip":
		if len(body) == 0 {
			return body, nil
		}
		reader, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		out, err := io.ReadAll(io.LimitReader(reader, maxChecked+1))
		return out, errors.Join(err, reader.Close())
	}
	return nil, fmt.Errorf("content encoding %q", header.Get("Content-Encoding"))
}
