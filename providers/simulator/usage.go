package simulator

import (
	"cmp"
	"slices"
	"time"
)

// Usage is what was used of the limits since the start or the latest reset.
// Figures called peak are the most that ever was in one window of the quota.
type Usage struct {
	Now      time.Time      `json:"now"`
	Quota    Quota          `json:"quota"`
	Enforced bool           `json:"enforced"`
	Refused  int64          `json:"refused"` // answers 429 for a limit
	Over     int64          `json:"over"`    // requests beyond a limit, refused or not
	Early    int64          `json:"early"`   // requests before an announced time
	Apps     []AppUsage     `json:"apps"`
	Boxes    []MailboxUsage `json:"mailboxes"`
}

// AppUsage is one application's use; App is "" for requests without a good token.
type AppUsage struct {
	App          string  `json:"app"`
	Requests     int64   `json:"requests"`
	PeakRequests int64   `json:"peak_requests"`
	InFlight     int     `json:"in_flight"`
	PeakInFlight int     `json:"peak_in_flight"`
	PeakToBoxes  int     `json:"peak_in_flight_mailboxes"`
	Units        int64   `json:"units"`
	PeakUnits    float64 `json:"peak_units"` // the fullest that the bucket was
	UnitLimit    int     `json:"unit_limit"`
	PeakWrites   int64   `json:"peak_writes"`
	Refused      int64   `json:"refused"` // by limits of the application and the directory
	Over         int64   `json:"over"`
	Early        int64   `json:"early"`
}

// MailboxUsage is one application's use of one mailbox.
type MailboxUsage struct {
	App          string     `json:"app"`
	Mailbox      string     `json:"mailbox"`
	Requests     int64      `json:"requests"`
	PeakRequests int64      `json:"peak_requests"`
	InFlight     int        `json:"in_flight"`
	PeakInFlight int        `json:"peak_in_flight"`
	PeakUpload   int64      `json:"peak_upload"`
	Refused      int64      `json:"refused"`
	Over         int64      `json:"over"`
	Early        int64      `json:"early"`
	RetryAt      *time.Time `json:"retry_at,omitempty"` // the latest announced time
}

// Usage gives the exact use of the limits, by application and mailbox.
func (t *Tenant) Usage() Usage {
	th := t.throttle
	th.mu.Lock()
	defer th.mu.Unlock()
	u := Usage{Now: t.options.Now().UTC(), Quota: th.quota, Enforced: th.enforce, Refused: th.refused, Apps: []AppUsage{}, Boxes: []MailboxUsage{}}
	limit := th.quota.Units
	if limit < 0 {
		limit = directoryUnits(len(t.world.all))
	}
	for id, a := range th.apps {
		u.Apps = append(u.Apps, AppUsage{App: id, Requests: a.total, PeakRequests: a.requests.peak, InFlight: a.inFlight, PeakInFlight: a.peak,
			PeakToBoxes: a.boxPeak, Units: a.unitCount, PeakUnits: a.units.peak, UnitLimit: limit, PeakWrites: a.writes.peak,
			Refused: a.global.refused + a.directory.refused, Over: a.global.over + a.directory.over, Early: a.global.early + a.directory.early})
	}
	for key, g := range th.boxes {
		b := MailboxUsage{App: key.app, Mailbox: t.world.at(key.box).contact.address, Requests: g.total, PeakRequests: g.requests.peak,
			InFlight: g.inFlight, PeakInFlight: g.peak, PeakUpload: g.upload.peak, Refused: g.refused, Over: g.over, Early: g.early}
		if !g.until.IsZero() {
			until := g.until.UTC()
			b.RetryAt = &until
		}
		u.Boxes = append(u.Boxes, b)
	}
	for _, a := range u.Apps {
		u.Over, u.Early = u.Over+a.Over, u.Early+a.Early
	}
	for _, b := range u.Boxes {
		u.Over, u.Early = u.Over+b.Over, u.Early+b.Early
	}
	slices.SortFunc(u.Apps, func(a, b AppUsage) int { return cmp.Compare(a.App, b.App) })
	slices.SortFunc(u.Boxes, func(a, b MailboxUsage) int {
		return cmp.Or(cmp.Compare(a.Mailbox, b.Mailbox), cmp.Compare(a.App, b.App))
	})
	return u
}

// SetQuota changes the limits while the tenant runs. enforce false only counts
// against them. What was used so far is forgotten; requests in flight stay.
func (t *Tenant) SetQuota(q Quota, enforce bool) error {
	if err := q.Validate(); err != nil {
		return err
	}
	th := t.throttle
	th.mu.Lock()
	defer th.mu.Unlock()
	th.quota, th.enforce = q, enforce
	th.reset()
	return nil
}

// ResetUsage forgets what was used so far and every announced wait.
func (t *Tenant) ResetUsage() {
	t.throttle.mu.Lock()
	defer t.throttle.mu.Unlock()
	t.throttle.reset()
}

func (t *throttle) reset() {
	t.refused = 0
	// In place: requests in flight hold on to their gates.
	for _, g := range t.boxes {
		*g = gate{inFlight: g.inFlight, peak: g.inFlight}
	}
	for _, a := range t.apps {
		*a = appGate{inFlight: a.inFlight, peak: a.inFlight, boxInFlight: a.boxInFlight, boxPeak: a.boxInFlight}
	}
}
