/** UI-01: what callers, models and tools say is in records; the pages of requests show it as text. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openAdmin } from '../support/admin.ts';
import {
  type Chromium,
  goTo,
  openChromium,
  settled,
  signIn,
  type Viewer,
} from '../support/chromium.ts';
import { BASE, bearer, chat, DEMO, type House, openHouse, post } from '../support/house.ts';
import { ALL_PAYLOADS, PAYLOADS } from '../support/markup-payloads.ts';
import { IS_FULL } from '../support/streams.ts';

let house: House;
let chromium: Chromium;
let viewer: Viewer;

/** What a field of a page and a line of an answer keep as they are. */
const isPlain = (text: string): boolean => /^[\x20-\x7e]+$/u.test(text);

/** Those that an identity could have: printable, and bounded. */
const CARRIED = PAYLOADS.filter((text) => /^[\x20-\x7e]{1,128}$/u.test(text));

before(async () => {
  chromium = await openChromium();
  house = await openHouse(`${DEMO}guards: []\n${BASE}`);
  const { token } = await openAdmin(house);
  for (const text of CARRIED) {
    const key = await house.key({ user: text });
    const tool = { type: 'function', function: { name: text, parameters: {} } };
    const said = chat(text, { user: text, tools: [tool], metadata: { text } });
    await post(`${house.url}/v1/chat/completions`, said, bearer(key));
    await post(`${house.url}/v1/chat/completions`, chat(text, { user: text }), bearer(key));
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

test('UI-01: prompts, users and tools of callers are text in the list and in each request', async () => {
  const { page } = viewer;
  assert.ok(CARRIED.length >= 40);
  await goTo(viewer, 'Requests');
  const users = await page.locator('.records td:nth-child(4)').allTextContents();
  assert.ok(users.length > 20);
  // A dash: a refusal of strangers, who have no name.
  const named = users.filter((user) => user !== '–');
  assert.ok(named.every((user) => CARRIED.includes(user)));
  assert.ok(new Set(named).size > 5);
  for (const at of [0, 3, 6, 9]) {
    await page.locator('.records tbody tr[aria-rowindex]').nth(at).click();
    await page.getByRole('heading', { name: /^(?:Request|Record) /u }).waitFor();
    await page.getByText('The whole record').first().click();
    await page.goBack();
    await settled(page);
  }
  assert.equal(await executed(), false);
  assert.deepEqual(viewer.complaints, []);
});

/** Every text of it replaced: whatever a later version lets through, the page shows as text. */
function poisoned(value: unknown, text: string): unknown {
  if (typeof value === 'string')
    return /^\d{4}-\d\d-\d\dT|^main$|^(?:complete|deny)$/u.test(value) ? value : text;
  if (Array.isArray(value)) return value.map((one) => poisoned(one, text));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, poisoned(one, text)]),
  );
}

const RECORD = {
  record: {
    writer: 'main',
    seq: 7,
    at: '2026-11-27T08:00:00.000Z',
    kind: 'complete',
    auth: 'x',
    key: 'x',
    user: 'x',
    model: 'x',
    reason: 'x',
    role: 'x',
    rule: 'x',
    onBehalfOf: 'x',
    contentRef: 'x',
    guards: [{ name: 'x', mode: 'x', action: 'x', category: 'x', position: 'x', notScanned: 'x' }],
    attempts: [{ provider: 'x', deployment: 'x', fault: 'x' }],
    limits: [{ name: 'x', remaining: 1 }],
    reservation: { id: 'x', estimateNanoUsd: 1, estimateTokens: 1 },
    usage: { inputTokens: 1, outputTokens: 1, costNanoUsd: 1, source: 'x', priceVersion: 'x' },
    timings: { totalMs: 1 },
  },
  erased: ['x'],
};

test('UI-01: a record in which every text is hostile is shown, whole, and nothing of it runs', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Requests');
  const hostile = { text: '' };
  await page.route('**/admin/v1/audit/records/main/*', (route) =>
    route.fulfill({ json: poisoned(RECORD, hostile.text) }),
  );
  // All of them are in one record below; what only a record for each can show, some show.
  const some = IS_FULL ? PAYLOADS : PAYLOADS.filter((_, at) => at % 5 === 0);
  for (const [at, text] of some.entries()) {
    hostile.text = text;
    await page.evaluate(`history.pushState(null, '', './overview');
      dispatchEvent(new PopStateEvent('popstate'));
      history.pushState(null, '', './requests?record=main:${at + 1}');
      dispatchEvent(new PopStateEvent('popstate'))`);
    await page.getByRole('heading', { name: 'Record main:7', exact: true }).waitFor();
    await page.getByRole('heading', { name: 'What was decided' }).waitFor();
    const guard = await page.locator('.timeline td code').first().textContent();
    if (/^[\x20-\x7e]*$/u.test(text)) assert.equal(guard, text);
    const unexpected = await page
      .locator('main :is(script, img, svg, iframe, object, style)')
      .count();
    assert.equal(unexpected, 0, text);
  }
  await page.unroute('**/admin/v1/audit/records/main/*');
  assert.equal(await executed(), false);
  assert.deepEqual(
    viewer.complaints.filter((one) => !/status of 40[04]/u.test(one)),
    [],
  );
});

