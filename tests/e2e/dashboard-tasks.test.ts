/** The dashboard's main tasks, done as a person would, in a real browser. */
import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';

import { addPerson } from '#admin/people/people.contract.ts';

import { drawnSecret } from '../support/canary-secrets.ts';
import {
  type Chromium,
  dialogOf,
  goTo,
  inaccessible,
  openChromium,
  settled,
  signIn,
  type Viewer,
} from '../support/chromium.ts';
import { BASE, bearer, chat, type House, openHouse, post } from '../support/house.ts';
import { eventually } from '../support/programs.ts';

/** Something of each kind that a page is for. */
const CONFIG = `providers:
  demo: { type: demo }
  vendor: { type: openai, baseUrl: "https://api.example.com/v1" }
models:
  demo: { deployments: [{ provider: demo }], price: { inputPerMTok: 1, outputPerMTok: 2 } }
guards:
  - { name: pins, type: tool-pins, action: alert }
  - { name: money, type: tool-calls, tools: ["pay*"], action: block, approval: 30s }
audit: { content: full, sinks: [{ name: copy, type: file, path: ./copy.jsonl }] }
alertRules:
  receivers: [{ name: team, type: slack, url: https://chat.example.com/hook }]
  rules: [{ name: down, type: provider-down, for: 10m, receivers: [team] }]
${BASE}`;

let house: House;
let chromium: Chromium;
let viewer: Viewer;

before(async () => {
  chromium = await openChromium();
  house = await openHouse(CONFIG);
  viewer = await chromium.view(house.adminUrl);
  await signIn(viewer, house.running.adminToken ?? '');
});
after(async () => {
  await chromium?.close();
  await house?.close();
});

/** The index of the log is a moment behind it. */
const indexed = (user: string): Promise<void> =>
  eventually(async () => {
    const { rows } = await house.running.world.auditRoom.index.search({
      filter: { user, isEnd: true },
      limit: 1,
      after: null,
    });
    assert.equal(rows.length, 1, user);
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
  // And of every model that there is, by which rule.
  for (const [user, told] of [
    ['ann', /^demo Allowed asker\[0\]/u],
    ['bob', /^demo Denied/u],
  ] as const) {
    await page.getByLabel('User', { exact: true }).fill(user);
    await page.getByRole('button', { name: 'Ask of every model' }).click();
    await page.getByRole('row', { name: told }).waitFor();
  }
});

test('a binding to claims is written, read back as it was, and a line that is none is said', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Bindings');
  await page.getByRole('button', { name: 'New binding' }).click();
  await dialogOf(page).getByLabel('Tenant').selectOption('acme');
  await dialogOf(page).getByLabel('Role').fill('viewer');
  const claims = dialogOf(page).getByLabel('Claims');
  await claims.fill('iss: https://idp.example.com/\ndepartment');
  await dialogOf(page).getByRole('button', { name: 'Bind' }).click();
  await dialogOf(page).getByText('Line 2 of the claims is none').waitFor();
  await claims.fill('iss: https://idp.example.com/\ndepartment: risk | audit');
  await dialogOf(page).getByRole('button', { name: 'Bind' }).click();
  const row = page.getByRole('row', { name: /viewer.*department: risk \| audit/u });
  await row.getByRole('button', { name: 'Edit' }).click();
  assert.equal(
    await claims.inputValue(),
    'iss: https://idp.example.com/\ndepartment: risk | audit',
  );
  await dialogOf(page).getByLabel('Service accounts').fill('nightly');
  await dialogOf(page).getByRole('button', { name: 'Save' }).click();
  await page.getByRole('row', { name: /nightly/u }).waitFor();
  const { items } = await house.running.world.storage.bindings.list({ tenant: 'acme', limit: 50 });
  const made = items.find(({ serviceAccounts }) => serviceAccounts.includes('nightly'));
  assert.deepEqual(made?.claims, {
    iss: ['https://idp.example.com/'],
    department: ['risk', 'audit'],
  });
});

