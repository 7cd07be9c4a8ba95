/** CLI-10: callers that leave at any point leave nothing behind: no socket, slot, hold or listener. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { bearer, chat, get, openHouse, post } from '../support/house.ts';
import { aliasesYaml, IS_FULL, staysQuiet, terminalRecords, until } from '../support/streams.ts';
import { chunk, completion, json, openUpstream, UPSTREAM_ENV } from '../support/upstream.ts';

const ABORTS = IS_FULL ? 10_000 : 600;
const AT_ONCE = 16;
const CONNECTIONS_MAX = 8;

test('CLI-10: hundreds of aborts at random points: leaks 0, and every admitted call has one end', async (t) => {
  const warnings: string[] = [];
  const unhandled: unknown[] = [];
  const noteWarning = ({ name, message }: Error): void => void warnings.push(`${name}: ${message}`);
  const noteUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on('warning', noteWarning).on('unhandledRejection', noteUnhandled);
  const upstream = await openUpstream(async (seen, response) => {
    await delay(Math.random() * 6);
    if (seen.json['stream'] !== true) {
      json(response, 200, completion('w'.repeat(2_000)));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let index = 0; index < 8 && !response.destroyed; index += 1) {
      response.write(chunk('word '.repeat(100)));
      await delay(1);
    }
    response.end(`${chunk('', 'stop')}data: [DONE]\n\n`);
  });
  const more = `, connectionsMax: ${CONNECTIONS_MAX}`;
  const limits = 'limits: [{ name: wide, per: [key], tokens: 100000000/1m }]';
  const house = await openHouse(`${aliasesYaml(upstream, 0, { more })}${limits}`, UPSTREAM_ENV);
  try {
    const key = await house.key();
    const { hostname, port } = new URL(house.url);
    const abort = async (index: number): Promise<void> => {
      const body = JSON.stringify(chat('x'.repeat(500), { stream: index % 2 === 0 }));
      const bytes = `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on('error', () => {}).resume();
      // Half of them leave while they send, half while they wait or read.
      const sent = index % 4 < 2 ? bytes : bytes.slice(0, Math.floor(Math.random() * bytes.length));
      socket.write(sent);
      await delay(Math.random() * 20);
      if (index % 3 === 0) socket.resetAndDestroy();
      else socket.destroy();
    };
    let index = 0;
    const worker = async (): Promise<void> => {
      while (index < ABORTS) {
        index += 1;
        await abort(index);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    // What the last sockets had sent may still be in the kernel: it arrives, and then it is quiet.
    const quietMs = await staysQuiet(house, 10_000);
    await until(
      () => upstream.sockets.size <= CONNECTIONS_MAX,
      2_000,
      'connections to the provider are bounded',
    );
    const metrics = (await get(`${house.adminUrl}/metrics`)).text;
    assert.match(metrics, /in_flight\S* 0\n/u);
    const answer = await post(`${house.url}/v1/chat/completions`, chat('x'), bearer(key));
    assert.equal(answer.status, 200, 'and the next caller is served');
    const ends = [...terminalRecords(await house.records()).values()];
    assert.ok(ends.length > ABORTS / 4);
    const gone = ends.filter(({ reason }) => reason === 'client-gone');
    assert.ok(gone.length > ABORTS / 10);
    assert.ok(
      ends.every(({ decision, reason }) => decision === 'allow' || reason === 'client-gone'),
    );
    assert.deepEqual(
      [warnings.filter((text) => !text.startsWith('Experimental')), unhandled],
      [[], []],
    );
    t.diagnostic(
      `${ABORTS} aborts: ${ends.length} admitted, ${gone.length} cut short; quiet after ${quietMs.toFixed(0)} ms`,
    );
  } finally {
    process.off('warning', noteWarning).off('unhandledRejection', noteUnhandled);
    await house.close();
    await upstream.close();
  }
});
