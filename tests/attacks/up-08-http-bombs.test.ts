/** UP-08: an answer that is broken HTTP is a 502, and the next call on the pool gets its own answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { bearer, chat, openHouse, post } from '../support/house.ts';
import { openRawUpstream, wholeAnswer } from '../support/raw-upstream.ts';
import { aliasesYaml, IS_FULL, quiet } from '../support/streams.ts';
import { completion, UPSTREAM_ENV } from '../support/upstream.ts';

const POISON = 'poisoned-by-another-answer';
const poison = wholeAnswer(JSON.stringify(completion(POISON)));
const json = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const BOMBS: readonly (readonly [what: string, bytes: string, statuses: readonly number[]])[] = [
  ['a header of 1 MB', `${json}x-big: ${'a'.repeat(1_048_576)}\r\n\r\n`, [502]],
  [
    '5,000 headers',
    `${json}${Array.from({ length: 5_000 }, (_, index) => `x-${index}: a\r\n`).join('')}\r\n`,
    [502],
  ],
  ['two lengths', `${json}content-length: 2\r\ncontent-length: 200\r\n\r\n{}${poison}`, [502]],
  [
    'length and chunks',
    `${json}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n${poison}`,
    [502],
  ],
  [
    'chunks and length',
    `${json}transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n${poison}`,
    [502],
  ],
  ['a negative length', `${json}content-length: -2\r\n\r\n${poison}`, [502]],
  ['a length that is no number', `${json}content-length: 0x10\r\n\r\n${poison}`, [502]],
  ['a huge length', `${json}content-length: 99999999999999999999999\r\n\r\n${poison}`, [502]],
  ['a chunk that is no chunk', `${json}transfer-encoding: chunked\r\n\r\nzz\r\n${poison}`, [502]],
  [
    'a huge chunk',
    `${json}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n${poison}`,
    [502],
  ],
  ['a header without a colon', `${json}nonsense\r\n\r\n${poison}`, [502]],
  ['a NUL in a header', `${json}x: a\u0000b\r\n\r\n${poison}`, [502]],
  ['no HTTP at all', `SSH-2.0-OpenSSH_9.9\r\n${poison}`, [502]],
  ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [502]],
  [
    'a switch of protocols',
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n',
    [502],
  ],
  ['a flood of 103', 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(20_000), [502, 504]],
  ['a flood of 100', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(20_000), [502, 504]],
];
const NONCES = IS_FULL ? 10_000 : 500;

test('UP-08: each is a 502, and every call after it gets its own nonce back', async (t) => {
  let bomb = '';
  const upstream = await openRawUpstream((socket, body) => {
    const { messages, user } = JSON.parse(body) as {
      messages: { content: string }[];
      user?: string;
    };
    if (user === 'bomb') socket.write(bomb);
    else socket.write(wholeAnswer(JSON.stringify(completion(messages[0]?.content ?? ''))));
  });
  // Few connections, so that the next call has to use the one that was attacked.
  const more = ', connectionsMax: 2, timeouts: { firstByte: 500ms, interEvent: 500ms }';
  const house = await openHouse(aliasesYaml(upstream, BOMBS.length, { more }), UPSTREAM_ENV);
  try {
    const headers = bearer(await house.key());
    const url = `${house.url}/v1/chat/completions`;
    let nonces = 0;
    const ownNonce = async (): Promise<void> => {
      nonces += 1;
      const nonce = `nonce-${nonces}`;
      let answer = await post(url, chat(nonce), headers);
      // A machine that is busy with other tests may make it shed: that is no mix-up.
      for (let tries = 0; answer.status === 503 && tries < 20; tries += 1) {
        await delay(100);
        answer = await post(url, chat(nonce), headers);
      }
      assert.equal(answer.status, 200, answer.text);
      assert.equal(
        (answer.json['choices'] as { message: { content: string } }[])[0]?.message.content,
        nonce,
      );
    };
    for (const [index, [what, bytes, statuses]] of BOMBS.entries()) {
      bomb = bytes;
      await ownNonce();
      const answer = await post(url, chat('x', { model: `m${index}`, user: 'bomb' }), headers);
      assert.ok(statuses.includes(answer.status), `${what}: ${answer.status}`);
      assert.ok(!answer.text.includes(POISON), what);
      for (let next = 0; next < 4; next += 1) await ownNonce();
    }
    const before = nonces;
    const worker = async (): Promise<void> => {
      for (let index = 0; index < NONCES / 8; index += 1) await ownNonce();
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    assert.ok(nonces - before >= NONCES);
    await quiet(house, 1_000);
    t.diagnostic(`${BOMBS.length} kinds; ${nonces} nonces, 0 mixed up`);
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('UP-08: a second answer behind the first one is nobody’s', async () => {
  const upstream = await openRawUpstream((socket, body) => {
    const { messages } = JSON.parse(body) as { messages: { content: string }[] };
    const own = wholeAnswer(JSON.stringify(completion(messages[0]?.content ?? '')));
    socket.write(own);
    // With it, or a moment later when the connection is idle in the pool.
    if (messages[0]?.content.endsWith('0') === true) socket.write(poison);
    else setImmediate(() => socket.write(poison));
  });
  const house = await openHouse(
    aliasesYaml(upstream, 0, { more: ', connectionsMax: 1' }),
    UPSTREAM_ENV,
  );
  try {
    const headers = bearer(await house.key());
    let answered = 0;
    for (let index = 0; index < 100; index += 1) {
      const answer = await post(
        `${house.url}/v1/chat/completions`,
        chat(`nonce-${index}`),
        headers,
      );
      assert.ok(!answer.text.includes(POISON), `${index}`);
      // What comes after the next call was sent is that call's answer to any HTTP client.
      await delay(15);
      if (answer.status !== 200) continue;
      answered += 1;
      assert.match(answer.text, new RegExp(`"nonce-${index}"`, 'u'));
    }
    assert.ok(answered >= 10, `${answered} were answered`);
  } finally {
    await house.close();
    await upstream.close();
  }
});