test('the log is verified from the page, and the verdict is shown', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Audit log');
  await page.getByRole('button', { name: 'Verify now' }).click();
  await page.getByText('Records read').waitFor();
  await page.getByText(/^intact/u).waitFor();
  const kept = page.getByRole('region', { name: 'Retention' });
  await kept.getByText('400d', { exact: true }).waitFor();
  await kept.getByText('is taken away every hour').waitFor();
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

test('a person is given what is kept, and is forgotten; the receipt is shown once and downloaded', async () => {
  const { page } = viewer;
  const key = await house.key({ user: 'gone' });
  const said = await post(`${house.url}/v1/chat/completions`, chat('hello'), bearer(key));
  assert.equal(said.status, 200, said.text);
  await indexed('gone');
  await goTo(viewer, 'Erasure');
  await page.getByLabel('Tenant').selectOption('acme');
  await page.getByLabel('User', { exact: true }).fill('gone');
  const [kept] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download what is kept' }).click(),
  ]);
  const given = (await text(await kept.createReadStream())).trim().split('\n');
  const users = given.map((line) => (JSON.parse(line) as { record: { user: string } }).record.user);
  assert.deepEqual(users, ['gone', 'gone'], 'the beginning and the end of one call');
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
  // The fields are there to be read, and what does not fit them is said while it is written.
  const help = dialogOf(page).getByRole('region', { name: 'What it may say' });
  await help.getByText('Its fields are there.').waitFor();
  await help.getByText('token-bucket: a steady rate').waitFor();
  await help.getByRole('button', { name: 'Add burst' }).click();
  const area = dialogOf(page).getByRole('textbox', { name: 'As the file would say it' });
  const written = JSON.parse(await area.inputValue()) as Record<string, unknown>;
  assert.deepEqual(written, { per: ['key'], requests: '60/1m', burst: 1 });
  await area.fill('{ "per": ["key"], "request": "60/1m" }');
  await help.getByText('There is no field request here.').waitFor();
  assert.deepEqual(await inaccessible(page), []);
  await viewer.shot('config-fields');
  await area.fill('{ "per": ["key"], "requests": "60/1m" }');
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

const PAID = { type: 'object', properties: { to: { type: 'string' } }, required: ['to'] };
const PAY = {
  type: 'function',
  function: { name: 'pay', parameters: PAID },
};

test('a tool call that waits for a person is shown with its arguments, and let through', async () => {
  const { page } = viewer;
  const key = await house.key({ user: 'buyer' });
  const asked = post(
    `${house.url}/v1/chat/completions`,
    chat('use tool pay with ACC-1', { tools: [PAY] }),
    bearer(key),
  );
  await goTo(viewer, 'Approvals');
  await page.getByText('pay for', { exact: false }).waitFor();
  assert.match((await page.locator('.waiting pre').textContent()) ?? '', /"to":/u);
  await page.getByRole('button', { name: 'Let it through' }).click();
  await page.getByText('No tool call waits').waitFor();
  const answer = await asked;
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.text, /"name":"pay"/u);
});

test('what was said is shown with leave, from the request that it was said in', async () => {
  const { page } = viewer;
  const key = await house.key({ user: 'poet' });
  await post(`${house.url}/v1/chat/completions`, chat('a word of the sea'), bearer(key));
  await indexed('poet');
  await goTo(viewer, 'Requests');
  await page.getByRole('grid', { name: 'Records' }).getByText('poet').first().click();
  const link = page.getByRole('link', { name: 'Ask to see it' });
  await link.waitFor();
  assert.doesNotMatch((await page.locator('main').textContent()) ?? '', /a word of the sea/u);
  await link.click();
  await page.getByRole('button', { name: 'Ask for leave' }).click();
  await dialogOf(page).getByLabel('Reason').fill('a complaint');
  await dialogOf(page).getByRole('button', { name: 'Ask', exact: true }).click();
  await page
    .getByRole('row', { name: /a complaint/u })
    .getByRole('button', { name: /^Reveal/u })
    .click();
  await dialogOf(page).getByRole('button', { name: 'Show it' }).click();
  await dialogOf(page).getByText('a word of the sea').first().waitFor();
  await page.keyboard.press('Escape');
});

test('a person is suspended and let in again, and a key gets another secret', async () => {
  const { page } = viewer;
  const [old, other] = [await house.key({ user: 'carl', name: 'of carl' }), 'carl'];
  const status = async (key: string): Promise<number> =>
    (await post(`${house.url}/v1/chat/completions`, chat('hello'), bearer(key))).status;
  await goTo(viewer, 'Users');
  await page.getByRole('button', { name: 'New user' }).click();
  await dialogOf(page).getByLabel('Id').fill(other);
  await dialogOf(page).getByLabel('Tenant').selectOption('acme');
  await dialogOf(page).getByRole('button', { name: 'Make it' }).click();
  const row = page.getByRole('row', { name: /^carl/u });
  for (const [verb, sure, state] of [
    ['Suspend', 'Suspend', 'suspended'],
    ['Resume', 'Let them call', 'active'],
  ] as const) {
    await row.getByRole('button', { name: new RegExp(`^${verb}`, 'u') }).click();
    await dialogOf(page)
      .getByRole('button', { name: new RegExp(`^${sure}`, 'u') })
      .click();
    await row.getByText(state, { exact: true }).waitFor();
    assert.equal((await status(old)) === 200, state === 'active', state);
  }
  await goTo(viewer, 'Keys');
  await page
    .getByRole('row', { name: /of carl/u })
    .getByRole('button', { name: /^Rotate/u })
    .click();
  await dialogOf(page).getByLabel('The old secret still works for').fill('0s');
  await dialogOf(page).getByRole('button', { name: 'Rotate' }).click();
  const fresh = await dialogOf(page)
    .getByLabel(/shown this once/u)
    .inputValue();
  await dialogOf(page).getByRole('button', { name: 'I have it' }).click();
  assert.deepEqual([await status(fresh), await status(old)], [200, 401]);
});

