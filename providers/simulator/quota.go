package simulator

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Quota is a model of Microsoft's limits. A number that is 0 is a limit that does
// not exist. Times are of the tenant's clock.
//
// Published figures: learn.microsoft.com, "Microsoft Graph service-specific
// throttling limits"; its wording of the concurrency limit has changed over the
// years, see Scope.
type Quota struct {
	Name string `json:"name"`

	// Requests to one mailbox in Window, and at the same time.
	Requests    int      `json:"requests"`
	Window      Duration `json:"window"`
	Concurrency int      `json:"concurrency"`
	// Scope is what Concurrency counts: "app+mailbox" (each application in each
	// mailbox by itself), "app" (all mailboxes of an application together) or
	// "mailbox" (all applications in a mailbox together).
	Scope string `json:"scope"`
	// Upload is how many bytes may be sent to one mailbox in UploadWindow.
	Upload       int64    `json:"upload"`
	UploadWindow Duration `json:"upload_window"`

	// Global requests of one application in GlobalWindow, whatever they are for.
	Global       int      `json:"global"`
	GlobalWindow Duration `json:"global_window"`

	// Units of the directory in UnitWindow for each application: a bucket that
	// fills again all the time. -1 is Microsoft's figure for the tenant's size.
	Units      int      `json:"units"`
	UnitWindow Duration `json:"unit_window"`
	// Writes to the directory in WriteWindow.
	Writes      int      `json:"writes"`
	WriteWindow Duration `json:"write_window"`

	// Sliding counts the requests of the latest Window at any moment. Otherwise a
	// window begins with the first request and all of it ends at once, which is
	// how Exchange is believed to count.
	Sliding bool `json:"sliding"`
	// Fractional sends Retry-After with decimals, as one of Microsoft's examples.
	Fractional bool `json:"fractional"`
	// Varied sends the several codes that have been seen with 429 in turn.
	Varied bool `json:"varied"`
	// Lenient leaves out the penalty for coming before the announced time: with
	// it, each such request makes the wait longer.
	Lenient bool `json:"lenient"`
}

// PublishedQuota is what Microsoft documents today.
func PublishedQuota() Quota {
	return Quota{
		Name: "published", Requests: 10_000, Window: Duration(10 * time.Minute), Concurrency: 4, Scope: scopeAppMailbox,
		Upload: 150 << 20, UploadWindow: Duration(5 * time.Minute), Global: 130_000, GlobalWindow: Duration(10 * time.Second),
		Units: -1, UnitWindow: Duration(10 * time.Second), Writes: 3_000, WriteWindow: Duration(150 * time.Second),
	}
}

const (
	scopeAppMailbox = "app+mailbox"
	scopeApp        = "app"
	scopeMailbox    = "mailbox"
)

// quotaNames are the models that [QuotaNamed] knows.
var quotaNames = []string{"published", "per_app", "per_mailbox", "sliding", "small", "mailbox_only", "directory_only", "none"}

// QuotaNamed gives a model by name: "published"; "per_app", where an application
// has 4 requests at a time over all mailboxes (the wording of 2023); "per_mailbox",
// where all applications share the 4 (the newest wording); "sliding"; "small",
// where every limit is met within seconds; "mailbox_only" and "directory_only",
// parts of the published ones; "none".
func QuotaNamed(name string) (Quota, error) {
	q := PublishedQuota()
	q.Name = name
	switch name {
	case "published":
	case "per_app":
		q.Scope = scopeApp
	case "per_mailbox":
		q.Scope = scopeMailbox
	case "sliding":
		q.Sliding = true
	case "small":
		q.Requests, q.Window, q.Concurrency = 20, Duration(10*time.Second), 2
		q.Upload, q.UploadWindow = 1<<20, Duration(10*time.Second)
		q.Global, q.Units, q.Writes, q.WriteWindow = 200, 50, 10, Duration(10*time.Second)
	case "mailbox_only":
		q.Global, q.Units, q.Writes = 0, 0, 0
	case "directory_only":
		q.Requests, q.Concurrency, q.Upload, q.Global = 0, 0, 0, 0
	case "none":
		q = Quota{Name: name, Scope: scopeAppMailbox}
	default:
		return Quota{}, fmt.Errorf("quota %q is none of %q", name, quotaNames)
	}
	return q, nil
}

// Validate refuses a model that means nothing.
func (q Quota) Validate() error {
	var errs []error
	if !slices.Contains([]string{"", scopeAppMailbox, scopeApp, scopeMailbox}, q.Scope) {
		errs = append(errs, fmt.Errorf("quota scope %q is none of app+mailbox, app, mailbox", q.Scope))
	}
	for _, limit := range []struct {
		name   string
		n      int64
		window Duration
	}{{"requests", int64(q.Requests), q.Window}, {"upload", q.Upload, q.UploadWindow}, {"global", int64(q.Global), q.GlobalWindow}, {"units", int64(q.Units), q.UnitWindow}, {"writes", int64(q.Writes), q.WriteWindow}} {
		if limit.n < 0 && (limit.name != "units" || limit.n != -1) {
			errs = append(errs, fmt.Errorf("quota %s: %d is negative", limit.name, limit.n))
		}
		if limit.n != 0 && (limit.window <= 0 || time.Duration(limit.window) > 24*time.Hour) {
			errs = append(errs, fmt.Errorf("quota %s: its window %v is not between 0 and a day", limit.name, time.Duration(limit.window)))
		}
	}
	if q.Concurrency < 0 {
		errs = append(errs, fmt.Errorf("quota concurrency: %d is negative", q.Concurrency))
	}
	return errors.Join(errs...)
}

// directoryUnits is Microsoft's figure by the number of users.
func directoryUnits(users int) int {
	switch {
	case users < 50:
		return 3_500
	case users <= 500:
		return 5_000
	}
	return 8_000
}

// resourceUnits is what a request to the directory costs; 0 where it does not go
// to the directory. A write costs its unit too.
func (c *call) resourceUnits() (units int, write bool) {
	switch c.name(0) {
	case "organization", "serviceprincipals", "applications", "directoryobjects", "groups", "oauth2permissiongrants", "directoryroles":
	case "users":
		if c.depth() > 2 && !slices.Contains([]string{"manager", "memberof", "licensedetails", "approleassignments"}, c.name(2)) {
			return 0, false
		}
	default:
		return 0, false
	}
	write = c.method != "GET" && c.method != "HEAD"
	units = 1
	last := c.name(c.depth() - 1)
	switch {
	case last == "getbyids":
		units, write = 3, false
	case c.name(2) == "approleassignments" || c.name(2) == "approleassignedto":
		units = 2
	case c.name(0) == "users" && !write:
		units = 2
	}
	if c.query.Has("$select") {
		units--
	}
	if c.query.Has("$expand") {
		units++
	}
	if top := c.query.Get("$top"); top != "" && len(top) < 3 && strings.Trim(top, "0123456789") == "" && (len(top) < 2 || top < "20") {
		units--
	}
	return max(units, 1), write
}
