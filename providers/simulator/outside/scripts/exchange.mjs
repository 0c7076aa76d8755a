// ews-javascript-api, the port of Microsoft's EWS Managed API, over Basic.
import { createRequire } from 'node:module';
import { failing, input, same, step, until } from './steps.mjs';

const ews = createRequire(import.meta.url)('ews-javascript-api');
const {
  Appointment, AttendeeInfo, AvailabilityData, AvailabilityOptions, BasePropertySet, CalendarFolder, CalendarView, ConflictResolutionMode, ConnectingIdType,
  DateTime, DeleteMode, EventType, ExchangeService, ExchangeVersion, FolderId, FreeBusyViewType, ImpersonatedUserId, MessageBody, PropertySet,
  SendCancellationsMode, SendInvitationsMode, SendInvitationsOrCancellationsMode, StreamingSubscriptionConnection, SyncFolderItemsScope, TimeWindow,
  Uri, WebCredentials, WellKnownFolderName,
} = ews;

const { endpoints } = input;

function service(impersonated, password = endpoints.exchange_password) {
  const s = new ExchangeService(ExchangeVersion.Exchange2013_SP1);
  s.Url = new Uri(endpoints.ews_url);
  s.Credentials = new WebCredentials(endpoints.exchange_account, password);
  if (impersonated) s.ImpersonatedUserId = new ImpersonatedUserId(ConnectingIdType.SmtpAddress, impersonated);
  return s;
}

const mine = service(input.organizer);
const calendar = new FolderId(WellKnownFolderName.Calendar);
const at = (hour, minute = 0, days = 0) => {
  const moment = new Date(`${input.day}T00:00:00Z`);
  moment.setUTCDate(moment.getUTCDate() + days);
  moment.setUTCHours(hour, minute);
  return new DateTime(moment.toISOString());
};
const view = async (s, from, to) => (await s.FindAppointments(calendar, new CalendarView(from, to))).Items;

await step('lists rooms', async () => {
  const lists = await service().GetRoomLists();
  const rooms = [];
  for (const list of lists.Items ?? lists) {
    const found = await service().GetRooms(list);
    for (const room of found.Items ?? found) rooms.push(room.Address);
  }
  return { rooms: rooms.length, has: rooms.includes(input.room) };
});

await step('resolves a name', async () => {
  const found = await service().ResolveName(`smtp:${input.room}`);
  return { count: found.Count, address: found._getItem(0).Mailbox.Address };
});

await step('reads free/busy', async () => {
  const options = new AvailabilityOptions();
  options.RequestedFreeBusyView = FreeBusyViewType.Detailed;
  const window = new TimeWindow(new DateTime(`${input.busy.start}Z`), new DateTime(`${input.busy.end}Z`));
  const answer = await service().GetUserAvailability([new AttendeeInfo(input.busyRoom), new AttendeeInfo(`nobody@${endpoints.domain}`)], window, AvailabilityData.FreeBusy, options);
  const list = answer.AttendeesAvailability.Responses;
  return { events: list[0].CalendarEvents.length, second: ews.ServiceError[list[1].ErrorCode] };
});

await step('reads folder rights', async () => {
  const folder = await CalendarFolder.Bind(mine, WellKnownFolderName.Calendar);
  return { name: folder.DisplayName, rights: folder.EffectiveRights > 0 };
});

await step('reads a calendar view', async () => {
  const items = await view(service(input.busyRoom), new DateTime(`${input.busy.start}Z`), new DateTime(`${input.busy.end}Z`));
  return { items: items.length };
});

let state;
await step('synchronises a calendar', async () => {
  const changes = await mine.SyncFolderItems(calendar, new PropertySet(BasePropertySet.IdOnly), null, 512, SyncFolderItemsScope.NormalItems, null);
  state = changes.SyncState;
  const again = await mine.SyncFolderItems(calendar, new PropertySet(BasePropertySet.IdOnly), null, 512, SyncFolderItemsScope.NormalItems, state);
  return { more: changes.MoreChangesAvailable, again: again.Count };
});

await step('books a room, changes and cancels', async () => {
  const meeting = new Appointment(mine);
  meeting.Subject = 'Booked by ews-javascript-api';
  meeting.Body = new MessageBody('Agenda');
  meeting.Start = at(9, 0, 2);
  meeting.End = at(10, 0, 2);
  meeting.Resources.Add(input.room);
  await meeting.Save(SendInvitationsMode.SendToAllAndSaveCopy);
  let bound;
  await until('the answer of the room', async () => {
    bound = await Appointment.Bind(mine, meeting.Id);
    return bound.Resources._getItem(0).ResponseType === ews.MeetingResponseType.Accept;
  });
  const stale = await Appointment.Bind(mine, meeting.Id);
  bound.Subject = 'Changed by ews-javascript-api';
  await bound.Update(ConflictResolutionMode.NeverOverwrite, SendInvitationsOrCancellationsMode.SendToAllAndSaveCopy);
  stale.Subject = 'Lost';
  const lost = await failing(() => stale.Update(ConflictResolutionMode.NeverOverwrite, SendInvitationsOrCancellationsMode.SendToAllAndSaveCopy));
  const changes = await mine.SyncFolderItems(calendar, new PropertySet(BasePropertySet.IdOnly), null, 512, SyncFolderItemsScope.NormalItems, state);
  const last = await Appointment.Bind(mine, meeting.Id);
  same(last.Subject, 'Changed by ews-javascript-api', 'the subject');
  await last.CancelMeeting('No longer needed');
  const gone = await failing(() => Appointment.Bind(mine, meeting.Id));
  return { lost: ews.ServiceError[lost.ErrorCode], gone: ews.ServiceError[gone.ErrorCode], changes: changes.Count };
});

await step('hears of changes by streaming', async () => {
  const subscription = await mine.SubscribeToStreamingNotifications([calendar], EventType.Created, EventType.Deleted);
  const connection = new StreamingSubscriptionConnection(mine, 1);
  connection.AddSubscription(subscription);
  const told = [];
  connection.OnNotificationEvent.push((_, args) => {
    for (const event of args.Events) told.push(EventType[event.EventType]);
  });
  connection.OnDisconnect.push(() => {});
  connection.OnSubscriptionError.push(() => {});
  void connection.Open(); // settles when the connection ends
  const item = new Appointment(mine);
  item.Subject = 'Heard';
  item.Start = at(16, 0, 2);
  item.End = at(17, 0, 2);
  await item.Save(SendInvitationsMode.SendToNone);
  await until('the news', async () => told.includes('Created'));
  await item.Delete(DeleteMode.MoveToDeletedItems, SendCancellationsMode.SendToNone);
  await until('the second news', async () => told.includes('Deleted'));
  connection.Close();
  return { told: [...new Set(told)].sort() };
});

await step('is told what is wrong', async () => {
  const wrong = await failing(() => CalendarFolder.Bind(service(input.organizer, 'wrong'), WellKnownFolderName.Calendar));
  const outside = await failing(() => CalendarFolder.Bind(service(input.outside), WellKnownFolderName.Calendar));
  return { wrong: /401|Unauthorized/.test(`${wrong.message} ${wrong}`), outside: ews.ServiceError[outside.ResponseCode ?? outside.ErrorCode] };
});

process.exit(0);
