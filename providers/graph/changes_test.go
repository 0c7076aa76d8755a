package graph

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"roomdesk/providers"
)

// collect runs a round and gives what came.
func collect(t *testing.T, p *Provider, req providers.ChangesRequest) (events []providers.Event, removed []string, last providers.ChangePage, err error) {
	t.Helper()
	err = p.Changes(t.Context(), req, func(page providers.ChangePage) error {
		events, removed, last = append(events, page.Events...), append(removed, page.Removed...), page
		return nil
	})
	return events, removed, last, err
}

// pages answers a delta round page by page; each link is numbered.
func pages(pages ...[]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("$skiptoken"))
		link := func(query string) string { return "https://" + r.Host + r.URL.Path + query }
		answer := map[string]any{"value": pages[n]}
		if pages[n] == nil {
			answer["value"] = []any{}
		}
		if n+1 < len(pages) {
			answer["@odata.nextLink"] = link("?$skiptoken=" + itoa(n+1))
		} else {
			answer["@odata.deltaLink"] = link("?$deltatoken=d")
		}
		sendJSON(w, 200, answer)
	}
}

func TestChangesFollowARoundToItsEnd(t *testing.T) {
	n := newTenant(t, pages(
		nil, // F-006: the first page may be empty
		[]any{rawEvent("1", "old", 9), rawEvent("2", "x", 11)},
		nil, nil,
		[]any{rawEvent("1", "new", 10), map[string]any{"id": "9", "@removed": map[string]any{"reason": "deleted"}}},
	))
	events, removed, last, err := collect(t, n.provider(), providers.ChangesRequest{Mailbox: adele, Window: week, PageSize: 50})
	if err != nil {
		t.Fatal(err)
	}
	if len(events) != 3 || events[2].Subject.Raw() != "new" || len(removed) != 1 || !last.Done || !strings.HasSuffix(last.Cursor, "$deltatoken=d") {
		t.Errorf("%d events, removed %v, last %+v", len(events), removed, last)
	}
	// F-019: the service forgets Prefer between pages.
	for i := range n.seen() {
		r, _ := n.request(i)
		prefer := strings.Join(r.Header.Values("Prefer"), ", ")
		for _, want := range []string{`IdType="ImmutableId"`, `outlook.timezone="UTC"`, "odata.maxpagesize=50"} {
			if !strings.Contains(prefer, want) {
				t.Errorf("page %d lacks %s: %q", i, want, prefer)
			}
		}
	}
	first, _ := n.request(0)
	if q := first.URL.Query(); q.Get("startDateTime") != "2026-11-16T00:00:00Z" || q.Get("endDateTime") != "2026-11-23T00:00:00Z" {
		t.Errorf("query %v", q)
	}
	// The next round goes on where this one ended.
	before := n.seen()
	_, _, _, err = collect(t, n.provider(), providers.ChangesRequest{Mailbox: adele, Cursor: last.Cursor})
	if r, _ := n.request(before); err != nil || r.URL.Query().Get("$deltatoken") != "d" {
		t.Errorf("%v, %v", err, r.URL)
	}
}

func TestChangesStopWithTheCaller(t *testing.T) {
	n := newTenant(t, pages([]any{rawEvent("1", "x", 9)}, []any{rawEvent("2", "x", 9)}))
	stop := errors.New("enough")
	err := n.provider().Changes(t.Context(), providers.ChangesRequest{Mailbox: adele, Window: week}, func(providers.ChangePage) error { return stop })
	if !errors.Is(err, stop) || n.seen() != 1 {
		t.Errorf("%v after %d requests", err, n.seen())
	}
}

