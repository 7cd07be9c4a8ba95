/** A guard behind HTTP, as it is in use: it blocks, and whatever it does instead of answering blocks too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { bearer, chat, get, type House, openHouse, post } from '../support/house.ts';
import { aliasesYaml } from '../support/streams.ts';
import { answering, json, openUpstream, UPSTREAM_ENV } from '../support/upstream.ts';

const moderation = (isFlagged: boolean) => ({
  results: [
    {
      flagged: isFlagged,
      categories: { violence: isFlagged },
      category_scores: { violence: isFlagged ? 0.98 : 0.01 },
    },
  ],
});

interface Scene {
  readonly ask: (text: string) => Promise<{ status: number; text: string; ms: number }>;
  readonly house: House;
  readonly judge: Awaited<ReturnType<typeof openUpstream>>;
  readonly provider: Awaited<ReturnType<typeof openUpstream>>;
}

async function scene(
  judging: Parameters<typeof openUpstream>[0],
  more: string,
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  const judge = await openUpstream(judging);
  const provider = await openUpstream(answering('fine'));
  const guard = `guards:
  - { name: judge, type: external, adapter: openai-moderation, on: [request], url: "${judge.url}",
      apiKey: "\${env:JUDGE_KEY}", allowPrivateAddress: true${more} }`;
  const yaml = aliasesYaml(provider, 0).replace('guards: []', guard);
  const house = await openHouse(yaml, { ...UPSTREAM_ENV, JUDGE_KEY: 'a-key-for-the-judge-alone' });
  try {
    const credential = bearer(await house.key());
    const ask = async (text: string) => {
      const startMs = performance.now();
      const { status, text: said } = await post(
        `${house.url}/v1/chat/completions`,
        chat(text),
        credential,
      );
      return { status, text: said, ms: performance.now() - startMs };
    };
    await run({ ask, house, judge, provider });
  } finally {
    await house.close();
    await judge.close();
    await provider.close();
  }
}

test('what the service flags is blocked before it is sent, and its key goes to it alone', async () => {
  await scene(
    (seen, response) =>
      json(response, 200, moderation(JSON.stringify(seen.json).includes('violent'))),
    '',
    async ({ ask, house, judge, provider }) => {
      assert.equal((await ask('a kind word')).status, 200);
      const blocked = await ask('a violent word');
      assert.equal(blocked.status, 400);
      assert.match(blocked.text, /content_filter/u);
      assert.equal(provider.seen.length, 1, 'only the kind word was sent');
      assert.ok(judge.seen.length > 0);
      assert.ok(
        judge.seen.every(
          ({ headers }) => headers.authorization === 'Bearer a-key-for-the-judge-alone',
        ),
      );
      assert.ok(!JSON.stringify(provider.seen[0]?.headers).includes('judge'));
      const records = await house.records();
      const lines = records.flatMap(({ guards }) => guards ?? []);
      assert.ok(
        lines.some(({ action, category }) => action === 'block' && category === 'violence'),
      );
      assert.ok(!JSON.stringify(records).includes('a violent word'));
      const { text: metrics } = await get(`${house.adminUrl}/metrics`);
      assert.match(
        metrics,
        /llmproxy_guard_findings_total\{guard="judge",mode="enforce",action="block"\} 1\n/u,
      );
    },
  );
});

for (const [what, judging] of [
  ['fails', (_, response) => json(response, 500, {})],
  ['talks nonsense', (_, response) => json(response, 200, { results: 'none' })],
  ['hangs', () => undefined],
  ['cuts the connection', (_, __, socket) => void socket.destroy()],
] as const satisfies readonly (readonly [string, Parameters<typeof openUpstream>[0]])[]) {
  test(`a service that ${what} has not passed the text: 503 within the timeout, nothing is sent`, async () => {
    await scene(judging, ', timeout: 300ms', async ({ ask, provider }) => {
      const { status, text, ms } = await ask('a word');
      assert.equal(status, 503);
      assert.match(text, /guard_unavailable/u);
      assert.ok(ms < 2_000, `${ms}`);
      assert.equal(provider.seen.length, 0);
    });
  });
}

test('onFault: pass lets the text go, by name, and the record says that nobody has read it', async () => {
  await scene(
    (_, response) => json(response, 500, {}),
    ', onFault: pass',
    async ({ ask, house }) => {
      assert.equal((await ask('a word')).status, 200);
      const [line] = (await house.records()).flatMap(({ guards }) => guards ?? []);
      assert.match(line?.notScanned ?? '', /guard judge unavailable/u);
      const { text: metrics } = await get(`${house.adminUrl}/metrics`);
      assert.match(metrics, /llmproxy_not_scanned_total 1\n/u);
    },
  );
});

test('a service that is down is not asked any more, until it is up', async () => {
  let isDown = true;
  await scene(
    (_, response) => json(response, isDown ? 500 : 200, moderation(false)),
    '',
    async ({ ask, judge }) => {
      for (let call = 0; call < 12; call += 1) {
        assert.equal((await ask(`word ${call}`)).status, 503);
      }
      assert.ok(judge.seen.length < 12, `${judge.seen.length} questions`);
      isDown = false;
      await delay(2_100);
      assert.equal((await ask('another word')).status, 200);
    },
  );
});

test('after its verdict nothing more of the text is sent to the service', async () => {
  await scene(
    (_, response) => void setTimeout(() => json(response, 200, moderation(false)), 120),
    ', timeout: 300ms',
    async ({ ask, judge }) => {
      assert.equal((await ask('word '.repeat(60_000))).status, 503);
      await delay(300);
      const asked = judge.seen.length;
      assert.ok(asked > 0 && asked < 6, `${asked}`);
      await delay(700);
      assert.equal(judge.seen.length, asked);
    },
  );
});

test('a text that the service refuses stops that text, and nobody else', async () => {
  await scene(
    (seen, response) =>
      JSON.stringify(seen.json).includes('odd')
        ? json(response, 400, {})
        : json(response, 200, moderation(false)),
    '',
    async ({ ask }) => {
      for (let call = 0; call < 12; call += 1) assert.equal((await ask(`odd ${call}`)).status, 503);
      assert.equal((await ask('a word')).status, 200);
    },
  );
});

test('a guard that observes delays nothing, and the record has what it saw', async () => {
  await scene(
    (_, response) => void setTimeout(() => json(response, 200, moderation(true)), 400),
    ', mode: observe, timeout: 2s',
    async ({ ask, house, provider }) => {
      const asking = ask('a word');
      await delay(250);
      assert.equal(provider.seen.length, 1, 'it was sent before the guard had answered');
      assert.equal((await asking).status, 200);
      const lines = (await house.records()).flatMap(({ guards }) => guards ?? []);
      assert.ok(lines.some(({ category, mode }) => category === 'violence' && mode === 'observe'));
    },
  );
});
