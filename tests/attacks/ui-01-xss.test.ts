/** UI-01: whatever somebody calls a thing, the dashboard shows it as text, and nothing of it runs. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { type Admin, openAdmin } from '../support/admin.ts';
import {
  type Chromium,
  dialogOf,
  goTo,
  openChromium,
  signIn,
  type Viewer,
} from '../support/chromium.ts';
import { BASE, DEMO, type House, openHouse } from '../support/house.ts';
import { ALL_PAYLOADS, PAYLOADS } from '../support/markup-payloads.ts';

let house: House;
let chromium: Chromium;
let viewer: Viewer;

const named = (text: string, index: number, done: Admin['done']): readonly Promise<unknown>[] => [
  done('POST', 'tenants', { id: `t-${index}`, name: text }),
  done('POST', 'teams', { id: `m-${index}`, tenant: 'acme', name: text }),
  done('POST', 'users', { id: `u-${index}`, tenant: 'acme', name: text }),
  done('POST', 'holds', { tenant: 'acme', user: text, reason: text }),
  done('POST', 'content-leaves', { tenant: 'acme', reason: text }),
  house.key({ name: text }),
];

before(async () => {
  chromium = await openChromium();
  house = await openHouse(`${DEMO}guards: []\n${BASE}`);
  const { token, done } = await openAdmin(house);
  // A few at once: the listener takes so many connections of one address and no more.
  for (let first = 0; first < PAYLOADS.length; first += 5) {
    const some = PAYLOADS.slice(first, first + 5);
    await Promise.all(some.flatMap((text, index) => named(text, first + index, done)));
  }
  for (const text of PAYLOADS.slice(0, 1)) {
    const login = `p-${PAYLOADS.indexOf(text)}@example.com`;
    await done('POST', 'accounts', { login, role: 'viewer', name: text });
  }
  viewer = await chromium.view(house.adminUrl);
  await signIn(viewer, token);
});
after(async () => {
  await chromium?.close();
  await house?.close();
});

const executed = async (): Promise<boolean> =>
  await viewer.page.evaluate(() => Reflect.has(globalThis, 'executed'));

test('UI-01: fifty names and reasons are shown as they were written, and nothing runs', async () => {
  const { page } = viewer;
  assert.equal(PAYLOADS.length, 50);
  for (const title of ['Tenants', 'Teams', 'Users', 'Holds', 'Content', 'Keys', 'Accounts']) {
    await goTo(viewer, title);
    const cells = new Set(await page.locator('.data td').allTextContents());
    const expected = title === 'Accounts' ? PAYLOADS.slice(0, 1) : PAYLOADS;
    for (const text of expected) assert.ok(cells.has(text), `${title}: ${text}`);
    assert.equal(await executed(), false, title);
  }
  assert.deepEqual(viewer.complaints, []);
});

test('UI-01: three hundred, behind whatever could end an attribute, a comment or an element', async () => {
  const { page } = viewer;
  assert.equal(ALL_PAYLOADS.length, 300);
  const items = ALL_PAYLOADS.map((name, index) => ({
    id: `x-${index}`,
    tenant: name,
    name,
    createdAt: '2026-11-27T08:00:00.000Z',
    version: 1,
  }));
  // As the gateway would answer, had it let such names of tenants through.
  await page.route('**/admin/v1/teams*', (route) => route.fulfill({ json: { items, next: null } }));
  await goTo(viewer, 'Teams');
  await page.getByText('300', { exact: true }).waitFor();
  const cells = new Set(await page.locator('.data td').allTextContents());
  for (const text of ALL_PAYLOADS) assert.ok(cells.has(text), text);
  assert.equal(await executed(), false);
  assert.deepEqual(viewer.complaints, []);
  await page.unroute('**/admin/v1/teams*');
});

test('UI-01: nor in the title of a dialog, in a field, in a filter or in an address', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Keys');
  for (const text of PAYLOADS.slice(0, 5)) {
    await page.getByRole('searchbox').fill(text);
    await page.getByRole('button', { name: `Edit: ${text}`, exact: true }).click();
    await dialogOf(page)
      .getByRole('heading', { name: `Edit ${text}` })
      .waitFor();
    assert.equal(await dialogOf(page).getByLabel('Name').inputValue(), text);
    await page.keyboard.press('Escape');
    await dialogOf(page).waitFor({ state: 'detached' });
    const query = new URLSearchParams({ tenant: text, section: text, user: text });
    const address = JSON.stringify(`./explain?${query.toString()}`);
    await page.evaluate(`history.pushState(null, '', ${address});
      dispatchEvent(new PopStateEvent('popstate'))`);
    await page.getByRole('heading', { level: 1, name: 'Why can she?' }).waitFor();
    await goTo(viewer, 'Keys');
  }
  assert.equal(await executed(), false);
  assert.deepEqual(viewer.complaints, []);
});

test('UI-01: where a text would become markup after all, the browser refuses it', async () => {
  const refused: unknown = await viewer.page.evaluate(`(() => {
    try {
      document.body.innerHTML = '<b>x</b>';
      return false;
    } catch {
      return true;
    }
  })()`);
  assert.equal(refused, true);
});
