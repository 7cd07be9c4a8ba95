/**
 * LOAD-02: stages of overload and places in a whole gateway: who is refused when memory runs short, what ends,
 * and that every place comes back however a call ends.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { BASE, bearer, chat, get, type House, openHouse, post, TENANT } from '../support/house.ts';
import {
  aliasesYaml,
  eventsOf,
  isErrorEvent,
  openStream,
  quiet,
  until,
} from '../support/streams.ts';
import {
  answering,
  chunk,
  json,
  openUpstream,
  type Script,
  UPSTREAM_ENV,
} from '../support/upstream.ts';

const CALM = { memory: 0, heap: 0, loop: 0 };

interface Scene {
  readonly house: House;
  readonly url: string;
  readonly credential: Record<string, string>;
}

/** A gateway that measures nothing itself: what it is told to have measured stays. */
async function scene(
  { script = answering('fine'), server = '', yaml = (text: string): string => text },
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  const upstream = await openUpstream(script);
  const house = await openHouse(yaml(aliasesYaml(upstream, 1, { server })), UPSTREAM_ENV);
  house.running.overload.stop();
  try {
    const credential = bearer(await house.key());
    await run({ house, url: `${house.url}/v1/chat/completions`, credential });
  } finally {
    await house.close();
    await upstream.close();
  }
}

const streaming: Script = (_seen, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(chunk('begun'));
  const timer = setInterval(() => response.write(chunk(' more')), 20);
  response.on('close', () => clearInterval(timer));
};

const inFlightOf = ({ running }: House): number => {
  const { upstreams } = running.current();
  return upstreams.all().reduce((sum, { gate }) => sum + gate.inFlight, 0);
};

describe('stages of overload', () => {
  test('85 %: every answer ends its connection, and everybody is served', async () => {
    await scene({}, async ({ house, url, credential }) => {
      assert.notEqual((await post(url, chat('x'), credential)).headers.get('connection'), 'close');
      house.running.overload.take({ ...CALM, memory: 0.86 });
      const answer = await post(url, chat('x'), credential);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('connection'), 'close');
    });
  });

  test('92 %: batch calls are refused before their bodies are read, people are served', async () => {
    const yaml = (text: string): string =>
      `${text.replace(BASE, '')}
tenants:
  - { id: ${TENANT}, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }
  - { id: nightly, class: batch, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }
`;
    await scene({ yaml }, async ({ house, url, credential }) => {
      const nightly = bearer(await house.key({ tenant: 'nightly' }));
      const lowered = { ...credential, 'x-llmproxy-class': 'batch' };
      const raised = { ...nightly, 'x-llmproxy-class': 'interactive' };
      for (const one of [credential, nightly, lowered, raised]) {
        assert.equal((await post(url, chat('x'), one)).status, 200);
      }
      house.running.overload.take({ ...CALM, heap: 0.93 });
      assert.equal((await post(url, chat('x'), credential)).status, 200);
      for (const one of [nightly, lowered, raised]) {
        const answer = await post(url, 'not even JSON', one);
        assert.equal(answer.status, 503);
        assert.match(answer.text, /"code":"overloaded"/u);
        assert.ok(answer.headers.get('retry-after') !== null);
      }
      assert.equal((await get(`${house.url}/readyz`)).status, 200);
      const { text } = await get(`${house.adminUrl}/metrics`);
      assert.match(text, /^llmproxy_overload_stage 2$/mu);
      assert.match(text, /^llmproxy_shed_total\{reason="stage",class="batch"\} 3$/mu);
      const records = await house.records();
      const refused = records.filter(({ reason }) => reason === 'gateway-overloaded: stage');
      assert.equal(refused.length, 3);
    });
  });

  test('95 %: nobody new is served but health and administration; running streams go on', async () => {
    await scene({ script: streaming }, async ({ house, url, credential }) => {
      const stream = await openStream(url, chat('x', { stream: true }), credential);
      house.running.overload.take({ ...CALM, loop: 1 });
      const anthropic = { ...credential, 'anthropic-version': '2023-06-01' };
      const refused = await post(`${house.url}/v1/messages`, {}, anthropic);
      assert.equal(refused.status, 503);
      assert.match(refused.text, /"type":"overloaded_error"/u);
      assert.ok(refused.headers.get('retry-after') !== null);
      assert.equal((await get(`${house.url}/livez`)).status, 200);
      const ready = await get(`${house.url}/readyz`);
      assert.deepEqual([ready.status, ready.text], [503, 'overloaded\n']);
      assert.equal((await get(`${house.adminUrl}/livez`)).status, 200);
      const before = stream.text().length;
      await until(() => stream.text().length > before, 2_000, 'the stream goes on');
      await delay(1_050);
      for (let step = 0; step < 3; step += 1) {
        house.running.overload.take(CALM);
        await delay(1_050);
      }
      assert.equal(house.running.overload.stage, 'normal');
      assert.equal((await get(`${house.url}/readyz`)).status, 200);
      stream.response.on('error', () => {});
      stream.abort();
      await quiet(house, 3_000);
    });
  });

  test('98 %: the stream that holds most ends with the error of its dialect, is charged, and the other goes on', async () => {
    await scene({ script: streaming }, async ({ house, url, credential }) => {
      const small = await openStream(url, chat('x', { stream: true }), credential);
      const large = await openStream(url, chat('x'.repeat(900_000), { stream: true }), credential);
      await until(() => large.text().includes('more'), 2_000, 'both are running');
      house.running.overload.take({ ...CALM, memory: 0.99 });
      assert.equal(await large.over, 'end');
      const events = eventsOf(large.text());
      assert.ok(isErrorEvent(events.at(-1)) && !events.includes('[DONE]'));
      assert.match(events.at(-1) ?? '', /call_shed/u);
      const before = small.text().length;
      await until(() => small.text().length > before, 2_000, 'the other one goes on');
      small.response.on('error', () => {});
      small.abort();
      await quiet(house, 3_000);
      const ended = (await house.records()).find(({ reason }) => reason === 'call-shed');
      assert.ok((ended?.usage?.outputTokens ?? 0) > 0, 'what it got is charged');
      const { upstreams } = house.running.current();
      assert.ok(upstreams.all().every(({ breaker }) => breaker.state === 'closed'));
    });
  });
});

