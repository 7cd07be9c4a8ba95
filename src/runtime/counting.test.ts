/** What counts, over a real store: what is carried over, what was added while a gateway was away. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { openAuditLog } from '#audit/writer.ts';
import { budgetLimiter } from '#policy/limiters/budget.ts';
import type { Demand, Subject } from '#policy/limiters/limiter.ts';
import { Periods } from '#policy/limiters/period.ts';
import { systemClock } from '#stdx/clock.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';
import { jsonLog } from '#telemetry/log.ts';

import { openCounting } from './counting.ts';
import { openLedger } from './open-ledger.ts';

const DAY_MS = 86_400_000;

async function scene(
  run: (open: (isShared?: boolean) => ReturnType<typeof opened>) => Promise<void>,
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-counting-'));
  try {
    await run((isShared) => opened(dir, isShared));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function opened(dir: string, isShared = false) {
  const storage = await openSqlite(dir, systemClock);
  const lock = () => ({ release: () => {} });
  const audit = await openAuditLog({ dir: join(dir, 'audit'), writer: 'main', lock });
  const log = jsonLog({ write: () => {} }, () => Date.now());
  const own = await openLedger(
    { ledger: { type: 'sqlite' }, storage: { type: 'sqlite' } },
    storage,
  );
  const ledger = { ...own, isShared };
  const parts = { audit, ledger, dataDir: dir, writer: 'main', log };
  const alone = { instance: 'one', counters: undefined, seat: null, leftWriters: [] };
  const counting = await openCounting({ ...parts, ...alone, clock: systemClock });
  return {
    storage,
    audit,
    counting,
    async close() {
      await audit.close();
      await counting.close();
      await storage.close();
    },
  };
}

const limiter = (carriesOver: boolean, alertAt: readonly number[] = []) =>
  budgetLimiter({
    name: 'b',
    per: ['tenant'],
    amount: 1_000,
    periods: new Periods('day', 'UTC'),
    alertAt,
    isHard: true,
    isStrict: true,
    clamps: false,
    carriesOver,
    tenants: null,
    models: null,
  });

function demandsAt(
  atMs: number,
  nanoUsd: number,
  carriesOver = true,
  alertAt: readonly number[] = [],
): Demand[] {
  const demands: Demand[] = [];
  const subject = { tenant: 'acme', model: 'm' } as unknown as Subject;
  const amounts = { requests: 1, inputTokens: 0, outputTokens: 0, bytes: 0, nanoUsd };
  limiter(carriesOver, alertAt).plan(subject, amounts, demands, atMs);
  return demands;
}

const entry = (id: string, atMs: number, costNanoUsd: number) => ({
  id,
  end: 'settle' as const,
  atMs,
  tenant: 'acme',
  team: null,
  user: null,
  key: null,
  rootKey: null,
  run: null,
  model: 'm',
  provider: null,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  costNanoUsd,
  priceVersion: null,
  source: 'provider',
});

test('what a period has left is added to the next one, once; without carryOver it is not', async () => {
  await scene(async (open) => {
    const { storage, counting, close } = await open();
    const nowMs = Date.now();
    const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
    await storage.ledger.add([entry('y', today - 1_000, 700), entry('t', today, 100)], null);
    const { limitStore } = counting;
    // 1,000 of today and 300 of yesterday, less the 100 of today.
    const all = await limitStore.reserve('one', demandsAt(today + 1, 1_200), today + 1);
    assert.ok(all.ok);
    all.value.release();
    assert.equal(
      (await limitStore.reserve('two', demandsAt(today + 1, 1_201), today + 1)).ok,
      false,
    );
    await close();
    const again = await open();
    const plain = await again.counting.limitStore.reserve('a', demandsAt(today, 901, false), today);
    assert.equal(plain.ok, false);
    await again.close();
  });
});

test('what a call holds in a period that is over is not carried into the next one', async () => {
  await scene(async (open) => {
    const { counting, close } = await open();
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const { limitStore } = counting;
    const late = await limitStore.reserve('late', demandsAt(today - 1, 400), today - 1);
    assert.ok(late.ok);
    // 1,000 of today and the 600 of yesterday that nobody holds.
    const over = await limitStore.reserve('over', demandsAt(today + 1, 1_601), today + 1);
    assert.equal(over.ok, false);
    assert.ok((await limitStore.reserve('all', demandsAt(today + 1, 1_600), today + 1)).ok);
    await close();
  });
});

test('what the log has and the ledger has not is in the ledger after the next start, once', async () => {
  await scene(async (open) => {
    const first = await open();
    const record = (requestId: string, costNanoUsd: number) => ({
      kind: 'complete' as const,
      requestId,
      tenant: 'acme',
      model: 'm',
      decision: 'allow',
      reservation: { id: requestId, atMs: Date.now(), estimateNanoUsd: 500, estimateTokens: 1 },
      usage: { inputTokens: 1, outputTokens: 1, costNanoUsd, source: 'provider' },
    });
    // As if the process had died before it was noted.
    await first.audit.append(record('lost', 40));
    const noted = record('noted', 2);
    first.counting.ledger.note(noted, await first.audit.append(noted));
    await first.audit.append({
      kind: 'admit',
      requestId: 'cut',
      tenant: 'acme',
      model: 'm',
      reservation: noted.reservation,
    });
    await first.audit.flush();
    await first.storage.close();
    for (let start = 0; start < 2; start += 1) {
      const { storage, close } = await open();
      const query = { fromMs: 0, toMs: 4e12, where: {}, models: null };
      // The call that was cut costs what was held for it.
      assert.equal(await storage.ledger.spent(query), 542);
      await close();
    }
  });
});

test('a line that only the charge of a crash went past is told with the next call, once', async () => {
  await scene(async (open) => {
    const first = await open();
    const nowMs = Date.now();
    await first.storage.ledger.add([entry('before', nowMs, 300)], null);
    const reservation = { id: 'cut', atMs: nowMs, estimateNanoUsd: 400, estimateTokens: 1 };
    const cut = { requestId: 'cut', tenant: 'acme', model: 'm', reservation };
    await first.audit.append({ kind: 'admit', ...cut });
    await first.close();
    const told: number[][] = [];
    for (let start = 0; start < 2; start += 1) {
      const { counting, close } = await open();
      const lines: number[] = [];
      counting.onCrossing(({ line }) => lines.push(line));
      for (const id of ['one', 'two']) {
        const demands = demandsAt(nowMs, 10, false, [0.2, 0.5, 0.9]);
        const held = await counting.limitStore.reserve(id, demands, nowMs);
        assert.ok(held.ok);
        held.value.settle({ requests: 1, inputTokens: 0, outputTokens: 0, bytes: 0, nanoUsd: 10 });
      }
      told.push(lines);
      await close();
    }
    // 300 were past the first line before, 700 are past the second; the third nobody has come to.
    assert.deepEqual(told, [[500], []]);
  });
});

test('says how far a log of this gateway is counted, also in a ledger that several share', async () => {
  await scene(async (open) => {
    for (const isShared of [false, true]) {
      const { audit, counting, close } = await open(isShared);
      const seq = await audit.append({ kind: 'system', action: 'start' });
      counting.ledger.note(
        {
          kind: 'complete',
          requestId: `req_${isShared ? 'shared' : 'own'}`,
          tenant: 'acme',
          model: 'm',
          reservation: { id: 'r', atMs: Date.now(), estimateNanoUsd: 0, estimateTokens: 0 },
        },
        seq,
      );
      await counting.ledger.flush();
      assert.equal(await counting.counted('main'), seq);
      await close();
    }
  });
});
