/** What every guard must keep. Each member's test calls it first, with samples of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { Position } from '#domain/passage.ts';
import { Cancellation } from '#stdx/cancellation.ts';

import { Evidence } from './evidence.ts';
import type { Guard, GuardAction, Scan } from './guard.ts';
import { GuardRun } from './guard-run.ts';
import type { GuardRule } from './rule.ts';
import { cpuMs, paced } from '../../../tests/support/pace.ts';

export interface GuardSamples {
  /** Text with one finding in it. */
  readonly found: string;
  /** Repeated a lot, it almost matches: what a backtracking engine would choke on. */
  readonly nearMiss: string;
  /** Pieces that random texts are made of: findings, their beginnings, their ends, noise. */
  readonly pieces: readonly string[];
}

const cancellation = new Cancellation();

export const ruleOf = (guard: Guard, action: GuardAction = 'redact'): GuardRule => ({
  name: guard.type,
  guard: { type: guard.type, detectors: guard.detectors, actionOf: () => action },
  on: ['request', 'reply'],
  mode: 'enforce',
  action,
  timeoutMs: 60_000,
  onFault: 'deny',
  tenants: null,
  models: null,
  roles: null,
  isOnDemand: false,
  positions: null,
  restoreTools: [],
  approvalMs: null,
});

export function runOf(...rules: readonly GuardRule[]): { run: GuardRun; evidence: Evidence } {
  const evidence = new Evidence();
  const subject = { tenant: 'acme', model: 'any', direction: 'reply', cancellation } as const;
  const run = new GuardRun(rules, subject, { evidence, monotonicMs: () => performance.now() });
  return { run, evidence };
}

export async function filterWhole(rules: readonly GuardRule[], text: string): Promise<string> {
  const { run } = runOf(...rules);
  return (await run.whole(text, 'assistant', true)).text;
}

export async function filterCut(
  rules: readonly GuardRule[],
  text: string,
  cuts: readonly number[],
): Promise<string> {
  const channel = runOf(...rules).run.open('assistant', true);
  let out = '';
  let from = 0;
  for (const cut of [...cuts, text.length]) {
    if (cut < from) continue;
    out += await channel.push(text.slice(from, cut));
    from = cut;
  }
  return out + (await channel.end());
}

/** One detector of a guard on one whole text, as a request has it. */
export async function scanWhole(guard: Guard, text: string, position: Position): Promise<Scan> {
  const [detector] = guard.detectors;
  assert.ok(detector !== undefined);
  const { signal } = cancellation;
  const context = { tenant: 'acme', model: 'any', position, request: [], signal };
  return await detector.scan(text, 0, true, context);
}

/** Random texts of the pieces, with sorted random cuts. */
export const cutText = (
  pieces: readonly string[],
): fc.Arbitrary<{ text: string; cuts: number[] }> =>
  fc
    .array(
      fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...pieces) }, fc.string({ maxLength: 12 })),
      {
        maxLength: 14,
      },
    )
    .map((parts) => parts.join(''))
    .chain((text) =>
      fc
        .array(fc.nat({ max: text.length }), { maxLength: 40 })
        .map((cuts) => ({ text, cuts: cuts.sort((a, b) => a - b) })),
    );

/** The long form is that of `npm run test:full`. */
const RUNS = process.env['LLMPROXY_FULL'] === '1' ? 2_500 : 1_000;

/** Names the rest of the law: text that is not a finding is passed to the letter. */
export function guardContract(guard: Guard, samples: GuardSamples, numRuns = RUNS): void {
  const rules = [ruleOf(guard)];

  test(`${guard.type}: finds its sample, and passes its near miss`, async () => {
    assert.notEqual(await filterWhole(rules, samples.found), samples.found);
    assert.equal(await filterWhole(rules, samples.nearMiss), samples.nearMiss);
  });

  test(`${guard.type}: streamed output is the output for the whole, for every chunking`, async () => {
    await fc.assert(
      fc.asyncProperty(cutText(samples.pieces), async ({ text, cuts }) => {
        assert.equal(await filterCut(rules, text, cuts), await filterWhole(rules, text));
      }),
      { numRuns },
    );
  });

  test(`${guard.type}: a blocked stream is a prefix of the filtered whole`, async () => {
    const blocking = [ruleOf(guard, 'block')];
    await fc.assert(
      fc.asyncProperty(cutText(samples.pieces), async ({ text, cuts }) => {
        const whole = await filterWhole(rules, text);
        const streamed = await filterCut(blocking, text, cuts);
        assert.ok(whole.startsWith(streamed));
        assert.ok(text.startsWith(streamed), 'nothing is masked before a block');
      }),
      { numRuns: Math.ceil(numRuns / 4) },
    );
  });

  test(`${guard.type}: one character at a time is the hardest cut, and gives the same`, async () => {
    await fc.assert(
      fc.asyncProperty(cutText(samples.pieces), async ({ text }) => {
        const cuts = Array.from({ length: text.length }, (_, index) => index);
        assert.equal(await filterCut(rules, text, cuts), await filterWhole(rules, text));
      }),
      { numRuns: Math.ceil(numRuns / 10) },
    );
  });

  test(`${guard.type}: reads 1 MiB of near misses in linear time, and passes it`, async () => {
    const hostile = samples.nearMiss.repeat(Math.ceil(2 ** 20 / samples.nearMiss.length));
    const limitMs = paced(2_000);
    const startMs = cpuMs();
    assert.equal(await filterWhole(rules, hostile), hostile);
    // Quadratic work on 1 MiB would take minutes.
    assert.ok(cpuMs() - startMs < limitMs);
  });
}
