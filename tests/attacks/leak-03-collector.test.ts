/** LEAK-03: prompts, answers, keys, users and secrets in every slot; a collector gets none of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, bearer, chat, get, openHouse, post } from '../support/house.ts';
import { drawnSecret, assertNowhere } from '../support/canary-secrets.ts';
import { openCollector } from '../support/otlp-collector.ts';
import { eventually } from '../support/programs.ts';
import { completion, json, openUpstream, sse, upstreamYaml } from '../support/upstream.ts';

test('LEAK-03: what is said, by whom and with what is at no collector', async () => {
  const canaries = {
    prompt: drawnSecret(),
    answer: drawnSecret(),
    user: drawnSecret(),
    session: drawnSecret(),
    state: drawnSecret(),
    tool: drawnSecret(),
    path: drawnSecret(),
    model: drawnSecret(),
    provider: drawnSecret(),
  };
  const { prompt, answer } = canaries;
  const upstream = await openUpstream((seen, response) => {
    if (seen.body.includes('fail-500')) return json(response, 500, { error: { message: answer } });
    if (seen.body.includes('fail-json')) {
      response.writeHead(200, { 'content-type': 'application/json' });
      return void response.end(`{"oops": "${answer}`);
    }
    if (seen.json['stream'] !== true) {
      return json(response, 200, completion(answer, { model: `m ${prompt}`, id: answer }));
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': answer });
    response.write(
      sse({
        id: answer,
        model: `m ${prompt}`,
        choices: [{ index: 0, delta: { content: answer } }],
      }),
    );
    if (seen.body.includes('cut')) return void response.destroy();
    response.write(sse({ id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
    response.end('data: [DONE]\n\n');
  });
  const collector = await openCollector();
  const yaml = `${upstreamYaml(upstream).replace('guards: []\n', '')}
guards:
  - { name: house, type: topics, on: [request, reply], action: redact, rules: [{ match: "${prompt}", action: redact }] }
  - { name: pii, type: pii, on: [request, reply], entities: [email], action: pseudonymise }
telemetry: { otlp: { endpoint: "${collector.url}", interval: 100ms, allowPrivateAddress: true } }
${BASE}`;
  const house = await openHouse(yaml, { UPSTREAM_KEY: canaries.provider });
  try {
    const key = await house.key({ user: canaries.user, name: canaries.user });
    const url = `${house.url}/v1/chat/completions`;
    const headers = {
      ...bearer(key),
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      tracestate: `a=${canaries.state}`,
      'x-llmproxy-session': canaries.session,
      'user-agent': canaries.session,
    };
    const tools = [
      { type: 'function', function: { name: 'look', description: canaries.tool, parameters: {} } },
    ];
    for (const kind of ['fine', 'fail-500', 'fail-json', 'cut']) {
      await post(
        url,
        chat(`${prompt} ${kind} someone@example.com`, { tools, user: canaries.user }),
        headers,
      );
      await post(url, chat(`${prompt} ${kind}`, { stream: true }), headers).catch(() => {});
    }
    await post(url, `{"model":"demo","messages":[{"role":"user","content":"${prompt}"`, headers);
    await post(
      url,
      { model: canaries.model, messages: [{ role: prompt, content: prompt }] },
      headers,
    );
    await post(url, chat(prompt), { ...headers, authorization: `Bearer ${prompt}` });
    await post(url, chat(prompt), { ...headers, authorization: `Bearer ${key}x` });
    await get(`${house.url}/v1/models/${canaries.path}`, headers);
    await get(`${house.url}/${canaries.path}`, headers);
    await house.running.refuse(['a reason of ours']);
    await eventually(() => {
      assert.ok(collector.spans.filter(({ kind }) => kind === 2).length >= 10);
      assert.ok(collector.logs.length > 0 && collector.metrics.size > 10);
    });
    const places = Object.fromEntries(
      collector.bodies.map(({ path, body }, at) => [`${at} ${path}`, body]),
    );
    assertNowhere({ ...canaries, key: `canary-x${key.slice(-40)}` }, places);
    assert.ok(!Object.values(places).some((body) => body.includes('someone@example.com')));
    assert.ok(
      !Object.values(places).some(
        (body) => body.includes('127.0.0.1"') && body.includes('client.address'),
      ),
    );
    assert.deepEqual(collector.problems, []);
    // The provider was told of the trace, and not of what the caller added to it.
    assert.ok(upstream.seen.length > 0);
    assert.ok(!JSON.stringify(upstream.seen).includes(canaries.state));
  } finally {
    await house.close();
    await collector.close();
    await upstream.close();
  }
});
