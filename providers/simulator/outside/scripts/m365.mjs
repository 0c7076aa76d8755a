// CLI for Microsoft 365, an administrator's tool with fixed host names: this runs
// where a private hosts file names these as this machine. Signing in and one list
// go through its command line, the rest through its own interface for scripts, as
// each start of the command line takes seconds.
import { executeCommand } from '@pnp/cli-microsoft365';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { Browser } from './browser.mjs';
import { check, failing, input, same, step, until } from './steps.mjs';

const { endpoints, organizer, room, secondRoom, day } = input;
const run = promisify(execFile);
const home = dirname(createRequire(import.meta.url).resolve('@pnp/cli-microsoft365/package.json'));
const program = join(home, JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).bin.m365);

// Its settings: it must not report its use, and not look for a newer version.
const settings = join(process.env.HOME, '.config', 'configstore');
mkdirSync(settings, { recursive: true });
writeFileSync(join(settings, 'cli-m365-config.json'), JSON.stringify({ disableTelemetry: true }));
process.env.CLIMICROSOFT365_NOUPDATE = '1';

/** The command line, in a process of its own. */
async function commandLine(...args) {
  const { stdout } = await run(process.execPath, [program, ...args, '--output', 'json'], { env: process.env });
  return stdout.trim() ? JSON.parse(stdout) : undefined;
}

/** One command in this process. */
async function command(name, options = {}) {
  const { stdout, error } = await executeCommand(name, { output: 'json', ...options });
  if (error) throw new Error(`${name}: ${error.message}`);
  return stdout?.trim() ? JSON.parse(stdout) : undefined;
}

const application = { appId: endpoints.client_id, tenant: endpoints.tenant_id };

await step('refuses a wrong secret', async () => {
  const error = await failing(() => command('login', { authType: 'secret', secret: 'wrong~secret', ...application, cloud: 'Public' }));
  const text = error.message ?? error.error?.message ?? JSON.stringify(error);
  return { aadsts: /AADSTS\d+/.exec(text)?.[0] };
});

await step('logs in with a certificate', async () => {
  const pem = input.certificate.privateKey + input.certificate.certificate;
  await command('login', { authType: 'certificate', certificateBase64Encoded: Buffer.from(pem).toString('base64'), ...application, cloud: 'Public' });
  const status = await command('status');
  await command('logout');
  return status;
});

await step('logs in with a secret', async () => {
  await commandLine('login', '--authType', 'secret', '--secret', endpoints.client_secret, '--appId', application.appId, '--tenant', application.tenant);
  return await command('status');
});

await step('lists rooms', async () => {
  const rooms = await commandLine('outlook', 'room', 'list');
  check(rooms.every((r) => r['@odata.type'] === undefined && r['@odata.etag'] === undefined), 'metadata that was not asked for');
  return rooms.map((r) => r.emailAddress);
});

await step('lists room lists and their rooms', async () => {
  const saw = {};
  for (const list of await command('outlook roomlist list')) {
    saw[list.emailAddress] = (await command('outlook room list', { roomlistEmail: list.emailAddress })).map((r) => r.emailAddress);
  }
  return saw;
});

await step('lists and shows calendars', async () => {
  const calendars = await command('outlook calendar list', { userName: organizer });
  const main = calendars.find((c) => c.isDefaultCalendar);
  const byId = await command('outlook calendar get', { userName: organizer, id: main.id });
  const byName = await command('outlook calendar get', { userName: organizer, name: main.name });
  same([byId.id, byName.id], [main.id, main.id], 'the calendar by id and by name');
  const missing = await failing(() => command('outlook calendar get', { userName: organizer, name: 'Nowhere' }));
  return { names: calendars.map((c) => c.name), main: main.name, missing: missing.message ?? missing.error?.message };
});

await step('shows mailbox settings', async () => {
  const settings = await command('outlook mailbox settings get', { userName: organizer });
  return { zone: settings.timeZone, days: settings.workingHours.daysOfWeek };
});

