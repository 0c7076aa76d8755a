// MSAL for Node as a program that people use: device code, browser with proof key,
// refresh; then the Graph client on a person's behalf.
import { CryptoProvider, InteractionRequiredAuthError, PublicClientApplication } from '@azure/msal-node';
import { Client } from '@microsoft/microsoft-graph-client';
import { Browser } from './browser.mjs';
import { check, failing, input, same, step, until } from './steps.mjs';

const { endpoints, room, day } = input;
const host = new URL(endpoints.graph_url);
const authority = `${endpoints.authority_url}/${endpoints.tenant_id}`;
const scope = (name) => `${endpoints.graph_url}/${name}`;
const scopes = [scope('Calendars.ReadWrite'), scope('User.Read')];
const program = (more = {}) => new PublicClientApplication({
  auth: { clientId: endpoints.public_client_id, authority, knownAuthorities: [host.host], ...more },
});
const redirectUri = 'http://localhost:53682';
const control = (path, body) => fetch(`${endpoints.control_url}${path}`, { method: 'POST', body: JSON.stringify(body) })
  .then((r) => check(r.ok, `${path} was answered ${r.status}`));

// Both device codes wait for the interval, so they wait together.
const device = program();
const approved = device.acquireTokenByDeviceCode({
  scopes,
  deviceCodeCallback: async ({ userCode, verificationUri, message, interval }) => {
    check(message.includes(userCode) && message.includes(verificationUri) && interval > 0, `message ${message}`);
    const person = new Browser(endpoints.authority_url);
    await person.open(verificationUri);
    await person.press('code', { otc: 'AAAAAAAAA' });
    approvedPages.push(person.alert);
    person.alert = '';
    await person.signIn(endpoints.user, endpoints.user_password, { code: userCode.toLowerCase() });
    approvedPages.push(...person.headings);
  },
});
const approvedPages = [];
const declined = failing(() => program().acquireTokenByDeviceCode({
  scopes,
  deviceCodeCallback: async ({ userCode, verificationUri }) => {
    const person = new Browser(endpoints.authority_url);
    await person.open(verificationUri);
    await person.press('code', { otc: userCode });
    await person.press('signin', { loginfmt: endpoints.user, passwd: endpoints.user_password });
    await person.press('cancel');
  },
}));
approved.catch(() => {});
declined.catch(() => {});

/** Signs a person in with a browser; gives what MSAL made of it, with the pages. */
async function withCode(msal, person, { name = endpoints.user, ...more } = {}) {
  const crypto = new CryptoProvider();
  const { verifier, challenge } = await crypto.generatePkceCodes();
  const state = crypto.base64Encode(JSON.stringify({ from: 'the form' }));
  const url = await msal.getAuthCodeUrl({ scopes, redirectUri, codeChallenge: challenge, codeChallengeMethod: 'S256', state, nonce: 'a nonce', ...more });
  await person.open(url);
  await person.signIn(name, endpoints.user_password);
  check(person.left, `the browser stays at "${person.heading}"`);
  const answer = Object.fromEntries(person.left.searchParams);
  same(answer.state, state, 'state');
  return { answer, redeem: (changes) => msal.acquireTokenByCode({ scopes, redirectUri, code: answer.code, codeVerifier: verifier, state, ...changes }, { nonce: 'a nonce', state, code: answer.code }) };
}

const msal = program();
const person = new Browser(endpoints.authority_url);
let account;

await step('signs a person in with a browser and a proof key', async () => {
  const { redeem } = await withCode(msal, person);
  const stolen = await failing(() => redeem({ codeVerifier: 'x'.repeat(43) }));
  const token = await redeem();
  account = token.account;
  const twice = await failing(() => redeem());
  return {
    user: account.username, tenant: account.tenantId, home: account.homeAccountId.endsWith(`.${endpoints.tenant_id}`),
    nonce: token.idTokenClaims.nonce, scopes: token.scopes, pages: person.headings,
    stolen: /AADSTS\d+/.exec(stolen.message)?.[0], twice: /AADSTS\d+/.exec(twice.message)?.[0],
  };
});

await step('goes silently where the browser is signed in', async () => {
  // The code that was redeemed twice cost what it had earned: sign in once more.
  person.headings = [];
  const { redeem } = await withCode(msal, person, { loginHint: endpoints.user });
  account = (await redeem()).account;
  const silent = await withCode(msal, person, { prompt: 'none' });
  check(silent.answer.code, `no code: ${silent.answer.error_description}`);
  const stranger = await withCode(msal, new Browser(endpoints.authority_url), { prompt: 'none' });
  return { pages: person.headings.length, stranger: stranger.answer.error };
});

await step('refreshes', async () => {
  const cached = await msal.acquireTokenSilent({ account, scopes });
  const fresh = await msal.acquireTokenSilent({ account, scopes, forceRefresh: true });
  const other = await msal.acquireTokenSilent({ account, scopes: [scope('MailboxSettings.Read')] }).catch((error) => error);
  return {
    cached: cached.fromCache, fresh: !fresh.fromCache && fresh.accessToken !== cached.accessToken,
    user: fresh.account.username, unconsented: other instanceof InteractionRequiredAuthError && /AADSTS\d+/.exec(other.message)?.[0],
  };
});

