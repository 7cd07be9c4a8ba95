import assert from 'node:assert/strict';
import http from 'node:http';
import { PassThrough } from 'node:stream';
import { after, before, describe, test } from 'node:test';

import { runProgram } from './program.ts';

/** Answers as its path says, or never. */
const server = http.createServer(({ url, headers }, response) => {
  if (url === '/never') return;
  const isReady = url === '/readyz' && headers.host !== 'other.example.com';
  response.writeHead(isReady ? 200 : 503).end('words that nobody asked for');
});
let base = '';
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  base = `http://127.0.0.1:${address.port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

async function health(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const context = { stdin, stdout, stderr, env: {}, cwd: '/', isTerminal: false };
  const code = await runProgram(['health', ...args], context);
  const text = (stream: PassThrough): string => String(stream.read() ?? '');
  return { code, out: text(stdout), err: text(stderr) };
}

describe('health', () => {
  test('exits 0 when the gateway is ready, and says nothing', async () => {
    assert.deepEqual(await health('--url', `${base}/readyz`), { code: 0, out: '', err: '' });
  });

  test('exits 1 when it is not, with the status and none of the body', async () => {
    const { code, err } = await health('--url', `${base}/draining`);
    assert.deepEqual([code, err], [1, 'llmproxy: not ready: 503\n']);
  });

  test('exits 1 at its deadline when nothing answers', async () => {
    const startMs = performance.now();
    const { code, err } = await health('--url', `${base}/never`, '--timeout', '100');
    assert.deepEqual([code, err], [1, 'llmproxy: not ready: no answer within 100 ms\n']);
    assert.ok(performance.now() - startMs < 5_000);
  });

  test('exits 1 when nobody listens, also as JSON', async () => {
    const { code, out } = await health('--url', 'http://127.0.0.1:9/readyz', '--json');
    assert.equal(code, 1);
    assert.deepEqual(JSON.parse(out), { ready: false, answer: 'ECONNREFUSED' });
  });

  test('asks for the host that is served', async () => {
    const { code } = await health('--url', `${base}/readyz`, '--host', 'other.example.com');
    assert.equal(code, 1);
  });

  test('says what an address looks like', async () => {
    const { code, err } = await health('--url', 'gateway:8080');
    assert.equal(code, 2);
    assert.match(err, /write an http or https address/u);
  });
});
