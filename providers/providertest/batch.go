package providertest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

type batchRequest struct {
	Requests []struct {
		ID        string            `json:"id"`
		Method    string            `json:"method"`
		URL       string            `json:"url"`
		Headers   map[string]string `json:"headers"`
		Body      json.RawMessage   `json:"body"`
		DependsOn []string          `json:"dependsOn"`
	} `json:"requests"`
}

type batchResponse struct {
	Responses []struct {
		ID      string            `json:"id"`
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"`
	} `json:"responses"`
}

// checkBatch unpacks a batch and holds each part against the contract like a
// request of its own.
func (c *Checker) checkBatch(operation string, x exchange) {
	if x.inBatch {
		c.violate("request of "+operation+": a batch inside a batch", x.request.URL.String())
		return
	}
	var requests batchRequest
	if err := json.Unmarshal(x.requestBody, &requests); err != nil {
		return // the envelope's own check has told
	}
	var responses batchResponse
	answered := x.status == http.StatusOK && !x.injected
	if answered && json.Unmarshal(x.responseBody, &responses) != nil {
		return
	}
	parts := map[string]exchange{}
	for _, r := range requests.Requests {
		if _, twice := parts[r.ID]; twice {
			c.violate("request of "+operation+": two parts with the same id", r.ID)
		}
		part, err := partRequest(r.Method, r.URL, r.Headers, r.Body)
		if err != nil {
			c.violate("request of "+operation+": a part cannot be read: "+err.Error(), r.URL)
			continue
		}
		if len(part.requestBody) > 0 && part.request.Header.Get("Content-Type") == "" {
			c.violate("request of "+operation+": a part has a body and no Content-Type", r.URL)
		}
		for _, id := range r.DependsOn {
			if _, known := parts[id]; !known {
				c.violate("request of "+operation+": a part depends on one that does not come before it", id)
			}
		}
		parts[r.ID] = part
	}
	for _, r := range responses.Responses {
		part, known := parts[r.ID]
		if !known || part.status != 0 {
			c.violate(fmt.Sprintf("response 200 of %s: a part answers no request, or one is answered twice", operation), r.ID)
			continue
		}
		part.status, part.header, part.responseBody = r.Status, headers(r.Headers), partBody(r.Body)
		if part.header.Get("Content-Type") == "" && len(part.responseBody) > 0 {
			part.header.Set("Content-Type", "application/json") // the documentation's samples leave it out
		}
		part.injected = c.injected(part.request, part.status, part.header)
		parts[r.ID] = part
	}
	for id, part := range parts {
		if answered && part.status == 0 {
			c.violate("response 200 of "+operation+": a part has no answer", id)
		}
		c.check(part)
	}
}

func partRequest(method, address string, header map[string]string, body json.RawMessage) (exchange, error) {
	if strings.Contains(address, "://") {
		return exchange{}, fmt.Errorf("its url is absolute")
	}
	u, err := url.Parse(versionRoot + "/" + strings.TrimPrefix(address, "/"))
	if err != nil {
		return exchange{}, fmt.Errorf("its url does not parse")
	}
	return exchange{
		request:     &http.Request{Method: strings.ToUpper(method), URL: u, Header: headers(header)},
		requestBody: partBody(body),
		inBatch:     true,
	}, nil
}

func headers(in map[string]string) http.Header {
	out := http.Header{}
	for name, value := range in {
		out.Set(name, value)
	}
	return out
}

// partBody is a part's body as it would have come alone: JSON as it stands, all
// else as base64 in a string.
func partBody(raw json.RawMessage) []byte {
	var text string
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &text) == nil {
		if decoded, err := base64.StdEncoding.DecodeString(text); err == nil {
			return decoded
		}
	}
	if string(raw) == "null" {
		return nil
	}
	return raw
}
