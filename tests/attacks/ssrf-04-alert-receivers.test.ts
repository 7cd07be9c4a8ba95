/** SSRF-04: alerts go to public addresses alone, over https, unless the operator says so by name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { formatIssues } from '#config/issue.ts';
import { checkConfig } from '#config/load.ts';

import { openReceiver, webhookSecret } from '../support/alert-receiver.ts';
import { BASE, bearer, chat, DEMO, get, openHouse, post } from '../support/house.ts';

const GUARDS =
  'guards: [{ name: house, type: topics, rules: [{ match: "project falcon", action: block }] }]';

test('SSRF-04: a name or an address inside is never connected, and nothing is tried again', async () => {
  const receiver = await openReceiver();
  const secret = webhookSecret();
  const port = new URL(receiver.url).port;
  for (const host of ['localhost', '127.0.0.1', '[::1]', '169.254.169.254', '10.0.0.1']) {
    const target = `alerts: [{ name: soc, url: "https://${host}:${port}/x", secret: "${secret}" }]`;
    const house = await openHouse(`${DEMO}${GUARDS}\n${target}\n${BASE}`);
    try {
      const key = bearer(await house.key());
      const blocked = await post(`${house.url}/v1/chat/completions`, chat('project falcon'), key);
      assert.equal(blocked.status, 400);
      await delay(150);
      const { text } = await get(`${house.adminUrl}/metrics`);
      assert.match(text, /llmproxy_alerts_total\{target="soc",result="failed"\} 1\n/u, host);
      assert.match(house.log(), /the address of the receiver is not public/u);
      assert.equal(receiver.sockets.size, 0, host);
    } finally {
      await house.close();
    }
  }
  await receiver.close();
});

test('SSRF-04: plain http, a user, a fragment and another scheme are refused at their line', async () => {
  const secret = webhookSecret();
  for (const [url, said] of [
    ['http://hooks.example.com/x', /use https/u],
    ['https://user:pw@hooks.example.com/x', /without user/u],
    ['https://hooks.example.com/x#y', /without user and fragment/u],
    ['file:///etc/passwd', /http or https URL/u],
  ] as const) {
    const yaml = `guards: []\nalerts:\n  - { name: soc, secret: "${secret}", url: "${url}" }\n`;
    const loaded = await checkConfig(yaml, '/x/llmproxy.yaml', {});
    assert.ok(!loaded.ok, url);
    const text = formatIssues(loaded.problems);
    assert.match(text, /llmproxy\.yaml:3:/u);
    assert.match(text, said);
    assert.ok(!text.includes(secret) && !text.includes('pw@'));
  }
});
