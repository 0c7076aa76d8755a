// PnPjs, a Graph client of the community with its own paging, batching and
// retries: a second opinion beside Microsoft's.
import { ConfidentialClientApplication } from '@azure/msal-node';
import { Count, GraphBrowser, graphfi } from '@pnp/graph';
import '@pnp/graph/batching.js';
import '@pnp/graph/calendars/index.js';
import '@pnp/graph/places/index.js';
import '@pnp/graph/users/index.js';
import { InjectHeaders } from '@pnp/queryable';
import { randomUUID } from 'node:crypto';
import { check, failing, input, same, step, until } from './steps.mjs';

const { endpoints, organizer, attendee, room, secondRoom, day } = input;
const msal = new ConfidentialClientApplication({
  auth: { clientId: endpoints.client_id, clientSecret: endpoints.client_secret, authority: `${endpoints.authority_url}/${endpoints.tenant_id}`, knownAuthorities: [new URL(endpoints.graph_url).host] },
});
const Bearer = () => (instance) => {
  instance.on.auth.replace(async (url, init) => {
    const { accessToken } = await msal.acquireTokenByClientCredential({ scopes: [`${endpoints.graph_url}/.default`] });
    init.headers = { ...init.headers, Authorization: `Bearer ${accessToken}` };
    return [url, init];
  });
  return instance;
};
const graph = graphfi().using(GraphBrowser({ baseUrl: `${endpoints.graph_url}/v1.0` }), Bearer());
const user = (name) => graph.users.getById(name);
const at = (time, days = 0) => {
  const date = new Date(`${day}T${time}:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return { dateTime: date.toISOString().slice(0, 19), timeZone: 'UTC' };
};
const people = (...addresses) => addresses.map((address) => ({ type: address === room || address === secondRoom ? 'resource' : 'required', emailAddress: { address } }));
const pages = async (collection) => {
  const all = [];
  let count = 0;
  for await (const page of collection) {
    all.push(...page);
    count++;
  }
  return { all, count };
};
const fault = async (body) => check((await fetch(`${endpoints.control_url}/faults`, { method: 'POST', body: JSON.stringify(body) })).ok, 'the fault was refused');
const codeOf = async (error) => {
  const text = error.response?.bodyUsed ? error.message : await error.response?.text();
  return [error.status, /"code"\s*:\s*"(\w+)"/.exec(text ?? error.message)?.[1]];
};

await step('walks through pages', async () => {
  const rooms = await pages(graph.places.rooms.top(5));
  const users = await pages(graph.users.select('id', 'userPrincipalName').top(7));
  check(rooms.count > 4 && users.count > 1, `${rooms.count} and ${users.count} pages`);
  return { rooms: rooms.all.map((r) => r.emailAddress), users: users.all.length };
});

await step('lists room lists and shows places', async () => {
  const lists = await graph.places.roomLists();
  const one = await graph.places.getById(room)();
  const filtered = await graph.places.rooms.filter(`emailAddress eq '${room}'`).select('displayName', 'capacity')();
  same(filtered.map((r) => [r.displayName, r.capacity]), [[one.displayName, one.capacity]], 'the room by filter');
  return lists.map((l) => l.emailAddress);
});

await step('reads schedules', async () => {
  const answer = await user(organizer).calendar.getSchedule({ schedules: [room], startTime: at('08:00'), endTime: at('12:00'), availabilityViewInterval: 60 });
  const many = await failing(() => user(organizer).calendar.getSchedule({ schedules: Array.from({ length: 101 }, (_, n) => `x${n}@${endpoints.domain}`), startTime: at('08:00'), endTime: at('12:00') }));
  return { view: (answer.value ?? answer)[0].availabilityView, many: many.status };
});

await step('books, moves and cancels', async () => {
  const made = await user(organizer).events.add({ subject: 'Outside pnp', start: at('09:00'), end: at('10:00'), attendees: people(room, attendee), isOnlineMeeting: true });
  const event = user(organizer).events.getById(made.id);
  await until('the room\'s answer', async () => (await event()).attendees.find((a) => a.emailAddress.address === room).status.response === 'accepted');
  const moved = await event.update({ start: at('10:00'), end: at('11:00') });
  check(moved === undefined || moved.start.dateTime.startsWith(`${day}T10:00`), 'the answer has the old time');
  const found = (await user(attendee).calendarView(`${day}T00:00:00Z`, `${day}T23:00:00Z`)()).find((e) => e.iCalUId === made.iCalUId);
  same(found.start.dateTime.slice(0, 16), `${day}T10:00`, 'the attendee\'s copy');
  await user(attendee).events.getById(found.id).tentativelyAccept('perhaps', true);
  await until('the attendee\'s answer', async () => (await event()).attendees.find((a) => a.emailAddress.address === attendee).status.response === 'tentativelyAccepted');
  await user(attendee).events.getById(found.id).decline('no', true);
  await until('the attendee\'s second answer', async () => (await event()).attendees.find((a) => a.emailAddress.address === attendee).status.response === 'declined');
  await event.cancel('over');
  return { uid: made.iCalUId, gone: await codeOf(await failing(() => event())) };
});

await step('sees the instances of a series', async () => {
  const made = await user(organizer).events.add({
    subject: 'Outside pnp series', start: at('12:00'), end: at('12:30'),
    recurrence: { pattern: { type: 'daily', interval: 2 }, range: { type: 'endDate', startDate: day, endDate: at('00:00', 6).dateTime.slice(0, 10) } },
  });
  const event = user(organizer).events.getById(made.id);
  const instances = await event.instances(`${day}T00:00:00Z`, `${at('00:00', 7).dateTime}Z`)();
  await event.delete();
  return instances.map((i) => i.start.dateTime.slice(0, 10));
});

await step('sends a batch', async () => {
  const [batched, execute] = graph.batched();
  const wanted = [
    batched.users.getById(organizer).calendar(),
    batched.users.getById(organizer).events.add({ subject: 'Outside pnp batch', start: at('14:00'), end: at('14:30') }),
    batched.users.getById(`nobody@${endpoints.domain}`).calendars(),
    batched.users.getById(room).calendarView(`${day}T00:00:00Z`, `${day}T23:00:00Z`).select('subject')(),
  ];
  const settled = Promise.allSettled(wanted);
  await execute();
  const results = await settled;
  await user(organizer).events.getById(results[1].value.id).delete();
  return { outcomes: results.map((r) => r.status), calendar: results[0].value.name, uid: results[1].value.iCalUId, refused: results[2].reason.status };
});

await step('manages calendars', async () => {
  const made = await user(organizer).calendars.add({ name: 'Outside calendar' });
  const calendar = user(organizer).calendars.getById(made.id);
  await calendar.events.add({ subject: 'Outside aside', start: at('15:00'), end: at('15:30') });
  const here = await calendar.calendarView(`${day}T00:00:00Z`, `${day}T23:00:00Z`)();
  const main = await user(organizer).calendarView(`${day}T14:45:00Z`, `${day}T23:00:00Z`)();
  const permissions = await user(organizer).calendar.calendarPermissions();
  await calendar.update({ name: 'Outside calendar, renamed' });
  const renamed = (await user(organizer).calendars()).map((c) => c.name);
  await calendar.delete();
  return { here: here.map((e) => e.subject), main: main.map((e) => e.subject), permissions: permissions.length > 0, renamed: renamed.includes('Outside calendar, renamed') };
});

// This client sends a POST again after 503 and 504, whatever it did.
await step('books twice when an answer is lost', async () => {
  const lost = { method: 'POST', path: `/users/${organizer}/events`, nth: 1, times: 1, commit_then: 'fail' };
  await fault({ name: 'outside lost answer', ...lost, fail: { status: 504 } });
  const bare = await user(organizer).events.add({ subject: 'Outside twice', start: at('17:00'), end: at('17:30') });
  await fault({ name: 'outside lost answer of a transaction', ...lost, fail: { status: 503, retry_after: '1' } });
  const kept = await user(organizer).events.add({ subject: 'Outside once', start: at('17:00'), end: at('17:30'), transactionId: randomUUID() });
  const view = await user(organizer).calendarView(`${day}T16:30:00Z`, `${day}T18:00:00Z`)();
  const count = (subject) => view.filter((e) => e.subject === subject).length;
  const saw = { twice: count('Outside twice'), once: count('Outside once'), kept: view.some((e) => e.id === kept.id), bare: view.some((e) => e.id === bare.id) };
  for (const e of view.filter((e) => e.subject.startsWith('Outside '))) await user(organizer).events.getById(e.id).delete();
  return saw;
});

await step('counts', async () => {
  const counted = await Count(graph.users).catch((error) => error);
  const zoned = await user(organizer).calendarView(`${day}T00:00:00Z`, `${day}T23:00:00Z`).using(InjectHeaders({ Prefer: 'outlook.timezone="Asia/Tokyo"' }))();
  return { counted: typeof counted === 'number', zoned: zoned.every((e) => e.start.timeZone === 'Asia/Tokyo') };
});
