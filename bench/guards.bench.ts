/**
 * What the default guards cost for fresh text: a different text each time, so that nothing is
 * answered from memory.
 *
 *   node bench/guards.bench.ts
 */
import assert from 'node:assert/strict';

import { filterWhole, ruleOf } from '#policy/guards/guard.contract.ts';
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

const run = async (
  rules: readonly GuardRule[],
  chars: number,
  count: number,
): Promise<number[]> => {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const fresh = text(chars);
    const startMs = performance.now();
    const filtered = await filterWhole(rules, fresh);
    times.push((performance.now() - startMs) * 1_000);
    assert.equal(filtered, fresh);
  }
  return times.sort((a, b) => a - b);
};

const at = (times: readonly number[], share: number): number =>
  Number((times[Math.floor((times.length - 1) * share)] ?? Number.NaN).toFixed(1));

for (const [guards, rules] of Object.entries(SETS)) {
  await run(rules, 1_024, 5_000);
  const one = await run(rules, 1_024, 5_000);
  const four = await run(rules, 4_096, 5_000);
  process.stdout.write(
    `${JSON.stringify({ bench: 'guards', guards, unit: 'µs', p50PerKb: at(one, 0.5), p50At4Kb: at(four, 0.5), p99At4Kb: at(four, 0.99) })}\n`,
  );
}
