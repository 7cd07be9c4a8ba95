/**
 * The tests of leases fail when leases are wrong: each change below would let something be spent twice,
 * held for ever or never charged, and the simulation or the tests of loans must see it.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import type { Mutant } from '../support/mutant.ts';
import { IS_FULL } from '../support/streams.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FLAGS = readFileSync(join(ROOT, 'bin', 'node-flags'), 'utf8')
  .trim()
  .split(/\s+/u);
const PRELOAD = join(ROOT, 'tests', 'support', 'mutant.ts');
const LIMITERS = 'src/policy/limiters';
const SIMULATION = `${LIMITERS}/simulation.test.ts`;
const LOANS = `${LIMITERS}/shared/lending-store.test.ts`;
/** A change that nobody sees is found out by a run to the end. */
const RUN_MS = 120_000;
const NOT_APPLIED = 86;

const [loan, lending, size] = ['shared/loan.ts', 'shared/lending-store.ts', 'shared/loan-size.ts'];

const mutants: readonly (readonly [name: string, suite: string, change: Mutant])[] = [
  [
    'a call takes nothing of the loan',
    SIMULATION,
    {
      file: loan,
      from: 'for (const [at, amount] of held.entries()) this.#free[at] = this.free(at) - amount;',
      to: '',
    },
  ],
  [
    'what a call has used is free again',
    SIMULATION,
    { file: loan, from: '(held[at] ?? 0) - gone', to: '(held[at] ?? 0)' },
  ],
  [
    'what runs and what was used is given back with the rest',
    SIMULATION,
    { file: loan, from: 'demand.amount - Math.max(0, this.free(at))', to: '0' },
  ],
  [
    'what was used of a loan is not told',
    SIMULATION,
    {
      file: lending,
      from: 'const closing = { demands: terms.demands, used,',
      to: 'const closing = { demands: terms.demands, used: UNDONE,',
    },
  ],
  [
    'a loan ends while calls run on it',
    SIMULATION,
    {
      file: lending,
      from: 'if (!loan.isOpen) return this.#close(loan);',
      to: 'if (loan !== null) return this.#close(loan);',
    },
  ],
  [
    'the last call does not end its loan',
    SIMULATION,
    { file: lending, from: 'if (!loan.isOpen) this.#close(loan);', to: '' },
  ],
  [
    'a loan of which nobody knows whether it is held is forgotten',
    SIMULATION,
    {
      file: lending,
      from: 'kind.notBeforeMs = askedMs + AGAIN_MS;\n      await this.#tell(id, undone);',
      to: 'kind.notBeforeMs = askedMs + AGAIN_MS;',
    },
  ],
  [
    'an end that the store did not hear is not told again',
    SIMULATION,
    {
      file: lending,
      from: 'for (const [id, closing] of this.#closings) void this.#tell(id, closing);',
      to: '',
    },
  ],
  [
    'a loan that was refused is taken for granted',
    LOANS,
    { file: lending, from: "if (answer.kind !== 'held') return;", to: '' },
  ],
  [
    'the store forgets what a lowered loan holds',
    SIMULATION,
    {
      file: 'memory/money-shelf.ts',
      from: 'held -= demand.amount - used',
      to: 'held -= demand.amount',
    },
  ],
  [
    'what is on loan of a bucket can be had by others',
    LOANS,
    {
      file: 'token-bucket.ts',
      from: ' + bucket.lent * rate.unitPoints;\n\n/** A loan',
      to: ';\n\n/** A loan',
    },
  ],
  [
    'what is on loan of a bucket runs off',
    LOANS,
    {
      file: size,
      from: "demand.quota.algorithm === 'token-bucket' ? { ...many, isLent: true } : many",
      to: 'many',
    },
  ],
  [
    'what was spent of a bucket is not drawn at the end',
    LOANS,
    {
      file: 'token-bucket.ts',
      from: 'draw(bucket, spent, of.rate, of.nowMs);',
      to: 'draw(bucket, 0, of.rate, of.nowMs);',
    },
  ],
  [
    'what is counted in one slice of a window is spent in later ones',
    LOANS,
    {
      file: size,
      from: '(states[at]?.resetMs ?? 0) - WINDOW_SLICES * quota.sliceMs',
      to: 'states[at]?.resetMs ?? 0',
    },
  ],
  [
    'a loan never ends',
    LOANS,
    {
      file: lending,
      from: 'return nowMs >= (this.#ports.isUp() ? terms.spendUntilMs : terms.awayUntilMs);',
      to: 'return nowMs < 0 && terms.id === "";',
    },
  ],
  [
    'near a limit much is lent',
    LOANS,
    { file: size, from: 'if (remaining < quota.amount * NEAR) return 0;', to: '' },
  ],
  [
    'one gateway takes all that is left',
    LOANS,
    { file: size, from: 'remaining / (2 * instances * amount)', to: 'remaining / amount' },
  ],
  [
    'a loan is spent while the store is away, though that was denied',
    LOANS,
    { file: lending, from: "if (declared === 'deny') return false;", to: '' },
  ],
  [
    'a loan is spent while the store is away, though a share is counted',
    LOANS,
    { file: lending, from: 'return isDeclared;', to: 'return true || isDeclared;' },
  ],
  [
    'a loan outlives the life of the store that gave it',
    LOANS,
    { file: lending, from: 'this.#kinds.clear();\n    this.#calls.clear();', to: '' },
  ],
  [
    'what a call was raised by is held for ever',
    LOANS,
    { file: lending, from: 'await counters.settle(raise, demands, UNDONE);', to: '' },
  ],
];

/** The code it ends with. */
const run = (suite: string, mutant: Mutant | null): Promise<number | null> =>
  new Promise((resolve, reject) => {
    const env = {
      ...process.env,
      NODE_TEST_CONTEXT: undefined,
      LLMPROXY_SEEDS: '600',
      LLMPROXY_MUTANT: JSON.stringify(mutant),
    };
    const args = [...FLAGS, '--import', PRELOAD, join(ROOT, suite)];
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env,
      stdio: 'ignore',
      timeout: RUN_MS,
    });
    child.once('error', reject);
    child.once('exit', resolve);
  });

for (const suite of [SIMULATION, LOANS]) {
  test(`${suite}: nothing is changed, and nothing fails`, async () => {
    assert.equal(await run(suite, null), 0);
  });
}

/** A process a change: every sixth in `npm test`, all of them in `npm run test:full`. */
const tried = IS_FULL ? mutants : mutants.filter((_mutant, at) => at % 6 === 0);

for (const [name, suite, mutant] of tried) {
  test(`seen: ${name}`, async () => {
    const code = await run(suite, { ...mutant, file: `${LIMITERS}/${mutant.file}` });
    assert.notEqual(code, NOT_APPLIED, 'the change is one of the text that is there');
    assert.equal(code, 1, 'the tests fail');
  });
}
