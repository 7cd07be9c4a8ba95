/** SSRF-05: telemetry goes to public addresses alone, over https, without redirects, unless the operator says so by name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatIssues } from '#config/issue.ts';
import { checkConfig } from '#config/load.ts';

import { BASE, DEMO, get, openHouse } from '../support/house.ts';
import { openCollector } from '../support/otlp-collector.ts';
import { eventually, sleep } from '../support/programs.ts';
import { openUpstream } from '../support/upstream.ts';

test('SSRF-05: a name or an address inside is never connected, and nothing is tried again', async () => {
  const receiver = await openUpstream();
  const { port } = new URL(receiver.url);
  for (const host of ['localhost', '127.0.0.1', '[::1]', '169.254.169.254', '10.0.0.1']) {
    const otlp = `{ endpoint: "https://${host}:${port}", interval: 100ms, signals: [metrics] }`;
    const house = await openHouse(`${DEMO}guards: []\ntelemetry: { otlp: ${otlp} }\n${BASE}`);
    try {
      await eventually(async () => {
        const { text } = await get(`${house.adminUrl}/metrics`);
        assert.match(text, /llmproxy_otlp_items_total\{signal="metrics",result="failed"\} [1-9]/u);
        assert.match(text, /llmproxy_otlp_retries_total\{signal="metrics"\} 0/u);
      });
      assert.match(house.log(), /the address of the collector is not public/u);
      assert.equal(receiver.sockets.size, 0, host);
    } finally {
      await house.close();
    }
  }
  await receiver.close();
});

test('SSRF-05: no redirect is followed', async () => {
  const [first, second] = [await openCollector(), await openCollector()];
  first.reply = (path) => ({ status: 307, headers: { location: `${second.url}${path}` } });
  const otlp = `{ endpoint: "${first.url}", interval: 100ms, allowPrivateAddress: true }`;
  const house = await openHouse(`${DEMO}guards: []\ntelemetry: { otlp: ${otlp} }\n${BASE}`);
  await eventually(() => assert.ok(first.bodies.length > 0));
  await sleep(200);
  await house.close();
  assert.equal(second.bodies.length, 0);
  await first.close();
  await second.close();
});

test('SSRF-05: plain http, a user, a query, another scheme and a header of ours are refused at their line', async () => {
  const secret = ['pw', 'canary', '77'].join('-');
  for (const [otlp, said] of [
    ['endpoint: "http://otel.example.com"', /use https/u],
    [`endpoint: "https://user:${secret}@otel.example.com"`, /without user/u],
    [`endpoint: "https://otel.example.com/?key=${secret}"`, /without user, query/u],
    ['endpoint: "file:///etc/passwd"', /https URL/u],
    [`endpoint: "https://otel.example.com", headers: { Host: ${secret} }`, /ours to write/u],
    [`endpoint: "https://otel.example.com", headers: { a: "${secret}\\r\\nb: c" }`, /one line/u],
  ] as const) {
    const yaml = `guards: []\ntelemetry:\n  otlp: { ${otlp} }\n`;
    const loaded = await checkConfig(yaml, '/x/llmproxy.yaml', {});
    assert.ok(!loaded.ok, otlp);
    const text = formatIssues(loaded.problems);
    assert.match(text, /llmproxy\.yaml:3:/u);
    assert.match(text, said);
    assert.ok(!text.includes(secret));
  }
});
