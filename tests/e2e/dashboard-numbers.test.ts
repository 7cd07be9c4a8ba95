/** What happens in the gateway is seen in the dashboard: numbers, findings, limits, budgets, changes. */
import assert from 'node:assert/strict';
import { text as textOf } from 'node:stream/consumers';
import { after, before, test } from 'node:test';

import {
  type Chromium,
  dialogOf,
  goTo,
  inaccessible,
  openChromium,
  signIn,
  type Viewer,
} from '../support/chromium.ts';
import { BASE, bearer, chat, DEMO, type House, openHouse, post } from '../support/house.ts';

const CONFIG = `${DEMO}${BASE}
limits: [{ name: per-key, per: [key], requests: 100/1h }]
budgets: [{ name: acme-month, per: [tenant], usd: 0.0001, period: month, onExceeded: alert, alertAt: [0.5] }]
guards:
  - { name: pii, type: pii, on: [request], entities: [email], mode: enforce, action: redact }
  - { name: house, type: topics, on: [request], mode: observe, rules: [{ match: "project falcon", action: block }] }
`;

let house: House;
let chromium: Chromium;
let viewer: Viewer;
let key = '';

const say = async (text: string): Promise<number> =>
  (await post(`${house.url}/v1/chat/completions`, chat(text), bearer(key))).status;

before(async () => {
  chromium = await openChromium();
  house = await openHouse(CONFIG);
  key = await house.key({ name: 'assistant', user: 'ann' });
  for (const text of ['hello', 'write to ann@example.com', 'of project falcon', 'project falcon'])
    assert.equal(await say(text), 200);
  viewer = await chromium.view(house.adminUrl);
  await signIn(viewer, house.running.adminToken ?? '');
});
after(async () => {
  await chromium?.close();
  await house?.close();
});

test('the overview counts by itself: a call that comes is seen without a reload', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Overview');
  await page.getByRole('combobox', { name: 'Time', exact: true }).selectOption('5m');
  const requests = page.locator('.number-card', { hasText: /^Requests\d/u }).locator('strong');
  await requests.getByText('4', { exact: true }).waitFor();
  assert.equal(await say('one more'), 200);
  await requests.getByText('5', { exact: true }).waitFor();
  const redacted = page.locator('.number-card', { hasText: 'Redacted' }).locator('strong');
  assert.equal(await redacted.textContent(), '1');
  await page.getByText('Budgets near their lines').waitFor();
  // The time before is another question, and its answer stands beside each sum.
  await page.getByLabel('Compare with the time before').check();
  await page.getByText('0 before').first().waitFor();
  await page.getByLabel('Compare with the time before').uncheck();
  assert.deepEqual(await inaccessible(page), []);
});

test('a graph can be read with the keyboard, step by step', async () => {
  const { page } = viewer;
  const graph = page.getByRole('slider', { name: 'Requests a second, by how they ended' });
  // A step that is not over is not drawn.
  await graph.waitFor({ timeout: 20_000 });
  await graph.focus();
  const at = () => graph.getAttribute('aria-valuenow');
  const first = await at();
  await page.keyboard.press('ArrowLeft');
  assert.notEqual(await at(), first);
  assert.match((await graph.getAttribute('aria-valuetext')) ?? '', /answered \d/u);
});

test('findings are judged, and what was judged is a file to train with', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Security');
  const shadow = page.getByRole('region', { name: 'What guards in observe mode would have done' });
  await shadow.getByRole('row', { name: /house.*blocked them.*2/u }).waitFor();
  const findings = page.getByRole('group', { name: 'Findings' });
  const rows = findings.locator('tbody tr');
  await findings.getByText('pii').waitFor();
  assert.equal(await rows.count(), 3);
  await findings
    .getByRole('row', { name: /pii/u })
    .getByRole('button', { name: /^Right/u })
    .click();
  await page.getByText('It was right.').waitFor();
  await findings
    .getByRole('row', { name: /house/u })
    .first()
    .getByRole('button', { name: /^More/u })
    .click();
  await dialogOf(page).getByLabel('Is it right?').selectOption('wrong');
  await dialogOf(page).getByLabel('Note').fill('<b>a bird</b>, not the project');
  await dialogOf(page).getByRole('button', { name: 'Save' }).click();
  await page.getByText('It was wrong.').waitFor();
  await page.waitForFunction(
    "document.querySelectorAll('[aria-label=Findings] tbody tr').length === 1",
  );
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export what was judged' }).click();
  const text = await textOf(await (await download).createReadStream());
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    lines.map(({ guard, verdict }) => `${String(guard)} ${String(verdict)}`).toSorted(),
    ['house wrong', 'pii right'],
  );
  assert.match(text, /<b>a bird<\/b>/u);
});

test('what is left of a limit, and where a budget leads', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Limits and budgets');
  await page.getByRole('row', { name: /per-key.*5 of 100/u }).waitFor();
  await page.getByRole('row', { name: /acme-month.*acme/u }).waitFor();
  await goTo(viewer, 'Models');
  await page
    .getByRole('region', { name: 'Deployments in this time' })
    .getByRole('cell', { name: '5', exact: true })
    .waitFor();
});

test('a change says what it touches, is applied, and taken back', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Configuration');
  await page.getByRole('button', { name: 'limits', exact: true }).click();
  await page.getByRole('button', { name: 'New entry' }).click();
  await dialogOf(page).getByLabel('Name').fill('few');
  await dialogOf(page).getByRole('button', { name: 'Show what would differ' }).click();
  await dialogOf(page)
    .getByText(/In the last day: 0 refused calls of limits\/few, of 5 calls/u)
    .waitFor();
  await dialogOf(page).getByRole('button', { name: 'Apply' }).click();
  await page.getByText('It is in force.').waitFor();
  await page.getByRole('button', { name: 'changes', exact: true }).click();
  await page
    .getByRole('row', { name: /limits\/few/u })
    .getByRole('button', { name: /^Take back/u })
    .click();
  await dialogOf(page).getByRole('button', { name: 'Do it' }).click();
  await page.getByText('takes another back').waitFor();
  await viewer.shot('configuration-changes');
  assert.deepEqual(viewer.complaints, []);
});
