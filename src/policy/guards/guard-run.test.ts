/** The engine: modes, faults, deadlines, overlapping findings, text that may not be edited. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { clean, type Detector, type Finding, type Guard } from './guard.ts';
import { cutText, filterCut, filterWhole, ruleOf, runOf } from './guard.contract.ts';
import type { GuardRule } from './rule.ts';
import { secretsGuard } from './secrets.ts';
import { topicsGuard } from './topics.ts';

const guardOf = (scan: Detector['scan'], type = 'fake'): Guard => ({ type, detectors: [{ scan }] });

/** Finds every `X` and what follows it up to `chars` characters; needs them all to decide. */
const after = (letter: string, chars: number, type: string): Guard =>
  guardOf((text, from, isEnd) => {
    const findings: Finding[] = [];
    let decidedTo = text.length;
    for (let at = text.indexOf(letter, from); at !== -1; at = text.indexOf(letter, at + 1)) {
      if (at + chars > text.length && !isEnd) {
        decidedTo = at;
        break;
      }
      const end = Math.min(text.length, at + chars);
      findings.push({ category: type, start: at, end, score: 1 });
    }
    return { findings, decidedTo };
  }, type);

const rule = (guard: Guard, changes: Partial<GuardRule> = {}): GuardRule => ({
  ...ruleOf(guard),
  guard,
  name: guard.type,
  ...changes,
});

test('overlapping findings of several guards are one region, named by the first', async () => {
  const rules = [rule(after('x', 6, 'long')), rule(after('y', 3, 'short'))];
  assert.equal(await filterWhole(rules, 'a x--y-- b'), 'a [redacted:long] b');
  assert.equal(await filterWhole(rules, 'a x----y-- b'), 'a [redacted:long] b');
  assert.equal(await filterWhole(rules, 'a y-- x b'), 'a [redacted:short] [redacted:long]');
});

test('streamed output is the output for the whole, with guards that overlap and hold differently', async () => {
  const rules = [
    rule(after('x', 9, 'long')),
    rule(after('y', 3, 'short')),
    rule(secretsGuard.create({ allow: [] })),
    rule(
      topicsGuard.create(topicsGuard.config.parse({ rules: [{ match: 'a b', action: 'redact' }] })),
    ),
    rule(
      topicsGuard.create(
        topicsGuard.config.parse({ rules: [{ pattern: 'c.*d', action: 'redact' }] }),
      ),
      {
        name: 'patterns',
      },
    ),
  ];
  const pieces = ['x', 'y', 'a', 'b', ' ', 'c', 'd', '\n', 'sk-ant-', 'a1b2c3d4e5f6g7h8i9j0k', '@'];
  await fc.assert(
    fc.asyncProperty(cutText(pieces), async ({ text, cuts }) => {
      assert.equal(await filterCut(rules, text, cuts), await filterWhole(rules, text));
    }),
    { numRuns: 5_000 },
  );
});

test('observe records what would have happened, and changes and holds nothing', async () => {
  const { run, evidence } = runOf(
    rule(after('x', 50, 'watched'), { mode: 'observe', action: 'block' }),
  );
  const channel = run.open('assistant', true);
  assert.equal(await channel.push('an x '), 'an x ');
  assert.equal(channel.isHolding, false);
  assert.equal(await channel.end(), '');
  await run.settled();
  assert.deepEqual(
    evidence.list().map(({ mode, action, category, count }) => ({ mode, action, category, count })),
    [{ mode: 'observe', action: 'block', category: 'watched', count: 1 }],
  );
});

test('alert records and passes', async () => {
  const { run, evidence } = runOf(rule(after('x', 2, 'seen'), { action: 'alert' }));
  assert.equal((await run.whole('a xx b', 'user', true)).text, 'a xx b');
  assert.equal(evidence.list()[0]?.count, 2);
});

for (const [how, scan] of [
  ['throws', () => assert.fail('a guard with a bug')],
  ['rejects', () => Promise.reject(new Error('gone'))],
  ['never answers', () => new Promise<never>(() => {})],
] as const) {
  test(`a guard that ${how} has not passed the text: nothing of it leaves`, async () => {
    const { run, evidence } = runOf(rule(guardOf(scan), { timeoutMs: 20 }));
    const { text, stop } = await run.whole('some text', 'user', true);
    assert.equal(text, '');
    assert.equal(stop?.kind, 'unavailable');
    assert.equal(evidence.list()[0]?.action, 'unavailable');
  });

  test(`a guard that ${how} passes the text only where the operator wrote so, and it is recorded`, async () => {
    const { run, evidence } = runOf(rule(guardOf(scan), { timeoutMs: 20, onFault: 'pass' }));
    const { text, stop } = await run.whole('some text', 'user', true);
    assert.equal(text, 'some text');
    assert.equal(stop, null);
    assert.match(evidence.unread(), /^guard fake unavailable/u);
  });
}

test('a guard that answers late is as unavailable as one that hangs', async () => {
  const slow = guardOf((text) => {
    const untilMs = performance.now() + 15;
    while (performance.now() < untilMs);
    return clean(text.length);
  });
  const { run } = runOf(rule(slow, { timeoutMs: 5 }));
  assert.equal((await run.whole('text', 'user', true)).stop?.kind, 'unavailable');
});

test('a finding in text that may not be edited blocks instead', async () => {
  const { run } = runOf(rule(after('x', 2, 'sealed')));
  const { text, stop } = await run.whole('think x', 'reasoning', false);
  assert.equal(text, 'think ');
  assert.equal(stop?.kind, 'blocked');
});

test('asynchronous guards give what synchronous ones give', async () => {
  const sync = after('x', 4, 'same');
  const later = guardOf(async (text, from, isEnd, context) => {
    await new Promise(setImmediate);
    const [detector] = sync.detectors;
    assert.ok(detector);
    return detector.scan(text, from, isEnd, context);
  }, 'same');
  for (const text of ['a x b', 'xxxxxxxxxx', 'ax', '']) {
    assert.equal(
      await filterCut([rule(later)], text, [1, 2]),
      await filterWhole([rule(sync)], text),
    );
  }
});

test('rules are chosen by tenant, model, direction and position', async () => {
  const guard = after('x', 1, 'chosen');
  const masked = async (changes: Partial<GuardRule>): Promise<boolean> => {
    const { run } = runOf(rule(guard, changes));
    return (await run.whole('x', 'assistant', true)).text !== 'x';
  };
  assert.equal(await masked({}), true);
  assert.equal(await masked({ tenants: ['other'] }), false);
  assert.equal(await masked({ models: ['other'] }), false);
  assert.equal(await masked({ on: ['request'] }), false);
  assert.equal(await masked({ positions: ['user'] }), false);
  assert.equal(
    await masked({ tenants: ['acme'], models: ['any'], positions: ['assistant'] }),
    true,
  );
});