describe('places', () => {
  test('come back once, whether a call ends, is cut, leaves, or meets a fault', async () => {
    const script: Script = (seen, response, socket) => {
      if (seen.body.includes('cut')) return void socket.destroy();
      if (seen.body.includes('limited')) return json(response, 429, { error: {} });
      if (seen.body.includes('garbage')) return void response.writeHead(200).end('?');
      if (seen.body.includes('long')) return streaming(seen, response, socket);
      return answering('fine')(seen, response, socket);
    };
    await scene({ script }, async ({ house, url, credential }) => {
      for (const content of ['fine', 'cut', 'limited', 'garbage', 'fine']) {
        for (const stream of [false, true]) {
          await post(url, chat(content, { stream, model: 'm0' }), credential).catch(() => {});
        }
      }
      const left = await openStream(url, chat('long', { stream: true }), credential);
      assert.equal(inFlightOf(house), 1);
      left.response.on('error', () => {});
      left.abort();
      await quiet(house, 3_000);
      await until(() => inFlightOf(house) === 0, 2_000, 'no place is held');
      assert.equal(house.running.overload.door.inFlight, 0);
    });
  });

  test('a call beyond the door waits with its body unread, and goes in when one has left', async () => {
    const server = ', overload: { callsMax: 1 }';
    await scene({ script: streaming, server }, async ({ house, url, credential }) => {
      const first = await openStream(url, chat('x', { stream: true }), credential);
      const second = openStream(url, chat('y', { stream: true }), credential);
      const { door } = house.running.overload;
      await until(() => door.depth('interactive') === 1, 2_000, 'it waits');
      first.response.on('error', () => {});
      first.abort();
      const { status, response, abort } = await second;
      assert.equal(status, 200);
      response.on('error', () => {});
      abort();
      await quiet(house, 3_000);
      assert.equal(door.inFlight, 0);
      const { text } = await get(`${house.adminUrl}/metrics`);
      assert.match(text, /^llmproxy_queue_wait_seconds_count\{class="interactive"\} 1$/mu);
    });
  });

  test('a caller that leaves while it waits is gone from the queue at once', async () => {
    const server = ', overload: { callsMax: 1 }';
    await scene({ script: streaming, server }, async ({ house, url, credential }) => {
      const first = await openStream(url, chat('x', { stream: true }), credential);
      const leaving = new AbortController();
      const waiting = fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...credential },
        body: JSON.stringify(chat('y')),
        signal: leaving.signal,
      });
      const { door } = house.running.overload;
      await until(() => door.depth('interactive') === 1, 2_000, 'it waits');
      leaving.abort();
      await assert.rejects(waiting);
      await until(() => door.depth('interactive') === 0, 500, 'it is gone');
      first.response.on('error', () => {});
      first.abort();
      await quiet(house, 3_000);
      const left = (await house.records()).filter(({ reason }) => reason === 'client-gone');
      assert.equal(left.length, 2, 'both are recorded');
    });
  });

  test('a full deployment is passed over for one that has room', async () => {
    const full = await openUpstream(streaming);
    const free = await openUpstream(answering('fine'));
    const remote = (url: string, more = ''): string =>
      `{ type: openai, baseUrl: "${url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true${more} }`;
    const house = await openHouse(
      `
providers: { one: ${remote(full.url, ', connectionsMax: 1')}, two: ${remote(free.url)} }
models:
  demo: { deployments: [{ provider: one, model: m, weight: 1000 }, { provider: two, model: m, weight: 0 }] }
guards: []
${BASE}`,
      UPSTREAM_ENV,
    );
    try {
      const credential = bearer(await house.key());
      const url = `${house.url}/v1/chat/completions`;
      const stream = await openStream(url, chat('x', { stream: true }), credential);
      for (let call = 0; call < 5; call += 1) {
        assert.equal((await post(url, chat('x'), credential)).status, 200);
      }
      assert.deepEqual([full.seen.length, free.seen.length], [1, 5]);
      stream.response.on('error', () => {});
      stream.abort();
      await quiet(house, 3_000);
    } finally {
      await house.close();
      await full.close();
      await free.close();
    }
  });

  test('what a limit has learned outlives a configuration, within the new bounds', async () => {
    await scene({}, async ({ house, url, credential }) => {
      const gateOf = () => house.running.current().upstreams.all()[0]?.gate;
      await post(url, chat('x'), credential);
      const nowMs = performance.now();
      gateOf()?.overloaded(nowMs);
      assert.equal(gateOf()?.limit.value, 128);
      const yaml = aliasesYaml({ url: 'http://127.0.0.1:9/v1' }, 1);
      assert.deepEqual(await house.apply(yaml), { applied: true, problems: [] });
      assert.equal(gateOf()?.limit.value, 128);
      const bounded = aliasesYaml({ url: 'http://127.0.0.1:9/v1' }, 1, {
        server: ', overload: { concurrency: { max: 32 } }',
      });
      assert.deepEqual(await house.apply(bounded), { applied: true, problems: [] });
      assert.equal(gateOf()?.limit.value, 32);
    });
  });
});
