/** What a collector of an operator gets: the trace of a call under the caller's own, numbers, and lines of the log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, bearer, chat, get, type House, openHouse, post } from '../support/house.ts';
import { type Collector, openCollector, type SeenSpan } from '../support/otlp-collector.ts';
import { eventually, sleep } from '../support/programs.ts';
import {
  answering,
  completion,
  json,
  openUpstream,
  type Script,
  type Upstream,
  UPSTREAM_ENV,
  upstreamYaml,
} from '../support/upstream.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const TRACEPARENT = { traceparent: `00-${TRACE}-${PARENT}-01` };
const GUARDS = `
guards:
  - { name: house, type: topics, on: [request], rules: [{ match: "project falcon", action: block }] }
  - { name: seen, type: topics, on: [request, reply], rules: [{ match: "project heron", action: alert }] }
`;

interface Scene {
  readonly collector: Collector;
  readonly upstream: Upstream;
  readonly house: House;
  readonly say: (text: string, more?: object, headers?: object) => Promise<number>;
  /** The spans of the trace, when they have come. */
  readonly trace: (traceId?: string) => Promise<readonly SeenSpan[]>;
  readonly metric: (line: RegExp) => Promise<number>;
}

interface Options {
  readonly otlp?: string;
  readonly provider?: string;
  readonly base?: string;
  readonly script?: Script;
}

async function scene(
  { otlp = '', provider = '', base = BASE, script }: Options,
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  const collector = await openCollector();
  const upstream = await openUpstream(script ?? answering('well said'));
  const house = await openHouse(
    `${upstreamYaml(upstream, provider).replace('guards: []\n', '')}${GUARDS}
telemetry:
  otlp: { endpoint: "${collector.url}", interval: 100ms, allowPrivateAddress: true${otlp} }
${base}`,
    { ...UPSTREAM_ENV, COLLECTOR: COLLECTOR_SECRET },
  );
  try {
    const key = await house.key();
    await run({
      collector,
      upstream,
      house,
      async say(text, more = {}, headers = TRACEPARENT) {
        const url = `${house.url}/v1/chat/completions`;
        const answer = await post(url, chat(text, more), { ...bearer(key), ...headers });
        return answer.status;
      },
      trace: (traceId = TRACE) =>
        eventually(() => {
          const spans = collector.spans.filter((span) => span.traceId === traceId);
          assert.ok(
            spans.some(({ kind }) => kind === 2),
            'the span of the server has come',
          );
          return spans;
        }),
      async metric(line) {
        const { text } = await get(`${house.adminUrl}/metrics`);
        return Number(line.exec(text)?.[1] ?? Number.NaN);
      },
    });
    assert.deepEqual(collector.problems, []);
  } finally {
    await house.close();
    await collector.close();
    await upstream.close();
  }
}

const COLLECTOR_SECRET = ['collector', 'canary', '5c0ffee'].join('-');

const named = (spans: readonly SeenSpan[], name: string): SeenSpan => {
  const found = spans.filter((span) => span.name === name);
  assert.equal(found.length, 1, `one span ${name} of ${spans.map((one) => one.name).join(', ')}`);
  return found[0] as SeenSpan;
};