let uid;
let id;
await step('books by a raw request', async () => {
  const created = await command('request', {
    url: `@graph/users/${organizer}/events`, method: 'post', 'content-type': 'application/json',
    body: JSON.stringify({
      subject: 'Outside command line', start: { dateTime: `${day}T09:00:00`, timeZone: 'UTC' }, end: { dateTime: `${day}T10:00:00`, timeZone: 'UTC' },
      attendees: [{ type: 'resource', emailAddress: { address: room } }, { type: 'resource', emailAddress: { address: secondRoom } }],
    }),
  });
  ({ id, iCalUId: uid } = created);
  const answers = await until('the rooms\' answers', async () => {
    const now = await command('request', { url: `@graph/users/${organizer}/events/${id}?$select=attendees`, method: 'get' });
    const all = now.attendees.map((a) => a.status.response);
    return all.every((a) => a !== 'none') && all;
  });
  return { uid, answers };
});

await step('lists events', async () => {
  const window = { startDateTime: `${day}T00:00:00Z`, endDateTime: `${day}T23:00:00Z` };
  const own = await command('outlook event list', { userName: organizer, ...window, timeZone: 'Pacific Standard Time' });
  const mine = own.filter((e) => e.subject === 'Outside command line');
  same(mine.map((e) => [e.id, e.start.dateTime.slice(0, 19), e.start.timeZone]), [[id, new Date(Date.parse(`${day}T09:00:00Z`) + input.pacificOffset * 60_000).toISOString().slice(0, 19), 'Pacific Standard Time']], 'the meeting');
  const inRoom = await command('outlook event list', { userName: room, ...window, calendarName: 'Calendar', properties: 'id,iCalUId,start' });
  same(inRoom.map((e) => e.iCalUId), [uid], 'what is in the room');
  return { keys: Object.keys(inRoom[0]).sort() };
});

await step('cancels the event', async () => {
  await command('outlook event cancel', { id, userName: organizer, comment: 'moved elsewhere', force: true });
  const missing = await failing(() => command('outlook event cancel', { id, userName: organizer, force: true }));
  await until('the room to be free', async () => (await command('outlook event list', {
    userName: room, startDateTime: `${day}T00:00:00Z`, endDateTime: `${day}T23:00:00Z`,
  })).length === 0);
  return { again: missing.message ?? missing.error?.message };
});

await step('shows people and applications', async () => {
  const users = await command('entra user list', { properties: 'id,userPrincipalName,displayName' });
  const user = await command('entra user get', { userName: organizer });
  same(users.filter((u) => u.id === user.id).map((u) => u.userPrincipalName), [user.userPrincipalName], 'the user in the list');
  const application = await command('entra enterpriseapp get', { displayName: 'roomdesk' });
  const roles = await command('entra approleassignment list', { appId: endpoints.client_id });
  return { people: users.map((u) => u.userPrincipalName), application: application.appId, roles: roles.map((r) => r.roleName).sort(), resources: [...new Set(roles.map((r) => r.resourceDisplayName))] };
});

await step('logs a person in with a device code', async () => {
  await command('logout');
  let pages;
  const person = new Browser(endpoints.authority_url);
  await executeCommand('login', { authType: 'deviceCode', appId: endpoints.public_client_id, tenant: endpoints.tenant_id, cloud: 'Public' }, {
    stdout: () => {},
    stderr: (message) => {
      const [, page, code] = /open the page (\S+) and enter the code (\w+)/.exec(message) ?? [];
      if (code) pages = person.open(page).then(() => person.signIn(endpoints.user, endpoints.user_password, { code }));
    },
  });
  await pages;
  const status = await command('status');
  const me = await command('request', { url: '@graph/me?$select=userPrincipalName', method: 'get' });
  return { connectedAs: status.connectedAs, authType: status.authType, me: me.userPrincipalName };
});

await step('logs out', async () => {
  await command('logout');
  return await command('status');
});
