import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import type { LedgerEntry } from '#domain/ledger-entry.ts';
import { systemClock } from '#stdx/clock.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';

import { CliFolder, jsonLines } from './test-run.ts';

const CONFIG = `
dataDir: ./data
providers: { demo: { type: demo }, openai: { type: openai } }
models:
  demo: { deployments: [{ provider: demo }] }
  fast: { deployments: [{ provider: openai }] }
guards: []
`;

const entry = (index: number, changes: Partial<LedgerEntry> = {}): LedgerEntry => ({
  id: `req_${index}`,
  end: 'settle',
  atMs: Date.UTC(2026, 9, 24, index),
  tenant: index % 2 === 0 ? 'acme' : 'globex',
  team: null,
  user: 'alice',
  key: 'k1',
  rootKey: 'k1',
  run: null,
  model: 'fast',
  provider: 'openai',
  inputTokens: 10,
  outputTokens: 5,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  costNanoUsd: 1_001,
  priceVersion: 'configuration',
  source: 'provider',
  ...changes,
});

let folder: CliFolder;

before(async () => {
  folder = new CliFolder(CONFIG);
  const storage = await openSqlite(join(folder.dir, 'data'), systemClock);
  await storage.ledger.add(
    Array.from({ length: 72 }, (_, index) => entry(index)),
    null,
  );
  await storage.close();
});
after(() => folder.remove());

const RANGE = '--from 2026-10-24T00:00:00Z --to 2026-10-28T00:00:00Z';
const run = (text: string) => folder.run(['usage', ...text.split(' ')]);

test('export: a line a period and owner, and all of them are the ledger', async () => {
  const { code, out, err } = await run(`export ${RANGE} --by day`);
  assert.equal(code, 0, err);
  const lines = jsonLines(out);
  assert.equal(lines.length, 6);
  assert.deepEqual(
    lines
      .slice(0, 2)
      .map(({ from, tenant, requests, costNanoUsd }) => [from, tenant, requests, costNanoUsd]),
    [
      ['2026-10-24T00:00:00Z', 'acme', 12, 12_012],
      ['2026-10-24T00:00:00Z', 'globex', 12, 12_012],
    ],
  );
  const sum = lines.reduce((total, { costNanoUsd }) => total + Number(costNanoUsd), 0);
  assert.equal(sum, 72 * 1_001);
  const hours = jsonLines((await run(`export ${RANGE} --by hour --tenant acme`)).out);
  assert.equal(hours.length, 36);
});

test('export: days of a zone are its days, 25 hours where clocks go back', async () => {
  const { out } = await run(`export ${RANGE} --by day --time-zone Europe/Zurich --tenant acme`);
  const days = jsonLines(out).map(({ from, requests }) => [from, requests]);
  assert.deepEqual(days, [
    ['2026-10-24T00:00:00Z', 11],
    ['2026-10-24T22:00:00Z', 13],
    ['2026-10-25T23:00:00Z', 12],
  ]);
});

test('statement: for people and for programs', async () => {
  const told = await run(`statement --tenant acme ${RANGE}`);
  assert.match(told.out, /^total +36 +0\.000036036$/mu);
  const [plain] = jsonLines((await run(`statement --tenant acme ${RANGE} --json`)).out);
  assert.equal(plain?.['costNanoUsd'], 36_036);
});

test('a time or a zone that is none is wrong usage', async () => {
  assert.equal((await run('export --from yesterday')).code, 2);
  assert.equal((await run('export --time-zone Mars/Olympus')).code, 2);
  assert.equal((await run('export --format xml')).code, 2);
});

