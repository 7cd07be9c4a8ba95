/** UP-05: a provider that limits everybody is not asked more often for it, and is back in one probe. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { bearer, chat, openHouse, post } from '../support/house.ts';
import { eventually } from '../support/programs.ts';
import { aliasesYaml, IS_FULL, openStream, percentile } from '../support/streams.ts';
import {
  answering,
  chunk,
  json,
  openUpstream,
  type Script,
  UPSTREAM_ENV,
} from '../support/upstream.ts';

const CALLS = IS_FULL ? 2_000 : 300;
const AT_ONCE = 10;
/** A storm of four seconds on a slow machine: its probes have doubled the wait twice. */
const RECOVERY_MS_MAX = 12_000;
const LIMITED = {
  error: { message: 'slow down', type: 'rate_limit_exceeded', code: 'rate_limit_exceeded' },
};

for (const [what, headers] of [
  ['with retry-after', { 'retry-after': '1' }],
  ['without retry-after', {}],
] as const) {
  test(`UP-05: 100% of 429 ${what}: at most 1.10 requests a call, and callers are told to wait`, async (t) => {
    const limited: Script = (_, response) => json(response, 429, LIMITED, headers);
    const upstream = await openUpstream(limited);
    const house = await openHouse(aliasesYaml(upstream, 0), UPSTREAM_ENV);
    try {
      const credential = bearer(await house.key());
      const tookMs: number[] = [];
      const ask = async (): Promise<void> => {
        const startMs = performance.now();
        const answer = await post(`${house.url}/v1/chat/completions`, chat('x'), credential);
        tookMs.push(performance.now() - startMs);
        assert.equal(answer.status, 429);
        assert.ok(Number(answer.headers.get('retry-after')) >= 1);
        assert.ok(!answer.text.includes('slow down'), 'our words');
      };
      const worker = async (): Promise<void> => {
        for (let index = 0; index < CALLS / AT_ONCE; index += 1) await ask();
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      const asked = upstream.seen.length;
      assert.ok(asked <= CALLS * 1.1, `${asked} for ${CALLS}`);
      assert.ok(asked < CALLS / 2, 'the breaker opened');

      upstream.script = answering('well again');
      // Two seconds, and twice as long for each probe that the storm itself was long enough for.
      await eventually(async () => {
        const probe = await post(`${house.url}/v1/chat/completions`, chat('x'), credential);
        assert.equal(probe.status, 200);
      }, RECOVERY_MS_MAX);
      const next = await Promise.all(
        Array.from({ length: 5 }, () =>
          post(`${house.url}/v1/chat/completions`, chat('x'), credential),
        ),
      );
      assert.deepEqual(
        next.map(({ status }) => status),
        [200, 200, 200, 200, 200],
      );
      t.diagnostic(
        `${CALLS} calls, ${asked} requests; a refusal took ${percentile(tookMs, 0.5).toFixed(1)} ms at the median`,
      );
    } finally {
      await house.close();
      await upstream.close();
    }
  });
}

test('UP-05: where one of five is limited no breaker opens, and retries alone stay within 1.10', async (t) => {
  const upstream = await openUpstream((seen, response, socket) =>
    seen.json['user'] === 'limited'
      ? json(response, 429, LIMITED)
      : answering('fine')(seen, response, socket),
  );
  const house = await openHouse(aliasesYaml(upstream, 0), UPSTREAM_ENV);
  try {
    const credential = bearer(await house.key());
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let own = 0; own < CALLS / 4; own += 1) {
        next += 1;
        const isLimited = next % 5 === 0;
        const body = chat('x', isLimited ? { user: 'limited' } : {});
        const { status } = await post(`${house.url}/v1/chat/completions`, body, credential);
        assert.equal(status, isLimited ? 429 : 200);
      }
    };
    await Promise.all(Array.from({ length: 4 }, worker));
    const asked = upstream.seen.length;
    assert.ok(asked > CALLS, 'some are retried');
    assert.ok(asked <= CALLS * 1.1, `${asked} for ${CALLS}`);
    t.diagnostic(`${asked} requests for ${CALLS} calls`);
  } finally {
    await house.close();
    await upstream.close();
  }
});

/** Five failures open it; two seconds later the next call is the probe. */
async function onProbation(url: string, credential: Record<string, string>): Promise<void> {
  for (let index = 0; index < 8; index += 1) await post(url, chat('x'), credential);
  assert.equal((await post(url, chat('x'), credential)).status, 429);
  await delay(2_100);
}

test('UP-05: while a probe is on its way nobody else asks; a failed one waits for longer', async () => {
  const upstream = await openUpstream((_, response) => json(response, 429, LIMITED));
  const house = await openHouse(aliasesYaml(upstream, 0), UPSTREAM_ENV);
  try {
    const credential = bearer(await house.key());
    const url = `${house.url}/v1/chat/completions`;
    await onProbation(url, credential);
    const before = upstream.seen.length;
    const all = await Promise.all(
      Array.from({ length: 20 }, () => post(url, chat('x'), credential)),
    );
    assert.ok(all.every(({ status }) => status === 429));
    assert.ok(upstream.seen.length - before <= 2, `${upstream.seen.length - before} probes`);
    await delay(2_100);
    const later = upstream.seen.length;
    assert.equal((await post(url, chat('x'), credential)).status, 429);
    assert.equal(upstream.seen.length, later, 'twice as long after a probe that failed');
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('UP-05: a probe that is a long stream lets others in as soon as it begins', async () => {
  const upstream = await openUpstream((_, response) => json(response, 429, LIMITED));
  const house = await openHouse(aliasesYaml(upstream, 0), UPSTREAM_ENV);
  try {
    const credential = bearer(await house.key());
    const url = `${house.url}/v1/chat/completions`;
    await onProbation(url, credential);
    const whole = answering('fine');
    upstream.script = (seen, response, socket) => {
      if (seen.json['stream'] !== true) return whole(seen, response, socket);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk('a long story'));
      return undefined;
    };
    const stream = await openStream(url, chat('x', { stream: true }), credential);
    assert.equal(stream.status, 200);
    assert.equal((await post(url, chat('x'), credential)).status, 200);
    stream.abort();
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('UP-05: a probe whose caller leaves does not keep everybody else out', async () => {
  const upstream = await openUpstream((_, response) => json(response, 429, LIMITED));
  const house = await openHouse(aliasesYaml(upstream, 0), UPSTREAM_ENV);
  try {
    const credential = bearer(await house.key());
    const url = `${house.url}/v1/chat/completions`;
    await onProbation(url, credential);
    upstream.script = () => {};
    const leaving = fetch(url, {
      method: 'POST',
      headers: credential,
      body: JSON.stringify(chat('x')),
      signal: AbortSignal.timeout(100),
    });
    await assert.rejects(leaving);
    await delay(50);
    upstream.script = answering('fine');
    assert.equal((await post(url, chat('x'), credential)).status, 200);
  } finally {
    await house.close();
    await upstream.close();
  }
});
