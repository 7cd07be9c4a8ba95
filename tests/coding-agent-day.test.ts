/** What a coding agent sends in a day passes: no false alarm may stop people's work. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { demoConfig } from '#config/demo-config.ts';
import { guardRuleOf } from '#config/guards-section.ts';
import type { Position } from '#domain/passage.ts';
import { Evidence } from '#policy/guards/evidence.ts';
import { GuardRun } from '#policy/guards/guard-run.ts';
import { Cancellation } from '#stdx/cancellation.ts';

import { agentDay } from './support/agent-day.ts';

test('a day of a coding agent passes the guards of the demo: no block, and hardly an alert', async () => {
  const rules = demoConfig('/nowhere').config.guards.map((entry) => guardRuleOf(entry));
  assert.ok(
    rules.some(({ guard, action }) => guard.type === 'prompt-injection' && action === 'block'),
  );
  const cancellation = new Cancellation();
  let [read, alerts] = [0, 0];
  const blocked: Position[] = [];
  for (const { position, text } of agentDay(20_261_126)) {
    const evidence = new Evidence();
    const subject = { tenant: 'demo', model: 'any', direction: 'request', cancellation } as const;
    const run = new GuardRun(rules, subject, { evidence, monotonicMs: () => performance.now() });
    const { stop } = await run.whole(text, position, true);
    read += 1;
    if (stop !== null) blocked.push(position);
    if (evidence.list().some(({ action }) => action === 'alert')) alerts += 1;
  }
  assert.ok(read > 2_000);
  assert.deepEqual(blocked, []);
  // The alert line is at one in a hundred; on work that is all like this it must stay below.
  assert.ok(alerts / read <= 0.01, `${alerts} alerts in ${read} texts`);
});