test('what is used is seen by whoever used it, and is a file', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Usage');
  await page.getByLabel('Grouped by').selectOption('user');
  await page.getByLabel('Show').selectOption('requests');
  await page
    .getByRole('region', { name: 'Sums' })
    .getByRole('row', { name: /^poet 1 /u })
    .waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download every line as CSV' }).click(),
  ]);
  const lines = (await text(await download.createReadStream())).trim().split('\n');
  assert.match(lines[0] ?? '', /^from,to,tenant,team,user,key,model,provider,/u);
  assert.equal(lines.filter((line) => line.includes(',acme,,poet,')).length, 1);
});

test('an alert is kept quiet with a reason, and the quiet is ended', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Alerts');
  await page
    .getByRole('row', { name: /^down/u })
    .getByRole('button', { name: /^Silence/u })
    .click();
  await dialogOf(page).getByLabel('Why').fill('a move of house');
  await dialogOf(page).getByRole('button', { name: 'Silence it' }).click();
  const row = page.getByRole('row', { name: /a move of house/u });
  await row.getByRole('button', { name: /^End/u }).click();
  await dialogOf(page).getByRole('button', { name: 'End it' }).click();
  await page.getByText('It is ended.').waitFor();
});

test('a secret of a tenant is set and shown nowhere; a sink is tried; a pin is forgotten', async () => {
  const { page } = viewer;
  const secret = drawnSecret();
  await goTo(viewer, 'Provider secrets');
  await page.getByRole('button', { name: 'Set a secret' }).click();
  await dialogOf(page).getByLabel('Provider').fill('vendor');
  await dialogOf(page).getByLabel('Secret', { exact: true }).fill(secret);
  await dialogOf(page).getByRole('button', { name: 'Keep it' }).click();
  const row = page.getByRole('row', { name: /^vendor https:\/\/api\.example\.com/u });
  await row.waitFor();
  assert.ok(!(await page.content()).includes(secret));
  await row.getByRole('button', { name: /^Remove/u }).click();
  await dialogOf(page).getByRole('button', { name: 'Remove it' }).click();
  await page.getByText('This tenant has brought none').waitFor();
  await goTo(viewer, 'Sinks');
  await page.getByRole('button', { name: 'Test: copy' }).click();
  await page.getByText(/^copy took it in/u).waitFor();
  await goTo(viewer, 'Tool pins');
  await page
    .getByRole('row', { name: /^pay/u })
    .getByRole('button', { name: /^Forget/u })
    .click();
  await dialogOf(page).getByRole('button', { name: 'Forget the pin' }).click();
  await page.getByText('No tools are pinned.').waitFor();
});

test('a run is looked into and ended, and so is the session of somebody else', async () => {
  const { page } = viewer;
  const key = await house.key({ user: 'agent' });
  const run = await post(
    `${house.url}/v1/runs`,
    { name: 'nightly', usd: 1, wallTime: '30m' },
    bearer(key),
  );
  assert.ok(run.status < 300, run.text);
  await goTo(viewer, 'Runs');
  const row = page.getByRole('row', { name: /nightly/u });
  await row.getByRole('button', { name: /^Spent/u }).click();
  await dialogOf(page).getByText('Spent, USD').waitFor();
  await page.keyboard.press('Escape');
  await row.getByRole('button', { name: /^End/u }).click();
  await dialogOf(page).getByRole('button', { name: 'End the run' }).click();
  await row.getByText('ended', { exact: true }).waitFor();
  const { storage, peppers } = house.running.world;
  const { account } = await addPerson({ storage, peppers, nowMs: Date.now() });
  await goTo(viewer, 'Sessions');
  await page
    .getByRole('row', { name: new RegExp(`^${account.login}`, 'u') })
    .getByRole('button', { name: /^End/u })
    .click();
  await dialogOf(page).getByRole('button', { name: 'End the session' }).click();
  await page.getByText('Nobody is signed in with a session.').waitFor();
  await goTo(viewer, 'Accounts');
  const login = page.getByRole('row', { name: new RegExp(`^${account.login}`, 'u') });
  await login.getByRole('button', { name: /^Disable/u }).click();
  await dialogOf(page).getByRole('button', { name: 'Disable' }).click();
  await login.getByText('disabled').waitFor();
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
  assert.equal(titles.length, 17, titles.join());
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
