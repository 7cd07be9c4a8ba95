/** What Prometheus and Grafana get of us, by Prometheus' own tool, and that all of it is there. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { denialReplies } from '#domain/denial.ts';
import { faultReplies } from '#domain/fault.ts';
import { isJsonObject, type JsonValue, parseJson } from '#stdx/json.ts';

import { webhookSecret } from '../support/alert-receiver.ts';
import { BASE, bearer, chat, DEMO, get, openHouse, post } from '../support/house.ts';
import { programOf } from '../support/programs.ts';

const DEPLOY = join(import.meta.dirname, '..', '..', 'deploy');
const RULES = join(DEPLOY, 'prometheus', 'alerts.yaml');
const DASHBOARD = join(DEPLOY, 'grafana', 'llmproxy.json');

const promtool = await programOf('/usr/bin/promtool', 'prometheus');

function run(args: readonly string[], input = ''): void {
  const { status, stdout, stderr } = spawnSync(promtool, args, { input, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  assert.doesNotMatch(stderr, /\S/u, 'no warning either');
}

/** Everything that a gateway measures, as somebody scrapes it. */
async function scraped(): Promise<string> {
  const yaml = `${DEMO}
guards: [{ name: seen, type: topics, action: alert, rules: [{ match: hello, action: alert }] }]
alerts: [{ name: soc, url: "http://127.0.0.1:9", secret: "${webhookSecret()}", allowPrivateAddress: true }]
audit: { sinks: [{ name: copy, type: file, path: copy.jsonl }], anchors: [{ name: vault, type: file, path: /nowhere/vault.txt }] }
telemetry: { otlp: { endpoint: "http://127.0.0.1:9", allowPrivateAddress: true } }
${BASE}`;
  const house = await openHouse(yaml);
  try {
    const key = bearer(await house.key());
    const url = `${house.url}/v1/chat/completions`;
    await post(url, chat('hello'), key);
    await post(url, chat('hello', { stream: true }), key);
    return (await get(`${house.adminUrl}/metrics`)).text;
  } finally {
    await house.close();
  }
}

const text = await scraped();

test('promtool finds nothing wrong with the page', () => {
  assert.ok(text.length > 10_000);
  run(['check', 'metrics'], text);
});

test('promtool does find what is wrong: it was asked', () => {
  const { status } = spawnSync(promtool, ['check', 'metrics'], { input: 'a b c\n' });
  assert.notEqual(status, 0);
});

test('the rules are rules, and each fires when it should, for whom it should', () => {
  run(['check', 'rules', RULES]);
  run(['test', 'rules', join(DEPLOY, 'prometheus', 'alerts.test.yaml')]);
  const names = [...readFileSync(RULES, 'utf8').matchAll(/- alert: (\w+)/gu)].map(
    ([, name]) => name,
  );
  const tested = readFileSync(join(DEPLOY, 'prometheus', 'alerts.test.yaml'), 'utf8');
  assert.ok(names.length > 15);
  for (const name of names) assert.match(tested, new RegExp(`alertname: ${name}\\b`, 'u'));
});

/** Every expression of the dashboard. */
function expressions(value: JsonValue | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(expressions);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    (key === 'expr' || key === 'query') && typeof one === 'string' ? [one] : expressions(one),
  );
}

/** Names that series of a family have. */
const seriesNames = new Set(
  [...text.matchAll(/^# TYPE (?<name>\S+) (?<type>\S+)$/gmu)].flatMap(({ groups }) => {
    const { name = '', type } = groups ?? {};
    return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
  }),
);
const metricsIn = (expression: string): string[] =>
  [...expression.matchAll(/\bllmproxy_\w+/gu)].map(([name]) => name);

const dashboard = expressions(parseJson(readFileSync(DASHBOARD, 'utf8')));

test('each metric that a rule or the dashboard asks for is one of ours', () => {
  const rules = metricsIn(
    readFileSync(RULES, 'utf8').replaceAll(/^\s*(?:summary|action): .*$/gmu, ''),
  );
  assert.ok(rules.length > 20 && dashboard.length > 40);
  for (const name of [...rules, ...dashboard.flatMap(metricsIn)]) {
    assert.ok(seriesNames.has(name), `${name} is not measured`);
  }
});

/** They say a word in a label, and not how much. */
const WORDS = new Set([
  'llmproxy_counters_mode',
  'llmproxy_counters_while_away',
  'llmproxy_audit_sink_lag_records',
]);

test('the dashboard shows every metric, and every expression of it is one', () => {
  const shown = new Set(dashboard.flatMap(metricsIn));
  for (const [, family = ''] of text.matchAll(/^# TYPE (\S+) /gmu)) {
    if (WORDS.has(family)) continue;
    const isShown = [family, `${family}_bucket`, `${family}_count`].some((name) => shown.has(name));
    assert.ok(isShown, `${family} is on no panel`);
  }
  const rules = dashboard
    .filter((one) => one.includes('llmproxy_') && !one.startsWith('label_values'))
    .map((one, at) => ({
      record: `panel_${at}`,
      expr: one.replaceAll('$__rate_interval', '1m'),
    }));
  const file = JSON.stringify({ groups: [{ name: 'dashboard', rules }] });
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-rules-'));
  try {
    writeFileSync(join(dir, 'panels.yaml'), file);
    run(['check', 'rules', join(dir, 'panels.yaml')]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('each reason that a rule looks for is a reason', () => {
  const reasons = [...Object.keys(denialReplies), ...Object.keys(faultReplies)];
  const selectors = [...readFileSync(RULES, 'utf8').matchAll(/reason=~?"(?<pattern>[^"]+)"/gu)];
  assert.ok(selectors.length > 2);
  for (const { groups } of selectors) {
    for (const part of (groups?.['pattern'] ?? '').split('|')) {
      const pattern = new RegExp(`^(?:${part})$`, 'u');
      assert.ok(
        reasons.some((reason) => pattern.test(reason)),
        `${part} is no reason`,
      );
    }
  }
});
