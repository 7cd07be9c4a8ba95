/** What was proven before a revocation list was renewed serves nothing that comes after it. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { connect as connectRaw, type Socket } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';

import { Listener, type TlsOptions } from '#server/listener.ts';

import { type Authority, type Certificate, openAuthority } from '../support/certificates.ts';
import { until } from '../support/streams.ts';

const ASK = 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n';

let authority: Authority;
let mine: Certificate;
let listener: Listener;
let tls: TlsOptions;
let port: number;
/** Requests that were served; who answers them is the test. */
let served: ServerResponse[];

before(async () => {
  authority = openAuthority();
  mine = authority.issue('URI:spiffe://bank.example/agent');
  const own = authority.issue('DNS:localhost,IP:127.0.0.1');
  const lists = { clientCa: authority.cert, clientCrl: authority.revoke() };
  tls = { ...own, ...lists, clientAuth: 'required' };
  const times = { headersTimeoutMs: 10_000, requestTimeoutMs: 10_000, keepAliveTimeoutMs: 10_000 };
  const bounds = { host: '127.0.0.1', port: 0, connectionsMax: 100, ...times };
  listener = new Listener({ ...bounds, tls }, (request, response) => {
    request.resume();
    served.push(response);
  });
  ({ port } = await listener.start());
});
beforeEach(() => {
  served = [];
});
after(async () => {
  await listener.drain(0);
  authority.remove();
});

interface Peer {
  readonly socket: TLSSocket;
  readonly got: () => string;
  readonly isClosed: () => boolean;
}

function heard(socket: TLSSocket): Peer {
  let [got, isClosed] = ['', false];
  socket.on('data', (data: Buffer) => {
    got += data.toString('latin1');
  });
  socket
    .on('error', () => {})
    .on('close', () => {
      isClosed = true;
    });
  return { socket, got: () => got, isClosed: () => isClosed };
}

const shown = (): object => ({ ca: authority.cert, servername: 'localhost', ...mine });

async function secured(): Promise<Peer> {
  const socket = connect({ host: '127.0.0.1', port, ...shown() });
  const peer = heard(socket);
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  // With TLS 1.3 the client is ready before the server has seen its certificate.
  await delay(50);
  return peer;
}

const answersOf = ({ got }: Peer): string[] => got().match(/HTTP\/1\.1 \d+/gu) ?? [];

describe('a list is renewed', () => {
  test('an answer under way is finished, says that it is the last, and is the last', async () => {
    const peer = await secured();
    peer.socket.write(ASK);
    await until(() => served.length === 1, 2_000, 'it is under way');
    listener.renewTls(tls);
    served[0]?.end('whole');
    await until(peer.isClosed, 2_000, 'the connection is closed');
    assert.match(peer.got(), /connection: close[^]*whole/iu);
  });

  test('a stream that has begun is finished, and its connection ends with it', async () => {
    const peer = await secured();
    peer.socket.write(ASK);
    await until(() => served.length === 1, 2_000, 'it is under way');
    served[0]?.write('half');
    await until(() => peer.got().includes('half'), 2_000, 'it has begun');
    listener.renewTls(tls);
    // Sent behind it on the same connection: not served, though the first is still under way.
    peer.socket.write(ASK);
    await delay(100);
    served[0]?.end('whole');
    await until(peer.isClosed, 2_000, 'the connection is closed');
    assert.match(peer.got(), /half[^]*whole/u);
    assert.equal(served.length, 1);
    assert.ok(!answersOf(peer).slice(1).includes('HTTP/1.1 200'));
  });

  test('nor is one served whose head was half sent, or that had said nothing yet', async () => {
    for (const cut of [0, 20]) {
      const peer = await secured();
      peer.socket.write(ASK.slice(0, cut));
      await delay(50);
      listener.renewTls(tls);
      peer.socket.write(ASK.slice(cut));
      await until(peer.isClosed, 2_000, 'the connection is closed');
      assert.deepEqual([served.length, answersOf(peer)], [0, ['HTTP/1.1 503']], `after ${cut}`);
    }
  });

  test('a handshake that began before is as old as its beginning', async () => {
    const socket: Socket = connectRaw({ host: '127.0.0.1', port });
    await new Promise((resolve) => socket.once('connect', resolve));
    await delay(50);
    listener.renewTls(tls);
    const peer = heard(connect({ socket, ...shown() }));
    peer.socket.write(ASK);
    await until(peer.isClosed, 2_000, 'the connection is closed');
    assert.equal(served.length, 0);
  });

  test('a new connection is served, and goes on being served', async () => {
    listener.renewTls(tls);
    const peer = await secured();
    for (const count of [1, 2]) {
      peer.socket.write(ASK);
      await until(() => served.length === count, 2_000, 'it is served');
      served[count - 1]?.end('whole');
      await until(() => answersOf(peer).length === count, 2_000, 'it is answered');
    }
    assert.ok(!peer.isClosed());
    peer.socket.destroy();
  });
});
