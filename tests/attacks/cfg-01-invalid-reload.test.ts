/** CFG-01: an invalid configuration changes nothing, says what is wrong, and drops no request. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatIssues } from '#config/issue.ts';
import { checkConfig } from '#config/load.ts';

import { BASE, bearer, chat, DEMO, get, openHouse, post } from '../support/house.ts';

test('CFG-01: a bad candidate is refused whole, recorded and counted, and the old one serves on', async () => {
  const good = `${DEMO}${BASE}guards: [{ name: house, type: topics, rules: [{ match: forbidden topic }] }]`;
  const house = await openHouse(good);
  try {
    const headers = bearer(await house.key());
    const url = `${house.url}/v1/chat/completions`;
    const bad = await checkConfig(
      'version: 1\nguard: []\nlimits: [{ name: x, requests: many }]\n',
      '/etc/llmproxy.yaml',
      {},
    );
    assert.ok(!bad.ok);
    const text = formatIssues(bad.problems);
    assert.match(text, /\/etc\/llmproxy\.yaml:2:1/u);
    assert.match(text, /guards/u);
    assert.match(text, /60\/1m/u);
    const running = Array.from({ length: 20 }, () =>
      post(url, chat('hello demo:slow=50'), headers),
    );
    const result = await house.running.refuse([text]);
    assert.equal(result.applied, false);
    for (const answer of await Promise.all(running)) assert.equal(answer.status, 200);
    assert.equal(
      (await post(url, chat('a forbidden topic'), headers)).status,
      400,
      'the old guards act',
    );
    const records = await house.records();
    assert.ok(
      records.some(({ action, decision }) => action === 'config.reload' && decision === 'deny'),
    );
    assert.match(
      (await get(`${house.adminUrl}/metrics`)).text,
      /llmproxy_config_reloads_total\{result="refused"\} 1/u,
    );
  } finally {
    await house.close();
  }
});

test('CFG-01: a change of what is read at start is refused with its name', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []`);
  try {
    const result = await house.apply(
      `${DEMO}${BASE}guards: []\nserver: { listen: "127.0.0.1:1", inFlightMax: 3 }`,
    );
    assert.equal(result.applied, false);
    assert.match(result.problems.join(), /server\.listen.*restart/u);
  } finally {
    await house.close();
  }
});