// F-001: whatever the service calls it, a lost state is class Resync.
func TestLostStateIsResync(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
	}{{410, "SyncStateNotFound"}, {410, "resyncRequired"}, {410, "syncStateInvalid"}, {400, "InvalidDeltaToken"}, {400, "SomethingNew"}, {410, "x"}} {
		n := newTenant(t, func(w http.ResponseWriter, r *http.Request) { sendError(w, c.status, c.code) })
		_, _, _, err := collect(t, n.provider(), providers.ChangesRequest{Mailbox: adele, Cursor: n.URL + "/v1.0/users/adele@contoso.test/calendarView/delta?$deltatoken=d"})
		if e := wantError(t, err, providers.Resync); e.RequestID != "rid-1" || e.Mailbox != adele {
			t.Errorf("%+v", e)
		}
		if n.seen() != 1 {
			t.Errorf("%d requests", n.seen())
		}
	}
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) { sendError(w, 400, "ErrorInvalidRequest") })
	_, _, _, err := collect(t, n.provider(), providers.ChangesRequest{Mailbox: adele, Window: week})
	wantClass(t, err, providers.Permanent) // a new round has nothing to lose
}

// F-002: where a round begins, a fresh address on the same host is followed, another
// is not. In place of a position neither is: what is there is no list of changes.
func TestGoneWithLocation(t *testing.T) {
	evil := newTenant(t, func(w http.ResponseWriter, r *http.Request) { t.Error("the foreign host was asked") })
	for _, foreign := range []bool{false, true} {
		n := newTenant(t, nil)
		n.Config.Handler = wrapGraph(n, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("$deltatoken") != "fresh" {
				root := n.URL
				if foreign {
					root = evil.URL
				}
				w.Header().Set("Location", root+r.URL.Path+"?$deltatoken=fresh")
				sendError(w, 410, "resyncRequired")
				return
			}
			pages([]any{rawEvent("1", "x", 9)})(w, r)
		})
		_, _, _, err := collect(t, n.provider(), providers.ChangesRequest{Mailbox: adele, Cursor: n.URL + "/v1.0/users/adele@contoso.test/calendarView/delta?$deltatoken=old"})
		wantClass(t, err, providers.Resync)
		events, _, _, err := collect(t, n.provider(), providers.ChangesRequest{Mailbox: adele, Window: week})
		if foreign {
			wantClass(t, err, providers.Resync)
		} else if err != nil || len(events) != 1 {
			t.Errorf("%v, %d events", err, len(events))
		}
	}
}

// F-005: pages in a circle end a round soon; a new round falls back to a plain
// listing, and a later one begins anew.
func TestCircleOfPages(t *testing.T) {
	for name, next := range map[string]func(page int) string{
		"same link":                 func(page int) string { return "1" },
		"two links in turn":         func(page int) string { return itoa(page % 2) },
		"new links, same content":   func(page int) string { return itoa(page + 1) },
		"the first request's own":   func(page int) string { return "" },
		"same link, new content":    func(page int) string { return "1" },
		"new links, nothing inside": func(page int) string { return "empty" + itoa(page+1) },
	} {
		t.Run(name, func(t *testing.T) {
			page := 0
			n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, "/delta") {
					sendJSON(w, 200, map[string]any{"value": []any{rawEvent("1", "listed", 9), rawEvent("2", "listed", 10)}})
					return
				}
				page++
				value := []any{rawEvent("1", "x", 9)}
				if strings.Contains(name, "new content") {
					value = []any{rawEvent(itoa(page), "x", 9)}
				}
				if strings.Contains(name, "nothing") {
					value = nil
				}
				link := "https://" + r.Host + r.URL.Path + "?$skiptoken=" + next(page)
				if next(page) == "" {
					link = "https://" + r.Host + r.RequestURI
				}
				sendJSON(w, 200, map[string]any{"value": append([]any{}, value...), "@odata.nextLink": link})
			})
			events, _, last, err := collect(t, n.provider(), providers.ChangesRequest{Mailbox: adele, Window: week})
			if err != nil || !last.Done || last.Cursor != "" || len(events) < 2 || events[len(events)-1].Subject.Raw() != "listed" {
				t.Errorf("%v: %d events, last %+v", err, len(events), last)
			}
			if most := 4; !strings.Contains(name, "nothing") && n.seen() > most {
				t.Errorf("%d requests, want at most %d", n.seen(), most)
			}
			if n.seen() > maxEmpty+3 {
				t.Errorf("%d requests", n.seen())
			}
			page = 0
			_, _, _, err = collect(t, n.provider(), providers.ChangesRequest{Mailbox: adele, Cursor: n.URL + "/v1.0/users/adele@contoso.test/calendarView/delta?$deltatoken=d"})
			wantClass(t, err, providers.Resync)
		})
	}
}

