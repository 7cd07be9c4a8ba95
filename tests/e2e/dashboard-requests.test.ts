/** The explorer of requests, as a person uses it: found, read step by step, and proven in the browser. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';

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
import { PROGRAM } from '../support/gateway-process.ts';
import { BASE, bearer, chat, type House, openHouse, post } from '../support/house.ts';
import { eventually } from '../support/programs.ts';

const YAML = `providers:
  demo: { type: demo }
  gone: { type: openai, baseUrl: "http://127.0.0.1:9/v1", allowPrivateAddress: true }
models:
  demo: { deployments: [{ provider: demo }], price: { inputPerMTok: 1, outputPerMTok: 2 } }
  either: { deployments: [{ provider: gone, weight: 1 }, { provider: demo, weight: 0 }] }
limits: [{ name: per-key, per: [key], algorithm: token-bucket, requests: 600/1d, burst: 200 }]
audit: { checkpoint: { every: 1s } }
guards:
  - { name: house, type: topics, on: [request], rules: [{ match: "project falcon", action: block }] }
  - { name: pii, type: pii, on: [request, reply], mode: enforce, action: pseudonymise }
${BASE}`;

let house: House;
let chromium: Chromium;
let viewer: Viewer;
let key = '';
let folder = '';
let publicKey = '';

const say = (content: string, more: object = {}) =>
  post(`${house.url}/v1/chat/completions`, chat(content, more), bearer(key));

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llmproxy-requests-'));
  chromium = await openChromium();
  house = await openHouse(YAML);
  key = await house.key({});
  for (let calls = 0; calls < 30; calls += 1) assert.equal((await say('hello')).status, 200);
  assert.equal((await say('write to ann@example.com', { stream: true })).status, 200);
  assert.equal((await say('about project falcon')).status, 400);
  assert.equal((await say('elsewhere', { model: 'either' })).status, 200);
  publicKey = house.running.world.auditRoom.signing.status().key;
  viewer = await chromium.view(house.adminUrl);
  await signIn(viewer, house.running.adminToken ?? '');
});
after(async () => {
  await chromium?.close();
  await house?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a refusal is found by its filter, kept as a view, and opened with the keyboard', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Requests');
  const grid = page.getByRole('grid', { name: 'Records' });
  await grid.getByRole('row').nth(30).waitFor();
  await page.getByLabel('Decision', { exact: true }).focus();
  await page.getByLabel('Decision', { exact: true }).selectOption('deny');
  await grid.getByText('content-blocked: house').waitFor();
  assert.equal(await grid.getByRole('row').count(), 2, 'the head, and the one that was refused');
  assert.match(page.url(), /\?decision=deny$/u);
  assert.equal(
    await page.evaluate("document.activeElement.getAttribute('name')"),
    'decision',
    'the field that was changed keeps the focus',
  );
  await page.getByRole('button', { name: 'Keep this search' }).click();
  await dialogOf(page).getByLabel('Name').fill('What was refused');
  await dialogOf(page).getByRole('button', { name: 'Keep it' }).click();
  const view = page.getByRole('button', { name: 'What was refused', exact: true });
  await view.waitFor();
  await page.getByRole('button', { name: 'All requests' }).click();
  await grid.getByRole('row').nth(30).waitFor();
  assert.equal(await page.getByLabel('Decision', { exact: true }).inputValue(), '');
  await view.click();
  await grid.getByText('content-blocked: house').waitFor();
  assert.equal(await page.getByLabel('Decision', { exact: true }).inputValue(), 'deny');
  await grid.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /^Request req_/u }).waitFor();
  await page.getByText('Denied', { exact: true }).waitFor();
  await page.getByText('house stopped it.').waitFor();
  await page.getByRole('link', { name: '← All requests' }).click();
  await grid.getByText('content-blocked: house').waitFor();
  assert.match(page.url(), /\?decision=deny$/u, 'the way back is to the same search');
  assert.deepEqual(viewer.complaints, []);
});

async function openAllowed(): Promise<void> {
  const { page } = viewer;
  await page.goto(`${house.adminUrl}/requests?guard=pii`);
  await signIn(viewer, token);
  await page.getByRole('grid').getByText('pii/email pseudonymise').click();
  await page.getByRole('heading', { name: /^Request req_/u }).waitFor();
}

let token = '';

test('a request is a timeline of its decisions, and none of its text is there', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Admin tokens');
  await page.getByRole('button', { name: 'New token' }).click();
  await dialogOf(page).getByLabel('Role').selectOption('platform-admin');
  await dialogOf(page).getByRole('button', { name: 'Make it' }).click();
  token = await dialogOf(page)
    .getByLabel(/shown this once/u)
    .inputValue();
  await openAllowed();
  const steps = await page.locator('.timeline h3').allTextContents();
  assert.deepEqual(steps, [
    'Credential',
    'Rights',
    'Limits',
    'Guards',
    'Provider',
    'Usage and cost',
    'Time',
    'What was said',
  ]);
  for (const told of [
    'Proven by an API key',
    'Allowed by the rule developer[0] of the role developer',
    'put a pseudonym there',
    'Answered by demo at once.',
    'To the first byte',
    'tokens were held for it.',
    'It was not kept.',
  ])
    await page.getByText(told).first().waitFor();
  // What the limit had left when it was this call's turn: 200 at once, and some were used before.
  const limit = page.locator('.timeline dl > div', { hasText: 'per-key' });
  assert.match((await limit.textContent()) ?? '', /^per-key1[67]\d left$/u);
  assert.doesNotMatch((await page.locator('main').textContent()) ?? '', /ann@example\.com/u);
  await settled(page);
  assert.deepEqual(await inaccessible(page), []);
  for (const theme of ['light', 'dark'] as const) {
    await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
    await viewer.page.screenshot({
      path: join(
        import.meta.dirname,
        '..',
        '..',
        'build',
        'screenshots',
        `one-request-${theme}.png`,
      ),
      fullPage: true,
    });
  }
});

test('a call that went elsewhere shows each attempt, with what was wrong', async () => {
  const { page } = viewer;
  await page.goto(`${house.adminUrl}/requests?model=either`);
  await signIn(viewer, token);
  await page.getByRole('grid').getByText('either').first().click();
  await page.getByText('Answered by demo at attempt').waitFor();
  const attempts = page.locator('.attempts li');
  await attempts.filter({ hasText: 'first:either/gone/either/0' }).first().waitFor();
  await attempts.filter({ hasText: 'fallback:either/demo/either/1' }).waitFor();
  assert.deepEqual(viewer.complaints, []);
  await openAllowed();
});

test('its proof is checked in the page, against the gateway’s key and one that is kept here', async () => {
  const { page } = viewer;
  const end = page.getByRole('region', { name: /^In the log: record main:\d+, the end/u });
  await end.getByText('Proven as far as the gateway’s own key goes').waitFor({ timeout: 30_000 });
  await end.getByRole('button', { name: 'Paste a key' }).click();
  const [name, id, encoded = ''] = publicKey.split('+');
  await end.getByLabel('Public key of the log').fill(`${name}+00000000+${encoded}`);
  await end.getByRole('button', { name: 'Keep it' }).click();
  await end.getByText('Your key is not the text of a key').waitFor();
  await end.getByText('Not proven to you').waitFor();
  await end.getByRole('button', { name: 'Change it' }).click();
  await end.getByLabel('Public key of the log').fill(publicKey);
  await end.getByRole('button', { name: 'Keep it' }).click();
  await end.getByText('Proven: this record is in the log that your key signed.').waitFor();
  assert.ok(id !== undefined);
  await viewer.shot('proof');
  assert.deepEqual(await inaccessible(page), []);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    end.getByRole('button', { name: 'Download the proof' }).click(),
  ]);
  const proof = await text(await download.createReadStream());
  const path = join(folder, download.suggestedFilename());
  writeFileSync(path, proof);
  const ran = spawnSync(PROGRAM, ['audit', 'check', path, '--pubkey', publicKey]);
  assert.equal(ran.status, 0, ran.stderr.toString());
  assert.match(ran.stdout.toString(), /in the log .*signed by/u);
});

test('a gateway that gives the proof of another record, or a changed one, is found out', async () => {
  const { page } = viewer;
  const address = '**/admin/v1/audit/records/main/*/proof';
  const shown = page.getByRole('region', { name: /^In the log: record main:\d+, the end/u });
  await page.route(address, async (route) => {
    const other = route
      .request()
      .url()
      .replace(/main\/\d+/u, 'main/1');
    const headers = bearer(token);
    const answer = await fetch(other, { headers });
    await route.fulfill({ body: await answer.text(), contentType: 'application/json' });
  });
  await openAllowed();
  await shown.getByText('The proof is of another record').waitFor();
  await shown.getByText('This proves nothing').waitFor();
  await page.unroute(address);
  await page.route(address, async (route) => {
    const answer = await fetch(route.request().url(), { headers: bearer(token) });
    const said = (await answer.json()) as { readonly proof: string; readonly key: string };
    const proof = said.proof.replace(
      /\nindex (\d+)\n/u,
      (_all, index) => `\nindex ${Number(index) - 1}\n`,
    );
    await route.fulfill({ json: { ...said, proof } });
  });
  await openAllowed();
  await shown.getByText('It is not in the tree that was signed').waitFor();
  await shown.getByText('This proves nothing').waitFor();
  await page.unroute(address);
  assert.deepEqual(viewer.complaints, []);
});

test('without a secure context the page says that it cannot check, and what to do', async () => {
  const other = await viewer.context.newPage();
  await other.addInitScript(
    'Object.defineProperty(Crypto.prototype, "subtle", { get: undefined })',
  );
  await other.addInitScript('delete Crypto.prototype.subtle');
  const { page } = { page: other };
  await page.goto(viewer.page.url());
  await signIn({ ...viewer, page }, token);
  await page.getByText('This page cannot check it').first().waitFor();
  await page.getByText('llmproxy audit check').first().waitFor();
  await page.close();
});

test('the live view shows what comes, holds while it is paused, and goes on with all of it', async () => {
  const { page } = viewer;
  await page.goto(`${house.adminUrl}/requests?decision=allow`);
  await signIn(viewer, token);
  await page.getByRole('button', { name: 'Live', exact: true }).click();
  await page.getByText('live', { exact: true }).waitFor();
  assert.match(page.url(), /live=yes/u);
  const rows = page.getByRole('grid', { name: 'Records' }).locator('tbody tr');
  for (let calls = 0; calls < 3; calls += 1) await say('hello');
  await say('about project falcon');
  await page.getByText('3 came').waitFor();
  assert.equal(await rows.count(), 3, 'the filter holds for what comes too');
  await viewer.shot('live');
  await page.getByRole('button', { name: 'Pause' }).click();
  for (let calls = 0; calls < 4; calls += 1) await say('hello');
  await page.getByText('7 came, 4 wait').waitFor();
  assert.equal(await rows.count(), 3);
  assert.deepEqual(await inaccessible(page), []);
  await page.getByRole('button', { name: 'Go on' }).click();
  await eventually(async () => assert.equal(await rows.count(), 7));
  await page.getByRole('button', { name: 'End the live view' }).click();
  await rows.nth(7).waitFor();
  assert.deepEqual(viewer.complaints, []);
});

test('reports are saved as files, of the tenant and time that were asked for', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Reports');
  for (const [button, name, said] of [
    ['Refusals and erasures: A page to print', /^denied-[\dT-]+\.html$/u, /content-blocked/u],
    ['Findings of guards: CSV', /^findings-[\dT-]+\.csv$/u, /pii/u],
    ['Integrity of the log: JSON', /^integrity\.json$/u, /"name":"integrity"/u],
  ] as const) {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: button }).click(),
    ]);
    assert.match(download.suggestedFilename(), name);
    assert.match(await text(await download.createReadStream()), said);
  }
  await page.getByLabel('From').fill('yesterday');
  await page.getByRole('button', { name: 'Changes: CSV' }).click();
  await page.getByRole('alert').getByText('from').waitFor();
  assert.deepEqual(
    viewer.complaints.filter((one) => !/status of 400/u.test(one)),
    [],
  );
});
