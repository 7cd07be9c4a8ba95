import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { isInNetwork, isNetwork } from './networks.ts';

const v4 = fc.ipV4();
const v6 = fc.ipV6();

test('says what the sockets of the system say, for any address and network', () => {
  const pair = fc.oneof(
    fc.tuple(v4, v4, fc.nat(32)),
    fc.tuple(v6, v6, fc.nat(128)),
    // Near ones, or nearly none would be inside.
    fc.tuple(v4, fc.nat(32)).map(([ip, bits]): [string, string, number] => [ip, ip, bits]),
    fc.tuple(v6, fc.nat(128)).map(([ip, bits]): [string, string, number] => [ip, ip, bits]),
  );
  fc.assert(
    fc.property(pair, ([address, network, bits]) => {
      const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
      const list = new BlockList();
      list.addSubnet(network, bits, family);
      const expected = list.check(address, family);
      assert.equal(isInNetwork(address, `${network}/${bits}`), expected);
      assert.equal(isNetwork(`${network}/${bits}`), true);
    }),
    { numRuns: 2_000 },
  );
});

test('a mapped address is the IPv4 address that it maps', () => {
  assert.equal(isInNetwork('::ffff:10.1.2.3', '10.0.0.0/8'), true);
  assert.equal(isInNetwork('::ffff:a01:203', '10.0.0.0/8'), true);
  assert.equal(isInNetwork('10.1.2.3', '::ffff:10.0.0.0/104'), true);
  assert.equal(isInNetwork('::10.1.2.3', '10.0.0.0/8'), false);
});

test('what two parsers could read differently is no address', () => {
  for (const text of [
    '010.0.0.1',
    '10.1',
    '0x0a.0.0.1',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    '::1%eth0',
  ]) {
    assert.equal(isInNetwork(text, '0.0.0.0/0'), null, text);
    assert.equal(isNetwork(text), false, text);
  }
  for (const text of ['10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/', '10.0.0.0/8/8', '::/129', '']) {
    assert.equal(isNetwork(text), false, text);
  }
});
