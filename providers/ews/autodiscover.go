package ews

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"roomdesk/providers"
)

// Attempt is one place at which Autodiscover was asked.
type Attempt struct {
	Way    string // "JSON" or "POX"
	URL    string // without the address that was asked for
	Result string // safe to show
}

// Discovery is what Autodiscover found.
type Discovery struct {
	URL   string // of the service; "" where none was found
	Tried []Attempt
}

const (
	discoverLimit = 256 << 10
	discoverHops  = 5
	discoverTime  = 20 * time.Second // for each place
	poxRequest    = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
	poxAnswer     = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
)

// Discover finds the address of the service for a mailbox: first by the JSON service,
// which needs no sign-in, then by the older XML one (POX), which does. Only hosts of the
// mailbox's own domain are asked, over TLS, and only those see a sign-in; where the
// answer leads elsewhere a person has to type the address.
func Discover(ctx context.Context, config Config, mailbox providers.Address) (Discovery, error) {
	d := &discoverer{config: config, mailbox: mailbox}
	d.client, d.base = newClient(config, nil)
	defer d.base.CloseIdleConnections()
	domain := mailbox.Domain()
	hosts := []string{"autodiscover." + domain, domain}
	for _, host := range hosts {
		if found := d.json(ctx, "https://"+host+"/autodiscover/autodiscover.json"); found != "" {
			return d.end(found)
		}
	}
	for _, host := range []string{domain, "autodiscover." + domain} {
		if config.Password == nil && config.Token == nil {
			d.note("POX", "https://"+host+"/autodiscover/autodiscover.xml", "not asked: it needs a sign-in")
			continue
		}
		if found := d.pox(ctx, "https://"+host+"/autodiscover/autodiscover.xml", mailbox); found != "" {
			return d.end(found)
		}
		if d.refused != nil { // another host would refuse it too, and directories lock accounts
			return d.found, d.refused
		}
	}
	if ctx.Err() != nil {
		return d.found, transportError(ctx, ctx.Err())
	}
	failure := &providers.Error{Class: providers.Unreachable, Cause: d.cause, Op: "finding the Exchange server", Mailbox: mailbox,
		Message: providers.Outside("Autodiscover does not tell it: " + d.found.Sentence()), Advice: "type its address: --server mail." + domain}
	if d.cause == providers.CauseDiscoveryForeign {
		failure.Class = providers.UntrustedHost
	}
	return d.found, failure
}

// Sentence tells what was tried.
func (d Discovery) Sentence() string {
	parts := make([]string, len(d.Tried))
	for i, a := range d.Tried {
		parts[i] = fmt.Sprintf("%s at %s: %s", a.Way, a.URL, a.Result)
	}
	return providers.Sanitise(strings.Join(parts, "; "))
}

type discoverer struct {
	config  Config
	client  *http.Client
	base    *http.Transport
	mailbox providers.Address
	found   Discovery
	cause   providers.Cause // the worst that was met
	refused *providers.Error
}

// end takes a found address, unless it is one that cannot be used.
func (d *discoverer) end(found string) (Discovery, error) {
	u, err := ServiceURL(found)
	if err != nil {
		return d.found, err
	}
	d.found.URL = u.String()
	switch {
	case IsOnline(u.Hostname()) && !d.config.Online:
		return d.found, RefuseOnline(u.Hostname())
	case !IsOnline(u.Hostname()) && !d.ours(u):
		d.found.URL = ""
		return d.found, &providers.Error{Class: providers.UntrustedHost, Cause: providers.CauseDiscoveryForeign, Op: "finding the Exchange server", Mailbox: d.mailbox,
			Message: providers.Outside("it names " + u.Host), Advice: "if that is your server, say so: --server " + providers.Sanitise(u.Host)}
	}
	return d.found, nil
}

func (d *discoverer) note(way, at, result string, args ...any) {
	d.found.Tried = append(d.found.Tried, Attempt{way, at, providers.Sanitise(fmt.Sprintf(result, args...))})
}

// circle notes redirects without an end; a foreign host is worse.
func (d *discoverer) circle() {
	if d.cause == "" {
		d.cause = providers.CauseDiscoveryLoop
	}
}

// ours reports hosts that may be asked: those of the mailbox's domain.
func (d *discoverer) ours(u *url.URL) bool {
	host, domain := strings.ToLower(u.Hostname()), d.mailbox.Domain()
	return u.Scheme == "https" && u.User == nil && (host == domain || strings.HasSuffix(host, "."+domain))
}

// json asks the JSON service, version 2, without a sign-in.
func (d *discoverer) json(ctx context.Context, at string) string {
	next := at
	for range discoverHops {
		text, resp, err := d.ask(ctx, http.MethodGet, next+"?"+url.Values{"Email": {string(d.mailbox)}, "Protocol": {"EWS"}, "RedirectCount": {"1"}}.Encode(), nil) //nolint:bodyclose // ask closes it
		if err != nil {
			d.note("JSON", next, "%s", reason(ctx, err))
			return ""
		}
		if resp.StatusCode >= 300 && resp.StatusCode < 400 {
			to, err := resp.Request.URL.Parse(resp.Header.Get("Location"))
			if err == nil && IsOnline(to.Hostname()) {
				d.note("JSON", next, "leads to Exchange Online")
				return "https://" + to.Hostname() + servicePath
			}
			if err != nil || !d.ours(to) {
				d.note("JSON", next, "leads to another domain, which is not followed")
				d.cause = providers.CauseDiscoveryForeign
				return ""
			}
			to.RawQuery = ""
			next = to.String()
			continue
		}
		var answer struct {
			Protocol, Url, ErrorCode string
		}
		if resp.StatusCode != http.StatusOK || json.Unmarshal(text, &answer) != nil || answer.Url == "" {
			why := fmt.Sprintf("HTTP %d", resp.StatusCode)
			if answer.ErrorCode != "" {
				why += " " + plainCode(answer.ErrorCode)
			}
			d.note("JSON", next, "%s", why)
			return ""
		}
		d.note("JSON", next, "found")
		return answer.Url
	}
	d.note("JSON", next, "leads in a circle")
	d.circle()
	return ""
}

