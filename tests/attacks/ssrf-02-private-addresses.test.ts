/** SSRF-02: no private, link-local or disguised address, as a literal, a name, or a rebound name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fault } from '#domain/fault.ts';
import { isPublicAddress } from '#gateway/address.ts';
import { checkedLookup, isAllowedAddress, type Resolve } from '#gateway/connector.ts';
import { Cancellation } from '#stdx/cancellation.ts';
import { HttpPort } from '#gateway/http-port.ts';

import { openUpstream } from '../support/upstream.ts';

const timeouts = {
  connectMs: 1_000,
  firstByteMs: 1_000,
  interEventMs: 1_000,
  bytesPerSecondMin: 1,
  totalMs: 3_000,
};
const request = {
  path: '/chat/completions',
  body: '{}',
  isStreamed: false,
  dialect: 'openai-chat',
} as const;

async function tryPort(url: string, resolve?: Resolve): Promise<string> {
  const port = new HttpPort({
    baseUrl: new URL(url),
    secret: null,
    headers: [],
    carrier: { header: 'authorization', prefix: 'Bearer ' },
    allowPrivateAddress: false,
    timeouts,
    connectionsMax: 4,
    ...(resolve !== undefined && { resolve }),
  });
  try {
    await port.send(request, new Cancellation());
    return 'connected';
  } catch (thrown) {
    return thrown instanceof Fault ? thrown.code : 'internal';
  } finally {
    await port.close();
  }
}

test('SSRF-02: 400 forms of private addresses are not public', () => {
  const forms: string[] = [];
  for (let index = 0; index < 64; index += 1) {
    forms.push(
      `10.${index}.0.1`,
      `172.${16 + (index % 16)}.${index}.1`,
      `192.168.${index}.1`,
      `127.0.${index}.1`,
      `169.254.${index}.254`,
      `fd00::${index}`,
      `fe80::${index}`,
    );
  }
  forms.push(
    '0.0.0.0',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::7f00:1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '::127.0.0.1',
    'fe80::1%eth0',
    '100.64.0.1',
    '168.63.129.16',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    'not an address',
    '',
  );
  assert.ok(forms.length >= 400);
  for (const form of forms) assert.equal(isPublicAddress(form), false, form);
  for (const form of ['1.1.1.1', '8.8.8.8', '2606:4700:4700::1111', '172.32.0.1', '100.128.0.1'])
    assert.equal(isPublicAddress(form), true, form);
});

test('SSRF-02: where private addresses are allowed, those that give credentials are not', async () => {
  const local = { allowPrivateAddress: true };
  for (const form of [
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '[::ffff:a9fe:aa02]',
    '169.254.170.2',
    '169.254.170.23',
    '100.100.100.200',
    '169.254.0.23',
    '::ffff:a9fe:17',
    '168.63.129.16',
    '64:ff9b::a83f:8110',
    'fd00:ec2::254',
    'fd00:0ec2:0:0::254%eth0',
  ])
    assert.equal(isAllowedAddress(form, local), false, form);
  for (const form of ['127.0.0.1', '10.0.0.1', '169.254.171.1', '::1', 'fd00::1', '1.1.1.1'])
    assert.equal(isAllowedAddress(form, local), true, form);
  // A name that was a server of this network yesterday.
  const resolve: Resolve = (_name, _options, done) =>
    done(null, [{ address: '169.254.169.254', family: 4 }]);
  const refused = await new Promise((done) => {
    checkedLookup({ ...local, resolve })('ollama.internal', {}, (error) => done(error));
  });
  assert.ok(refused instanceof Fault && refused.code === 'egress-refused');
});

test('SSRF-02: literals in every spelling that a URL knows are refused before connecting', async () => {
  const upstream = await openUpstream();
  const { port } = new URL(upstream.url);
  try {
    for (const host of [
      '127.0.0.1',
      '0x7f.1',
      '2130706433',
      '0',
      '0177.0.0.1',
      '127.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[::]',
      '[::ffff:7f00:1]',
      'localhost',
      'localhost.',
    ]) {
      const outcome = await tryPort(`http://${host}:${port}/v1`);
      assert.notEqual(outcome, 'connected', host);
    }
    assert.equal(upstream.seen.length, 0);
    assert.equal(upstream.sockets.size, 0);
  } finally {
    await upstream.close();
  }
});

test('SSRF-02: a name that is rebound to a private address reaches nothing', async () => {
  const upstream = await openUpstream();
  const { port } = new URL(upstream.url);
  try {
    let asked = 0;
    const alternating: Resolve = (_name, _options, callback) => {
      asked += 1;
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    };
    const mixed: Resolve = (_name, _options, callback) => {
      callback(null, [
        { address: '1.1.1.1', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    };
    for (let index = 0; index < 20; index += 1) {
      assert.equal(
        await tryPort(`http://rebind.example:${port}/v1`, alternating),
        'egress-refused',
      );
      assert.equal(await tryPort(`http://rebind.example:${port}/v1`, mixed), 'egress-refused');
    }
    assert.equal(asked, 20, 'resolved once a connection, and never a second time after the check');
    assert.equal(upstream.seen.length, 0);
  } finally {
    await upstream.close();
  }
});
