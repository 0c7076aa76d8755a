"""Python's client for Exchange as Debian ships it, exchangelib, over NTLM."""
import datetime
import json
import sys
import time
import traceback

import exchangelib
from exchangelib import (
    BASIC, IMPERSONATION, NTLM, UTC, Account, Attendee, CalendarItem, Configuration, Credentials, Mailbox,
)
from exchangelib.errors import (
    ErrorAccessDenied, ErrorImpersonateUserDenied, ErrorInvalidSyncStateData, ErrorIrresolvableConflict, ErrorItemNotFound,
    ErrorNonExistentMailbox, UnauthorizedError,
)
from exchangelib.folders import SingleFolderQuerySet
from exchangelib.items import SEND_TO_ALL_AND_SAVE_COPY
from exchangelib.properties import DistinguishedFolderId
from exchangelib.protocol import FailFast
from exchangelib.recurrence import Recurrence, WeeklyPattern
from exchangelib.version import EXCHANGE_2016, Version

with open(sys.argv[1], encoding="utf-8") as file:
    given = json.load(file)
endpoints = given["endpoints"]


def step(name):
    """Runs a function at once and reports what it saw, or how it failed."""

    def run(work):
        began = time.monotonic()
        report = {"step": name, "ok": True}
        try:
            report["saw"] = work()
        except Exception:  # the test wants to know about every step
            report.update(ok=False, error=traceback.format_exc())
        report["ms"] = round((time.monotonic() - began) * 1000)
        print(json.dumps(report), flush=True)
        return work

    return run


def same(got, want, what):
    if got != want:
        raise AssertionError(f"{what}: got {got!r}, want {want!r}")


def until(what, look):
    limit = time.monotonic() + 30
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > limit:
            raise AssertionError(f"waited 30 s for {what}")
        time.sleep(0.06)


def config(password=None, auth=NTLM, login=None):
    return Configuration(
        service_endpoint=endpoints["ews_url"], auth_type=auth, version=Version(build=EXCHANGE_2016), retry_policy=FailFast(),
        credentials=Credentials(login or endpoints["exchange_login"], password or endpoints["exchange_password"]),
    )


shared = config()


def box(address, access=IMPERSONATION, with_config=None):
    return Account(primary_smtp_address=address, config=with_config or shared, autodiscover=False, access_type=access, default_timezone=UTC)


day = datetime.datetime.fromisoformat(given["day"])


def at(hour, minute=0, days=0):
    moment = day + datetime.timedelta(days=days, hours=hour, minutes=minute)
    return exchangelib.EWSDateTime(moment.year, moment.month, moment.day, moment.hour, moment.minute, tzinfo=UTC)


organizer, room = box(given["organizer"]), box(given["room"])


def shared_protocol():
    return organizer.protocol


def colleague(address):
    """Another mailbox's calendar as the organiser sees it."""
    folder = DistinguishedFolderId(id="calendar", mailbox=Mailbox(email_address=address))
    found = SingleFolderQuerySet(account=organizer, folder=folder).resolve()
    found.is_distinguished = False  # else the library asks for the organiser's own
    return found


def utc(text):
    return exchangelib.EWSDateTime.from_datetime(datetime.datetime.fromisoformat(text)).replace(tzinfo=UTC)


@step("signs in with NTLM, and is told of a wrong password")
def _():
    try:
        box(given["organizer"], with_config=config(password="wrong")).calendar.refresh()
        raise AssertionError("a wrong password signs in")
    except UnauthorizedError:
        pass
    basic = box(given["organizer"], with_config=config(auth=BASIC, login=endpoints["exchange_account"]))
    return {"ntlm": organizer.calendar.name, "basic": basic.calendar.name}


@step("lists rooms and resolves names")
def _():
    lists = list(shared_protocol().get_roomlists())
    rooms = [r.email_address for one in lists for r in shared_protocol().get_rooms(one.email_address)]
    resolved = shared_protocol().resolve_names([given["room"]])
    return {"lists": len(lists), "rooms": len(rooms), "has": given["room"] in rooms, "resolved": resolved[0].email_address}


@step("reads free/busy")
def _():
    start, end = utc(given["busy"]["start"]), utc(given["busy"]["end"])
    views = list(shared_protocol().get_free_busy_info(accounts=[(given["busyRoom"], "Room", False), (given["organizer"], "Required", False)], start=start, end=end))
    return {"views": [v.view_type for v in views], "events": len(views[0].calendar_events or [])}


@step("reads folder rights")
def _():
    own, foreign = organizer.calendar, colleague(given["room"])
    return {"own": own.effective_rights.create_contents, "foreign": foreign.effective_rights.create_contents}


