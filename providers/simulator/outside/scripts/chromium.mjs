// Chromium, driven by Playwright: a real browser shows the sign-in pages to people
// who find fields by their labels and buttons by their texts.
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { launch, pin, press, signIn, window } from './window.mjs';
import { check, failing, input, same, step } from './steps.mjs';

const { endpoints } = input;
const tenant = `${endpoints.authority_url}/${endpoints.tenant_id}`;
const browser = await launch(pin);

/** The application, to which the browser comes back. */
const returned = [];
const application = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/') returned.push({ ...Object.fromEntries(url.searchParams), cookies: request.headers.cookie ?? '', referer: request.headers.referer ?? '' });
  response.setHeader('Content-Type', 'text/html').end('<h1>back</h1>');
});
await new Promise((resolve) => application.listen(0, '127.0.0.1', resolve));
const redirectUri = `http://localhost:${application.address().port}/`;

const person = (work) => window(browser, work);
const heading = (page) => page.getByRole('heading', { level: 1 }).innerText();
const alert = (page) => page.getByRole('alert').innerText();
/** What the application was told when the browser came back. */
async function back(page) {
  await page.waitForURL((url) => url.origin === new URL(redirectUri).origin);
  const got = returned.pop();
  check(got && returned.length === 0, `the application was called ${returned.length + 1} times`);
  same([got.cookies, got.referer], ['', ''], 'what the browser let the application know besides');
  return got;
}
const adminConsent = (more = {}) => `${tenant}/adminconsent?${new URLSearchParams({ client_id: endpoints.client_id, redirect_uri: redirectUri, state: 'a state', ...more })}`;
const scopes = `openid profile ${endpoints.graph_url}/Calendars.ReadWrite`;
function authorize(more = {}) {
  const verifier = randomBytes(48).toString('base64url');
  const parameters = {
    client_id: endpoints.public_client_id, response_type: 'code', redirect_uri: redirectUri, scope: scopes, state: 'a state', nonce: 'a nonce',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256', ...more,
  };
  return { url: `${tenant}/oauth2/v2.0/authorize?${new URLSearchParams(parameters)}`, verifier };
}
async function token(form) {
  const response = await fetch(`${tenant}/oauth2/v2.0/token`, { method: 'POST', body: new URLSearchParams({ client_id: endpoints.public_client_id, ...form }) });
  return response.json();
}
const claims = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));

await step('trusts no key but the one that it was told', async () => {
  const other = await launch();
  try {
    const page = await other.newPage();
    const refused = await failing(() => page.goto(adminConsent()));
    return { refused: /ERR_\w+/.exec(refused.message)?.[0] };
  } finally {
    await other.close();
  }
});

await step('signs a person in with a proof key', () => person(async (page) => {
  const { url, verifier } = authorize();
  await page.goto(url);
  const title = await page.title();
  await signIn(page, endpoints.user, 'wrong');
  const wrong = /AADSTS\d+/.exec(await alert(page))?.[0];
  const kept = await page.getByLabel('Password').inputValue();
  await signIn(page, endpoints.user);
  const asked = await page.title();
  await press(page, 'Accept');
  const { code, state } = await back(page);
  same(state, 'a state', 'state');
  const got = await token({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier });
  check(got.id_token, JSON.stringify(got));
  const { preferred_username: user, nonce } = claims(got.id_token);
  return { title, wrong, kept, asked, user, nonce };
}));

await step('keys are enough', () => person(async (page) => {
  await page.goto(authorize().url);
  const order = [];
  for (const text of [endpoints.user, endpoints.user_password, undefined]) {
    await page.keyboard.press('Tab');
    order.push(await page.evaluate(() => document.activeElement.name || document.activeElement.textContent));
    if (text) await page.keyboard.type(text);
  }
  await page.keyboard.press('Enter');
  return { order, code: Boolean((await back(page)).code) };
}));

await step('a window that is signed in is asked who it is', () => person(async (page) => {
  await page.goto(authorize().url);
  await signIn(page, endpoints.user);
  await back(page);
  await page.goto(adminConsent());
  const first = await heading(page);
  await page.getByRole('button', { name: endpoints.user }).click();
  const second = await heading(page);
  const accept = await page.getByRole('button', { name: 'Accept' }).count();
  const role = await page.getByText('Privileged Role Administrator').count();
  await press(page, 'Sign in with another account');
  await signIn(page, endpoints.admin);
  const third = await page.locator('#account').innerText();
  return { first, second, accept, role, third };
}));

await step('somebody of another tenant is refused', () => person(async (page) => {
  await page.goto(adminConsent());
  await signIn(page, endpoints.other_tenant_user);
  return { alert: /AADSTS\d+/.exec(await alert(page))?.[0] };
}));

await step('cancelling on either page ends at the application', async () => {
  const ends = [];
  for (const accepted of [0, 1]) {
    await person(async (page) => {
      await page.goto(adminConsent());
      await signIn(page, endpoints.admin);
      for (let i = 0; i < accepted; i++) await press(page, 'Accept');
      await press(page, 'Cancel');
      const { error, admin_consent, state } = await back(page);
      ends.push([error, admin_consent ?? '', state]);
    });
  }
  return { ends };
});

await step('an administrator grants in two pages', () => person(async (page) => {
  await page.goto(adminConsent());
  await signIn(page, endpoints.admin);
  const pages = [await page.title()];
  await press(page, 'Accept');
  pages.push(await page.title());
  const listed = await page.getByRole('listitem').allInnerTexts();
  await press(page, 'Accept');
  const { admin_consent, tenant: of, state } = await back(page);
  return { pages, listed, admin_consent, of, state };
}));

await step('enters a device code', () => person(async (page) => {
  const response = await fetch(`${tenant}/oauth2/v2.0/devicecode`, { method: 'POST', body: new URLSearchParams({ client_id: endpoints.public_client_id, scope: scopes }) });
  const device = await response.json();
  await page.goto(device.verification_uri);
  await page.getByLabel('Code').fill(device.user_code);
  await press(page, 'Next');
  await signIn(page, endpoints.user);
  const asked = await heading(page);
  await press(page, 'Continue');
  const last = await heading(page);
  const got = await token({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: device.device_code });
  return { asked, last, user: got.id_token ? claims(got.id_token).preferred_username : got.error };
}));

await step('names from outside are texts, and no page can be framed', () => person(async (page, seen) => {
  await page.goto(authorize({ prompt: 'consent' }).url);
  await signIn(page, endpoints.user);
  const named = (await page.locator('main').innerText()).includes(input.applicationName);
  const elements = await page.locator('main b, main img, script').count();
  await page.goto(redirectUri + 'frame');
  await page.evaluate((address) => new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.src = address;
    frame.onload = resolve;
    document.body.append(frame);
  }), authorize().url);
  const framed = await page.frames()[1].getByLabel('Password').count();
  const refused = seen.some((text) => text.includes('frame'));
  return { named, elements, framed, refused, dialogs: seen.filter((text) => text.startsWith('a dialog')).length };
}));

await browser.close();
application.close();