for (const isStreamed of [false, true]) {
  test(`a call, ${isStreamed ? 'streamed' : 'whole'}, is one trace under its caller's, down to the provider`, async () => {
    await scene({}, async ({ say, trace, upstream, collector }) => {
      const more = isStreamed ? { stream: true, stream_options: { include_usage: true } } : {};
      assert.equal(await say('about project heron', more), 200);
      const spans = await trace();
      const server = named(spans, 'POST /v1/chat/completions');
      assert.equal(server.parentSpanId, PARENT);
      assert.equal(server.flags, 0x301, 'the parent is in another process');
      assert.equal(server.attributes['http.response.status_code'], 200);
      assert.equal(server.attributes['gen_ai.operation.name'], 'chat');
      assert.equal(server.attributes['gen_ai.request.model'], 'demo');
      assert.equal(server.attributes['gen_ai.usage.input_tokens'], 7);
      assert.equal(server.attributes['llmproxy.tenant'], 'acme');
      assert.equal(server.attributes['llmproxy.decision'], 'allow');
      assert.ok(!server.isError);
      for (const name of ['authenticate', 'limits', 'guards']) {
        const step = named(spans, name);
        assert.equal(step.parentSpanId, server.spanId);
        assert.ok(step.startNano >= server.startNano && step.endNano <= server.endNano);
      }
      const attempt = named(spans, 'chat m');
      assert.deepEqual([attempt.kind, attempt.parentSpanId], [3, server.spanId]);
      const { port, hostname } = new URL(upstream.url);
      assert.deepEqual(
        {
          provider: attempt.attributes['gen_ai.provider.name'],
          asked: attempt.attributes['gen_ai.request.model'],
          answered: attempt.attributes['gen_ai.response.model'],
          input: attempt.attributes['gen_ai.usage.input_tokens'],
          output: attempt.attributes['gen_ai.usage.output_tokens'],
          address: attempt.attributes['server.address'],
          port: attempt.attributes['server.port'],
        },
        {
          provider: 'openai',
          asked: 'm',
          answered: 'm',
          input: 7,
          output: 3,
          address: hostname,
          port: Number(port),
        },
      );
      const guards = spans.filter(({ name }) => name === 'guard seen');
      const [onRequest] = guards.filter((one) => one.attributes['llmproxy.guard.on'] === 'request');
      assert.equal(onRequest?.parentSpanId, named(spans, 'guards').spanId);
      const findings = Object.entries(onRequest?.attributes ?? {}).filter(([key]) =>
        key.startsWith('llmproxy.findings.alert.'),
      );
      assert.deepEqual(
        findings.map(([, count]) => count),
        [1],
      );
      assert.equal(upstream.seen[0]?.headers['traceparent'], `00-${TRACE}-${attempt.spanId}-01`);
      assert.equal(upstream.seen[0]?.headers['tracestate'], undefined);
      const [resource] = collector.resources;
      assert.equal(resource?.['service.name'], 'llmproxy');
      assert.equal(resource?.['service.version'], 'test');
      assert.match(String(resource?.['service.instance.id']), /^[0-9A-Za-z]{16}$/u);
    });
  });
}

test('each attempt is a span of its own, with what went wrong, and the provider is told of each', async () => {
  let calls = 0;
  const script: Script = (seen, response) => {
    calls += 1;
    if (calls === 1) json(response, 503, { error: { message: 'busy' } });
    else return answering('second')(seen, response, seen as never);
  };
  await scene({ script }, async ({ say, trace, upstream }) => {
    assert.equal(await say('hello'), 200);
    const attempts = (await trace()).filter(({ kind }) => kind === 3);
    assert.deepEqual(
      attempts.map(({ isError, attributes }) => [isError, attributes['error.type']]),
      [
        [true, 'provider-overloaded'],
        [false, undefined],
      ],
    );
    assert.deepEqual(
      upstream.seen.map(({ headers }) => headers['traceparent']),
      attempts.map(({ spanId }) => `00-${TRACE}-${spanId}-01`),
    );
  });
});

test('a denial is in the trace by its reason, and is no error of the server', async () => {
  await scene({}, async ({ say, trace }) => {
    assert.equal(await say('about project falcon'), 400);
    const spans = await trace();
    const server = named(spans, 'POST /v1/chat/completions');
    assert.equal(server.attributes['llmproxy.denial'], 'content-blocked');
    assert.equal(server.attributes['llmproxy.decision'], 'deny');
    assert.ok(!server.isError);
    assert.ok(!spans.some(({ kind }) => kind === 3));
  });
});

test('a caller that does not sample is not exported, and the provider is told so', async () => {
  await scene({}, async ({ say, trace, upstream, collector }) => {
    assert.equal(await say('hello', {}, { traceparent: `00-${'c'.repeat(32)}-${PARENT}-00` }), 200);
    assert.equal(await say('hello'), 200);
    await trace();
    assert.deepEqual([...new Set(collector.spans.map(({ traceId }) => traceId))], [TRACE]);
    assert.match(
      String(upstream.seen[0]?.headers['traceparent']),
      new RegExp(`^00-${'c'.repeat(32)}-[0-9a-f]{16}-00$`, 'u'),
    );
  });
});

