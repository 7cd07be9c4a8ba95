/** The dashboard's main tasks, done as a person would, in a real browser. */
import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';

import {
  type Chromium,
  dialogOf,
  goTo,
  openChromium,
  settled,
  signIn,
  type Viewer,
} from '../support/chromium.ts';
import { BASE, bearer, chat, DEMO, type House, openHouse, post } from '../support/house.ts';

let house: House;
let chromium: Chromium;
let viewer: Viewer;

before(async () => {
  chromium = await openChromium();
  house = await openHouse(`${DEMO}guards: []\n${BASE}`);
  viewer = await chromium.view(house.adminUrl);
  await signIn(viewer, house.running.adminToken ?? '');
});
after(async () => {
  await chromium?.close();
  await house?.close();
});

test('a key is made, shown once, works, and stops when it is revoked', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Keys');
  await page.getByRole('button', { name: 'New key' }).click();
  await viewer.shot('new-key');
  await dialogOf(page).getByLabel('Name').fill('the first one');
  await dialogOf(page).getByRole('button', { name: 'Make the key' }).click();
  const shown = dialogOf(page).getByLabel(/shown this once/u);
  await shown.waitFor();
  await viewer.shot('shown-once');
  const key = await shown.inputValue();
  await dialogOf(page).getByRole('button', { name: 'I have it' }).click();
  const answered = await post(`${house.url}/v1/chat/completions`, chat('hello'), bearer(key));
  assert.equal(answered.status, 200, answered.text);
  const row = page.getByRole('row', { name: /the first one/u });
  await row.getByRole('button', { name: /^Revoke/u }).click();
  await dialogOf(page).getByRole('button', { name: 'Revoke for good' }).click();
  await row.getByText('revoked').waitFor();
  const refused = await post(`${house.url}/v1/chat/completions`, chat('hello'), bearer(key));
  assert.equal(refused.status, 401);
});

test('a tenant, a role and a binding decide, and the explainer says by which rule', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Tenants');
  await page.getByRole('button', { name: 'New tenant' }).click();
  await dialogOf(page).getByLabel('Id').fill('zenith');
  await dialogOf(page).getByRole('button', { name: 'Make it' }).click();
  await page
    .getByRole('row', { name: /zenith/u })
    .getByRole('link', { name: 'Roles' })
    .click();
  await page.getByRole('button', { name: 'New role' }).click();
  await dialogOf(page).getByLabel('Name').fill('asker');
  // A condition that is none is told at its field, and nothing is lost.
  const when = dialogOf(page).getByLabel('When (CEL)');
  await when.fill('principal.user ==');
  // While it is written, before anything is sent to be kept; and again by whoever saves it.
  await dialogOf(page).getByRole('alert').first().waitFor();
  await dialogOf(page).getByRole('button', { name: 'Make the role' }).click();
  await dialogOf(page).getByRole('alert').first().waitFor();
  assert.equal(await when.getAttribute('aria-invalid'), 'true');
  await viewer.shot('role-editor');
  await when.fill('');
  // What it would decide, before it is kept.
  await dialogOf(page).getByLabel('Model of case 1').fill('demo');
  await dialogOf(page).getByRole('button', { name: 'Try them' }).click();
  await dialogOf(page)
    .getByRole('row', { name: /^1 yes allow/u })
    .waitFor();
  await dialogOf(page).getByRole('button', { name: 'Make the role' }).click();
  await page.getByRole('row', { name: /asker/u }).waitFor();
  await goTo(viewer, 'Bindings');
  await page.getByRole('button', { name: 'New binding' }).click();
  await dialogOf(page).getByLabel('Tenant').selectOption('zenith');
  await dialogOf(page).getByLabel('Role').fill('asker');
  await dialogOf(page).getByLabel('Users').fill('ann');
  await dialogOf(page).getByRole('button', { name: 'Bind' }).click();
  await page.getByRole('row', { name: /asker.*zenith/u }).waitFor();
  await goTo(viewer, 'Why can she?');
  await page.getByLabel('Tenant').selectOption('zenith');
  const answer = page.locator('.verdict');
  for (const [user, told] of [
    ['ann', /Allowed by the rule asker/u],
    ['bob', /Denied .*because/u],
  ] as const) {
    await page.getByLabel('User', { exact: true }).fill(user);
    await page.getByRole('button', { name: 'Explain' }).click();
    await answer.filter({ hasText: told }).waitFor();
    await viewer.shot(`explained-${user}`);
  }
});

test('the log is verified from the page, and the verdict is shown', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Audit log');
  await page.getByRole('button', { name: 'Verify now' }).click();
  await page.getByText('Records read').waitFor();
  await page.getByText(/^intact/u).waitFor();
});

