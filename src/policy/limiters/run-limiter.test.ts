import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import type { Amounts } from '#domain/limit-state.ts';
import type { Principal } from '#domain/principal.ts';
import type { Reservation } from '#domain/proofs.ts';
import { outermostOf } from '#domain/run.ts';

import { TestClock } from './counter-store.contract.ts';
import type { Demand, Subject } from './limiter.ts';
import { MemoryCounters } from './memory/memory-counters.ts';
import { Reservations } from './reservations.ts';
import { runLimiter } from './run-limiter.ts';

const clock = new TestClock();
const BEGAN_MS = clock.nowMs();
const ENDS_MS = BEGAN_MS + 3_600_000;

const KEY: Principal = {
  tenant: 'acme',
  team: null,
  user: null,
  serviceAccount: null,
  keyId: 'key',
  roles: [],
  claims: {},
  provenBy: 'api-key',
  scope: null,
  parent: null,
  run: null,
};

interface Caps {
  readonly nanoUsd: number | null;
  readonly calls: number | null;
}

function runBelow(parent: Principal, id: string, caps: Caps): Principal {
  const path = parent.run === null ? id : `${parent.run.path}/${id}`;
  const run = { ...caps, depth: 8, path, beganMs: BEGAN_MS, endsMs: ENDS_MS };
  return { ...KEY, keyId: id, parent, run };
}

const subjectOf = (principal: Principal, model = 'm'): Subject => ({
  principal,
  tenant: 'acme',
  team: null,
  user: null,
  serviceAccount: null,
  key: 'key',
  ip: '',
  address: '',
  model,
  provider: null,
  route: 'chat',
  role: '',
  endUser: null,
  session: null,
  run: principal.run === null ? null : outermostOf(principal.run.path),
  tools: [],
  call: {},
  request: { ip: '', route: 'chat', clock },
});

const amounts = (nanoUsd: number): Amounts => ({
  requests: 1,
  inputTokens: 0,
  outputTokens: 0,
  bytes: 0,
  nanoUsd,
});

function demandsOf(principal: Principal, nanoUsd: number, model?: string): Demand[] {
  const demands: Demand[] = [];
  runLimiter.plan(subjectOf(principal, model), amounts(nanoUsd), demands, BEGAN_MS);
  return demands;
}

describe('what a run asks of the store', () => {
  const outer = runBelow(KEY, 'outer', { nanoUsd: 10, calls: null });
  const inner = runBelow(outer, 'inner', { nanoUsd: null, calls: 3 });

  test('every cap above a call, its own first; whoever has no run asks for nothing', () => {
    const asked = demandsOf(inner, 7).map(({ bucket, amount, quota, scope }) => [
      bucket,
      amount,
      quota.limit,
      scope?.where.run,
    ]);
    assert.deepEqual(asked, [
      ['run|requests|outer/inner', 1, 'run-calls', 'outer/inner'],
      ['run|nano-usd|outer', 7, 'run', 'outer'],
    ]);
    assert.deepEqual(demandsOf(KEY, 7), []);
  });

  test('what is no call is none of its calls', () => {
    assert.deepEqual(demandsOf(inner, 0, ''), []);
  });

  test('money is hard and strict: nobody is let through with a warning, or a usual price', () => {
    const demands: Demand[] = [];
    const likely = { ...amounts(9), likelyNanoUsd: 1 };
    runLimiter.plan(subjectOf(outer), likely, demands, BEGAN_MS);
    const [demand] = demands;
    assert.ok(demand?.quota.algorithm === 'budget');
    assert.deepEqual([demand.amount, demand.quota.isHard, demand.quota.clamps], [9, true, false]);
  });
});

/** A call that has ended, as the ledger has it. */
interface Line {
  readonly path: string;
  readonly nanoUsd: number;
}

class Ledger {
  readonly lines: Line[] = [];

  of(path: string): readonly Line[] {
    return this.lines.filter((line) => line.path === path || line.path.startsWith(`${path}/`));
  }

  readonly seedsOf = (demands: readonly Demand[]) =>
    demands.map((demand) => {
      const lines = this.of(String(demand.scope?.where.run));
      const isCalls = demand.quota.unit === 'requests';
      const spent = isCalls ? lines.length : lines.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0);
      return { demand, spent, carried: 0 };
    });
}

const open = (ledger: Ledger): Reservations =>
  new Reservations({
    counters: new MemoryCounters(clock),
    seedsOf: ledger.seedsOf,
    clock,
    onCrossing: () => {},
    onFault: (thrown) => {
      throw thrown;
    },
  });

