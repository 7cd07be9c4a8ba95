/**
 * Three gateways are called without a pause while they, their PostgreSQL and their Valkey are killed,
 * stopped, flushed and replaced. Afterwards the ledger is what the provider did, the logs verify, the
 * budget and the pace were kept, and nobody was answered a byte of another.
 */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import { readRecords } from '#audit/read.ts';
import { verifyLog } from '#audit/verify.ts';

import { type Answered, Callers } from './callers.ts';
import { type Blow, blows } from './chaos.ts';
import { BUDGET_NANO, openScene, PACE, type Scene, type Tenant, tenants } from './scene.ts';

const CALLERS = 18;
const PAUSE_MS = 60;
const BETWEEN_MS = 1_200;
/** The fleet is whole again this long after the last blow, at most. */
const RECOVERY_MS_MAX = 15_000;
const IN_A_ROW = 30;
/** What one call may hold, for those that were cut: prompt and answer at their most. */
const HELD_NANO_MAX = 1_000_000;

export interface Plan {
  readonly ms: number;
  /** The next blow, from how many there were. */
  readonly next: (count: number) => number;
  readonly say: (line: string) => void;
}

export interface Verdict {
  readonly sent: number;
  readonly answered: number;
  readonly cut: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly blows: number;
  readonly records: number;
  readonly recoveredMs: number;
  readonly nanoUsd: Readonly<Record<Tenant, { readonly truth: number; readonly ledger: number }>>;
}

export async function runScenario(plan: Plan): Promise<Verdict> {
  const scene = await openScene();
  try {
    return await played(scene, plan);
  } finally {
    await scene.close();
  }
}

async function played(scene: Scene, plan: Plan): Promise<Verdict> {
  const startMs = performance.now();
  const callers = new Callers(scene, CALLERS, PAUSE_MS);
  let struck: Blow[] = [];
  let recoveredMs = 0;
  try {
    struck = await strikes(scene, plan, startMs + plan.ms);
    recoveredMs = await recovered(callers);
  } finally {
    await callers.stop();
  }
  const seconds = (performance.now() - startMs) / 1_000;
  await stopped(scene);
  assert.deepEqual(callers.faults, []);
  assert.deepEqual(scene.provider.twice, [], 'a call that was sent to the provider twice');
  const lines = await ledgerLines(scene);
  paidFor(scene, callers.answered, lines);
  const nanoUsd = sums(scene, lines, callers);
  wereTried(scene, callers);
  keptLimits(scene, nanoUsd.bounded.ledger, seconds, struck);
  const records = await recordsOf(scene, callers.answered);
  return {
    sent: callers.sent,
    answered: callers.answered.length,
    cut: callers.cut,
    statuses: Object.fromEntries(callers.statuses),
    blows: struck.length,
    records,
    recoveredMs: Math.round(recoveredMs),
    nanoUsd,
  };
}

async function strikes(scene: Scene, { next, say }: Plan, endMs: number): Promise<Blow[]> {
  const struck: Blow[] = [];
  while (performance.now() < endMs) {
    await delay(BETWEEN_MS);
    const blow = blows[next(struck.length) % blows.length];
    assert.ok(blow !== undefined);
    const startMs = performance.now();
    await blow.strike(scene, struck.length % scene.gateways.length);
    struck.push(blow);
    say(`${blow.name}: ${Math.round(performance.now() - startMs)} ms`);
  }
  return struck;
}

/** Until calls of the tenant without limits are answered one after another, without a gap. */
async function recovered(callers: Callers): Promise<number> {
  const startMs = performance.now();
  for (let row = 0; row < IN_A_ROW;) {
    const status = await callers.once('free', 9);
    row = status === 200 ? row + 1 : 0;
    const tookMs = performance.now() - startMs;
    assert.ok(tookMs < RECOVERY_MS_MAX, `not whole after ${tookMs} ms: ${status}`);
  }
  return performance.now() - startMs;
}

/** Each is started once more, so that the calls which a kill interrupted are at their end. */
async function stopped({ folders, gateways }: Scene): Promise<void> {
  for (const turn of [0, 1]) {
    for (const gateway of gateways) gateway.kill('SIGTERM');
    for (const { exited, stderr } of gateways) assert.equal((await exited).code, 0, stderr());
    if (turn > 0) continue;
    const again = await Promise.all(folders.map((folder) => folder.start()));
    gateways.splice(0, gateways.length, ...again);
  }
}

