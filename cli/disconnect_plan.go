package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"roomdesk/keystore"
	"roomdesk/providers"
	"roomdesk/sync/store"
)

// disconnectPlan says what a disconnection would do. The mirror is that of a running
// session, or nil: then it is opened, where there is one.
func (a *app) disconnectPlan(ctx context.Context, c keystore.Connection, secrets keystore.Store, keepMirror bool, mirrored *store.Store) disconnectObject {
	plan := disconnectObject{
		Name: c.Name, TenantName: providers.Outside(c.Name), Pending: []pendingObject{}, Remains: []string{},
		Stops: []string{"reading rooms, people, calendars and free/busy of tenant " + c.Tenant, "booking with this connection"},
	}
	mirror := a.mirrorPath(c)
	if mirrored != nil {
		mirror = mirrored.Path()
	}
	meetings := "meetings that were booked here, in the tenant's calendars"
	mirrorWords := ""
	if _, err := os.Stat(mirror); err == nil {
		held := mirrorObject{Path: mirror, Bytes: bytesBeside(mirror), Kept: keepMirror}
		mirrorWords = "the local mirror " + mirror + " with its list of bookings"
		if err := a.countMirror(ctx, &plan, &held, mirrored); err != nil {
			mirrorWords += fmt.Sprintf(": %s; what is in it is not known (%s)", byteWords(held.Bytes), explain(err).message)
		} else {
			mirrorWords += fmt.Sprintf(": %s, %s, %s, %s, %s", plural(held.Rooms, "room", ""), numbered(held.People, "person", "people"), plural(held.Events, "meeting", ""),
				plural(held.Bookings, "booking", ""), byteWords(held.Bytes))
			meetings += fmt.Sprintf(": %d still to come", held.ToCome)
		}
		plan.Mirror = &held
	}
	plan.Stays = []string{meetings, "the app registration, its secret and its permissions in the tenant: an administrator removes them there"}
	if !keepMirror {
		plan.Deletes = append(plan.Deletes, "the connection from "+a.paths().Config)
	} else {
		plan.Stays = append(plan.Stays, "the connection's settings in "+a.paths().Config+", marked as disconnected")
	}
	if secrets.Describe().ReadOnly {
		where := secrets.Describe().Where
		switch c.KeystoreKind() {
		case "env":
			where = "the variable " + keystore.EnvName(c.Name) + ": unset it yourself"
		case "systemd":
			where = "the unit's credential " + keystore.CredentialName(c.Name) + ": remove it yourself"
		}
		plan.Stays = append(plan.Stays, "the credential in "+where)
	} else {
		plan.Deletes = append(plan.Deletes, c.CredentialName()+" from "+secrets.Describe().Where)
	}
	if c.AccountID != "" {
		plan.Deletes = append(plan.Deletes, "the sealed sign-in "+a.sealed(c).Path)
	}
	other, goesOn := a.besides(c)
	switch {
	case mirrorWords == "":
	case goesOn && !keepMirror:
		plan.Mirror.Kept = true
		plan.Stays = append(plan.Stays, mirrorWords+": connection "+other.Name+" goes on with it")
	case c.Beside != "":
		plan.Mirror.Kept = true
		plan.Stays = append(plan.Stays, mirrorWords+": connection "+c.Beside+" goes on with it")
	case keepMirror:
		plan.Stays = append(plan.Stays, mirrorWords+"; it is shown as old, with its age")
	default:
		plan.Deletes = append(plan.Deletes, mirrorWords)
	}
	return plan
}

// countMirror counts what a mirror holds, and names what is pending.
func (a *app) countMirror(ctx context.Context, plan *disconnectObject, held *mirrorObject, s *store.Store) (err error) {
	if s == nil {
		if s, err = store.Open(ctx, store.Options{Path: held.Path, Location: zoneLocation, Now: a.deps.Now, Logger: a.log}); err != nil {
			return err
		}
		defer s.Close() //nolint:errcheck // it was only read
	}
	name, err := s.Meta(ctx, metaTenantName)
	if err != nil {
		return err
	}
	if name != "" {
		plan.TenantName = providers.Outside(name)
	}
	rooms, err := s.Rooms(ctx)
	if err != nil {
		return err
	}
	people, err := s.People(ctx)
	if err != nil {
		return err
	}
	mailboxes, err := s.Mailboxes(ctx)
	if err != nil {
		return err
	}
	bookings, err := s.Bookings(ctx)
	if err != nil {
		return err
	}
	relocations, err := s.OpenRelocations(ctx)
	if err != nil {
		return err
	}
	held.Rooms, held.People, held.Bookings = len(rooms), len(people), len(bookings)
	for _, m := range mailboxes {
		held.Events += m.Rows
	}
	now := a.deps.Now()
	for _, b := range bookings {
		if inTenant(b) && b.Request.End.After(now) {
			held.ToCome++
		}
		if what := pendingWrite(b); what != "" {
			state := b.State.Words()
			if what == "change" {
				state = "being changed"
			}
			plan.Pending = append(plan.Pending, pendingObject{b.ID, what, state, b.Request.Room, a.out.stamp(b.Request.Start), b.Request.Subject})
		}
	}
	for _, r := range relocations {
		plan.Pending = append(plan.Pending, pendingObject{r.ID, "relocation", r.State.Words(), r.Room, a.out.stamp(r.Period.Start), r.Reason})
	}
	return nil
}

// inTenant reports whether a booking is a meeting of the tenant.
func inTenant(b providers.Booking) bool {
	return b.EventID != "" && !slices.Contains([]providers.BookingState{providers.BookingCancelled, providers.BookingFailed}, b.State)
}

// pendingWrite says what of a booking has not reached the tenant, or not surely; ""
// for nothing.
func pendingWrite(b providers.Booking) string {
	switch {
	case slices.Contains([]providers.BookingState{providers.BookingDraft, providers.BookingQueued, providers.BookingSending, providers.BookingUnknown}, b.State):
		return "booking"
	case b.State == providers.BookingCancelling:
		return "cancellation"
	case b.Change.Open():
		return "change"
	}
	return ""
}

// bytesBeside is the size of a file and of those that belong to it.
func bytesBeside(path string) (size int64) {
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return 0
	}
	for _, f := range files {
		if info, err := f.Info(); err == nil && len(f.Name()) >= len(filepath.Base(path)) && f.Name()[:len(filepath.Base(path))] == filepath.Base(path) {
			size += info.Size()
		}
	}
	return size
}

// byteWords is a number of bytes as people read it.
func byteWords(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1000_000:
		return fmt.Sprintf("%d kB", (n+500)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

func numbered(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// disconnectTime is the instant at which a connection ends, as the configuration keeps it.
func (a *app) disconnectTime() *time.Time {
	t := a.deps.Now().UTC().Truncate(time.Second)
	return &t
}
