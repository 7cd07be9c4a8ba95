import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { FaultProxy } from './fault-proxy.ts';
import { portOf } from './http.ts';

/** A server that says everything again, behind a proxy. */
async function scene(t: TestContext) {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (text: string) => {
      heard.push(text);
      socket.write(text);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const proxy = await FaultProxy.open(portOf(server));
  t.after(async () => {
    await proxy.close();
    server.close();
  });
  const dial = async (): Promise<{ socket: Socket; said: () => string }> => {
    const socket = connect(proxy.port, '127.0.0.1');
    socket.on('error', () => {});
    let text = '';
    socket.setEncoding('utf8').on('data', (piece: string) => void (text += piece));
    await once(socket, 'connect');
    return { socket, said: () => text };
  };
  return { proxy, heard, dial };
}

test('it passes bytes both ways, and hangs without closing anything', async (t) => {
  const { proxy, heard, dial } = await scene(t);
  const { socket, said } = await dial();
  socket.write('one');
  await once(socket, 'data');
  proxy.set({ kind: 'hang' });
  socket.write('two');
  await delay(100);
  assert.deepEqual([heard, said(), socket.destroyed], [['one'], 'one', false]);
  proxy.set({ kind: 'none' });
  await once(socket, 'data');
  assert.equal(said(), 'onetwo');
  socket.destroy();
});

test('it cuts and refuses, and is slow', async (t) => {
  const { proxy, dial } = await scene(t);
  const { socket } = await dial();
  const closed = once(socket, 'close');
  proxy.set({ kind: 'refuse' });
  await closed;
  const late = await dial();
  if (!late.socket.destroyed) await once(late.socket, 'close');
  proxy.set({ kind: 'slow', ms: 120 });
  const slow = await dial();
  const startMs = performance.now();
  slow.socket.write('x');
  await once(slow.socket, 'data');
  assert.ok(performance.now() - startMs >= 230, 'each way');
  slow.socket.destroy();
});

test('it loses an answer after the question has arrived, or the question', async (t) => {
  const { proxy, heard, dial } = await scene(t);
  proxy.set({ kind: 'lose-answer', to: 'COMMIT' });
  const first = await dial();
  first.socket.write('COMMIT');
  await once(first.socket, 'close');
  assert.deepEqual([heard, first.said(), proxy.lost], [['COMMIT'], '', 1]);
  proxy.set({ kind: 'lose-question', of: 'COMMIT' });
  const second = await dial();
  second.socket.write('COMMIT');
  await once(second.socket, 'close');
  assert.deepEqual([heard, proxy.lost], [['COMMIT'], 2]);
});
