/** TLS-01: a provider whose certificate is not right is not called; nothing can turn that off. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { checkConfig } from '#config/load.ts';

import { BASE, bearer, chat, openHouse, post } from '../support/house.ts';
import { UPSTREAM_ENV, upstreamYaml } from '../support/upstream.ts';

/** A self-signed certificate for another host, made now: nothing of the kind is in the repository. */
export function selfSigned(name: string): {
  cert: string;
  key: string;
  certFile: string;
  keyFile: string;
} {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-tls-'));
  const [keyFile, certFile] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      keyFile,
      '-out',
      certFile,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-addext',
      `subjectAltName=DNS:${name},IP:127.0.0.1`,
    ],
    { stdio: 'ignore' },
  );
  return {
    cert: readFileSync(certFile, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
    certFile,
    keyFile,
  };
}

test('TLS-01: a self-signed provider is refused, and sees neither request nor secret', async () => {
  const { cert, key } = selfSigned('127.0.0.1');
  let requests = 0;
  const server = createServer({ cert, key }, (_, response) => {
    requests += 1;
    response.end('{}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const house = await openHouse(
    `${upstreamYaml({ url: `https://127.0.0.1:${port}/v1` })}${BASE}`,
    UPSTREAM_ENV,
  );
  try {
    const answer = await post(
      `${house.url}/v1/chat/completions`,
      chat('x'),
      bearer(await house.key()),
    );
    assert.equal(answer.status, 502);
    assert.equal(requests, 0);
  } finally {
    await house.close();
    server.closeAllConnections();
    server.close();
  }
});

test('TLS-01: there is no key that turns verification off', async () => {
  for (const option of [
    'verify: false',
    'rejectUnauthorized: false',
    'insecure: true',
    'tls: { verify: false }',
  ]) {
    const loaded = await checkConfig(
      `version: 1\nproviders: { x: { type: openai, ${option} } }\nguards: []\n`,
      '/x/llmproxy.yaml',
      {},
    );
    assert.equal(loaded.ok, false, option);
  }
});

test('TLS-01: both listeners serve TLS from the configuration, and no plain text on that port', async () => {
  const { certFile, keyFile, cert } = selfSigned('localhost');
  const tls = `tls: { cert: "${certFile}", key: "${keyFile}" }`;
  const house = await openHouse(
    `${upstreamYaml({ url: 'https://127.0.0.1:1/v1' })}${BASE}
server: { listen: "127.0.0.1:0", ${tls} }
admin: { listen: "127.0.0.1:0", ${tls} }`,
    UPSTREAM_ENV,
  );
  try {
    const { Agent, fetch } = await import('undici');
    const dispatcher = new Agent({ connect: { ca: cert } });
    for (const url of [house.url, house.adminUrl]) {
      assert.match(url, /^https:/u);
      assert.equal((await fetch(`${url}/livez`, { dispatcher })).status, 200);
      await assert.rejects(
        fetch(`${url}/livez`),
        'an unknown authority is refused by a client too',
      );
      const plain = await fetch(`${url.replace('https', 'http')}/livez`).then(
        ({ status }) => status,
        () => 0,
      );
      assert.notEqual(plain, 200);
    }
    await dispatcher.close();
  } finally {
    await house.close();
  }
});
