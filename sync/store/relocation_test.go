package store_test

import (
	"errors"
	"os"
	"reflect"
	"testing"
	"time"

	"roomdesk/providers"
	"roomdesk/sync/store"
)

func relocation() providers.Relocation {
	slot := providers.Slot{Room: aalto, RoomName: providers.Outside("Aalto"), Start: noon, End: noon.Add(time.Hour)}
	return providers.Relocation{
		ID: "r1", Room: aalto, RoomName: providers.Outside("Aalto"), Period: providers.Interval{Start: noon, End: noon.AddDate(0, 0, 7)},
		Reason: providers.Outside("leak\u202e"), State: providers.RelocationRunning, Created: noon, Updated: noon.Add(time.Minute), Ended: noon.Add(time.Hour),
		Blocked: 2, BatchSize: 5, Patience: 2 * time.Minute, Stopped: true, Holder: "me", HeldUntil: noon.Add(time.Second),
		Steps: []providers.RelocationStep{{
			Was: slot, Subject: providers.Outside("Design"), Private: true, Organizer: "b@contoso.com", EventID: "e", ICalUID: "u", Series: true,
			Dates: []time.Time{noon, noon.AddDate(0, 0, 1)}, People: 4, Mails: []providers.Address{"c@contoso.com"}, Foreign: true, Text: "please",
			Choices: []providers.RoomChoice{{Room: "d@contoso.com", Name: providers.Outside("D"), Place: "HQ", Capacity: 9, Why: []providers.Reason{{Words: "same floor", Proof: providers.Proven}}, Lesser: true}},
			At:      1, Batch: 2, State: providers.StepMoving, Why: "why", BookingID: "k1", Began: noon, Ended: noon.Add(time.Minute), UndoneAt: noon.Add(2 * time.Minute),
			Answers: []providers.RoomAnswer{{Room: "d@contoso.com", Name: providers.Outside("D"), Response: providers.ResponseDeclined, Words: "taken", At: noon, Undo: true}},
		}},
	}
}

// J2: a relocation comes back as it was stored, and only its newest version can be
// replaced, so that two processes never undo each other's steps.
func TestRelocationIsKept(t *testing.T) {
	s := open(t)
	r := relocation()
	var err error
	if r.Revision, err = s.SaveRelocation(t.Context(), r); err != nil || r.Revision != 1 {
		t.Fatal(r.Revision, err)
	}
	if got := must(s.Relocation(t.Context(), "r1"))(t); !reflect.DeepEqual(got, r) {
		t.Errorf("stored:\n%+v\nread:\n%+v", r, got)
	}
	if open := must(s.OpenRelocations(t.Context()))(t); len(open) != 1 {
		t.Errorf("%d are open", len(open))
	}
	again := relocation()
	if _, err := s.SaveRelocation(t.Context(), again); !errors.Is(err, store.ErrOldRelocation) || !providers.Is(err, providers.Conflict) {
		t.Errorf("a second of the same id: %v", err)
	}
	old := r
	r.State, r.Steps[0].State = providers.RelocationDone, providers.StepMoved
	if r.Revision, err = s.SaveRelocation(t.Context(), r); err != nil || r.Revision != 2 {
		t.Fatal(r.Revision, err)
	}
	if _, err := s.SaveRelocation(t.Context(), old); !errors.Is(err, store.ErrOldRelocation) {
		t.Errorf("an old version over a newer: %v", err)
	}
	if got := must(s.Relocations(t.Context()))(t); len(got) != 1 || !reflect.DeepEqual(got[0], r) {
		t.Errorf("%+v", got)
	}
	if open := must(s.OpenRelocations(t.Context()))(t); len(open) != 0 {
		t.Errorf("%d are open", len(open))
	}
	if _, err := s.Relocation(t.Context(), "none"); !errors.Is(err, store.ErrNoRelocation) || !providers.Is(err, providers.Gone) {
		t.Errorf("none: %v", err)
	}
}

// A store that is older than the journal has nothing of it to lose.
func TestDamagedStoreFromBeforeTheJournal(t *testing.T) { // F-106, SAY
	file := first(t)
	b := must(os.ReadFile(file))(t)
	for i := len(b) - 2*4096; i < len(b)-4096; i++ {
		b[i] = 0xa5
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := openAt(t, file).Report(); r.SetAside == "" || r.JournalLost || r.Relocations != 0 || r.Salvaged != 1 {
		t.Errorf("%+v", r)
	}
}
