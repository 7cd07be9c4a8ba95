/** Usage as a file: what the command line writes, for whom a token may see. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { LedgerEntry } from '#domain/ledger-entry.ts';
import { type Ledger, USAGE_ROWS_MAX } from '#storage/ledger.ts';

import { openHouse, TEST_NOW_MS } from './admin.contract.ts';
import { FILE_LINES_MAX, usageFile } from './usage-file.ts';

const used = (id: string, changed: Partial<LedgerEntry>): LedgerEntry => ({
  id,
  end: 'settle',
  tenant: 'acme',
  team: null,
  user: 'ann',
  key: 'key_1',
  rootKey: 'key_1',
  run: null,
  atMs: TEST_NOW_MS - 86_400_000,
  model: 'demo',
  provider: 'demo',
  inputTokens: 10,
  outputTokens: 5,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  costNanoUsd: 1_500,
  priceVersion: 'v1',
  source: 'provider',
  ...changed,
});

test('as CSV, JSON lines and FOCUS all usage is one file, of the tenants that its reader sees', async (t) => {
  const house = await openHouse(t);
  const users = Array.from({ length: 600 }, (_, index) => `user-${index}`);
  const entries = users.map((user) => used(user, { user }));
  await house.storage.ledger.add([...entries, used('o', { tenant: 'other', user: '=1+1' })], null);
  const from = new Date(TEST_NOW_MS - 7 * 86_400_000).toISOString();
  const ask = (format: string, caller: 'viewer' | 'confined' = 'viewer', more = '') =>
    house.ask('GET', `/admin/v1/usage?from=${from}&format=${format}${more}`, {
      token: house.token(caller),
    });
  for (const [format, type, header, lines] of [
    ['csv', 'text/csv', 1, /^from,to,tenant,team,user,/u],
    ['focus', 'text/csv', 1, /^BilledCost,BillingAccountId,/u],
    ['jsonl', 'application/jsonl', 0, /^\{"from":/u],
  ] as const) {
    const all = await ask(format);
    assert.equal(all.status, 200, all.text);
    assert.ok(String(all.headers['content-type']).startsWith(type));
    assert.match(String(all.headers['content-disposition']), /^attachment; filename="usage-/u);
    assert.match(all.text, lines);
    assert.equal(all.text.trimEnd().split('\n').length, header + 601, 'more than a page');
    if (format === 'csv') assert.ok(all.text.includes(",'=1+1,"), 'nothing that would run');
    const own = await ask(format, 'confined');
    assert.equal(own.text.trimEnd().split('\n').length, header + 600);
    assert.equal((await ask(format, 'confined', '&tenant=other')).status, 404);
  }
  assert.equal((await ask('xml')).status, 400);
});

test('a file that would be too long is refused, which field to ask less of, and others have their turn', async () => {
  const page = Array.from({ length: USAGE_ROWS_MAX }, (_, at) => ({
    ...used(`c${at}`, {}),
    fromMs: 0,
    requests: 1,
  }));
  let asked = 0;
  const ledger: Pick<Ledger, 'usage'> = { usage: async () => ((asked += 1), page) };
  const askedAtTurns: number[] = [];
  const turns = setInterval(() => askedAtTurns.push(asked), 0);
  const all = { fromMs: 0, toMs: 900_000, by: 'total', timeZone: 'UTC', tenant: null } as const;
  const made = await usageFile(ledger, all, 'csv');
  clearInterval(turns);
  assert.ok(!made.ok && made.error.reason === 'request-malformed');
  assert.equal(made.error.errors?.[0]?.field, 'from');
  assert.equal(asked, FILE_LINES_MAX / page.length + 1, 'and no more is read');
  assert.ok(askedAtTurns.some((count) => count > 0 && count < asked));
});

test('what is asked for has bounds: years, hours of a file, and a place within it', async (t) => {
  const house = await openHouse(t);
  let reads = 0;
  const { ledger } = house.storage;
  const usage = ledger.usage.bind(ledger);
  Object.assign(ledger, {
    usage: (...args: Parameters<typeof usage>) => ((reads += 1), usage(...args)),
  });
  const token = house.token('tenant-admin');
  const fieldOf = async (path: string) => {
    const { status, body } = await house.ask('GET', `/admin/v1/${path}`, { token });
    return [status, body['field']];
  };
  for (const [path, field] of [
    ['usage?from=0001-01-01T00:00:00Z&format=csv&by=hour', 'from'],
    ['usage?from=1999-12-31T23:59:59Z', 'from'],
    ['usage?to=%2B275760-09-13T00:00:00Z&by=day', 'to'],
    ['usage?from=-000001-06-01T00:00:00Z&by=month', 'from'],
    ['usage?from=2000-01-01T00:00:00Z&format=csv&by=hour', 'from'],
    ['usage?after=999999999999999.0&by=day', 'after'],
    ['statements/acme?from=-200000-01-01T00:00:00Z', 'from'],
    ['series?from=-271821-04-20T00:00:00Z&to=-271821-04-20T01:00:00Z&compare=before', 'from'],
  ]) {
    assert.deepEqual(await fieldOf(String(path)), [400, field], path);
  }
  assert.equal(reads, 0);
  const years = 'usage?from=2000-01-01T00:00:00Z&to=2100-12-31T00:00:00Z&by=day';
  const { body } = await house.ask('GET', `/admin/v1/${years}`, { token });
  assert.ok(reads <= 1_000, 'a page looks at so many days');
  const next = await house.ask('GET', `/admin/v1/${years}&after=${String(body['next'])}`, {
    token,
  });
  assert.equal(next.status, 200);
});

test('reading ends when its reader leaves', async () => {
  let asked = 0;
  const ledger: Pick<Ledger, 'usage'> = { usage: async () => ((asked += 1), []) };
  const decade = { fromMs: 0, toMs: 80_000 * 3_600_000, by: 'hour', timeZone: 'UTC' } as const;
  const made = usageFile(ledger, { ...decade, tenant: null, isGone: () => asked >= 100 }, 'csv');
  await assert.rejects(made, { code: 'client-gone' });
  assert.equal(asked, 100);
});
