// People who sign in for roomdesk, in Chromium: by the links and the code that it shows.
import { launch, pin, press, signIn, window } from './window.mjs';
import { input, step } from './steps.mjs';

const { endpoints, prompts } = input;
const browser = await launch(pin);
const heading = (page) => page.getByRole('heading', { level: 1 }).innerText();

/** Goes through the pages that may stand between the password and the application. */
async function accept(page) {
  while ((await page.title()) === 'Permissions requested') await press(page, 'Accept');
}

/** What the browser shows when it is back at roomdesk, and what it remembers. */
async function back(page, seen) {
  await page.waitForURL((url) => url.hostname === 'localhost');
  const text = await page.locator('main').innerText();
  return {
    heading: await heading(page), named: text.includes(endpoints.user), url: page.url().replace(/\d+/, 'PORT'),
    scripts: await page.locator('script, img, link, iframe').count(), said: seen,
  };
}

await step('signs in by the link', () => window(browser, async (page, seen) => {
  await page.goto(prompts.link);
  await signIn(page, endpoints.user);
  await accept(page);
  await press(page, 'Continue');
  return back(page, seen);
}));

await step('gives up in the browser', () => window(browser, async (page, seen) => {
  await page.goto(prompts.given_up);
  await press(page, 'Cancel');
  await press(page, 'Continue');
  return back(page, seen);
}));

await step('signs in by the code', () => window(browser, async (page) => {
  await page.goto(prompts.device);
  await page.getByLabel('Code').fill(prompts.code);
  await press(page, 'Next');
  await signIn(page, endpoints.user);
  await press(page, 'Continue');
  await accept(page);
  return { heading: await heading(page) };
}));

await browser.close();