test('without a traceparent, or with one that is none, a new trace begins by lot', async () => {
  await scene({}, async ({ say, collector }) => {
    assert.equal(await say('hello', {}, {}), 200);
    assert.equal(await say('hello', {}, { traceparent: `00-${TRACE}-${PARENT}-01-x` }), 200);
    await eventually(() => assert.equal(collector.spans.filter((one) => one.kind === 2).length, 2));
    for (const span of collector.spans) assert.notEqual(span.traceId, TRACE);
    const servers = collector.spans.filter(({ kind }) => kind === 2);
    assert.deepEqual(
      servers.map(({ parentSpanId }) => parentSpanId),
      ['', ''],
    );
    assert.deepEqual(
      servers.map(({ flags }) => flags),
      [0x101, 0x101],
    );
  });
  await scene({ otlp: ', sampleRatio: 0' }, async ({ say, trace, collector, upstream }) => {
    assert.equal(await say('hello', {}, {}), 200);
    assert.equal(await say('hello'), 200);
    await trace();
    assert.deepEqual([...new Set(collector.spans.map(({ traceId }) => traceId))], [TRACE]);
    assert.match(String(upstream.seen[0]?.headers['traceparent']), /-00$/u);
  });
});

test('a tracestate stays here, unless the operator keeps it', async () => {
  const state = { ...TRACEPARENT, tracestate: 'vendor=opaque' };
  await scene({}, async ({ say, trace, upstream }) => {
    assert.equal(await say('hello', {}, state), 200);
    assert.equal(named(await trace(), 'POST /v1/chat/completions').traceState, '');
    assert.equal(upstream.seen[0]?.headers['tracestate'], undefined);
  });
  await scene({ otlp: ', traceState: keep' }, async ({ say, trace, upstream }) => {
    assert.equal(await say('hello', {}, state), 200);
    assert.equal(named(await trace(), 'POST /v1/chat/completions').traceState, 'vendor=opaque');
    assert.equal(upstream.seen[0]?.headers['tracestate'], 'vendor=opaque');
  });
});

test('a provider and a tenant can each say that the provider is told of no trace', async () => {
  const silent = BASE.replace('- id: acme', '- id: acme\n    propagateTrace: false');
  for (const options of [{ provider: ', propagateTrace: false' }, { base: silent }]) {
    await scene(options, async ({ say, trace, upstream }) => {
      assert.equal(await say('hello'), 200);
      assert.ok(
        (await trace()).some(({ kind }) => kind === 3),
        'our own trace has the attempt',
      );
      assert.equal(upstream.seen[0]?.headers['traceparent'], undefined);
    });
  }
});

test('strangers leave no trace', async () => {
  await scene({}, async ({ say, trace, collector, house }) => {
    const stranger = { authorization: 'Bearer nobody', ...TRACEPARENT };
    const refused = await post(`${house.url}/v1/chat/completions`, chat('hello'), stranger);
    assert.equal(refused.status, 401);
    assert.equal(await say('hello'), 200);
    await trace();
    assert.equal(collector.spans.filter(({ kind }) => kind === 2).length, 1);
  });
});