// pox asks the XML service, signed in.
func (d *discoverer) pox(ctx context.Context, at string, mailbox providers.Address) string {
	next := at
	for range discoverHops {
		body := &bytes.Buffer{}
		w := &writer{}
		w.b.WriteString(`<?xml version="1.0" encoding="utf-8"?>`)
		w.open("Autodiscover", "xmlns", poxRequest)
		w.open("Request")
		w.text("EMailAddress", string(mailbox))
		w.text("AcceptableResponseSchema", poxAnswer)
		w.close("Request")
		w.close("Autodiscover")
		body.WriteString(w.b.String())
		text, resp, err := d.ask(ctx, http.MethodPost, next, body.Bytes()) //nolint:bodyclose // ask closes it
		if err != nil {
			d.note("POX", next, "%s", reason(ctx, err))
			return ""
		}
		if resp.StatusCode >= 300 && resp.StatusCode < 400 {
			to, err := resp.Request.URL.Parse(resp.Header.Get("Location"))
			if err != nil || !d.ours(to) {
				d.note("POX", next, "leads to another domain, which is not followed")
				d.cause = providers.CauseDiscoveryForeign
				return ""
			}
			next = to.String()
			continue
		}
		if resp.StatusCode != http.StatusOK {
			d.note("POX", next, "HTTP %d", resp.StatusCode)
			if resp.StatusCode == http.StatusUnauthorized {
				d.refused = &providers.Error{Class: providers.SignedOut, Op: "finding the Exchange server", Mailbox: d.mailbox, Status: resp.StatusCode}
				unauthorized(d.refused, resp.Header, d.config, false, "", "")
			}
			return ""
		}
		account, err := readPOX(text)
		if err != nil {
			d.note("POX", next, "the answer cannot be read")
			return ""
		}
		switch {
		case account.service != "":
			d.note("POX", next, "found")
			return account.service
		case account.redirectURL != "":
			to, err := url.Parse(account.redirectURL)
			if err != nil || !d.ours(to) {
				d.note("POX", next, "leads to another domain, which is not followed")
				d.cause = providers.CauseDiscoveryForeign
				return ""
			}
			next = to.String()
		case account.redirectAddr != "":
			other, ok := providers.ParseAddress(account.redirectAddr)
			if !ok || other.Domain() != d.mailbox.Domain() {
				d.note("POX", next, "names another address, %s: connect that one", account.redirectAddr)
				return ""
			}
			mailbox = other
		default:
			d.note("POX", next, "tells no address of Exchange Web Services")
			return ""
		}
	}
	d.note("POX", next, "leads in a circle")
	d.circle()
	return ""
}

// ask makes one request. The sign-in goes with POST only.
func (d *discoverer) ask(ctx context.Context, method, at string, body []byte) ([]byte, *http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, discoverTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("User-Agent", "roomdesk")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "text/xml; charset=utf-8")
		if d.config.Token != nil {
			token, err := d.config.Token.Token(ctx, "")
			if err != nil {
				return nil, nil, err
			}
			req.Header.Set("Authorization", "Bearer "+token)
		} else {
			secret, err := d.config.Password(ctx)
			if err != nil {
				return nil, nil, err
			}
			req.SetBasicAuth(d.config.User, secret)
		}
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, discoverLimit))
	return text, resp, err
}

func reason(ctx context.Context, err error) string {
	failure := transportError(ctx, err)
	if failure.Class == providers.Unreachable || failure.Class == providers.UntrustedHost {
		return failure.Class.Words()
	}
	return failure.Error()
}

type poxAccount struct{ service, redirectURL, redirectAddr string }

// readPOX reads the answer of the XML service. The address for those outside comes
// before that for those inside.
func readPOX(text []byte) (poxAccount, error) {
	var out poxAccount
	d := xml.NewDecoder(&cleaner{r: newBuffered(text)})
	var path []string
	kind, urls := "", map[string]string{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, err
		}
		switch t := token.(type) {
		case xml.Directive:
			return out, errHostile
		case xml.StartElement:
			if path = append(path, t.Name.Local); len(path) > depthLimit {
				return out, errHostile
			}
			if t.Name.Local == "Protocol" {
				kind = ""
				for _, a := range t.Attr {
					if a.Name.Local == "Type" {
						kind = a.Value
					}
				}
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			value := strings.TrimSpace(string(t))
			if value == "" || len(path) == 0 {
				continue
			}
			switch path[len(path)-1] {
			case "Type":
				kind = value
			case "EwsUrl":
				urls[kind] = value
			case "ASUrl":
				if urls[kind] == "" {
					urls[kind] = value
				}
			case "RedirectUrl":
				out.redirectURL = value
			case "RedirectAddr":
				out.redirectAddr = value
			}
		}
	}
	for _, kind := range []string{"EXPR", "EXHTTP", "EXCH", "WEB", ""} {
		if out.service == "" {
			out.service = urls[kind]
		}
	}
	return out, nil
}