const AT = '2026-11-27T08:00:00.000Z';

/** As the gateway would answer, had it let such names through: by address, what it says of each text. */
const HOSTILE: readonly (readonly [
  title: string,
  address: string,
  item: (text: string) => object,
])[] = [
  [
    'Tool pins',
    '**/admin/v1/tool-pins*',
    (text) => ({ tool: text, tenant: text, owner: text, pinnedAt: AT, changedAt: AT, version: 1 }),
  ],
  [
    'Holds',
    '**/admin/v1/holds',
    (text) => ({ tenant: text, user: text, reason: text, actor: text, isOfPlatform: true, at: AT }),
  ],
  [
    'Approvals',
    '**/admin/v1/approvals',
    (text) => ({
      tool: text,
      tenant: text,
      owner: text,
      model: text,
      reasons: [{ guard: text, category: text }],
      arguments: JSON.stringify({ [text]: text }),
      endsAt: AT,
    }),
  ],
];

const markup = () =>
  viewer.page
    .locator('main :is(script, img, iframe, object, style, a[href^="javascript:"])')
    .count();

test('UI-01: three hundred, as names of tools, as reasons, as arguments, and in one record', async () => {
  const { page } = viewer;
  for (const [title, address, item] of HOSTILE) {
    const items = ALL_PAYLOADS.map((text, at) => ({ id: `x-${at}`, ...item(text) }));
    await page.route(address, (route) => route.fulfill({ json: { items, next: null } }));
    await goTo(viewer, title);
    await page.locator('main :is(tbody tr, .waiting)').nth(299).waitFor();
    const shown = (await page.locator('main').textContent()) ?? '';
    for (const text of ALL_PAYLOADS.filter(isPlain)) assert.ok(shown.includes(text), text);
    assert.deepEqual([await markup(), await executed()], [0, false], title);
    await page.unroute(address);
  }
  const guards = ALL_PAYLOADS.map((text) => poisoned(RECORD.record.guards[0], text));
  const limits = ALL_PAYLOADS.map((name) => ({ name, remaining: 1 }));
  const record = { ...RECORD, record: { ...RECORD.record, guards, limits } };
  await page.route('**/admin/v1/audit/records/main/*', (route) => route.fulfill({ json: record }));
  await goTo(viewer, 'Requests');
  await page.evaluate(`history.pushState(null, '', './requests?record=main:7');
    dispatchEvent(new PopStateEvent('popstate'))`);
  await page.locator('.timeline tbody tr').nth(299).waitFor();
  const shown = (await page.locator('main').textContent()) ?? '';
  for (const text of ALL_PAYLOADS.filter(isPlain)) assert.ok(shown.includes(text), text);
  assert.deepEqual([await markup(), await executed()], [0, false]);
  await page.unroute('**/admin/v1/audit/records/main/*');
  assert.deepEqual(
    viewer.complaints.filter((one) => !/status of 40[04]/u.test(one)),
    [],
  );
});

test('UI-01: what is prompted and answered in the playground is text', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Playground');
  await page.getByRole('button', { name: 'Make one for 15 minutes' }).click();
  await page.getByText('Made in acme').waitFor();
  // All of them, in one prompt and its answer; then some alone, where nothing stands around them.
  for (const text of [ALL_PAYLOADS.filter(isPlain).join(' '), ...PAYLOADS.slice(0, 6)]) {
    await page.getByLabel('Prompt', { exact: true }).fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
    const answer = page.getByLabel('The answer');
    await answer.filter({ hasText: text }).waitFor();
    assert.equal(await answer.textContent(), `You said: ${text}`);
    assert.ok(((await page.locator('pre.code').textContent()) ?? '').includes('LLMPROXY_KEY'));
    assert.equal(
      await page.locator('main :is(script, img, svg, iframe, object, style)').count(),
      0,
    );
  }
  assert.equal(await executed(), false);
});
