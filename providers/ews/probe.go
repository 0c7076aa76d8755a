package ews

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"roomdesk/providers"
)

// Probe asks small questions about a connection, one at a time, for a diagnosis: each
// gives what was seen, or the failure as it was. Nothing is concluded here.
type Probe struct{ p *Provider }

// Probe gives the probes of this connection. They share its sign-in, its gate and its
// transport, and so its lock: a password that was refused is not tried again.
func (p *Provider) Probe() *Probe { return &Probe{p} }

// probeTries lets passing trouble pass once; a diagnosis shall not take minutes.
const probeTries = 2

// Ask asks the service without signing in: whether there is one, and by which ways it
// lets people in.
func (b *Probe) Ask(ctx context.Context) (providers.ServerSeen, error) {
	const op = "asking the server how to sign in"
	var seen providers.ServerSeen
	_, resp, err := b.plain(ctx, b.p.engine.url.Load().String()) //nolint:bodyclose // plain closes it
	if err != nil {
		e := transportError(ctx, err)
		e.Op = op
		return seen, e
	}
	seen.Status, seen.Front, seen.Type = resp.StatusCode, providers.Outside(plain(resp.Header.Get("X-FEServer"))), plain(resp.Header.Get("Content-Type"))
	for _, line := range resp.Header.Values("WWW-Authenticate") {
		way, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if way = plain(way); way != "" && !slices.Contains(seen.Ways, way) {
			seen.Ways = append(seen.Ways, way)
		}
	}
	return seen, nil
}

// plain makes a request without a sign-in, on a connection of its own.
func (b *Probe) plain(ctx context.Context, at string) ([]byte, *http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, discoverTime)
	defer cancel()
	base := newTransport(b.p.config)
	defer base.CloseIdleConnections()
	var next http.RoundTripper = base
	if b.p.config.Around != nil {
		next = b.p.config.Around(next)
	}
	client := &http.Client{Transport: next, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("User-Agent", b.p.engine.config.UserAgent)
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, discoverLimit))
	return text, resp, err
}

// SignIn signs in and gives the server's version, "" where it does not tell it.
func (b *Probe) SignIn(ctx context.Context) (version string, err error) {
	_, err = b.p.engine.do(ctx, call{op: "signing in", operation: "GetServerTimeZones", want: []string{"GetServerTimeZonesResponseMessage"}, tries: probeTries, body: func(w *writer, _ manner) {
		w.open("m:GetServerTimeZones", "ReturnFullTimeZoneData", "false")
		w.open("m:Ids")
		w.text("t:Id", "UTC")
		w.close("m:Ids")
		w.close("m:GetServerTimeZones")
	}})
	if known := b.p.engine.server.Load(); known != nil {
		version = *known
	}
	return version, err
}

// OwnMailbox looks whether the service account has a mailbox of its own: Exchange lists
// rooms only to accounts with one.
func (b *Probe) OwnMailbox(ctx context.Context) error {
	_, err := b.folder(ctx, "looking for the service account's own mailbox", "calendar", "", asItself)
	return err
}

// RoomLists counts the organisation's room lists.
func (b *Probe) RoomLists(ctx context.Context) (int, error) {
	lists, err := b.p.roomLists(ctx)
	return len(lists), err
}

// Rooms lists the rooms of all room lists.
func (b *Probe) Rooms(ctx context.Context) ([]providers.Room, providers.Listing, error) {
	var rooms []providers.Room
	listing, err := b.p.Rooms(ctx, func(page []providers.Room) error {
		rooms = append(rooms, page...)
		return nil
	})
	return rooms, listing, err
}

// AsOwner asks for the calendar of a mailbox as its owner, which needs the right to
// impersonate it.
func (b *Probe) AsOwner(ctx context.Context, mailbox providers.Address) (providers.CalendarRights, error) {
	return b.folder(ctx, "acting as the mailbox's owner", "calendar", mailbox, asOwner)
}

// AsDelegate asks for the calendar of a mailbox as it is shared with the service account.
func (b *Probe) AsDelegate(ctx context.Context, mailbox providers.Address) (providers.CalendarRights, error) {
	return b.folder(ctx, "reading the calendar as it is shared", "calendar", mailbox, asDelegate)
}

// Inbox asks, acting as the owner, whether the inbox is there. It is the one question
// about a folder that is no calendar; nothing in it is listed or read (PRODUCT L3).
func (b *Probe) Inbox(ctx context.Context, mailbox providers.Address) error {
	const op = "asking whether the inbox can be seen"
	_, err := b.folder(ctx, op, "inbox", mailbox, asOwner)
	if impersonationRefused(err) {
		_, err = b.folder(ctx, op, "inbox", mailbox, asDelegate)
	}
	return err
}

