/** Every page in both themes: as a picture, with nothing that the browser complains about. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { buildDashboard, DIST } from '../support/built-dashboard.ts';
import {
  type Chromium,
  goTo,
  openChromium,
  settled,
  signIn,
  skip,
  type Viewer,
} from '../support/chromium.ts';
import { BASE, bearer, chat, DEMO, type House, openHouse, post } from '../support/house.ts';

const FIRST_LOAD_BYTES_MAX = 250 * 1_024;
const LOGIN = 'ann@example.com';
const PASSWORD = 'a quite long phrase for the tests 7';

let house: House;
let chromium: Chromium;
let viewer: Viewer;

/** What pages show when there is something to show. */
async function fill(token: string): Promise<void> {
  const said = (path: string, body: unknown) =>
    post(`${house.adminUrl}/admin/v1/${path}`, body, bearer(token));
  const made = await Promise.all([
    said('tenants', { id: 'zenith', name: 'Zenith Instruments' }),
    said('teams', { id: 'research', tenant: 'acme', name: 'Research' }),
    said('users', { id: 'ann', tenant: 'acme', name: 'Ann Example' }),
    said('users', { id: 'bob@example.com', tenant: 'acme', name: 'Bob' }),
    said('tenants/acme/roles', {
      name: 'by-day',
      allow: [{ actions: ['chat'], models: ['demo'], when: 'principal.user != "bob"' }],
      deny: [{ actions: ['embeddings'], models: ['*'] }],
    }),
    said('holds', { tenant: 'acme', user: 'ann', reason: 'Case 2026-11' }),
    said('content-leaves', { tenant: 'acme', reason: 'A complaint about an answer' }),
    said('accounts', { login: 'olga@example.com', role: 'operator', name: 'Olga' }),
    said('config/limits', { name: 'slow', value: { per: ['key'], requests: '60/1m' } }),
  ]);
  for (const { status, text } of made) assert.ok(status < 300, text);
  const bound = await said('bindings', { tenant: 'acme', role: 'by-day', users: ['ann'] });
  assert.ok(bound.status < 300, bound.text);
  const key = await house.key({ name: 'assistant', user: 'ann' });
  await house.key({ name: 'old one', user: 'bob', revokedMs: Date.now() });
  for (let calls = 0; calls < 6; calls += 1) {
    const told = await post(`${house.url}/v1/chat/completions`, chat(`call ${calls}`), bearer(key));
    assert.equal(told.status, 200, told.text);
  }
  const run = await post(
    `${house.url}/v1/runs`,
    { name: 'nightly', usd: 1, wallTime: '30m' },
    bearer(key),
  );
  assert.ok(run.status < 300, run.text);
}

before(async () => {
  await buildDashboard();
  if (skip !== false) return;
  house = await openHouse(`${DEMO}guards: []\n${BASE}`);
  chromium = await openChromium();
  const oneTime = house.running.adminToken ?? '';
  const { json } = await post(
    `${house.adminUrl}/admin/v1/accounts/first`,
    { login: LOGIN, password: PASSWORD },
    bearer(oneTime),
  );
  assert.equal(json['role'], 'platform-admin', JSON.stringify(json));
  viewer = await chromium.view(house.adminUrl);
  await viewer.shot('sign-in');
  const { page } = viewer;
  await page.getByLabel('Name').fill(LOGIN);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
  const csrf = await page.evaluate(async () => {
    const me: unknown = await (await fetch('admin/v1/me')).json();
    return (me as { readonly csrfToken: string }).csrfToken;
  });
  const cookies = await viewer.context.cookies();
  const headers = {
    cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
    origin: house.adminUrl,
    'x-csrf-token': csrf,
  };
  const minted = await post(
    `${house.adminUrl}/admin/v1/admin-tokens`,
    { role: 'platform-admin' },
    headers,
  );
  assert.equal(minted.status, 201, minted.text);
  await fill(String(minted.json['token']));
});
after(async () => {
  await chromium?.close();
  await house?.close();
});

