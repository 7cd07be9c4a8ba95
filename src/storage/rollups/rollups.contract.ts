/** What numbers of the past have to keep, in every store of the index. Called by its contract. */
import assert from 'node:assert/strict';

import type { AuditIndex } from '../audit-index.ts';
import type { Folding } from './fold.ts';
import { MORE, type Sample, SERIES_MAX } from './rollup.ts';
import type { RollupQuery } from './view.ts';

const NOW_MS = Date.parse('2026-11-27T12:00:00Z');
const DAY_MS = 86_400_000;

const sample = (seq: number, changed: Partial<Sample> = {}): Sample => ({
  seq,
  atMs: NOW_MS - 60_000 + seq * 1_000,
  kind: 'calls',
  dims: ['acme', 'fast', 'openai/fast', 'chat-completions'],
  counts: { requests: 1, costNanoUsd: 10 },
  times: { total: 1_000 * seq },
  ...changed,
});

const span = (after: number, through: number, writer = 'main') => ({ writer, after, through });
const folding = (...samples: readonly Sample[]): Folding => ({ samples, nowMs: NOW_MS });

const ASKED: RollupQuery = {
  kind: 'calls',
  fromMs: NOW_MS - 3_600_000,
  toMs: NOW_MS + 3_600_000,
  stepMs: 60_000,
  where: {},
  by: ['tenant'],
};

async function requests(index: AuditIndex, asked: Partial<RollupQuery> = {}) {
  const groups = await index.rollups({ ...ASKED, ...asked });
  return groups.map(({ dims, total }) => [dims.join('/'), total.counts['requests'] ?? 0]);
}

export const rollupScenes: readonly (readonly [string, (index: AuditIndex) => Promise<void>])[] = [
  [
    'a record counts once, in every step, however often it is brought',
    async (index) => {
      await index.add([], span(0, 2), folding(sample(1), sample(2)));
      await index.add([], span(0, 2), folding(sample(1), sample(2)));
      // Another reader was faster by one record.
      await index.add([], span(1, 3), folding(sample(2), sample(3)));
      // A gap: nothing behind it is counted, it comes again.
      await index.add([], span(4, 5), folding(sample(5)));
      for (const stepMs of [10_000, 60_000, 300_000, 3_600_000, DAY_MS]) {
        const fromMs = Math.floor(NOW_MS / DAY_MS) * DAY_MS;
        assert.deepEqual(await requests(index, { stepMs, fromMs }), [['acme', 3]], String(stepMs));
      }
      const [group] = await index.rollups(ASKED);
      assert.equal(group?.total.counts['costNanoUsd'], 30);
      assert.equal(group?.total.times['total']?.count, 3);
    },
  ],
  [
    'writers are added up, and one that is forgotten takes its numbers along',
    async (index) => {
      await index.add([], span(0, 1), folding(sample(1)));
      await index.add([], span(0, 1, 'other'), folding(sample(1)));
      assert.deepEqual(await requests(index), [['acme', 2]]);
      await index.clear('other');
      assert.deepEqual(await requests(index), [['acme', 1]]);
      await index.add([], span(0, 1, 'other'), folding(sample(1)));
      assert.deepEqual(await requests(index), [['acme', 2]]);
    },
  ],
  [
    'a tenant is asked for alone, and nobody is one too',
    async (index) => {
      const refusal = (seq: number, tenant: string | null) =>
        sample(seq, { kind: 'refusals', dims: [tenant, 'x', '401'], counts: { count: 5 } });
      await index.add([], span(0, 3), folding(refusal(1, null), refusal(2, 'acme'), sample(3)));
      const counts = async (where: RollupQuery['where']) => {
        const groups = await index.rollups({ ...ASKED, kind: 'refusals', where, by: ['tenant'] });
        return groups.map(({ dims, total }) => [dims[0], total.counts['count']]);
      };
      assert.deepEqual(await counts({ tenant: 'acme' }), [['acme', 5]]);
      assert.deepEqual(await counts({ tenant: null }), [[null, 5]]);
      assert.equal((await counts({})).length, 2);
      assert.deepEqual(await counts({ tenant: 'other' }), []);
    },
  ],
  [
    'what is older than a step is kept goes into coarser ones alone, and is removed in time',
    async (index) => {
      const old = sample(1, { atMs: NOW_MS - 2 * DAY_MS });
      await index.add([], span(0, 2), folding(old, sample(2)));
      const range = { fromMs: NOW_MS - 3 * DAY_MS, toMs: NOW_MS + DAY_MS };
      assert.deepEqual(await requests(index, { ...range, stepMs: 10_000 }), [['acme', 1]]);
      assert.deepEqual(await requests(index, { ...range, stepMs: 60_000 }), [['acme', 2]]);
      assert.ok((await index.trimRollups(NOW_MS + 20 * DAY_MS)) > 0);
      assert.deepEqual(await requests(index, { ...range, stepMs: 60_000 }), []);
      assert.deepEqual(await requests(index, { ...range, stepMs: 3_600_000 }), [['acme', 2]]);
      await index.trimRollups(NOW_MS + 900 * DAY_MS);
      assert.deepEqual(await requests(index, { ...range, stepMs: DAY_MS }), []);
    },
  ],
  [
    'series beyond the most count in one that names their tenant',
    async (index) => {
      const PER_BATCH = 2_000;
      for (let from = 0; from <= SERIES_MAX; from += PER_BATCH) {
        const samples = Array.from({ length: PER_BATCH }, (_, at) =>
          // Old: one step each.
          sample(from + at + 1, {
            atMs: NOW_MS - 200 * DAY_MS,
            dims: ['acme', `m${from + at}`, 'd', 'r'],
          }),
        );
        await index.add([], span(from, from + PER_BATCH), folding(...samples));
      }
      const asked = { ...ASKED, fromMs: NOW_MS - 300 * DAY_MS, stepMs: DAY_MS, by: [] };
      const [all] = await index.rollups(asked);
      assert.equal(all?.total.counts['requests'], SERIES_MAX + PER_BATCH);
      const [more] = await index.rollups({ ...asked, where: { tenant: 'acme', model: MORE } });
      assert.ok((more?.total.counts['requests'] ?? 0) >= PER_BATCH);
    },
  ],
];