test('a hold is made and ended', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Holds');
  await page.getByRole('button', { name: 'New hold' }).click();
  await dialogOf(page).getByLabel('Tenant').selectOption('acme');
  await dialogOf(page).getByLabel('Reason').fill('a case at court');
  await dialogOf(page).getByRole('button', { name: 'Hold it' }).click();
  const row = page.getByRole('row', { name: /a case at court/u });
  await row.getByRole('button', { name: /^Release/u }).click();
  await dialogOf(page).getByRole('button', { name: 'End the hold' }).click();
  await page.getByText('Nothing is held.').waitFor();
});

test('a person is forgotten, and the receipt is shown once and downloaded', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Erasure');
  await page.getByLabel('Tenant').selectOption('acme');
  await page.getByLabel('User', { exact: true }).fill('gone');
  await page.getByRole('button', { name: 'Forget the person' }).click();
  await dialogOf(page).getByText('gone in acme').waitFor();
  await dialogOf(page).getByRole('button', { name: 'Forget them' }).click();
  const receipt = page.getByRole('status', { name: 'Receipt' });
  await receipt.waitFor();
  const salt = await receipt.locator('dd').last().textContent();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    receipt.getByRole('button', { name: 'Download the receipt' }).click(),
  ]);
  assert.match(download.suggestedFilename(), /^ers_\w+\.json$/u);
  const stream = await download.createReadStream();
  assert.equal((JSON.parse(await text(stream)) as { readonly salt: string }).salt, salt);
  await receipt.getByRole('button', { name: 'I have it' }).click();
  await receipt.waitFor({ state: 'detached' });
});

test('a limit is written, shown as a difference, and in force only then', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Configuration');
  await page.getByRole('button', { name: 'limits' }).click();
  await page.getByRole('button', { name: 'New entry' }).click();
  await dialogOf(page).getByLabel('Name').fill('slow');
  await dialogOf(page).getByRole('button', { name: 'Show what would differ' }).click();
  await dialogOf(page)
    .getByRole('row', { name: /limits changed .*slow/u })
    .waitFor();
  await viewer.shot('config-difference');
  assert.equal(await page.locator('table[aria-rowcount] code', { hasText: /^slow$/u }).count(), 0);
  await dialogOf(page).getByRole('button', { name: 'Apply' }).click();
  await page.getByRole('row', { name: /slow/u }).waitFor();
});

test('what a field has wrong is said at the field, and what was written stays', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Teams');
  await page.getByRole('button', { name: 'New team' }).click();
  const id = dialogOf(page).getByLabel('Id');
  await id.fill('Not An Id');
  await dialogOf(page).getByRole('button', { name: 'Make it' }).click();
  await dialogOf(page).getByRole('alert').first().waitFor();
  assert.equal(await id.getAttribute('aria-invalid'), 'true');
  assert.equal(await id.inputValue(), 'Not An Id');
  await page.keyboard.press('Escape');
  await dialogOf(page).waitFor({ state: 'detached' });
});

test('every page is reached without a mouse, by Ctrl K, and the address leads back to it', async () => {
  const { page } = viewer;
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Page' }).fill('sinks');
  await viewer.shot('palette');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Sinks' }).waitFor();
  assert.match(page.url(), /\/sinks$/u);
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: 'Teams' }).waitFor();
  await settled(page);
});

test('a viewer of one tenant sees only the pages that the role permits, and no refusal', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Admin tokens');
  await page.getByRole('button', { name: 'New token' }).click();
  await dialogOf(page).getByLabel('Role').selectOption('viewer');
  await dialogOf(page).getByLabel('Of').selectOption('acme');
  await dialogOf(page).getByRole('button', { name: 'Make it' }).click();
  const token = await dialogOf(page)
    .getByLabel(/shown this once/u)
    .inputValue();
  const other = await chromium.view(house.adminUrl);
  await signIn(other, token);
  const links = other.page.getByRole('navigation', { name: 'Pages' }).getByRole('link');
  const titles = await links.allTextContents();
  assert.ok(titles.includes('Keys') && titles.includes('Usage'), titles.join());
  for (const hidden of [
    'Models',
    'Approvals',
    'Configuration',
    'Holds',
    'Accounts',
    'My account',
  ]) {
    assert.ok(!titles.includes(hidden), hidden);
  }
  assert.equal(titles.length, 16, titles.join());
  // Those where most is left out for this role.
  for (const title of ['Overview', 'Security', 'Usage', 'Users', 'Roles', 'Provider secrets'])
    await goTo(other, title);
  await goTo(other, 'Keys');
  assert.equal(await other.page.getByRole('button', { name: 'New key' }).count(), 0);
  assert.deepEqual(other.complaints, []);
  await other.context.close();
});

test('the browser has complained of nothing but what was wrong on purpose', () => {
  const unexpected = viewer.complaints.filter((text) => !/status of 400/u.test(text));
  assert.deepEqual(unexpected, []);
});
