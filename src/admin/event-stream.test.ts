/** Events to a reader that reads, to one that does not, and to one that may not any more. */
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { test, type TestContext } from 'node:test';

import {
  type AdminEvent,
  type EventSource,
  eventText,
  sendEvents,
  type StreamRules,
} from './event-stream.ts';

const ALWAYS = { mayGoOn: async () => true };

async function opened(t: TestContext, rules: StreamRules, source: EventSource) {
  const server = http.createServer((_request, response) => sendEvents(response, source, rules));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const socket = net.connect(address.port, '127.0.0.1');
  t.after(() => {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  let text = '';
  socket.on('data', (piece) => {
    text += piece.toString();
  });
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  return { socket, text: () => text };
}

async function until(check: () => boolean): Promise<void> {
  const untilMs = performance.now() + 10_000;
  while (!check()) {
    assert.ok(performance.now() < untilMs, 'it never came');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const numbersIn = (text: string): number[] =>
  [...text.matchAll(/"n":(?<n>\d+)/gu)].map(({ groups }) => Number(groups?.['n']));
const missedIn = (text: string): number =>
  [...text.matchAll(/event: missed\ndata: \{"count":(?<count>\d+)\}/gu)]
    .map(({ groups }) => Number(groups?.['count']))
    .reduce((sum, count) => sum + count, 0);

test('what is in an event begins no other', () => {
  const text = eventText({
    event: 'record',
    id: 'main:1',
    data: { reason: 'x\n\nevent: end\r\n' },
  });
  assert.equal(text.split('\n').length, 5);
  assert.match(
    text,
    /^event: record\nid: main:1\ndata: \{"reason":"x\\n\\nevent: end\\r\\n"\}\n\n$/u,
  );
});

test('a reader that is too slow is told how many it missed, in their place, and then reads on', async (t) => {
  let tell: (event: AdminEvent) => void = () => {};
  const { socket, text } = await opened(t, { ...ALWAYS, queuedMax: 50 }, (given) => {
    tell = given;
    return () => {};
  });
  await until(() => text().includes('text/event-stream'));
  socket.pause();
  const filler = 'x'.repeat(64 * 1_024);
  const TOLD = 400;
  for (let n = 1; n <= TOLD; n += 1) {
    tell({ event: 'record', data: { n, filler } });
    if (n % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  socket.resume();
  await until(() => missedIn(text()) > 0);
  tell({ event: 'record', data: { n: TOLD + 1 } });
  await until(() => numbersIn(text()).includes(TOLD + 1));
  const numbers = numbersIn(text());
  const missed = missedIn(text());
  assert.ok(missed > 100, `${missed}`);
  assert.equal(numbers.length + missed, TOLD + 1, 'nothing is left out in silence');
  assert.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
  );
  const [before = ''] = text().split('event: missed');
  assert.equal(numbersIn(before).length, numbers.length - 1, 'it stands where they were');
});

test('who may not read any more is told so, and the source is left', async (t) => {
  let mayGoOn = true;
  let isStopped = false;
  const rules = { mayGoOn: async () => mayGoOn, proveMs: 20 };
  const { text } = await opened(t, rules, () => () => {
    isStopped = true;
  });
  await until(() => text().includes('text/event-stream'));
  await new Promise((resolve) => setTimeout(resolve, 80));
  assert.ok(!isStopped);
  mayGoOn = false;
  await until(() => isStopped);
  await until(() => text().includes('event: end\ndata: {"reason":"forbidden","missed":0}'));
});

test('a store that does not answer proves no right, and no stream is for ever', async (t) => {
  const failing = { mayGoOn: () => Promise.reject(new Error('away')), proveMs: 20 };
  const one = await opened(t, failing, () => () => {});
  await until(() => one.text().includes('"reason":"forbidden"'));
  const two = await opened(t, { ...ALWAYS, streamMsMax: 30 }, () => () => {});
  await until(() => two.text().includes('"reason":"over"'));
});