await step('signs in through a loopback address', async () => {
  const pages = [];
  const token = await msal.acquireTokenInteractive({
    scopes,
    openBrowser: async (url) => {
      await person.open(url);
      await person.signIn(endpoints.user, endpoints.user_password);
      pages.push(person.heading);
      await person.press(''); // posts the code to the program
    },
  });
  return { user: token.account.username, pages };
});

await step('works on the person\'s behalf', async () => {
  const graph = Client.initWithMiddleware({
    baseUrl: endpoints.graph_url, customHosts: new Set([host.hostname]),
    authProvider: { getAccessToken: async () => (await msal.acquireTokenSilent({ account, scopes })).accessToken },
  });
  const me = await graph.api('/me').select('id,userPrincipalName,displayName').get();
  same(me.id, account.localAccountId, 'id');
  const created = await graph.api('/me/events').post({
    subject: 'Outside person', start: { dateTime: `${day}T09:00:00`, timeZone: 'UTC' }, end: { dateTime: `${day}T10:00:00`, timeZone: 'UTC' },
    attendees: [{ type: 'resource', emailAddress: { address: room } }],
  });
  await until('the room\'s answer', async () => (await graph.api(`/me/events/${created.id}`).get()).attendees[0].status.response === 'accepted');
  const view = await graph.api('/me/calendarView').query({ startDateTime: `${day}T00:00:00Z`, endDateTime: `${day}T23:00:00Z` }).get();
  check(view.value.some((e) => e.id === created.id), 'the meeting is not in the view');
  const schedule = await graph.api('/me/calendar/getSchedule').post({
    schedules: [room], startTime: { dateTime: `${day}T08:00:00`, timeZone: 'UTC' }, endTime: { dateTime: `${day}T11:00:00`, timeZone: 'UTC' }, availabilityViewInterval: 60,
  });
  await graph.api(`/me/events/${created.id}/cancel`).post({ comment: 'never mind' });
  return { me: me.userPrincipalName, uid: created.iCalUId, schedule: schedule.value[0].availabilityView };
});

await step('signs in with a device code', async () => {
  const token = await approved;
  return { user: token.account.username, pages: approvedPages, silent: (await device.acquireTokenSilent({ account: token.account, scopes, forceRefresh: true })).account.username };
});

await step('notices a declined device code', async () => {
  const error = await declined;
  return { code: error.errorCode, aadsts: /AADSTS\d+/.exec(error.message)?.[0] };
});

await step('asks for a new sign-in when the session is revoked', async () => {
  const continuous = program({ clientCapabilities: ['cp1'] });
  const { redeem } = await withCode(continuous, person);
  const held = await redeem();
  await control('/tokens', { do: 'revoke', user: endpoints.user });
  const refused = await fetch(`${endpoints.graph_url}/v1.0/me`, { headers: { Authorization: `Bearer ${held.accessToken}` } });
  const challenge = refused.headers.get('WWW-Authenticate');
  const claims = Buffer.from(/claims="([^"]*)"/.exec(challenge)[1], 'base64').toString();
  const error = await failing(() => continuous.acquireTokenSilent({ account: held.account, scopes, claims }));
  check(error instanceof InteractionRequiredAuthError, `MSAL takes it for ${error.name}`);
  person.cookies.clear();
  const again = await withCode(continuous, person, { claims });
  const token = await again.redeem({ claims });
  const served = await fetch(`${endpoints.graph_url}/v1.0/me`, { headers: { Authorization: `Bearer ${token.accessToken}` } });
  return { refused: refused.status, claims: Object.keys(JSON.parse(claims)), aadsts: /AADSTS\d+/.exec(error.message)?.[0], served: served.status };
});

await step('understands what goes wrong in the browser', async () => {
  const visitor = new Browser(endpoints.authority_url);
  const url = await msal.getAuthCodeUrl({ scopes, redirectUri, codeChallenge: 'y'.repeat(43), codeChallengeMethod: 'S256' });
  await visitor.open(url);
  const saw = {};
  for (const [name, loginfmt, passwd] of [['wrong password', endpoints.user, 'wrong'], ['nobody', `nobody@${endpoints.domain}`, 'wrong'], ['another tenant', endpoints.other_tenant_user, endpoints.user_password]]) {
    if (visitor.buttons.some((b) => b.value === 'other') && !visitor.inputs.some((i) => i.name === 'loginfmt')) await visitor.press('other');
    await visitor.press('signin', { loginfmt, passwd });
    saw[name] = /AADSTS\d+/.exec(visitor.alert)?.[0];
  }
  await visitor.open(url);
  if (!visitor.inputs.some((i) => i.name === 'loginfmt')) await visitor.press('other');
  await visitor.press('cancel');
  saw.cancelled = visitor.left.searchParams.get('error');
  const foreign = new Browser(endpoints.authority_url);
  await foreign.open(url.replace(encodeURIComponent(redirectUri), encodeURIComponent('https://elsewhere.example/')));
  saw['another address'] = /AADSTS\d+/.exec(foreign.alert)?.[0];
  check(!foreign.left, 'the browser was sent to an address that is not registered');
  return saw;
});
