/** The least that a proxy in Node does with a call: its body whole, sent on by undici, the answer whole. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Pool } from 'undici';

const upstream = new URL(process.argv[2] ?? '');
const pool = new Pool(upstream.origin, { connections: 256, pipelining: 1 });
const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    void (async () => {
      const answer = await pool.request({
        path: upstream.pathname + (request.url ?? '').replace(/^\/v1/u, ''),
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: Buffer.concat(pieces),
      });
      const body = Buffer.from(await answer.body.arrayBuffer());
      response.writeHead(answer.statusCode, {
        'content-type': 'application/json',
        'content-length': body.length,
      });
      response.end(body);
    })();
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  process.stdout.write(`${JSON.stringify({ url, key: 'nobody asks', pid: process.pid })}\n`);
});
process.on('SIGTERM', () => process.exit(0));
