/** RST-02: SIGTERM under long streams: a typed end, whole records, and out within the drain limit. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { readRecords } from '#audit/read.ts';
import type { AuditRecord } from '#audit/record.ts';
import { verifyLog } from '#audit/verify.ts';
import { tokensOf } from '#metering/estimate.ts';

import { GatewayFolder } from '../support/gateway-process.ts';
import { bearer, chat, get, post, TENANT } from '../support/house.ts';
import {
  aliasesYaml,
  drained,
  eventsOf,
  isErrorEvent,
  openStream,
  saidOf,
  terminalRecords,
  until,
} from '../support/streams.ts';
import { chunk, openUpstream, sse, UPSTREAM_ENV } from '../support/upstream.ts';

const DRAIN_MS = 2_000;

test('RST-02: each stream ends with the error of its dialect, is charged, and the process is gone within limit + 1 s', async (t) => {
  const event = (type: string, members: object): string => sse({ type, ...members }, type);
  const upstream = await openUpstream(async (seen, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (seen.body.includes('flood')) {
      while (!response.destroyed)
        if (!response.write(chunk('z'.repeat(16_000)))) await drained(response);
      return;
    }
    const isAnthropic = seen.path.endsWith('/messages');
    if (isAnthropic) {
      response.write(
        event('message_start', {
          message: {
            id: 'msg_1',
            type: 'message',
            role: 'assistant',
            content: [],
            model: 'm',
            usage: { input_tokens: 3, output_tokens: 1 },
          },
        }),
      );
      response.write(
        event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      );
    }
    const word = isAnthropic
      ? event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'word ' } })
      : chunk('word ');
    const timer = setInterval(() => response.write(word), 20);
    response.on('close', () => clearInterval(timer));
  });
  const yaml = aliasesYaml(upstream, 0)
    .replace('drainLimit: 2s', `drainLimit: ${DRAIN_MS}ms`)
    .replace(
      'providers:',
      `providers:\n  claude: { type: anthropic, baseUrl: "${upstream.url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }`,
    )
    .replace(
      'models:',
      'models:\n  claude: { deployments: [{ provider: claude, model: m }], price: { inputPerMTok: 1, outputPerMTok: 2 } }',
    );
  const folder = new GatewayFolder(yaml, UPSTREAM_ENV);
  try {
    const { key } = folder.key(TENANT);
    const gateway = await folder.start();
    const headers = bearer(key);
    const chatUrl = `${gateway.url}/v1/chat/completions`;
    const openai = await openStream(chatUrl, chat('x', { stream: true }), headers);
    const claude = {
      model: 'claude',
      max_tokens: 9,
      stream: true,
      messages: [{ role: 'user', content: 'x' }],
    };
    const anthropic = await openStream(`${gateway.url}/v1/messages`, claude, headers);
    // One who does not read at all may not hold the process up, nor lose its record.
    const { hostname, port } = new URL(gateway.url);
    const deaf = connect({ host: hostname, port: Number(port) }).pause();
    deaf.on('error', () => {});
    const body = JSON.stringify(chat('flood', { stream: true }));
    deaf.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await until(() => upstream.seen.length === 3, 3_000, 'all three are on their way');
    await delay(300);

    const startMs = performance.now();
    gateway.kill('SIGTERM');
    await delay(300);
    // While it drains nobody new is let in, and the health check says so, or nobody listens.
    const late = await post(chatUrl, chat('x'), headers).then(
      ({ status }) => status,
      () => 0,
    );
    assert.ok(late === 503 || late === 0, `${late}`);
    const ready = await get(`${gateway.adminUrl}/readyz`).then(
      ({ status }) => status,
      () => 0,
    );
    assert.ok(ready === 503 || ready === 0, `${ready}`);
    const [exit] = await Promise.all([gateway.exited, openai.over, anthropic.over]);
    const tookMs = performance.now() - startMs;
    deaf.destroy();
    assert.deepEqual(exit, { code: 0, signal: null });
    assert.ok(tookMs >= DRAIN_MS - 50 && tookMs <= DRAIN_MS + 1_000, `${tookMs}`);

    assert.equal(await openai.over, 'end');
    const events = eventsOf(openai.text());
    assert.ok(isErrorEvent(events.at(-1)) && !events.includes('[DONE]'));
    assert.match(events.at(-1) ?? '', /shutting_down/u);
    const words = saidOf(events.slice(0, -1)).length / 'word '.length;
    assert.ok(words > (DRAIN_MS / 20) * 0.5, `${words} words: it went on while it drained`);
    assert.equal(await anthropic.over, 'end');
    assert.match(anthropic.text(), /event: error\ndata: \{"type":"error".*\n\n$/u);

    const records: AuditRecord[] = [];
    for await (const { record } of readRecords(folder.auditDir)) records.push(record);
    assert.equal(verifyLog(folder.auditDir).exit, 0);
    const ends = [...terminalRecords(records).values()];
    assert.equal(ends.length, 3);
    assert.ok(records.every(({ action }) => action !== 'recovered'));
    const uses = ends.map(
      ({ usage }) => usage ?? { inputTokens: 0, outputTokens: 0, costNanoUsd: 0 },
    );
    // At one dollar and two a million: what was sent, at most an event more than was read, and no estimate.
    for (const { inputTokens, outputTokens, costNanoUsd } of uses)
      assert.equal(costNanoUsd, inputTokens * 1_000 + outputTokens * 2_000);
    const charged = uses.map(({ outputTokens }) => outputTokens);
    const read = tokensOf(saidOf(events.slice(0, -1)));
    assert.ok(charged.every((tokens) => tokens >= 1) && read > 1);
    assert.ok(
      charged.some((tokens) => tokens >= read && tokens <= read + tokensOf('word ')),
      `${read} were read, ${charged.join()} are charged`,
    );
    // And the ledger says the same, to the nano-dollar.
    const { out } = folder.run('usage', 'export', '--format', 'jsonl');
    const sums = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { costNanoUsd: number });
    const sum = (all: readonly { readonly costNanoUsd: number }[]): number =>
      all.reduce((total, { costNanoUsd }) => total + costNanoUsd, 0);
    assert.equal(sum(sums), sum(uses));
    assert.ok(ends.filter(({ reason }) => reason === 'shutting-down').length >= 2);
    assert.equal(records.filter(({ action }) => action === 'stop').length, 1);
    t.diagnostic(`gone ${Math.round(tookMs - DRAIN_MS)} ms after the limit of ${DRAIN_MS} ms`);
  } finally {
    folder.remove();
    await upstream.close();
  }
});
