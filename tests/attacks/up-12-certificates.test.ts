/** UP-12: a provider with a wrong, late, early, unknown or weak certificate is not called. */
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import tls, { type SecureVersion } from 'node:tls';

import { type Authority, type Certificate, openAuthority } from '../support/certificates.ts';
import { BASE, bearer, chat, openHouse, post } from '../support/house.ts';
import { completion, UPSTREAM_ENV, upstreamYaml } from '../support/upstream.ts';

interface Offer extends Certificate {
  readonly minVersion?: SecureVersion;
  readonly maxVersion?: SecureVersion;
  readonly ciphers?: string;
}

/** What a caller gets, and how many requests the provider saw. */
async function ask(
  offer: Offer,
  host: string,
): Promise<{ status: number; requests: number; text: string }> {
  let requests = 0;
  const server = createServer(offer, (_, response) => {
    requests += 1;
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify(completion('fine')));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const house = await openHouse(
    `${upstreamYaml({ url: `https://${host}:${port}/v1` })}${BASE}`,
    UPSTREAM_ENV,
  );
  try {
    const { status, text } = await post(
      `${house.url}/v1/chat/completions`,
      chat('x'),
      bearer(await house.key()),
    );
    return { status, requests, text };
  } finally {
    await house.close();
    server.closeAllConnections();
    server.close();
  }
}

describe('UP-12', () => {
  const system = tls.getCACertificates('default');
  let known: Authority;
  let unknown: Authority;
  before(() => {
    known = openAuthority();
    unknown = openAuthority();
    tls.setDefaultCACertificates([...system, known.cert]);
  });
  after(() => {
    tls.setDefaultCACertificates(system);
    known.remove();
    unknown.remove();
  });

  test('a right certificate of a known authority is called: the refusals below are not for another reason', async () => {
    assert.deepEqual((await ask(known.issue('IP:127.0.0.1'), '127.0.0.1')).status, 200);
    assert.deepEqual((await ask(known.issue('DNS:localhost'), 'localhost')).status, 200);
  });

  const REFUSED: readonly (readonly [what: string, offer: () => Offer, host?: string])[] = [
    ['the name of another host', () => known.issue('DNS:api.example.com')],
    ['the address of another host', () => known.issue('IP:127.0.0.2')],
    ['a name instead of the address', () => known.issue('DNS:127.0.0.1.example.com')],
    ['a wildcard that is too wide', () => known.issue('DNS:*'), 'localhost'],
    ['no name but the common name', () => known.issue('email:localhost@example.com'), 'localhost'],
    [
      'a date that is over',
      () => known.issue('IP:127.0.0.1', { from: '20240101000000Z', to: '20240201000000Z' }),
    ],
    [
      'a date to come',
      () => known.issue('IP:127.0.0.1', { from: '20470101000000Z', to: '20480101000000Z' }),
    ],
    ['an unknown authority', () => unknown.issue('IP:127.0.0.1')],
    [
      'TLS 1.1',
      () => ({
        ...known.issue('IP:127.0.0.1'),
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      }),
    ],
    [
      'no encryption',
      () => ({
        ...known.issue('IP:127.0.0.1'),
        maxVersion: 'TLSv1.2',
        ciphers: 'eNULL:@SECLEVEL=0',
      }),
    ],
  ];
  for (const [what, offer, host = '127.0.0.1'] of REFUSED) {
    test(`${what}: refused, and neither request nor secret arrives`, async () => {
      const { status, requests, text } = await ask(offer(), host);
      assert.deepEqual([status, requests], [502, 0]);
      assert.match(text, /provider_unreachable|provider_cut/u);
    });
  }
});
