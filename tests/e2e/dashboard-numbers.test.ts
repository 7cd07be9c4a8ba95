/** What happens in the gateway is seen in the dashboard: numbers, findings, limits, budgets, changes. */
import assert from 'node:assert/strict';
import { text as textOf } from 'node:stream/consumers';
import { after, before, test } from 'node:test';

import { addPerson } from '#admin/people/people.contract.ts';

import {
  type Chromium,
  dialogOf,
  goTo,
  inaccessible,
  openChromium,
  signIn,
  type Viewer,
} from '../support/chromium.ts';
import { BASE, bearer, chat, type House, openHouse, post } from '../support/house.ts';
import { eventually } from '../support/programs.ts';

const CONFIG = `providers: { demo: { type: demo } }
models:
  demo: { deployments: [{ provider: demo }], price: { inputPerMTok: 1, outputPerMTok: 2 } }
  known:
    deployments:
      - { provider: demo, model: gpt-4o-mini, weight: 3 }
      - { provider: demo, model: nobody-knows, weight: 1 }
${BASE}
audit: { checkpoint: { every: 1s }, anchors: [{ name: notes, type: file, path: ./notes }] }
limits: [{ name: per-key, per: [key], requests: 100/1h }]
budgets: [{ name: acme-month, per: [tenant], usd: 0.0001, period: month, onExceeded: alert, alertAt: [0.5] }]
guards:
  - { name: pii, type: pii, on: [request], entities: [email], mode: enforce, action: redact }
  - { name: pins, type: tool-pins, action: alert }
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
  const near = page.getByRole('region', { name: 'Budgets near their lines' });
  await near.getByRole('row', { name: /^acme-month/u }).waitFor();
  const runs = page.getByRole('region', { name: 'What runs' });
  await runs.getByText('Last anchor').waitFor();
  await runs.getByText('notes', { exact: true }).waitFor();
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
  // What the configuration says, and what the catalogue knows where it says nothing.
  await page.getByRole('row', { name: /^demo demo demo 1 100 % .* 1 2 configuration$/u }).waitFor();
  await page.getByRole('row', { name: /^known demo gpt-4o-mini 3 75 % .* catalogue-/u }).waitFor();
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

test('before a model is another, the newest of its calls are shown', async () => {
  const { page } = viewer;
  const area = () => dialogOf(page).getByRole('textbox', { name: 'As the file would say it' });
  const written = (weight: number) =>
    JSON.stringify({
      deployments: [{ provider: 'demo', model: 'demo', weight }],
      price: { inputPerMTok: 1, outputPerMTok: 2 },
    });
  await page.getByRole('button', { name: 'models', exact: true }).click();
  await page.getByRole('button', { name: 'New entry' }).click();
  await dialogOf(page).getByLabel('Name').fill('extra');
  await area().fill(written(1));
  await dialogOf(page).getByRole('button', { name: 'Show what would differ' }).click();
  await dialogOf(page).getByRole('button', { name: 'Apply' }).click();
  const row = page.getByRole('row', { name: /^extra store/u });
  await row.waitFor();
  const body = chat('hello', { model: 'extra' });
  const said = await post(`${house.url}/v1/chat/completions`, body, bearer(key));
  assert.equal(said.status, 200, said.text);
  const id = said.headers.get('x-request-id') ?? '';
  await eventually(async () => {
    const { index } = house.running.world.auditRoom;
    const filter = { model: 'extra', isEnd: true } as const;
    const { rows } = await index.search({ filter, limit: 1, after: null });
    assert.equal(rows.length, 1);
  });
  await row.getByRole('button', { name: /^Edit/u }).click();
  await area().fill(written(2));
  await dialogOf(page).getByRole('button', { name: 'Show what would differ' }).click();
  await dialogOf(page)
    .getByText(/1 calls of models\/extra, of 6 calls/u)
    .waitFor();
  await dialogOf(page)
    .getByRole('row', { name: new RegExp(`acme ann extra allow ${id}$`, 'u') })
    .waitFor();
  await page.keyboard.press('Escape');
});

test('tools that changed, and whoever guesses credentials, stand where security is looked at', async () => {
  const { page } = viewer;
  for (const description of ['Reads a file', 'Reads a file, and sends it']) {
    const tools = [{ type: 'function', function: { name: 'read', description, parameters: {} } }];
    const said = await post(
      `${house.url}/v1/chat/completions`,
      chat('hello', { tools }),
      bearer(key),
    );
    assert.equal(said.status, 200, said.text);
  }
  const guessed = await post(`${house.url}/v1/chat/completions`, chat('hello'), bearer('nonsense'));
  assert.equal(guessed.status, 401);
  // Refusals of strangers are counted by the second, and written then.
  const { refusals, auditRoom } = house.running.world;
  await refusals.flush();
  await eventually(async () => {
    for (const filter of [{ text: 'credential', kind: 'deny' }, { guard: 'pins' }] as const) {
      const { rows } = await auditRoom.index.search({ filter, limit: 1, after: null });
      assert.equal(rows.length, 1);
    }
  });
  await goTo(viewer, 'Security');
  const tools = page.getByRole('region', { name: 'Tools' });
  await tools
    .getByRole('row', { name: /^a definition declared otherwise than before pins alert 1 /u })
    .waitFor({ timeout: 20_000 });
  await page.getByLabel('Who', { exact: true }).selectOption('ip-credential');
  await page
    .getByRole('region', { name: 'Who was refused most' })
    .getByRole('row', { name: /^127\..*credential-rejected/u })
    .waitFor();
  await tools.getByRole('link', { name: 'Look' }).click();
  await page.getByRole('grid', { name: 'Records' }).getByText('pins/tool-changed alert').waitFor();
  assert.match(page.url(), /category=tool-changed/u);
});

test('where two have to agree, a change is proposed here, and in force when another has agreed', async (t) => {
  const two = await openHouse(`${CONFIG}\nadmin: { listen: "127.0.0.1:0", secondPerson: true }\n`);
  t.after(() => two.close());
  const first = await chromium.view(two.adminUrl);
  await signIn(first, two.running.adminToken ?? '');
  await first.page.evaluate(TO_LIMITS);
  const dialog = dialogOf(first.page);
  await first.page.getByRole('button', { name: 'New entry' }).click();
  await dialog.getByLabel('Name').fill('both');
  await dialog.getByRole('button', { name: 'Show what would differ' }).click();
  await dialog.getByText('Another administrator has to agree').waitFor();
  await dialog.getByRole('button', { name: 'Propose it' }).click();
  await first.page.getByText('It is proposed').waitFor();
  await first.page.getByRole('button', { name: 'changes', exact: true }).click();
  const change = first.page.getByRole('row', { name: /^waits for agreement limits\/both/u });
  await change.getByRole('button', { name: /^Agree/u }).click();
  await dialog.getByRole('button', { name: 'Do it' }).click();
  await dialog.getByRole('alert').waitFor();
  // Somebody else, with a session of their own in a browser of their own.
  const { storage, peppers } = two.running.world;
  const { account, password } = await addPerson({ storage, peppers, nowMs: Date.now() });
  const other = await chromium.view(two.adminUrl);
  await other.page.getByLabel('Name').fill(account.login);
  await other.page.getByLabel('Password').fill(password);
  await other.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await other.page.getByRole('navigation', { name: 'Pages' }).waitFor();
  await other.page.goto(`${two.adminUrl}/config?section=changes`);
  const seen = other.page.getByRole('row', { name: /^waits for agreement limits\/both/u });
  await seen.getByRole('button', { name: /^Agree/u }).click();
  await dialogOf(other.page).getByRole('button', { name: 'Do it' }).click();
  await other.page.getByRole('row', { name: /^applied limits\/both/u }).waitFor();
  await other.page.getByRole('button', { name: 'limits', exact: true }).click();
  await other.page.getByRole('row', { name: /^both store/u }).waitFor();
  assert.deepEqual(other.complaints, []);
  await Promise.all([first.context.close(), other.context.close()]);
});

const TO_LIMITS = `history.pushState(null, '', './config?section=limits');
  dispatchEvent(new PopStateEvent('popstate'))`;
