package simulator

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
)

// receiverTimeout is how long a receiver of notifications may take.
const receiverTimeout = 10 * time.Second

// maxReceiverAnswer is how much of a receiver's answer is read.
const maxReceiverAnswer = 64 << 10

var errNotLoopback = errors.New("the simulated tenant calls loopback addresses only")

// newReceiverClient makes the one client that calls out. It refuses every
// connection that does not end on this machine, at the moment of connecting, so
// that neither a name nor a redirect can lead elsewhere; it asks no proxy. It
// takes any certificate: nobody issues one for a loopback address.
func newReceiverClient(timeout time.Duration) *http.Client {
	dialer := &net.Dialer{Timeout: timeout, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || !to.Addr().IsLoopback() {
			return fmt.Errorf("%s: %w", address, errNotLoopback)
		}
		return nil
	}}
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext:         dialer.DialContext,
			TLSClientConfig:     &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12},
			MaxIdleConnsPerHost: 2, IdleConnTimeout: 10 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// checkReceiver refuses an address that is not called: https, and on this machine.
func (t *Tenant) checkReceiver(address string) *problem {
	u, err := url.Parse(address)
	if strings.HasPrefix(strings.ToLower(address), "eventhub:") {
		return &problem{http.StatusNotImplemented, "NotImplemented", "The simulated tenant does not model delivery to event hubs."}
	}
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Opaque != "":
		return bad("InvalidRequest", "The notification URL is invalid.")
	case u.Scheme == "http" && !t.options.PlainNotifications, u.Scheme != "https" && u.Scheme != "http":
		return bad("InvalidRequest", "Notification URL must use HTTPS.")
	}
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); !strings.EqualFold(host, "localhost") && (err != nil || !ip.IsLoopback()) {
		return bad("ValidationError", "Subscription validation request failed. "+errNotLoopback.Error()+".")
	}
	return nil
}

// validateReceiver calls a receiver with a token that it must send back as plain
// text within ten seconds.
func (t *Tenant) validateReceiver(ctx context.Context, address string) *problem {
	token := "Validation: Testing client application reachability for subscription Request-Id: " + uuid.NewString()
	u, err := url.Parse(address)
	if err != nil {
		return bad("InvalidRequest", "The notification URL is invalid.")
	}
	query := u.RawQuery
	if query != "" {
		query += "&"
	}
	u.RawQuery = query + "validationToken=" + url.QueryEscape(token)
	status, kind, body, err := t.post(ctx, u.String(), "text/plain; charset=utf-8", nil)
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return bad("ValidationError", "Subscription validation request timed out.")
	case err != nil:
		return bad("ValidationError", "Subscription validation request failed. The notification endpoint cannot be reached.")
	case status != http.StatusOK:
		return bad("ValidationError", fmt.Sprintf("Subscription validation request failed. HTTP status code is '%s'. Notification endpoint must respond with 200 OK to validation request.", http.StatusText(status)))
	case !strings.HasPrefix(strings.ToLower(kind), "text/plain"):
		return bad("ValidationError", "Subscription validation request failed. The content type of the response must be text/plain.")
	case string(body) != token:
		return bad("ValidationError", "Subscription validation request failed. Response must exactly match validationToken query parameter.")
	}
	return nil
}

// post calls a receiver. It ends with the tenant.
func (t *Tenant) post(ctx context.Context, address, kind string, body []byte) (status int, answered string, answer []byte, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(t.ending, cancel)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, "", nil, err
	}
	r.Header.Set("Content-Type", kind)
	resp, err := t.receivers.Do(r)
	if err != nil {
		return 0, "", nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxReceiverAnswer))
	return resp.StatusCode, resp.Header.Get("Content-Type"), answer, err
}