func TestPageWithoutAnyLinkIsNoEnd(t *testing.T) {
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) { sendJSON(w, 200, map[string]any{"value": []any{}}) })
	_, _, _, err := collect(t, n.provider(), providers.ChangesRequest{Mailbox: adele, Window: week})
	wantClass(t, err, providers.Foreign)
}

// F-023: a damaged page is read once more, and then refused; nothing of it is
// delivered.
func TestDamagedPageIsReadAgain(t *testing.T) {
	for _, times := range []int{1, 100} {
		count := 0
		n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
			if count++; count <= times {
				sendText(w, 200, "application/json", `{"value":[{"id":"1"},null],"@odata.deltaLink":"x"}`)
				return
			}
			pages([]any{rawEvent("2", "x", 9)})(w, r)
		})
		events, _, _, err := collect(t, n.provider(), providers.ChangesRequest{Mailbox: adele, Window: week})
		if times == 1 {
			if err != nil || len(events) != 1 || events[0].ID != "2" {
				t.Errorf("%v: %v", err, events)
			}
			continue
		}
		wantClass(t, err, providers.Foreign)
		if len(events) != 0 || n.seen() != 2 {
			t.Errorf("%d events after %d requests", len(events), n.seen())
		}
	}
}

func TestChangesOfAnotherCalendarEscapeItsID(t *testing.T) {
	n := newTenant(t, pages(nil))
	if _, _, _, err := collect(t, n.provider(), providers.ChangesRequest{Mailbox: adele, CalendarID: "a/b?c=%", Window: week}); err != nil {
		t.Fatal(err)
	}
	if r, _ := n.request(0); !strings.Contains(r.RequestURI, "/calendars/a%2Fb%3Fc=%25/calendarView/delta?") {
		t.Errorf("asked %s", r.RequestURI)
	}
}

func TestChangesRefuseEmptyWindows(t *testing.T) {
	n := newTenant(t, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	for _, w := range []providers.Interval{{}, {Start: week.End, End: week.Start}, {Start: week.Start, End: week.Start}} {
		_, _, _, err := collect(t, n.provider(), providers.ChangesRequest{Mailbox: adele, Window: w})
		wantClass(t, err, providers.Permanent)
	}
}

func TestFindEvent(t *testing.T) {
	n := newTenant(t, func(w http.ResponseWriter, r *http.Request) {
		second := rawEvent("2", "mine", 10)
		second["transactionId"] = "abc-DEF"
		if r.URL.Query().Get("$skip") == "" {
			sendJSON(w, 200, map[string]any{"value": []any{rawEvent("1", "x", 9)}, "@odata.nextLink": "https://" + r.Host + r.RequestURI + "&$skip=1"})
			return
		}
		sendJSON(w, 200, map[string]any{"value": []any{second}})
	})
	around := providers.Interval{Start: day(20, 10), End: day(20, 11)}
	e, ok, err := n.provider().FindEvent(t.Context(), adele, "ABC-def", around)
	if err != nil || !ok || e.ID != "2" {
		t.Errorf("%+v, %t, %v", e, ok, err)
	}
	if _, ok, err = n.provider().FindEvent(t.Context(), adele, "other", around); ok || err != nil {
		t.Errorf("%t, %v", ok, err)
	}
	if _, _, err = n.provider().FindEvent(t.Context(), adele, "", around); err == nil {
		t.Error("no transaction id is accepted")
	}
	for i := range n.seen() {
		if r, _ := n.request(i); !strings.Contains(fmt.Sprint(r.Header["Prefer"]), "ImmutableId") {
			t.Error("a page lacks Prefer")
		}
	}
}
