import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Evidence } from './evidence.ts';
import { ruleOf as ruleFor } from './guard.contract.ts';
import type { ToolDetector } from './guard.ts';
import type { GuardRule } from './rule.ts';
import { ToolJudge } from './tool-judge.ts';

const ruleOf = (tools: ToolDetector, changes: Partial<GuardRule> = {}): GuardRule => ({
  ...ruleFor({ type: 'test', detectors: [], tools }, 'block'),
  guard: { type: 'test', detectors: [], tools },
  timeoutMs: 30,
  ...changes,
});

function judgeOf(rules: readonly GuardRule[], allowed: readonly string[] | null = null) {
  const evidence = new Evidence();
  const scope = { tenant: 'acme', model: 'm', request: [], allowed };
  const ports = { evidence, monotonicMs: () => performance.now(), restorer: null };
  return { judge: new ToolJudge(rules, scope, ports), evidence };
}

const call = { name: 'pay', arguments: { to: 'x', note: 'ab ab' } };
const never = new Promise<never>(() => {});
const FAULTS: readonly (readonly [what: string, tools: ToolDetector])[] = [
  ['throws', { judge: () => assert.fail('broken') }],
  ['rejects', { judge: () => Promise.reject(new Error('broken')) }],
  ['hangs', { judge: () => never }],
];

test('a rule that throws, rejects or hangs stops the answer unless it was told to pass', async () => {
  for (const [what, tools] of FAULTS) {
    const strict = judgeOf([ruleOf(tools)]);
    assert.equal((await strict.judge.judge([call]))?.kind, 'unavailable', what);
    for (const lenient of [
      ruleOf(tools, { onFault: 'pass' }),
      ruleOf(tools, { mode: 'observe' }),
    ]) {
      const { judge, evidence } = judgeOf([lenient]);
      assert.equal(await judge.judge([call]), null, what);
      assert.match(evidence.unread(), /unavailable/u);
    }
  }
});

test('arguments too long to be judged stop the answer, whoever would only have watched', () => {
  const tools = { judge: () => [] };
  assert.equal(judgeOf([ruleOf(tools)]).judge.tooLong()?.kind, 'unavailable');
  const watching = judgeOf([ruleOf(tools, { mode: 'observe' })]);
  assert.equal(watching.judge.tooLong(), null);
  assert.match(watching.evidence.unread(), /unavailable/u);
});

test('the first finding that blocks stops; the calls after it are not asked about', async () => {
  const asked: string[] = [];
  const tools: ToolDetector = {
    judge({ name }) {
      asked.push(name);
      return name === 'bad' ? [{ category: 'c' }] : [];
    },
  };
  const { judge } = judgeOf([ruleOf(tools)]);
  const calls = ['good', 'bad', 'later'].map((name) => ({ name, arguments: {} }));
  assert.equal((await judge.judge(calls))?.kind, 'blocked');
  assert.deepEqual(asked, ['good', 'bad']);
});

test('a call that comes again is judged once', async () => {
  let asked = 0;
  const tools: ToolDetector = {
    judge() {
      asked += 1;
      return [];
    },
  };
  const { judge } = judgeOf([ruleOf(tools)]);
  await judge.judge([call, call]);
  await judge.judge([call, { ...call, arguments: {} }]);
  assert.equal(asked, 2);
});

test('an answer with a hundred thousand calls is judged, not unwound', async () => {
  const { judge } = judgeOf([ruleOf({ judge: () => [] })]);
  const calls = Array.from({ length: 100_000 }, (_, index) => ({
    name: `t${index}`,
    arguments: {},
  }));
  assert.equal(await judge.judge(calls), null);
});

test('redact takes a value out everywhere, blocks in keys, and without a value', async () => {
  const redact = (value?: string) =>
    ruleOf(
      { judge: () => [{ category: 'c', ...(value !== undefined && { value }) }] },
      { action: 'redact' },
    );
  const { judge } = judgeOf([redact('ab')]);
  assert.equal(await judge.judge([call]), null);
  assert.deepEqual(judge.strip('ab ab', true), { text: '[redacted:c] [redacted:c]', stop: null });
  assert.equal(judge.strip('ab', false).stop?.kind, 'blocked');
  assert.equal((await judgeOf([redact()]).judge.judge([call]))?.kind, 'blocked');
});

test('a role without a tool has none, and a name that nobody gave is none of its tools', async () => {
  const { judge } = judgeOf([], ['read*']);
  assert.equal(judge.name('read_file'), null);
  assert.equal(judge.name('')?.kind, 'tool-forbidden');
  assert.equal((await judge.judge([call]))?.kind, 'tool-forbidden');
  assert.equal(judgeOf([], []).judge.name('read_file')?.kind, 'tool-forbidden');
});
