import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Metrics } from './metrics.ts';
import { prometheusText } from './prometheus-text.ts';
import { withoutTenants } from './without-tenants.ts';

test('what is counted by tenant is added up, and everything else is as it is', () => {
  const metrics = new Metrics();
  const tokens = metrics.counter('tokens_total', 'Tokens.');
  tokens.add({ tenant: 'acme', direction: 'input' }, 3);
  tokens.add({ tenant: 'other', direction: 'input' }, 4);
  tokens.add({ tenant: 'acme', direction: 'output' }, 5);
  metrics.counter('calls_total', 'Calls.').add({ route: 'chat' }, 2);
  const times = metrics.histogram('seconds', 'Time.', [1, 2]);
  times.observe({ tenant: 'acme' }, 1);
  times.observe({ tenant: 'other' }, 9);
  metrics.gauge('open', 'Open.', () => [
    [{ tenant: 'acme' }, 1],
    [{ tenant: 'other' }, 2],
  ]);
  const snapshot = metrics.snapshot();
  const text = prometheusText(withoutTenants(snapshot));
  assert.doesNotMatch(text, /tenant|acme|other/u);
  for (const line of [
    'tokens_total{direction="input"} 7',
    'tokens_total{direction="output"} 5',
    'calls_total{route="chat"} 2',
    'seconds_bucket{le="1"} 1',
    'seconds_bucket{le="+Inf"} 2',
    'seconds_sum 10',
    'open 3',
  ])
    assert.ok(text.split('\n').includes(line), `${line}\n${text}`);
  assert.match(prometheusText(snapshot), /tokens_total\{tenant="acme",direction="input"\} 3/u);
});