@step("reads a calendar view")
def _():
    start, end = utc(given["busy"]["start"]), utc(given["busy"]["end"])
    items = list(box(given["busyRoom"]).calendar.view(start=start, end=end))
    return {"items": len(items), "uids": len({i.uid for i in items if i.uid})}


state = {}


@step("synchronises a calendar")
def _():
    folder = organizer.calendar
    changes = list(folder.sync_items(only_fields=["subject"]))
    state["sync"] = folder.item_sync_state
    try:
        list(folder.sync_items(sync_state="bm90aGluZw=="))
        raise AssertionError("a state that was made up is taken")
    except ErrorInvalidSyncStateData:
        pass
    return {"first": len(changes) > 0, "kinds": sorted({kind for kind, _ in changes})}


@step("books a room, changes and cancels")
def _():
    item = CalendarItem(
        account=organizer, folder=organizer.calendar, subject="Booked by exchangelib", body="Agenda", start=at(9), end=at(10),
        resources=[Attendee(mailbox=Mailbox(email_address=given["room"]))], required_attendees=[given["attendee"]],
    )
    item.save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)

    def answered():
        item.refresh()
        return item.resources[0].response_type == "Accept"

    until("the room's answer", answered)
    stale = CalendarItem(account=organizer, folder=organizer.calendar, id=item.id, changekey=item.changekey)
    item.subject = "Changed by exchangelib"
    item.end = at(10, 30)
    item.save(update_fields=["subject", "end"], send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
    try:
        stale.subject = "Lost"
        stale.start, stale.end = at(9), at(10, 30)
        stale.save(update_fields=["subject"], conflict_resolution="NeverOverwrite", send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
        raise AssertionError("a stale change key is taken")
    except ErrorIrresolvableConflict:
        pass
    until("the room's second answer", answered)
    mine = [i for i in room.calendar.view(start=at(8), end=at(12)) if i.uid == item.uid]
    same([i.end for i in mine], [at(10, 30)], "the room's copy")
    changes = [(kind, i.subject) for kind, i in organizer.calendar.sync_items(sync_state=state["sync"], only_fields=["subject"])]
    item.refresh()
    item.cancel()
    try:
        item.refresh()
        raise AssertionError("a cancelled meeting is still there")
    except ErrorItemNotFound:
        pass
    same([i for i in room.calendar.view(start=at(8), end=at(12)) if i.uid == item.uid], [], "the room's calendar")
    return {"changes": changes}


@step("books a series and takes one date out")
def _():
    first = at(14, days=1)
    item = CalendarItem(
        account=organizer, folder=organizer.calendar, subject="Series", start=first, end=first + datetime.timedelta(minutes=30),
        resources=[Attendee(mailbox=Mailbox(email_address=given["room"]))],
        recurrence=Recurrence(pattern=WeeklyPattern(interval=1, weekdays=[first.strftime("%A")]), start=first.date(), number=3),
    )
    item.save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
    second = item.occurrence(index=2)
    second.refresh()
    second.delete(send_meeting_cancellations=SEND_TO_ALL_AND_SAVE_COPY)
    item.refresh()
    dates = [i for i in organizer.calendar.view(start=at(0), end=at(0, days=60)) if i.uid == item.uid]
    kinds = [i.type for i in dates]
    item.delete(send_meeting_cancellations=SEND_TO_ALL_AND_SAVE_COPY)
    return {"dates": len(dates), "deleted": len(item.deleted_occurrences or []), "kinds": sorted(set(kinds))}


@step("hears of changes by streaming")
def _():
    folder = organizer.calendar
    subscription = folder.subscribe_to_streaming(event_types=["CreatedEvent", "DeletedEvent"])
    item = CalendarItem(account=organizer, folder=folder, subject="Heard", start=at(16), end=at(17))
    item.save(send_meeting_invitations="SendToNone")
    told = None
    for notification in folder.get_streaming_events(subscription, connection_timeout=1, max_notifications_returned=1):
        told = [type(e).__name__ for e in notification.events if e.item_id.id == item.id]
    folder.unsubscribe(subscription)
    item.delete(send_meeting_cancellations="SendToNone")
    return {"told": told}


@step("is told who may not be impersonated")
def _():
    seen = {}
    for name, address in (("outside", given["outside"]), ("nobody", "nobody@" + endpoints["domain"])):
        try:
            box(address).calendar.refresh()
        except (ErrorImpersonateUserDenied, ErrorNonExistentMailbox) as error:
            seen[name] = type(error).__name__
    try:  # the library gives some errors among what it found
        found = list(colleague(given["outside"]).view(start=at(0), end=at(1)))
    except ErrorAccessDenied as error:
        found = [error]
    seen["delegate"] = [type(one).__name__ for one in found]
    return seen
