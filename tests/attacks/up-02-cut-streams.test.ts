/** UP-02: a stream that is cut anywhere is a well-formed prefix and an error event, never an end. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { bearer, chat, type House, openHouse } from '../support/house.ts';
import {
  chunked,
  openRawUpstream,
  type RawUpstream,
  STREAM_HEAD,
} from '../support/raw-upstream.ts';
import {
  aliasesYaml,
  eventsOf,
  IS_FULL,
  isErrorEvent,
  openStream,
  quiet,
  saidOf,
  terminalRecords,
} from '../support/streams.ts';
import { chunk, UPSTREAM_ENV } from '../support/upstream.ts';

const WORDS = Array.from({ length: 50 }, (_, index) => `wört${index} `);
const WHOLE = Buffer.from(
  WORDS.map((word) => chunked(chunk(word))).join('') + chunked('data: [DONE]\n\n') + '0\r\n\r\n',
);
const HEAD = Buffer.from(STREAM_HEAD);
/** The same without chunks: the end of the connection is the end of the body, so HTTP sees no cut. */
const PLAIN = Buffer.from(WORDS.map((word) => chunk(word)).join('') + 'data: [DONE]\n\n');
const PLAIN_HEAD = Buffer.from(
  STREAM_HEAD.replace('transfer-encoding: chunked', 'connection: close'),
);
const CUTS_MAX = IS_FULL ? WHOLE.length : 120;
const AT_ONCE = 8;

type Cut = 'reset' | 'half-close' | 'clean';

const bytesOf = (how: Cut): Buffer => (how === 'clean' ? PLAIN : WHOLE);

describe('UP-02', () => {
  let upstream: RawUpstream;
  let house: House;
  let key: string;
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);

  before(async () => {
    process.on('unhandledRejection', note);
    upstream = await openRawUpstream((socket, body) => {
      const { model } = JSON.parse(body) as { model: string };
      assert.equal(model, 'm');
      const [how, at] = (JSON.parse(body) as { user: string }).user.split(':') as [Cut, string];
      socket.write(how === 'clean' ? PLAIN_HEAD : HEAD);
      socket.write(bytesOf(how).subarray(0, Number(at)), () => {
        // The bytes are given time to arrive: a reset that overtakes them would test less.
        setTimeout(() => (how === 'reset' ? socket.resetAndDestroy() : socket.end()), 15);
      });
    });
    house = await openHouse(aliasesYaml(upstream, 3 * CUTS_MAX), UPSTREAM_ENV);
    key = await house.key();
  });
  after(async () => {
    await house.close();
    await upstream.close();
    process.off('unhandledRejection', note);
  });

  const cutAt = async (how: Cut, at: number, alias: number): Promise<void> => {
    const body = chat('x', { model: `m${alias}`, stream: true, user: `${how}:${at}` });
    const stream = await openStream(`${house.url}/v1/chat/completions`, body, bearer(key));
    assert.equal(await stream.over, 'end', 'the HTTP message itself ends well');
    if (stream.status !== 200) {
      // Nothing had come but headers: then it is an ordinary error, and no stream began.
      assert.equal(stream.status, 502);
      return;
    }
    const events = eventsOf(stream.text());
    assert.ok(!events.includes('[DONE]'), `a fake end at ${how}:${at}`);
    assert.ok(isErrorEvent(events.at(-1)), `no error event at ${how}:${at}`);
    const said = saidOf(events.slice(0, -1));
    assert.ok(WORDS.join('').startsWith(said), 'a prefix');
    const arrived = bytesOf(how).subarray(0, at).toString('utf8');
    const whole = arrived.split('\n\n').length - 1;
    assert.equal(said, WORDS.slice(0, whole).join(''), 'every whole event is handed on');
  };

  test('a reset, a half-close or a clean end at each of many offsets', async (t) => {
    const cutsOf = (how: Cut): [Cut, number][] => {
      const doneAt = bytesOf(how).indexOf('data: [DONE]') + 'data: [DONE]\n'.length;
      return Array.from({ length: CUTS_MAX }, (_, index) => [
        how,
        Math.floor((index * doneAt) / (CUTS_MAX - 1)),
      ]);
    };
    const cuts = [...cutsOf('reset'), ...cutsOf('half-close'), ...cutsOf('clean')];
    const next = cuts.entries();
    const worker = async (): Promise<void> => {
      for (const [index, [how, at]] of next) await cutAt(how, at, index);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    await quiet(house, 1_000);
    const ends = terminalRecords(await house.records());
    assert.equal(ends.size, cuts.length);
    let billed = 0;
    for (const { decision, reason, usage, status } of ends.values()) {
      assert.deepEqual([decision, reason], ['fault', 'provider-cut']);
      if (status !== 200) continue;
      billed += 1;
      assert.equal(usage?.source, 'counted');
      assert.ok((usage?.outputTokens ?? 0) >= 1);
      assert.ok((usage?.outputTokens ?? 0) <= Math.ceil(WORDS.join('').length / 4));
    }
    assert.ok(billed > cuts.length / 2);
    assert.deepEqual(unhandled, []);
    t.diagnostic(`${cuts.length} cuts, ${billed} of them in a stream that had begun`);
  });

  test('the same stream uncut is handed on whole', async () => {
    const body = chat('x', { stream: true, user: `half-close:${WHOLE.length}` });
    const stream = await openStream(`${house.url}/v1/chat/completions`, body, bearer(key));
    await stream.over;
    const events = eventsOf(stream.text());
    assert.equal(saidOf(events), WORDS.join(''));
    assert.equal(events.at(-1), '[DONE]');
  });
});