interface Line {
  readonly tenant: string;
  readonly ended: string;
  readonly nanoUsd: number;
}

/** By the id of the request; with what was corrected later. */
async function ledgerLines({ postgres, database }: Scene): Promise<ReadonlyMap<string, Line>> {
  const rows = await postgres.run(
    database,
    `SELECT id, min(tenant) AS tenant, string_agg(ended, '+' ORDER BY is_correction) AS ended,
      sum(cost_nano_usd) AS cost FROM llmproxy.ledger GROUP BY id`,
  );
  return new Map(
    rows.map(({ id, tenant, ended, cost }) => [
      String(id),
      { tenant: String(tenant), ended: String(ended), nanoUsd: Number(cost) },
    ]),
  );
}

/** Who was answered pays what the provider did for it, to the nano-dollar, and only once. */
function paidFor(
  { provider }: Scene,
  answered: readonly Answered[],
  lines: ReadonlyMap<string, Line>,
): void {
  assert.equal(new Set(answered.map(({ requestId }) => requestId)).size, answered.length);
  for (const { requestId, nonce, tenant } of answered) {
    const { nanoUsd } = provider.worked.get(nonce) ?? {};
    const line = lines.get(requestId);
    assert.equal(line?.nanoUsd, nanoUsd, `${tenant} ${requestId} ${line?.ended}`);
    assert.equal(line?.tenant, tenant);
  }
}

/** Of each tenant: all that the provider did is in the ledger, and of what was cut what it held at most. */
function sums(
  { provider }: Scene,
  lines: ReadonlyMap<string, Line>,
  { answered }: Callers,
): Verdict['nanoUsd'] {
  const of = (tenant: Tenant) => {
    const own = [...lines].filter(([, line]) => line.tenant === tenant);
    const paid = own.reduce((sum, [, { nanoUsd }]) => sum + nanoUsd, 0);
    const truth = provider.nanoUsd.get(tenant) ?? 0;
    const known = new Set(answered.map(({ requestId }) => requestId));
    const others = own.filter(([id]) => !known.has(id));
    const told = `${tenant}: ${truth} was done, ${paid} is in the ledger; of calls that were cut: `;
    const cut = JSON.stringify(others.slice(0, 10));
    assert.ok(paid >= truth && paid - truth <= others.length * HELD_NANO_MAX, told + cut);
    return { truth, ledger: paid };
  };
  return { free: of('free'), bounded: of('bounded'), paced: of('paced') };
}

/** A limit that nobody has met, because nobody was let in, was not kept. */
function wereTried({ provider }: Scene, { refused }: Callers): void {
  for (const tenant of tenants) {
    assert.ok((provider.calls.get(tenant) ?? 0) > 0, `no call of ${tenant} was let through`);
    assert.equal((refused.get(tenant) ?? 0) > 0, tenant !== 'free', `refusals of ${tenant}`);
  }
}

function keptLimits(scene: Scene, spent: number, seconds: number, struck: readonly Blow[]): void {
  assert.ok(spent <= BUDGET_NANO, `${spent} of ${BUDGET_NANO}`);
  const lives = 1 + struck.filter(({ losesCounters }) => losesCounters === true).length;
  const most = PACE.burst * lives + Math.ceil(PACE.perSecond * seconds);
  const calls = scene.provider.calls.get('paced') ?? 0;
  assert.ok(calls <= most, `${calls} calls of a pace that allows ${most}`);
}

/** Each log verifies; each answer has one end in one of them. */
async function recordsOf(scene: Scene, answered: readonly Answered[]): Promise<number> {
  const ends = new Map<string, number>();
  let records = 0;
  for (const { auditDir } of scene.folders) {
    const verdict = verifyLog(auditDir);
    assert.equal(verdict.exit, 0, JSON.stringify(verdict.firstBad));
    records += verdict.records;
    for await (const { record } of readRecords(auditDir)) {
      const { kind, requestId } = record;
      if (kind !== 'complete' || typeof requestId !== 'string') continue;
      ends.set(requestId, (ends.get(requestId) ?? 0) + 1);
      assert.ok(
        tenants.some((tenant) => tenant === record.tenant),
        requestId,
      );
    }
  }
  const wrong = answered.filter(({ requestId }) => ends.get(requestId) !== 1);
  assert.deepEqual(wrong, [], 'answers without one end in the logs');
  return records;
}