interface Running {
  readonly run: Principal;
  readonly held: number;
  readonly reservation: Reservation;
}

/** A tree of runs and the calls that they make, with starts that forget every counter. */
class World {
  readonly ledger = new Ledger();
  readonly runs: readonly Principal[];
  readonly running: Running[] = [];
  answered = 0;
  refused = 0;
  #store = open(this.ledger);
  #calls = 0;

  constructor(plans: readonly { readonly below: number; readonly caps: Caps }[]) {
    const runs: Principal[] = [];
    for (const [index, { below, caps }] of plans.entries()) {
      const parent = below === 0 ? KEY : (runs[(below - 1) % Math.max(1, runs.length)] ?? KEY);
      runs.push(runBelow(parent, `r${index}`, caps));
    }
    this.runs = runs;
  }

  async call(of: number, nanoUsd: number): Promise<void> {
    const run = this.runs[of % this.runs.length];
    assert.ok(run !== undefined);
    const demands = demandsOf(run, nanoUsd);
    const asked = await this.#store.reserve(`c${(this.#calls += 1)}`, demands, clock.nowMs());
    if (asked.ok) {
      this.running.push({ run, held: nanoUsd, reservation: asked.value });
      this.answered += 1;
    } else {
      assert.equal(asked.error.reason, 'budget-exhausted');
      this.refused += 1;
    }
  }

  /** Ends the oldest with a part of what was held for it; null: it failed, and cost nothing. */
  end(tenths: number | null): void {
    const call = this.running.shift();
    if (call === undefined) return;
    const nanoUsd = tenths === null ? 0 : Math.floor((call.held * tenths) / 10);
    this.ledger.lines.push({ path: call.run.run?.path ?? '', nanoUsd });
    if (tenths === null) call.reservation.release();
    else call.reservation.settle(amounts(nanoUsd));
  }

  /** What ran is charged as it was held, and the counters are those of the ledger. */
  restart(): void {
    for (const { run, held } of this.running.splice(0)) {
      this.ledger.lines.push({ path: run.run?.path ?? '', nanoUsd: held });
    }
    this.#store = open(this.ledger);
  }

  check(): void {
    for (const { run } of this.runs) {
      assert.ok(run !== null);
      const lines = this.ledger.of(run.path);
      const held = this.running.filter((one) => `${one.run.run?.path}/`.startsWith(`${run.path}/`));
      const spent = lines.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0);
      const atOnce = held.reduce((sum, one) => sum + one.held, 0);
      assert.ok(spent + atOnce <= (run.nanoUsd ?? Infinity), `${run.path} has too much money`);
      assert.ok(
        lines.length + held.length <= (run.calls ?? Infinity),
        `${run.path} calls too much`,
      );
    }
  }
}

const cap = fc.option(fc.integer({ min: 1, max: 30 }), { freq: 3, nil: null });
const plan = fc.record({ below: fc.nat(8), caps: fc.record({ nanoUsd: cap, calls: cap }) });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('call' as const), fc.nat(8), fc.nat(12)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('end' as const), fc.nat(10), fc.boolean()) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('restart' as const)) },
);

test('whatever tree of runs, calls, failures and restarts: none spends more than its cap, or one above', async () => {
  let [answered, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(
      fc.array(plan, { minLength: 1, maxLength: 9 }),
      fc.array(step, { minLength: 40, maxLength: 80 }),
      async (plans, steps) => {
        const world = new World(plans);
        for (const taken of steps) {
          if (taken[0] === 'call') await world.call(taken[1], taken[2]);
          else if (taken[0] === 'end') world.end(taken[2] ? taken[1] : null);
          else world.restart();
          world.check();
        }
        answered += world.answered;
        refused += world.refused;
      },
    ),
    { numRuns: 500 },
  );
  assert.ok(answered > 1_000 && refused > 1_000, `${answered} answered, ${refused} refused`);
});

test('calls are given to the last one: a cap is reached, not only kept', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.boolean(), async (calls, isRestarted) => {
      const world = new World([{ below: 0, caps: { nanoUsd: null, calls } }]);
      for (let count = 0; count < calls; count += 1) {
        await world.call(0, 5);
        if (isRestarted) world.restart();
      }
      assert.deepEqual([world.answered, world.refused], [calls, 0]);
      await world.call(0, 5);
      assert.deepEqual([world.answered, world.refused], [calls, 1]);
    }),
    { numRuns: 50 },
  );
});
