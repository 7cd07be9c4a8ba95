import assert from 'node:assert/strict';
import { test } from 'node:test';

import { StatementBuilder, statementText } from './statement.ts';
import { type UsageLine, usageHeader, usageText } from './usage-report.ts';

const HOUR_MS = 3_600_000;

const line = (changes: Partial<UsageLine> = {}): UsageLine => ({
  fromMs: Date.UTC(2026, 10, 26, 9),
  toMs: Date.UTC(2026, 10, 26, 10),
  tenant: 'acme',
  team: null,
  user: 'alice',
  key: 'k1',
  rootKey: 'k1',
  model: 'fast',
  provider: 'openai',
  priceVersion: 'catalogue-2026-11-26',
  requests: 2,
  inputTokens: 100,
  outputTokens: 20,
  cacheReadTokens: 30,
  cacheWriteTokens: 0,
  reasoningTokens: 5,
  costNanoUsd: 1_500_000_123,
  ...changes,
});

test('a JSON line has the names that bills are made from, and money as whole nano-dollars', () => {
  const told = JSON.parse(usageText(line(), 'jsonl')) as Record<string, unknown>;
  assert.deepEqual(told, {
    from: '2026-11-26T09:00:00Z',
    to: '2026-11-26T10:00:00Z',
    tenant: 'acme',
    team: null,
    user: 'alice',
    key: 'k1',
    model: 'fast',
    provider: 'openai',
    requests: 2,
    inputTokens: 100,
    outputTokens: 20,
    cacheReadTokens: 30,
    cacheWriteTokens: 0,
    reasoningTokens: 5,
    costNanoUsd: 1_500_000_123,
    costUsd: '1.500000123',
    priceVersion: 'catalogue-2026-11-26',
  });
});

test('CSV has a line a row, quotes what it must, and nothing that a spreadsheet would run', () => {
  const [header = '', row = '', rest] = (
    usageHeader('csv') + usageText(line({ user: '=cmd("x"),1', costNanoUsd: -250 }), 'csv')
  ).split('\r\n');
  assert.equal(rest, '');
  assert.ok(header.startsWith('from,to,tenant,team,user,'));
  assert.ok(row.includes(`,acme,,"'=cmd(""x""),1",k1,`), row);
  assert.ok(row.includes(',-250,-0.000000250,'), row);
  for (const user of ['+1', '-1+1', '@SUM(1)', '\t=1', '\n=1', ' =1', '\uFF1D1', '\uFF20x']) {
    for (const format of ['csv', 'focus'] as const) {
      const text = usageText(line({ user, model: user }), format);
      assert.ok(text.includes(`'${user}`), `${JSON.stringify(user)} in ${format}`);
    }
  }
});

test('FOCUS 1.2 has each mandatory column once, filled as the specification says', () => {
  const names = usageHeader('focus').trimEnd().split(',');
  const mandatory =
    'BilledCost BillingAccountId BillingAccountName BillingAccountType BillingCurrency BillingPeriodEnd BillingPeriodStart ChargeCategory ChargeClass ChargeDescription ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost InvoiceIssuerName ListCost PricingQuantity PricingUnit ProviderName PublisherName ServiceCategory ServiceName';
  for (const name of mandatory.split(' ')) {
    assert.equal(names.filter((one) => one === name).length, 1, name);
  }
  const cells = usageText(line({ user: null }), 'focus')
    .trimEnd()
    .split(',');
  const cell = (name: string) => cells[names.indexOf(name)];
  assert.equal(cell('BilledCost'), '1.500000123');
  assert.equal(cell('BillingPeriodStart'), '2026-11-01T00:00:00Z');
  assert.equal(cell('BillingPeriodEnd'), '2026-12-01T00:00:00Z');
  assert.equal(cell('ChargePeriodStart'), '2026-11-26T09:00:00Z');
  assert.equal(cell('ServiceCategory'), 'AI and Machine Learning');
  assert.equal(cell('PricingQuantity'), '120');
});

test('a statement has a line a model, provider and price, and its sum is theirs to the nano-dollar', () => {
  const builder = new StatementBuilder();
  for (let index = 0; index < 10; index += 1) builder.add(line({ user: `u${index}` }));
  builder.add(line({ priceVersion: 'configuration', costNanoUsd: 7 }));
  builder.add(line({ model: 'slow', provider: null, priceVersion: null, costNanoUsd: 0 }));
  const ended = builder.end('acme', Date.UTC(2026, 10, 1), Date.UTC(2026, 11, 1) - HOUR_MS);
  assert.equal(ended.lines.length, 3);
  assert.equal(ended.costNanoUsd, 15_000_001_237);
  assert.equal(ended.requests, 24);
  const text = statementText(ended);
  assert.match(text, /^acme, 2026-11-01 00:00 to 2026-11-30 23:00 UTC\n\n/u);
  assert.match(text, /^fast at openai +20 +1000 +200 +15\.000001230 {2}catalogue-2026-11-26$/mu);
  assert.match(text, /^slow at no provider +2 +100 +20 +0\.000000000 {2}no price$/mu);
  assert.match(text, /^total +24 +15\.000001237$/mu);
});