test('reconcile: what a provider says, by day and model; 1 where it is further off than it may be', async () => {
  const day = (at: number) => Date.UTC(2026, 9, at) / 1_000;
  const bucket = (at: number, input: number) => ({
    start_time: day(at),
    end_time: day(at + 1),
    results: [{ model: 'fast-2026-08-01', input_tokens: input, output_tokens: 120 }],
  });
  const write = (value: unknown) => folder.write('theirs.json', JSON.stringify(value));
  const reconcile = 'reconcile --provider openai --format openai --in theirs.json';
  write({ data: [bucket(24, 240), bucket(25, 240)] });
  const same = await run(reconcile);
  assert.equal(same.code, 0, same.err);
  assert.match(
    same.out,
    /^ok {5}2026-10-24 {2}fast {2}ours 240\+120 {2}theirs 240\+120 {2}0\.00 %$/mu,
  );
  write([{ data: [bucket(24, 240)] }, { data: [bucket(25, 400)] }]);
  const apart = await run(`${reconcile} --json`);
  assert.equal(apart.code, 1);
  assert.deepEqual(
    jsonLines(apart.out).map(({ day: on, isWithin, driftBasisPoints }) => [
      on,
      isWithin,
      driftBasisPoints,
    ]),
    [
      ['2026-10-24', true, 0],
      ['2026-10-25', false, -3_077],
    ],
  );
  assert.equal((await run(`${reconcile} --tolerance 31`)).code, 0);
  write({ data: [{ start_time: 'x', results: [] }] });
  assert.match((await run(reconcile)).err, /`data\[0\]` of page 1 is no bucket of usage/u);
});

test('reconcile: by key, where an export says which; a key that was renewed is one with the old one', async () => {
  const result = (key: string | null, model: string, input: number, output: number) => {
    const tokens = { input_tokens: input, output_tokens: output };
    return { api_key_id: key, model, ...tokens };
  };
  const write = (results: readonly object[]) => {
    const bucket = { start_time: Date.UTC(2026, 9, 24) / 1_000, results };
    folder.write('theirs.json', JSON.stringify({ data: [bucket] }));
  };
  write([
    result('key_old', 'fast', 100, 60),
    result('key_new', 'fast', 140, 60),
    result('key_lost', 'fast', 7, 3),
  ]);
  const reconcile = 'reconcile --format openai --in theirs.json';
  const { code, out } = await run(`${reconcile} --key key_old=openai --key key_new=openai`);
  assert.equal(code, 1, 'a key of nobody is drift');
  assert.deepEqual(out.trimEnd().split('\n'), [
    'drift  2026-10-24  key_lost  fast  ours 0+0  theirs 7+3  -100.00 %',
    'ok     2026-10-24  key_old+key_new  fast  ours 240+120  theirs 240+120  0.00 %',
  ]);
  const drift = await run(`${reconcile} --key key_old=openai --json`);
  assert.deepEqual(
    jsonLines(drift.out).map(({ key, ours, theirs }) => [key, ours, theirs]),
    [
      ['key_lost', { inputTokens: 0, outputTokens: 0 }, { inputTokens: 7, outputTokens: 3 }],
      ['key_new', { inputTokens: 0, outputTokens: 0 }, { inputTokens: 140, outputTokens: 60 }],
      ['key_old', { inputTokens: 240, outputTokens: 120 }, { inputTokens: 100, outputTokens: 60 }],
    ],
  );
  for (const [flags, exit] of [
    ['', 2],
    ['--provider openai --key key_old=openai', 2],
    ['--key openai', 2],
    ['--key key_old=nobody', 1],
  ] as const) {
    assert.equal((await run(`${reconcile} ${flags}`.trimEnd())).code, exit, flags);
  }
  write([result(null, 'fast', 240, 120)]);
  assert.match((await run(`${reconcile} --key key_old=openai`)).err, /not by key/u);
});

test('reconcile: Anthropic’s report, whose cached tokens stand apart', async () => {
  const results = [
    {
      model: 'fast',
      uncached_input_tokens: 100,
      cache_read_input_tokens: 100,
      cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 10 },
      output_tokens: 120,
    },
  ];
  folder.write(
    'theirs.json',
    JSON.stringify({ data: [{ starting_at: '2026-10-24T00:00:00Z', results }] }),
  );
  const { code, out } = await run(
    'reconcile --provider openai --format anthropic --in theirs.json',
  );
  assert.equal(code, 0, out);
});