test('the metrics of the registry and those of the conventions are there, cumulative', async () => {
  await scene({}, async ({ say, collector, house }) => {
    assert.equal(await say('hello'), 200);
    assert.equal(await say('about project falcon'), 400);
    await eventually(() => {
      const requests = collector.metrics.get('llmproxy_requests_total');
      const of = (status: string) =>
        requests?.points.find(({ attributes }) => attributes['status'] === status)?.value;
      assert.deepEqual([requests?.kind, of('200'), of('400')], ['sum', 1, 1]);
    });
    const { text } = await get(`${house.adminUrl}/metrics`);
    const families = [...text.matchAll(/^# TYPE (\S+) /gmu)].map(([, name]) => name ?? '');
    const filled = families.filter((name) =>
      new RegExp(`^${name}(?:_count)?[ {]`, 'mu').test(text),
    );
    for (const name of filled) assert.ok(collector.metrics.has(name), `${name} is exported`);
    const tokens = collector.metrics.get('gen_ai.client.token.usage');
    const input = tokens?.points.find((one) => one.attributes['gen_ai.token.type'] === 'input');
    assert.deepEqual([tokens?.unit, input?.value, input?.count], ['{token}', 7, 1]);
    const seconds = collector.metrics.get('gen_ai.client.operation.duration');
    assert.equal(seconds?.unit, 's');
    assert.deepEqual(seconds.points[0]?.attributes, {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'm',
    });
  });
});

test('lines of the log come with their severity', async () => {
  await scene({}, async ({ collector, house }) => {
    await house.running.refuse(['limits.0: a reason']);
    await eventually(() => {
      const line = collector.logs.find(({ event }) => event === 'config-refused');
      assert.equal(line?.severity, 17);
      assert.equal(line.attributes['llmproxy.reason'], 'limits.0: a reason');
    });
    assert.match(house.log(), /"event":"config-refused"/u);
  });
});

test('only the signals that were asked for are sent', async () => {
  await scene({ otlp: ', signals: [metrics]' }, async ({ say, collector, upstream }) => {
    assert.equal(await say('hello'), 200);
    await eventually(() => assert.ok(collector.bodies.length > 1));
    assert.ok(collector.bodies.every(({ path }) => path === '/v1/metrics'));
    assert.equal(upstream.seen[0]?.headers['traceparent'], undefined, 'nobody traces');
  });
});

test('a collector that is down delays no call; it is asked again, and told when it is up', async () => {
  await scene({}, async ({ say, trace, collector, metric }) => {
    let asked = 0;
    collector.reply = () => {
      asked += 1;
      return asked < 3
        ? { status: 503, headers: { 'retry-after': '0' } }
        : { status: 200, json: {} };
    };
    const startMs = performance.now();
    assert.equal(await say('hello'), 200);
    assert.ok(performance.now() - startMs < 2_000);
    await trace();
    assert.ok((await metric(/^llmproxy_otlp_retries_total\{signal="\w+"\} ([1-9])/mu)) >= 1);
  });
});

test('a refusal is final, a part that was not taken is counted, and both are said', async () => {
  await scene({}, async ({ say, collector, metric, house }) => {
    collector.reply = (path) =>
      path === '/v1/traces'
        ? { status: 400, json: { message: 'no' } }
        : { status: 200, json: { partialSuccess: { rejectedDataPoints: '2', errorMessage: 'x' } } };
    assert.equal(await say('hello'), 200);
    await eventually(async () => {
      const failed = await metric(
        /^llmproxy_otlp_items_total\{signal="traces",result="failed"\} (\d+)/mu,
      );
      assert.ok(failed >= 5);
      const rejected = await metric(
        /^llmproxy_otlp_items_total\{signal="metrics",result="rejected"\} (\d+)/mu,
      );
      assert.ok(rejected >= 2);
    });
    const traces = collector.bodies.filter(({ path }) => path === '/v1/traces');
    assert.equal(traces.length, 1, 'it is not asked again');
    assert.match(
      house.log(),
      /"event":"telemetry-lost","target":"traces","reason":"the collector answered 400"/u,
    );
  });
});

test('a collector that never answers costs memory up to a bound, and the stop has its deadline', async () => {
  const otlp = ', timeout: 30s, queueMax: 256';
  await scene({ otlp }, async ({ say, collector, metric, house }) => {
    collector.reply = () => null;
    for (let call = 0; call < 90; call += 1) assert.equal(await say('hello'), 200);
    const queued = await metric(/^llmproxy_otlp_queued\{signal="traces"\} (\d+)/mu);
    assert.ok(queued <= 256);
    assert.ok(
      (await metric(/^llmproxy_otlp_items_total\{signal="traces",result="dropped"\} (\d+)/mu)) > 0,
    );
    const startMs = performance.now();
    await house.running.stop();
    assert.ok(performance.now() - startMs < 12_000);
    Object.assign(house, { close: async () => {} });
  });
});

test('what waits is sent while the gateway stops', async () => {
  const collector = await openCollector();
  const upstream = await openUpstream();
  const house = await openHouse(
    `${upstreamYaml(upstream)}
telemetry: { otlp: { endpoint: "${collector.url}", interval: 5m, allowPrivateAddress: true } }
${BASE}`,
    UPSTREAM_ENV,
  );
  const key = bearer(await house.key());
  await post(`${house.url}/v1/chat/completions`, chat('hello'), { ...key, ...TRACEPARENT });
  assert.equal(collector.bodies.length, 0);
  await house.close();
  assert.ok(collector.spans.some(({ traceId, kind }) => traceId === TRACE && kind === 2));
  assert.ok(collector.metrics.has('llmproxy_requests_total'));
  await collector.close();
  await upstream.close();
});

test('a reload turns it on, to another place, and off', async () => {
  const [first, second] = [await openCollector(), await openCollector()];
  const upstream = await openUpstream();
  const yaml = (otlp: string): string =>
    `${upstreamYaml(upstream)}telemetry: { otlp: ${otlp} }\n${BASE}`;
  const to = ({ url }: Collector): string =>
    `{ endpoint: "${url}", interval: 100ms, allowPrivateAddress: true }`;
  const house = await openHouse(yaml('null'), UPSTREAM_ENV);
  try {
    const key = bearer(await house.key());
    const say = () =>
      post(`${house.url}/v1/chat/completions`, chat('hello'), { ...key, ...TRACEPARENT });
    await say();
    assert.equal(upstream.seen[0]?.headers['traceparent'], undefined, 'off: as before');
    for (const collector of [first, second]) {
      assert.deepEqual(await house.apply(yaml(to(collector))), { applied: true, problems: [] });
      await say();
      await eventually(() => assert.ok(collector.spans.some(({ kind }) => kind === 2)));
    }
    assert.deepEqual(await house.apply(yaml('null')), { applied: true, problems: [] });
    await sleep(300);
    const before = second.bodies.length;
    await say();
    await sleep(300);
    assert.equal(second.bodies.length, before);
    assert.equal(first.spans.filter(({ kind }) => kind === 2).length, 1);
    assert.equal(upstream.seen.at(-1)?.headers['traceparent'], undefined);
  } finally {
    await house.close();
    await first.close();
    await second.close();
    await upstream.close();
  }
});

test('headers of the collector go to it, and are printed nowhere', async () => {
  const otlp = ', headers: { x-team-key: "${env:COLLECTOR}" }';
  await scene({ otlp }, async ({ say, trace, collector, house, upstream }) => {
    assert.equal(await say('hello'), 200);
    await trace();
    for (const { headers } of collector.bodies) {
      assert.equal((headers as Record<string, string>)['x-team-key'], COLLECTOR_SECRET);
    }
    assert.ok(!house.log().includes(COLLECTOR_SECRET));
    assert.ok(!JSON.stringify(upstream.seen).includes(COLLECTOR_SECRET));
    const admin = await post(
      `${house.adminUrl}/admin/v1/sessions`,
      {},
      bearer(house.running.adminToken ?? ''),
    );
    const { text } = await get(
      `${house.adminUrl}/admin/v1/config`,
      bearer(String(admin.json['token'])),
    );
    assert.ok(text.includes('x-team-key') && !text.includes(COLLECTOR_SECRET));
  });
});

test('the model that a provider names is exported only where it is a name', async () => {
  const script: Script = (_, response) =>
    json(response, 200, { ...completion('fine'), model: 'a sentence of somebody' });
  await scene({ script }, async ({ say, trace }) => {
    assert.equal(await say('hello'), 200);
    const attempt = named(await trace(), 'chat m');
    assert.equal(attempt.attributes['gen_ai.response.model'], undefined);
  });
});
