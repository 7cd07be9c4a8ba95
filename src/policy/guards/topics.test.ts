import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { filterWhole, guardContract, ruleOf, runOf } from './guard.contract.ts';
import type { GuardRule } from './rule.ts';
import { topicsGuard } from './topics.ts';
import { cpuMs, paced } from '../../../tests/support/pace.ts';

const create = (rules: object[]) => topicsGuard.create(topicsGuard.config.parse({ rules }));
const guard = create([
  { match: ['project falcon', 'übernahme', 'C++ (internal)'] },
  { name: 'ticket', pattern: String.raw`\bSEC-\d{3,6}\b` },
]);

guardContract(guard, {
  found: 'news of Project  Falcon today',
  nearMiss: 'project falco SEC-1 übernahm ',
  pieces: [
    'project falcon',
    'PROJECT \n falcon',
    'projectfalcon',
    'project ',
    'falcon',
    'Übernahme',
    'C++ (internal)',
    'SEC-1234',
    'SEC-',
    '12',
    '\n',
    ' ',
    'project    ',
  ],
});

describe('topics', () => {
  const masked = (text: string): Promise<string> => filterWhole([ruleOf(guard)], text);

  test('matches phrases in any case, over any white space, and only as whole words', async () => {
    assert.equal(await masked('PROJECT\tFalcon!'), '[redacted:rule-1]!');
    assert.equal(await masked('die ÜBERNAHME naht'), 'die [redacted:rule-1] naht');
    assert.equal(
      await masked('projects falcon, project falconry'),
      'projects falcon, project falconry',
    );
    assert.equal(await masked('our C++ (internal) fork'), 'our [redacted:rule-1] fork');
  });

  test('patterns run on RE2 by lines: one that would stall a backtracking engine is quick', async () => {
    const evil = create([{ pattern: '(a+)+$' }]);
    const text = `${'a'.repeat(100_000)}!`;
    const limitMs = paced(3_000);
    const startMs = cpuMs();
    await filterWhole([ruleOf(evil)], text);
    assert.ok(cpuMs() - startMs < limitMs);
  });

  test('each rule has its own action', async () => {
    const mixed = create([
      { name: 'watched', match: 'falcon', action: 'alert' },
      { name: 'hidden', match: 'eagle', action: 'redact' },
      { name: 'stopped', match: 'osprey', action: 'block' },
    ]);
    const rule: GuardRule = { ...ruleOf(mixed), guard: mixed };
    const { run, evidence } = runOf(rule);
    const { text, stop } = await run.whole('falcon eagle osprey heron', 'user', true);
    assert.equal(text, 'falcon [redacted:hidden] ');
    assert.equal(stop?.kind === 'blocked' && stop.category, 'stopped');
    assert.deepEqual(
      evidence.list().map(({ category, action }) => [category, action]),
      [
        ['watched', 'alert'],
        ['hidden', 'redact'],
        ['stopped', 'block'],
      ],
    );
  });

  test('a pattern that RE2 does not take is a configuration problem at its path', () => {
    assert.throws(() => create([{ pattern: '(?<=x)y' }]), /RE2 has no look-around/u);
    assert.throws(() => create([{ match: 'a b', pattern: 'c' }]), /either match or pattern/u);
    assert.throws(() => create([{}]), /either match or pattern/u);
  });
});
