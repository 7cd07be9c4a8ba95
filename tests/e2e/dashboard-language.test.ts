/** The dashboard in another language than English: as the browser asks, until a person chooses. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { textsOf } from '../../scripts/web-messages.ts';
import { type Chromium, inaccessible, openChromium, settled } from '../support/chromium.ts';
import { BASE, DEMO, type House, openHouse } from '../support/house.ts';

const texts = textsOf('web/messages/de.json');
const german = (text: string): string => {
  const own = texts[text];
  assert.ok(own !== undefined && own !== '', text);
  return own;
};

let house: House;
let chromium: Chromium;

before(async () => {
  chromium = await openChromium();
  house = await openHouse(`${DEMO}guards: []\n${BASE}`);
});
after(async () => {
  await chromium?.close();
  await house?.close();
});

test('a browser that asks for German is spoken to in German, from the sign-in to the pages', async () => {
  const { page, complaints, context } = await chromium.view(house.adminUrl, 'de-CH');
  const other = page.getByRole('button', { name: german('Use an admin token') });
  const field = page.getByLabel(german('Admin token'));
  await other.or(field).first().waitFor();
  if (await other.isVisible()) await other.click();
  assert.equal(await page.locator('html').getAttribute('lang'), 'de');
  await field.fill(house.running.adminToken ?? '');
  await page.getByRole('button', { name: german('Sign in with the token') }).click();
  await page.getByRole('button', { name: german('I have it') }).click();
  const nav = page.getByRole('navigation', { name: german('Pages') });
  for (const title of ['Keys', 'Limits and budgets', 'Audit log', 'Configuration', 'Overview']) {
    await nav.getByRole('link', { name: german(title), exact: true }).click();
    await page.getByRole('heading', { level: 1, name: german(title), exact: true }).waitFor();
    await settled(page);
    assert.deepEqual(await inaccessible(page), [], title);
    const isWide = await page.evaluate(
      'document.documentElement.scrollWidth > document.documentElement.clientWidth',
    );
    assert.equal(isWide, false, `${title} fits`);
  }
  assert.deepEqual(complaints, []);
  await context.close();
});

test('another is chosen before one is inside, and the browser keeps the choice', async () => {
  const { page, complaints, context } = await chromium.view(house.adminUrl, 'de-DE');
  await page.getByRole('combobox', { name: german('Language') }).selectOption('en');
  await page.getByLabel('Admin token').or(page.getByText('Use an admin token')).first().waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  const again = await context.newPage();
  await again.goto(house.adminUrl);
  await again.getByRole('combobox', { name: 'Language' }).waitFor();
  assert.equal(await again.locator('html').getAttribute('lang'), 'en');
  assert.deepEqual(complaints, []);
  await context.close();
});
