import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Cancellation } from '#stdx/cancellation.ts';

import type { Approvals, Question } from './approval.ts';
import { Evidence } from './evidence.ts';
import { ruleOf as ruleFor } from './guard.contract.ts';
import type { ToolDetector } from './guard.ts';
import type { GuardRule } from './rule.ts';
import { ToolJudge } from './tool-judge.ts';

const ruleOf = (tools: ToolDetector, changes: Partial<GuardRule> = {}): GuardRule => ({
  ...ruleFor({ type: 'test', detectors: [], tools }, 'block'),
  guard: { type: 'test', detectors: [], tools },
  timeoutMs: 200,
  ...changes,
});

function judgeOf(
  rules: readonly GuardRule[],
  allowed: readonly string[] | null = null,
  approvals: Approvals | null = null,
) {
  const evidence = new Evidence();
  const scope = {
    tenant: 'acme',
    owner: 'user/ann',
    model: 'm',
    request: [],
    limits: { tools: allowed === null ? [] : [allowed], deniedTools: [] },
  };
  const cancellation = new Cancellation();
  const monotonicMs = (): number => performance.now();
  const ports = { evidence, monotonicMs, restorer: null, approvals, cancellation };
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

test('a call that a document tells again is judged once', async () => {
  let asked = 0;
  const tools: ToolDetector = {
    judge() {
      asked += 1;
      return [];
    },
  };
  const { judge } = judgeOf([ruleOf(tools)]);
  await judge.judge([call], { place: 'item.done' });
  await judge.judge([call, { ...call, arguments: {} }], { place: 'completed' });
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

/** A desk that answers as it is told, and keeps what it was asked. */
function deskOf(...answers: boolean[]) {
  const asked: Question[] = [];
  const ask: Approvals['ask'] = (question) => {
    asked.push(question);
    return Promise.resolve(answers[asked.length - 1] ?? false);
  };
  return { asked, ask };
}

const finds = (category: string): ToolDetector => ({ judge: () => [{ category }] });
const asking = (category: string, name: string, approvalMs = 60_000): GuardRule =>
  ruleOf(finds(category), { name, approvalMs });
const actionsOf = (evidence: Evidence) =>
  evidence.list().map(({ name, action, category }) => `${name} ${action} ${category}`);

test('what a person lets through passes, asked once for all rules, and the record says so', async () => {
  const desk = deskOf(true);
  const rules = [asking('tainted-host', 'a', 9_000), asking('tool-called', 'b', 5_000)];
  const { judge, evidence } = judgeOf(rules, null, desk);
  assert.equal(await judge.judge([call]), null);
  const [question] = desk.asked;
  assert.equal(desk.asked.length, 1);
  assert.deepEqual(question?.reasons, [
    { guard: 'a', category: 'tainted-host' },
    { guard: 'b', category: 'tool-called' },
  ]);
  assert.deepEqual([question.withinMs, question.owner, question.call], [5_000, 'user/ann', call]);
  assert.deepEqual(actionsOf(evidence), ['a approved tainted-host', 'b approved tool-called']);
});

test('refused, or with nobody to ask, it is blocked as if there were no approval', async () => {
  for (const desk of [deskOf(false), null]) {
    const { judge, evidence } = judgeOf([asking('tool-called', 'a')], null, desk);
    const stop = await judge.judge([call]);
    assert.ok(stop?.kind === 'blocked' && stop.category === 'tool-called');
    assert.deepEqual(actionsOf(evidence), ['a block tool-called']);
  }
});

test('nobody is asked about a call that another rule blocks, or of a rule that observes', async () => {
  const desk = deskOf(true);
  const strict = ruleOf(finds('x'), { name: 'strict' });
  const both = judgeOf([asking('tool-called', 'a'), strict], null, desk);
  assert.equal((await both.judge.judge([call]))?.kind, 'blocked');
  const watching = ruleOf(finds('x'), { mode: 'observe', approvalMs: 1_000 });
  assert.equal(await judgeOf([watching], null, desk).judge.judge([call]), null);
  assert.equal(desk.asked.length, 0);
});

test('two calls that are the same are two questions; a document that repeats them is none', async () => {
  const desk = deskOf(true, true, false);
  const { judge } = judgeOf([asking('tool-called', 'a')], null, desk);
  const [isNew, done, all] = [{ isNew: true }, { place: 'item.done' }, { place: 'completed' }];
  assert.equal(await judge.judge([call], isNew), null);
  assert.equal(await judge.judge([call], done), null);
  assert.equal(desk.asked.length, 1, 'the first, told again');
  assert.equal(await judge.judge([call], isNew), null);
  assert.equal(await judge.judge([call], done), null);
  assert.equal(await judge.judge([call, call], all), null);
  assert.equal(desk.asked.length, 2, 'the second, and both told again');
  assert.equal((await judge.judge([call], done))?.kind, 'blocked');
  assert.equal(desk.asked.length, 3, 'a third that only an event of its own has');
  const whole = deskOf(true, false);
  const twice = await judgeOf([asking('c', 'a')], null, whole).judge.judge([call, call]);
  assert.equal(twice?.kind, 'blocked', 'in a whole answer too');
});
