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

/** Panels that have nothing in them but their title. */
const BLANK = `[...document.querySelectorAll('main .card')]
  .filter((card) => {
    const title = card.querySelector('h2')?.textContent ?? '';
    return card.textContent.replace(title, '').trim() === '' && card.querySelector('canvas, svg, input') === null;
  })
  .map((card) => card.outerHTML.slice(0, 200))`;

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
  const looked = new Set(['Limits and budgets', 'Configuration'].map(german));
  const titles = await nav.getByRole('link').allTextContents();
  assert.ok(titles.length > 25, titles.join());
  for (const title of titles) {
    await nav.getByRole('link', { name: title, exact: true }).click();
    await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
    await settled(page);
    if (looked.has(title)) assert.deepEqual(await inaccessible(page), [], title);
    // Nothing was ever done here: a panel says so, and is neither blank nor an error.
    assert.equal(await page.locator('main').getByRole('alert').count(), 0, title);
    assert.deepEqual(await page.evaluate(BLANK), [], title);
    const isWide = await page.evaluate(
      'document.documentElement.scrollWidth > document.documentElement.clientWidth',
    );
    assert.equal(isWide, false, `${title} fits`);
  }
  // An address says the same in every language.
  await nav.getByRole('link', { name: german('Requests'), exact: true }).click();
  await page.getByRole('button', { name: german('Live'), exact: true }).click();
  await page.getByText('live', { exact: true }).waitFor();
  assert.match(page.url(), /live=yes/u);
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