test('the first load is 250 KB at most, compressed', () => {
  const html = readFileSync(join(DIST, 'index.html'), 'utf8');
  const named = [...html.matchAll(/(?:src|href)="\.\/(?<path>[^"]+)"/gu)];
  const paths = named.map(({ groups }) => groups?.['path'] ?? '');
  assert.ok(
    paths.some((path) => path.endsWith('.js')) && paths.some((path) => path.endsWith('.css')),
  );
  const bytes = paths.reduce(
    (all, path) => all + gzipSync(readFileSync(join(DIST, path))).length,
    gzipSync(html).length,
  );
  // What the first page adds is loaded with it: even all pages together fit.
  const rest = readdirSync(join(DIST, 'assets'))
    .filter((name) => !html.includes(name))
    .reduce((all, name) => all + gzipSync(readFileSync(join(DIST, 'assets', name))).length, 0);
  process.stdout.write(`first load ${bytes} bytes, all pages ${rest} bytes more\n`);
  assert.ok(bytes + rest <= FIRST_LOAD_BYTES_MAX, `${bytes} + ${rest}`);
});

for (const theme of ['light', 'dark'] as const) {
  test(`every page in ${theme}, with no complaint of the browser`, { skip }, async () => {
    const { page } = viewer;
    await page.evaluate((name) => {
      document.documentElement.dataset['theme'] = name;
    }, theme);
    const links = page.getByRole('navigation', { name: 'Pages' }).getByRole('link');
    const titles = await links.allTextContents();
    assert.ok(titles.length >= 20, titles.join());
    for (const title of titles) {
      await goTo(viewer, title);
      assert.equal(await page.getByRole('alert').count(), 0, title);
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.equal(wide, 0, `${title} is wider than the window`);
      await viewer.shot(`${title.toLowerCase().replace(/[^a-z]+/gu, '-')}-${theme}`);
    }
    assert.deepEqual(viewer.complaints, []);
  });
}

test('an address is opened where it leads, also after a reload', { skip }, async () => {
  const { page } = viewer;
  await page.goto(`${house.adminUrl}/config?section=limits`);
  await page.getByRole('row', { name: /slow/u }).waitFor();
  await page.reload();
  await page.getByRole('row', { name: /slow/u }).waitFor();
  await settled(page);
  assert.deepEqual(viewer.complaints, []);
});

test('text has a contrast of 4.5 to 1 on its ground, in both themes', { skip }, async () => {
  const { page } = viewer;
  const pairs = [
    ['text', 'ground'],
    ['text', 'card'],
    ['text', 'side'],
    ['text', 'hover'],
    ['quiet', 'ground'],
    ['quiet', 'card'],
    ['quiet', 'side'],
    ['quiet', 'hover'],
    ['accent', 'card'],
    ['accent', 'ground'],
    ['accent', 'hover'],
    ['on-accent', 'accent'],
    ['good', 'good-ground'],
    ['warn', 'warn-ground'],
    ['bad', 'bad-ground'],
    ['good', 'card'],
    ['bad', 'card'],
    ['bad', 'hover'],
  ];
  for (const theme of ['light', 'dark']) {
    const found = await page.evaluate(contrasts, { theme, pairs });
    for (const [index, ratio] of found.entries()) {
      assert.ok(ratio >= 4.5, `${theme}: ${pairs[index]?.join(' on ')} is ${ratio}`);
    }
  }
});

/** Runs in the page. Relative luminance as WCAG 2.2 defines it. */
function contrasts({
  theme,
  pairs,
}: {
  readonly theme: string;
  readonly pairs: string[][];
}): number[] {
  document.documentElement.dataset['theme'] = theme;
  const probe = document.createElement('span');
  document.body.append(probe);
  const luminance = (token: string): number => {
    probe.style.color = `var(--${token})`;
    const parts = getComputedStyle(probe).color.match(/[\d.]+/gu) ?? [];
    const [red = 0, green = 0, blue = 0] = parts.slice(0, 3).map((part) => {
      const share = Number(part) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratios = pairs.map(([text = '', ground = '']) => {
    const [high = 0, low = 0] = [luminance(text), luminance(ground)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  });
  probe.remove();
  return ratios;
}
