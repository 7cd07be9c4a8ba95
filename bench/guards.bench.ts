/**
 * What the default guards cost for fresh text: a different text each time, so that nothing is
 * answered from memory. As what a user writes, which is read in strides of 16,384 characters; and as what a
 * model wrote, which is read in strides of 768 with 256 ahead, as a stream is: a third more to read.
 *
 *   node bench/guards.bench.ts
 */
import assert from 'node:assert/strict';

import type { Position } from '#domain/passage.ts';
import { ruleOf, runOf } from '#policy/guards/guard.contract.ts';
import { harmGuard } from '#policy/guards/harm/harm.ts';
import { piiGuard } from '#policy/guards/pii/pii.ts';
import { promptInjectionGuard } from '#policy/guards/prompt-injection/prompt-injection.ts';
import type { GuardRule } from '#policy/guards/rule.ts';
import { secretsGuard } from '#policy/guards/secrets.ts';

const WORDS =
  'the gateway reads https://example.com/docs and writes task_id sk AIDA eyes http ghost pypi notes when a customer from the north asks about late orders, of which most were small'.split(
    ' ',
  );
const secrets = ruleOf(secretsGuard.create({ allow: [] }));
const injection = ruleOf(promptInjectionGuard.create({}));
const pii = ruleOf(piiGuard.create(piiGuard.config.parse({})));
const harm = ruleOf(harmGuard.create(harmGuard.config.parse({})));
const SETS: Readonly<Record<string, readonly GuardRule[]>> = {
  secrets: [secrets],
  pii: [pii],
  'prompt-injection': [injection],
  harm: [harm],
  together: [injection, secrets, pii],
  'together and harm': [injection, harm, secrets, pii],
};

// In 32 bits: in doubles the product loses its low bits, and the texts soon repeat.
let seed = 1;
const random = (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 4_294_967_296;
};
const text = (chars: number): string => {
  let out = '';
  while (out.length < chars) out += `${WORDS[Math.floor(random() * WORDS.length)]} `;
  // Joined piece by piece it would be a rope, and the first to read it would pay for that.
  return Buffer.from(out.slice(0, chars)).toString();
};

const TIMES = 5_000;
/** Words in a row that mean nothing are blocked now and then, as one ordinary text in a thousand may be. */
const EDITED_MAX = TIMES / 1_000;
const timesOf = async (
  rules: readonly GuardRule[],
  position: Position,
  chars: number,
): Promise<number[]> => {
  const times: number[] = [];
  let edited = 0;
  for (let index = 0; index < TIMES; index += 1) {
    const fresh = text(chars);
    const { run } = runOf(...rules);
    const startMs = performance.now();
    const filtered = await run.whole(fresh, position, true);
    times.push((performance.now() - startMs) * 1_000);
    if (filtered.text !== fresh) edited += 1;
  }
  assert.ok(edited <= EDITED_MAX, `${edited} texts of ${TIMES} were edited`);
  return times.sort((a, b) => a - b);
};

const at = (times: readonly number[], share: number): number =>
  Number((times[Math.floor((times.length - 1) * share)] ?? Number.NaN).toFixed(1));

for (const [guards, rules] of Object.entries(SETS)) {
  for (const position of ['user', 'assistant'] as const) {
    await timesOf(rules, position, 1_024);
    const one = await timesOf(rules, position, 1_024);
    const four = await timesOf(rules, position, 4_096);
    process.stdout.write(
      `${JSON.stringify({ bench: 'guards', guards, position, unit: 'µs', minPerKb: at(one, 0), p50PerKb: at(one, 0.5), p50At4Kb: at(four, 0.5), p99At4Kb: at(four, 0.99) })}\n`,
    );
  }
}
