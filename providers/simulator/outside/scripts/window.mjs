// A window of Chromium, driven by Playwright, for a person at the sign-in pages.
import { createHash } from 'node:crypto';
import { connect } from 'node:tls';
import { chromium } from 'playwright-core';
import { input } from './steps.mjs';

const authority = new URL(input.endpoints.authority_url);

/** What names the tenant's own key to the browser, which trusts no other. */
export const pin = '--ignore-certificate-errors-spki-list=' + (await new Promise((resolve, reject) => {
  const socket = connect({ host: authority.hostname, port: authority.port, servername: authority.hostname }, () => {
    const key = socket.getPeerX509Certificate().publicKey.export({ type: 'spki', format: 'der' });
    socket.end();
    resolve(createHash('sha256').update(key).digest('base64'));
  });
  socket.on('error', reject);
}));

export const launch = (...more) => chromium.launch({
  executablePath: input.chromiumPath,
  args: ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic', '--no-first-run',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1', ...more],
});

/** A person with a browser window of their own: no cookies of others. */
export async function window(browser, work) {
  const context = await browser.newContext();
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const seen = [];
  page.on('console', (message) => seen.push(message.text()));
  page.on('dialog', (dialog) => { seen.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  try {
    return await work(page, seen);
  } finally {
    await context.close();
  }
}

export const press = (page, name) => page.getByRole('button', { name, exact: true }).click();

export async function signIn(page, name, password = input.endpoints.user_password) {
  await page.getByLabel('Email').fill(name);
  await page.getByLabel('Password').fill(password);
  await press(page, 'Sign in');
}