// CanRead reads a mailbox's calendar as it would be read anyway: as its owner, else as
// a delegate.
func (b *Probe) CanRead(ctx context.Context, mailbox providers.Address) error {
	_, err := b.p.Calendars(ctx, mailbox)
	return err
}

// folder asks for one folder with the rights in it.
func (b *Probe) folder(ctx context.Context, op, id string, mailbox providers.Address, how manner) (providers.CalendarRights, error) {
	c := calendarFolderCall(op, mailbox)
	c.how, c.tries, c.folder = how, probeTries, id
	if id != "calendar" {
		c.body = func(w *writer, how manner) {
			w.open("m:GetFolder")
			w.open("m:FolderShape")
			w.text("t:BaseShape", "IdOnly")
			w.close("m:FolderShape")
			w.open("m:FolderIds")
			w.folder(id, how, mailbox)
			w.close("m:FolderIds")
			w.close("m:GetFolder")
		}
	}
	parts, err := b.p.engine.do(ctx, c)
	if err != nil {
		return providers.CalendarRights{}, err
	}
	if failure := messageError(parts[0]); failure != nil {
		return providers.CalendarRights{}, c.failed(failure)
	}
	folder := parts[0].at("Folders", "CalendarFolder")
	right := func(name string) bool { return folder.truth("EffectiveRights", name) }
	return providers.CalendarRights{Read: right("Read"), Create: right("CreateContents"), Modify: right("Modify"), Sharing: plainCode(folder.value("SharingEffectiveRights"))}, nil
}

// Schedules reads free/busy of mailboxes.
func (b *Probe) Schedules(ctx context.Context, mailboxes []providers.Address, window providers.Interval) ([]providers.Availability, error) {
	return b.p.Availability(ctx, mailboxes, window)
}

// Find looks for an event by the transaction id that it was made with.
func (b *Probe) Find(ctx context.Context, mailbox providers.Address, transaction string, around providers.Interval) (providers.Event, bool, error) {
	return b.p.FindEvent(ctx, mailbox, transaction, around)
}

// Home asks the server's own Autodiscover, without signing in, where a mailbox lives: the
// address of the service that has it. A mailbox that moved to the cloud has Exchange
// Online's.
func (b *Probe) Home(ctx context.Context, mailbox providers.Address) (string, error) {
	const op = "asking Autodiscover where the mailbox is"
	at := "https://" + b.p.engine.home.Host + "/autodiscover/autodiscover.json?" + url.Values{"Email": {string(mailbox)}, "Protocol": {"EWS"}, "RedirectCount": {"1"}}.Encode()
	text, resp, err := b.plain(ctx, at) //nolint:bodyclose // plain closes it
	if err != nil {
		e := transportError(ctx, err)
		e.Op, e.Mailbox = op, mailbox
		return "", e
	}
	if to, err := resp.Request.URL.Parse(resp.Header.Get("Location")); err == nil && resp.StatusCode >= 300 && resp.StatusCode < 400 && to.Host != "" {
		return to.Scheme + "://" + plain(to.Host) + servicePath, nil
	}
	var answer struct{ Protocol, Url, ErrorCode string }
	if resp.StatusCode != http.StatusOK || json.Unmarshal(text, &answer) != nil || answer.Url == "" {
		return "", &providers.Error{Class: providers.Foreign, Op: op, Mailbox: mailbox, Status: resp.StatusCode, Code: plainCode(answer.ErrorCode),
			Message: providers.Outside(fmt.Sprintf("the server's Autodiscover answers HTTP %d", resp.StatusCode))}
	}
	return providers.Sanitise(answer.Url), nil
}

// Host is the server's, with its port; Account names who signs in.
func (b *Probe) Host() string    { return withPort(b.p.engine.home) }
func (b *Probe) Account() string { return b.p.account() }

// Entries counts what stands in a mailbox's calendar.
func (b *Probe) Entries(ctx context.Context, mailbox providers.Address, window providers.Interval) (int, error) {
	entries, err := b.p.view(ctx, "reading the calendar", mailbox, window)
	return len(entries), err
}

// Event reads an event.
func (b *Probe) Event(ctx context.Context, mailbox providers.Address, id string) (providers.Event, error) {
	return b.p.Event(ctx, mailbox, id)
}
