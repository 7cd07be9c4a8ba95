/** The first steps with a provider of one's own: its secret in custody, guards that watch, a call that it answers. */
import assert from 'node:assert/strict';
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
import { drawnSecret } from '../support/canary-secrets.ts';
import { BASE, DEMO, type House, openHouse } from '../support/house.ts';
import { eventually } from '../support/programs.ts';

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

test('nobody has called yet: the first steps are home, and wrong ones are told at the step', async () => {
  const { page } = viewer;
  await page.getByRole('heading', { level: 1, name: 'First steps' }).waitFor();
  await page.getByRole('button', { name: 'Go on with the token' }).click();
  await page.getByLabel('Model there').fill('a-model');
  for (const [field, text] of [
    ['Its API key', 'changeme'],
    ['Address', 'http://127.0.0.1:11434/v1'],
  ] as const) {
    await page.getByLabel(field).fill(text);
    await page.getByRole('button', { name: 'Add it' }).click();
    await eventually(async () =>
      assert.equal(await page.getByLabel(field).getAttribute('aria-invalid'), 'true', field),
    );
    await page.getByLabel(field).fill('');
  }
  assert.equal(await page.getByLabel('Model there').inputValue(), 'a-model', 'nothing is lost');
});

test('a provider is added with its secret, which is shown nowhere; guards watch; a key is made', async () => {
  const { page } = viewer;
  const secret = drawnSecret();
  await page.getByLabel('Its API key').fill(secret);
  await page.getByRole('button', { name: 'Add it' }).click();
  await page.getByText('Added here: openai.').waitFor();
  await page.getByRole('button', { name: 'Make the key' }).click();
  await dialogOf(page).getByRole('button', { name: 'I have it' }).click();
  await page.getByRole('button', { name: 'Let them watch' }).click();
  await page
    .getByText('Added here: watch-harm, watch-injection, watch-personal, watch-secrets.')
    .waitFor();
  const records = JSON.stringify(await house.records());
  assert.match(records, /"apiKey":"\[secret\]"/u);
  assert.ok(!records.includes(secret) && !house.log().includes(secret));
  assert.ok(!(await page.content()).includes(secret));
});

test('a call is answered while the new guards watch, and from then on the overview is home', async () => {
  const { page } = viewer;
  await goTo(viewer, 'Playground');
  await page.getByLabel('Model', { exact: true }).selectOption('demo');
  await page.getByLabel('As a stream').uncheck();
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByLabel('The answer').getByText('You said: ').waitFor();
  const decided = page.getByRole('region', { name: 'What was decided' });
  await decided.getByText('watch-personal').first().waitFor();
  await goTo(viewer, 'First steps');
  await page.getByText('5. The first request').waitFor();
  await page.evaluate(`history.pushState(null, '', './');
    dispatchEvent(new PopStateEvent('popstate'))`);
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await settled(page);
  assert.deepEqual(
    viewer.complaints.filter((one) => !/status of 422/u.test(one)),
    [],
  );
});
