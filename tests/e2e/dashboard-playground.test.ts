/** The playground, as a person uses it: a key, a prompt, an answer, what was decided, and the code for it. */
import assert from 'node:assert/strict';
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
import { BASE, DEMO, type House, openHouse } from '../support/house.ts';

let house: House;
let chromium: Chromium;
let viewer: Viewer;

before(async () => {
  chromium = await openChromium();
  house = await openHouse(`${DEMO}
guards:
  - { name: injection, type: prompt-injection, on: [request], mode: enforce, action: block }
  - { name: pii, type: pii, on: [request, reply], mode: enforce, action: pseudonymise }
${BASE}`);
  viewer = await chromium.view(house.adminUrl);
  await signIn(viewer, house.running.adminToken ?? '');
  await goTo(viewer, 'Playground');
});
after(async () => {
  await chromium?.close();
  await house?.close();
});

test('with a key that is made here a prompt is answered, and what was decided stands beside it', async () => {
  const { page } = viewer;
  await page.getByRole('button', { name: 'Make one for 15 minutes' }).click();
  await page.getByText('Made in acme').waitFor();
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByLabel('The answer').getByText('Who answers me?').waitFor();
  await page.getByText('answered', { exact: true }).waitFor();
  const decided = page.getByRole('region', { name: 'What was decided' });
  await decided.getByText('allowed', { exact: true }).waitFor();
  await decided.getByText('developer[0]').waitFor();
  await decided.getByText('The gateway', { exact: true }).waitFor();
  await settled(page);
  assert.deepEqual(await inaccessible(page), []);
  for (const theme of ['light', 'dark'] as const) {
    await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
    await viewer.shot(`playground-answered-${theme}`);
  }
});

test('an attack is refused in the page, by the guard that found it, and leads to its timeline', async () => {
  const { page } = viewer;
  await page.getByRole('button', { name: 'An attack' }).click();
  for (const dialect of ['OpenAI Responses', 'Anthropic Messages']) {
    await page.getByLabel('Written as').selectOption({ label: dialect });
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('refused with 400').waitFor();
    const decided = page.getByRole('region', { name: 'What was decided' });
    await decided.getByText('injection stopped it.').waitFor();
  }
  await viewer.shot('playground-refused');
  await page.getByRole('link', { name: 'Every decision, and its proof' }).click();
  await page.getByRole('heading', { name: /^Request req_/u }).waitFor();
  await page.getByText('injection stopped it.').waitFor();
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: 'Playground' }).waitFor();
  assert.notEqual(
    await page.getByLabel('Key', { exact: true }).inputValue(),
    '',
    'the key is still held',
  );
});

test('what is personal leaves as a pseudonym, whole or as a stream, and the page says which guard', async () => {
  const { page } = viewer;
  await page.getByRole('button', { name: 'Personal data' }).click();
  await page.getByLabel('As a stream').uncheck();
  await page.getByRole('button', { name: 'Send' }).click();
  const decided = page.getByRole('region', { name: 'What was decided' });
  await decided.getByText('put a pseudonym there').first().waitFor();
  await decided.getByText('email', { exact: true }).first().waitFor();
  assert.deepEqual(viewer.complaints, []);
});

test('a wrong key is refused in the words of the data plane, and nothing else', async () => {
  const { page } = viewer;
  await page.getByLabel('Key', { exact: true }).fill('nonsense');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('refused with 401').waitFor();
  await page.getByText('The credential was not accepted.').waitFor();
});

test('the code for it names the gateway, the model and a variable for the key', async () => {
  const { page } = viewer;
  const code = page.getByRole('region', { name: 'The same from a program' });
  for (const [name, said] of [
    ['Python (openai)', `base_url="${house.url}/v1"`],
    ['Python (anthropic)', `base_url="${house.url}"`],
    ['TypeScript', `baseURL: "${house.url}/v1"`],
    ['curl', '$LLMPROXY_KEY'],
    ['Claude Code', 'ANTHROPIC_BASE_URL'],
  ] as const) {
    await code.getByRole('button', { name, exact: true }).click();
    assert.ok(((await code.locator('pre').textContent()) ?? '').includes(said), name);
  }
  await viewer.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await code.getByRole('button', { name: 'Copy' }).click();
  await code.getByRole('button', { name: 'Copied' }).waitFor();
  const copied = String(await page.evaluate('navigator.clipboard.readText()'));
  assert.equal(copied, await code.locator('pre').textContent());
  // Settings of Claude Code as they stand in its file, without the line that says which file it is.
  const settings = JSON.parse(copied.replaceAll(/^\/\/.*$/gmu, '')) as { env: object };
  assert.deepEqual(settings.env, { ANTHROPIC_BASE_URL: house.url, ANTHROPIC_MODEL: 'demo' });
});

test('signing out forgets the key that was held', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Admin tokens');
  await page.getByRole('button', { name: 'New token' }).click();
  await dialogOf(page).getByLabel('Role').selectOption('operator');
  await dialogOf(page).getByRole('button', { name: 'Make it' }).click();
  const shown = dialogOf(page).getByLabel(/shown this once/u);
  const token = await shown.inputValue();
  await dialogOf(page).getByRole('button', { name: 'I have it' }).click();
  await goTo(viewer, 'Playground');
  assert.equal(await page.getByLabel('Key', { exact: true }).inputValue(), 'nonsense');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await signIn(viewer, token);
  await goTo(viewer, 'Playground');
  assert.equal(await page.getByLabel('Key', { exact: true }).inputValue(), '');
});
