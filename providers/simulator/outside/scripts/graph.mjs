// Microsoft's JavaScript clients as an application: MSAL for Node signs in, the
// Graph client does the work.
import { ConfidentialClientApplication } from '@azure/msal-node';
import { BatchRequestContent, BatchResponseContent, Client, PageIterator, RetryHandlerOptions } from '@microsoft/microsoft-graph-client';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { check, failing, input, same, step, until } from './steps.mjs';

const { endpoints, organizer, room, secondRoom, day } = input;
const authority = `${endpoints.authority_url}/${endpoints.tenant_id}`;
const scopes = [`${endpoints.graph_url}/.default`];
const host = new URL(endpoints.graph_url);

/** An MSAL client with one credential: clientSecret or clientCertificate. */
function application(credential) {
  return new ConfidentialClientApplication({
    auth: { clientId: endpoints.client_id, authority, knownAuthorities: [host.host], ...credential },
  });
}

function graphFor(msal) {
  return Client.initWithMiddleware({
    baseUrl: endpoints.graph_url,
    customHosts: new Set([host.hostname]),
    authProvider: {
      getAccessToken: async () => (await msal.acquireTokenByClientCredential({ scopes })).accessToken,
    },
  });
}

const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
const bySecret = application({ clientSecret: endpoints.client_secret });
const graph = graphFor(bySecret);
const at = (time, days = 0) => {
  const date = new Date(`${day}T${time}:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return { dateTime: date.toISOString().slice(0, 19), timeZone: 'UTC' };
};
const withRoom = (address) => [
  { type: 'resource', emailAddress: { address, name: 'a room' } },
];
const collect = async (page, options) => {
  const all = [];
  let pages = 1;
  const first = page['@odata.nextLink'];
  const iterator = new PageIterator(graph, page, (item) => all.push(item) > 0, options);
  await iterator.iterate();
  check(iterator.isComplete(), 'the page iterator did not come to an end');
  if (first) pages++;
  return { all, more: pages > 1, deltaLink: iterator.getDeltaLink() ?? page['@odata.deltaLink'] };
};
const event = (id) => graph.api(`/users/${organizer}/events/${id}`);
const answerOf = (meeting, address) =>
  meeting.attendees.find((a) => a.emailAddress.address.toLowerCase() === address)?.status.response;

await step('signs in with a secret', async () => {
  const first = await bySecret.acquireTokenByClientCredential({ scopes });
  const again = await bySecret.acquireTokenByClientCredential({ scopes });
  check(!first.fromCache && again.fromCache && first.accessToken === again.accessToken, 'MSAL does not cache the token');
  const life = (first.expiresOn.getTime() - Date.now()) / 60_000;
  check(life > 50 && life <= 61, `MSAL believes that the token lives for ${life} minutes`);
  const { appid, idtyp, roles, appidacr } = claimsOf(first.accessToken);
  return { appid, idtyp, roles, appidacr };
});

await step('signs in with a certificate', async () => {
  const { thumbprintSha256, privateKey, certificate } = input.certificate;
  const saw = {};
  for (const [name, x5c] of [['thumbprint', undefined], ['chain', certificate]]) {
    const msal = application({ clientCertificate: { thumbprintSha256, privateKey, x5c } });
    const token = await msal.acquireTokenByClientCredential({ scopes });
    saw[name] = claimsOf(token.accessToken).appidacr;
    const organization = await graphFor(msal).api('/organization').select('id,displayName').get();
    saw.organization = organization.value[0].id;
  }
  return saw;
});

await step('understands refused credentials', async () => {
  const saw = {};
  for (const [name, credential] of Object.entries({
    wrong: { clientSecret: 'wrong~secret' },
    'id instead of value': { clientSecret: endpoints.secret_id },
    expired: { clientSecret: endpoints.expired_secret },
    'unknown certificate': { clientCertificate: input.unknownCertificate },
  })) {
    const error = await failing(() => application(credential).acquireTokenByClientCredential({ scopes }));
    saw[name] = { name: error.name, code: error.errorCode, aadsts: /AADSTS\d+/.exec(error.message)?.[0], correlated: Boolean(error.correlationId) };
  }
  return saw;
});

await step('names an unknown tenant and an unknown application', async () => {
  const auth = { clientSecret: endpoints.client_secret, clientId: endpoints.client_id, knownAuthorities: [host.host] };
  const elsewhere = new ConfidentialClientApplication({ auth: { ...auth, authority: `${endpoints.authority_url}/11111111-2222-3333-4444-555555555555` } });
  const nobody = new ConfidentialClientApplication({ auth: { ...auth, authority, clientId: '11111111-2222-3333-4444-555555555555' } });
  const saw = {};
  for (const [name, msal] of Object.entries({ tenant: elsewhere, application: nobody })) {
    const error = await failing(() => msal.acquireTokenByClientCredential({ scopes }));
    saw[name] = { code: error.errorCode, aadsts: /AADSTS\d+/.exec(error.message)?.[0] };
  }
  return saw;
});

await step('lists rooms page by page', async () => {
  const first = await graph.api('/places/microsoft.graph.room').top(7).get();
  same(first.value.length, 7, 'rooms on the first page');
  const { all, more } = await collect(first);
  check(more, 'there was one page only');
  return all.map((r) => r.emailAddress);
});

await step('lists room lists and their rooms', async () => {
  const { all: lists } = await collect(await graph.api('/places/microsoft.graph.roomList').get());
  const saw = {};
  for (const list of lists) {
    const { all } = await collect(await graph.api(`/places/${list.emailAddress}/microsoft.graph.roomList/rooms`).get());
    saw[list.emailAddress] = all.map((r) => r.emailAddress);
  }
  return saw;
});

await step('reads schedules of several rooms', async () => {
  const answer = await graph.api(`/users/${organizer}/calendar/getSchedule`)
    .header('Prefer', 'outlook.timezone="Europe/Berlin"')
    .post({
      schedules: [room, secondRoom, `nobody@${endpoints.domain}`],
      startTime: { dateTime: `${input.busy.start}`, timeZone: 'UTC' },
      endTime: { dateTime: `${input.busy.end}`, timeZone: 'UTC' },
      availabilityViewInterval: 30,
    });
  same(answer.value.map((s) => s.scheduleId), [room, secondRoom, `nobody@${endpoints.domain}`], 'schedules in the order asked');
  const [one, two, nobody] = answer.value;
  for (const s of [one, two]) {
    check(/^[0-4]+$/.test(s.availabilityView), `availabilityView is ${s.availabilityView}`);
    check(s.workingHours?.timeZone?.name, 'no working hours');
  }
  return {
    items: one.scheduleItems.length, zones: [...new Set(one.scheduleItems.map((i) => i.start.timeZone))],
    view: one.availabilityView.length, error: nobody.error?.responseCode,
  };
});

let meeting;
await step('books a room for a Teams meeting', async () => {
  const wanted = {
    subject: 'Outside booking', isOnlineMeeting: true, onlineMeetingProvider: 'teamsForBusiness',
    start: at('09:00'), end: at('10:00'), attendees: withRoom(room),
    location: { displayName: 'a room', locationEmailAddress: room }, transactionId: randomUUID(),
    body: { contentType: 'html', content: '<p>Agenda</p>' },
  };
  meeting = await graph.api(`/users/${organizer}/events`).post(wanted);
  check(meeting.isOrganizer && meeting.isOnlineMeeting, 'the meeting is not the organiser\'s, or not online');
  check(new URL(meeting.onlineMeeting.joinUrl).protocol === 'https:', 'no link to join');
  same([meeting.start.dateTime.slice(0, 16), meeting.start.timeZone], [`${day}T09:00`, 'UTC'], 'start');
  const answered = await until('the room\'s answer', async () => {
    const now = await event(meeting.id).select('attendees,subject').get();
    return answerOf(now, room) !== 'none' && now;
  });
  const again = await graph.api(`/users/${organizer}/events`).post(wanted);
  same(again.id, meeting.id, 'the event of the same transaction');
  return { uid: meeting.iCalUId, answer: answerOf(answered, room), transaction: wanted.transactionId };
});

await step('moves the meeting', async () => {
  const stale = await failing(() => event(meeting.id).header('If-Match', 'W/"gone"').patch({ subject: 'lost' }));
  same(stale.statusCode, 412, 'status for an old ETag');
  const moved = await event(meeting.id).patch({ subject: 'Outside booking, later', start: at('11:00'), end: at('12:30') });
  same(moved.start.dateTime.slice(0, 16), `${day}T11:00`, 'start');
  check(moved['@odata.etag'] !== meeting['@odata.etag'] && moved.changeKey !== meeting.changeKey, 'the ETag did not change');
  const copy = await until('the room\'s copy at the new time', async () => {
    const view = await graph.api(`/users/${room}/calendarView`)
      .query({ startDateTime: `${day}T00:00:00Z`, endDateTime: `${day}T23:59:59Z` }).get();
    return view.value.find((e) => e.iCalUId === meeting.iCalUId && e.start.dateTime.startsWith(`${day}T11:00`));
  });
  await until('the room\'s second answer', async () => answerOf(await event(meeting.id).get(), room) === 'accepted');
  return { code: stale.code, online: copy.isOnlineMeeting, subject: copy.subject };
});

await step('cancels the meeting', async () => {
  await event(meeting.id).select('id').get();
  await graph.api(`/users/${organizer}/events/${meeting.id}/cancel`).post({ comment: 'not needed' });
  const gone = await failing(() => event(meeting.id).get());
  await until('the room to be free again', async () => {
    const view = await graph.api(`/users/${room}/calendarView`)
      .query({ startDateTime: `${day}T00:00:00Z`, endDateTime: `${day}T23:59:59Z` }).get();
    return !view.value.some((e) => e.iCalUId === meeting.iCalUId && !e.isCancelled);
  });
  return { status: gone.statusCode, code: gone.code };
});

await step('books a series and changes one meeting of it', async () => {
  const series = await graph.api(`/users/${organizer}/events`).post({
    subject: 'Outside series', start: at('13:00'), end: at('13:30'), attendees: withRoom(secondRoom),
    recurrence: {
      pattern: { type: 'daily', interval: 1 },
      range: { type: 'numbered', startDate: day, numberOfOccurrences: 5, recurrenceTimeZone: 'UTC' },
    },
  });
  same(series.type, 'seriesMaster', 'type');
  const instances = async () => (await collect(await graph.api(`/users/${organizer}/events/${series.id}/instances`)
    .query({ startDateTime: at('00:00').dateTime + 'Z', endDateTime: at('00:00', 10).dateTime + 'Z' }).top(2).get())).all;
  const before = await instances();
  same(before.map((i) => i.start.dateTime.slice(0, 10)), [0, 1, 2, 3, 4].map((n) => at('00:00', n).dateTime.slice(0, 10)), 'days');
  check(before.every((i) => i.seriesMasterId === series.id && i.type === 'occurrence'), 'instances that are no occurrences of their master');
  await event(before[1].id).patch({ start: at('15:00', 1), end: at('15:45', 1) });
  await event(before[3].id).delete();
  const after = await instances();
  await until('the room\'s answer', async () => answerOf(await event(series.id).get(), secondRoom) === 'accepted');
  return { uid: series.iCalUId, types: after.map((i) => i.type), starts: after.map((i) => i.start.dateTime.slice(11, 16)) };
});

await step('sends a batch', async () => {
  const headers = { 'Content-Type': 'application/json' };
  const request = (path, init) => new Request(`${endpoints.graph_url}${path}`, init);
  const content = new BatchRequestContent([
    { id: '1', request: request(`/users/${organizer}/events`, { method: 'POST', headers,
      body: JSON.stringify({ subject: 'Outside batch', start: at('16:00'), end: at('16:30'), attendees: withRoom(room) }) }) },
    { id: '2', dependsOn: ['1'], request: request(`/users/nobody@${endpoints.domain}/events?$top=1`, { method: 'GET' }) },
    { id: '3', dependsOn: ['2'], request: request(`/users/${organizer}/calendarView?startDateTime=${day}T00:00:00Z&endDateTime=${day}T23:00:00Z`, { method: 'GET' }) },
  ]);
  const answers = new BatchResponseContent(await graph.api('/$batch').post(await content.getContent()));
  const created = await answers.getResponseById('1').json();
  const parallel = new BatchRequestContent([
    { id: 'view', request: request(`/users/${organizer}/calendarView?startDateTime=${day}T15:00:00Z&endDateTime=${day}T18:00:00Z&$select=subject,iCalUId`, { method: 'GET', headers: { Prefer: 'outlook.timezone="Tokyo Standard Time"' } }) },
    { id: 'free', request: request(`/users/${organizer}/calendar/getSchedule`, { method: 'POST', headers,
      body: JSON.stringify({ schedules: [organizer], startTime: at('15:00'), endTime: at('18:00'), availabilityViewInterval: 30 }) }) },
  ]);
  const second = new BatchResponseContent(await graph.api('/$batch').post(await parallel.getContent()));
  const view = await second.getResponseById('view').json();
  const free = await second.getResponseById('free').json();
  const removal = new BatchRequestContent([{ id: 'x', request: request(`/users/${organizer}/events/${created.id}`, { method: 'DELETE' }) }]);
  // The client's own BatchResponseContent builds a Response with a body, which
  // must not be for 204; the raw answer tells.
  const removed = await graph.api('/$batch').post(await removal.getContent());
  return {
    statuses: ['1', '2', '3'].map((id) => answers.getResponseById(id).status),
    refused: (await answers.getResponseById('2').json()).error.code,
    uid: created.iCalUId, viewed: view.value.some((e) => e.iCalUId === created.iCalUId),
    free: free.value[0].availabilityView, removed: removed.responses[0].status,
  };
});

await step('follows changes by delta over several rounds', async () => {
  const prefer = { headers: { Prefer: 'odata.maxpagesize=2, outlook.body-content-type="text"' } };
  const round = async (link) => {
    let request = graph.api(link ?? `/users/${secondRoom}/calendarView/delta`).headers(prefer.headers);
    if (!link) request = request.query({ startDateTime: at('00:00').dateTime + 'Z', endDateTime: at('00:00', 14).dateTime + 'Z' });
    const result = await collect(await request.get(), prefer);
    check(result.deltaLink, 'a round without a delta link');
    return result;
  };
  const known = new Map();
  const apply = ({ all }) => {
    for (const e of all) e['@removed'] ? known.delete(e.id) : known.set(e.id, { ...known.get(e.id), ...e });
    return all;
  };
  let result = await round();
  check(result.more, 'the first round had one page only');
  const counts = [apply(result).length];

  const created = await graph.api(`/users/${organizer}/events`).post({ subject: 'Outside delta', start: at('09:00', 6), end: at('09:30', 6), attendees: withRoom(secondRoom) });
  const copy = await until('the room\'s copy in a round', async () => {
    result = await round(result.deltaLink);
    apply(result);
    return [...known.values()].find((e) => e.iCalUId === created.iCalUId && e.responseStatus?.response === 'accepted');
  });
  await event(created.id).patch({ start: at('10:00', 6), end: at('11:00', 6) });
  await until('the move in a round', async () => {
    result = await round(result.deltaLink);
    apply(result);
    return known.get(copy.id)?.start.dateTime.startsWith(at('10:00', 6).dateTime.slice(0, 16));
  });
  await event(created.id).delete();
  let reason;
  await until('the removal in a round', async () => {
    result = await round(result.deltaLink);
    const gone = apply(result).find((e) => e.id === copy.id && e['@removed']);
    reason ??= gone?.['@removed'].reason;
    return gone;
  });
  await until('the rounds to fall silent', async () => {
    result = await round(result.deltaLink);
    return apply(result).length === 0;
  });
  const view = await collect(await graph.api(`/users/${secondRoom}/calendarView`)
    .query({ startDateTime: at('00:00').dateTime + 'Z', endDateTime: at('00:00', 14).dateTime + 'Z' }).top(50).get());
  const replayed = [...known.values()].filter((e) => e.type !== 'seriesMaster').map((e) => e.id).sort();
  same(replayed, view.all.map((e) => e.id).sort(), 'what the rounds left, compared with the view');
  const foreign = await failing(() => graph.api(result.deltaLink.replace(/(deltatoken=).*/i, '$1nonsense')).get());
  return { first: counts[0], uid: created.iCalUId, reason, foreign: { status: foreign.statusCode, code: foreign.code } };
});

await step('waits as Retry-After says', async () => {
  const path = `/users/${organizer}/calendar`;
  await fetch(`${endpoints.control_url}/faults`, { method: 'POST', body: JSON.stringify({
    name: 'outside throttling', method: 'GET', path, nth: 1, times: 2,
    fail: { status: 429, code: 'ApplicationThrottled', retry_after: '1' },
  }) });
  const began = performance.now();
  // Left to itself the client waits 3 s; told to wait 0 s it obeys the service alone.
  const told = [];
  const obedient = new RetryHandlerOptions(0, 3, (delay, attempt, request, options, response) => told.push(response.headers.get('Retry-After')) > 0);
  const calendar = await graph.api(path).middlewareOptions([obedient]).get();
  check(calendar.canEdit === true, 'no calendar in the end');
  const waited = performance.now() - began;
  check(waited >= 1_900, `the client waited ${waited} ms in place of twice 1 s`);
  return { told };
});

await step('keeps immutable ids', async () => {
  const immutable = { Prefer: 'IdType="ImmutableId"' };
  const plain = await graph.api(`/users/${organizer}/events`).post({ subject: 'Outside ids', start: at('18:00'), end: at('18:30') });
  const view = await graph.api(`/users/${organizer}/calendarView`).headers(immutable)
    .query({ startDateTime: `${day}T17:30:00Z`, endDateTime: `${day}T19:00:00Z` }).get();
  const lasting = view.value.find((e) => e.iCalUId === plain.iCalUId);
  check(lasting.id !== plain.id, 'both kinds of id are the same');
  const again = await event(lasting.id).headers(immutable).get();
  same(again.id, lasting.id, 'id');
  await graph.api(`/users/${organizer}/events/${lasting.id}`).headers(immutable).delete();
  const gone = await failing(() => event(plain.id).get());
  return { status: gone.statusCode, code: gone.code, uid: plain.iCalUId };
});

await step('reads people, zones and settings', async () => {
  const first = await graph.api('/users').select('id,displayName,mail,userPrincipalName').top(5).get();
  const { all: people } = await collect(first);
  same(first.value.length, 5, 'users on the first page');
  const settings = await graph.api(`/users/${organizer}/mailboxSettings`).get();
  const calendars = await graph.api(`/users/${organizer}/calendars`).get();
  const counted = await graph.api('/users').header('ConsistencyLevel', 'eventual').count(true).top(1).get();
  return { people: people.map((p) => p.userPrincipalName), zone: settings.timeZone, calendars: calendars.value.map((c) => c.name), counted: counted['@odata.count'] };
});

await step('receives notifications', async () => {
  const heard = [];
  const server = createServer(async (request, response) => {
    const token = new URL(request.url, 'http://localhost').searchParams.get('validationToken');
    if (token !== null) {
      response.writeHead(200, { 'Content-Type': 'text/plain' }).end(token);
      return;
    }
    let body = '';
    for await (const part of request) body += part;
    heard.push(...JSON.parse(body).value);
    response.writeHead(202).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const hours = (n) => new Date(Date.now() + n * 3_600_000).toISOString();
    const wanted = {
      changeType: 'created,updated,deleted', notificationUrl: `http://127.0.0.1:${server.address().port}/hook?from=tenant`,
      resource: `users/${organizer}/events`, expirationDateTime: hours(1), clientState: 'a state',
    };
    const made = await graph.api('/subscriptions').post(wanted);
    const deaf = await failing(() => graph.api('/subscriptions').post({ ...wanted, notificationUrl: 'http://127.0.0.1:9/' }));
    const renewed = await graph.api(`/subscriptions/${made.id}`).patch({ expirationDateTime: hours(3) });
    check(Date.parse(renewed.expirationDateTime) > Date.parse(made.expirationDateTime), 'the subscription was not renewed');
    const created = await graph.api(`/users/${organizer}/events`).post({ subject: 'Outside notified', start: at('20:00'), end: at('20:30') });
    await until('the first notification', () => heard.some((n) => n.changeType === 'created'));
    await event(created.id).patch({ subject: 'Outside notified, later' });
    await until('the second notification', () => heard.some((n) => n.changeType === 'updated'));
    await event(created.id).delete();
    await until('the third notification', () => heard.some((n) => n.changeType === 'deleted'));
    check(heard.every((n) => n.clientState === 'a state' && n.subscriptionId === made.id && n.tenantId === endpoints.tenant_id), `heard ${JSON.stringify(heard)}`);
    const told = heard.find((n) => n.changeType === 'created');
    same([told.resourceData.id, told.resourceData['@odata.type'].toLowerCase()], [created.id, '#microsoft.graph.event'], 'what the notification is about');
    await graph.api(`/subscriptions/${made.id}`).delete();
    const left = await graph.api('/subscriptions').get();
    return { uid: created.iCalUId, deaf: deaf.statusCode, left: left.value.length };
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
