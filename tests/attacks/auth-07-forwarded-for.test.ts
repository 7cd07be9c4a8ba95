/** AUTH-07: an address that a caller writes is not the caller's address. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { clientAddressOf } from '#server/client-address.ts';

import { BASE, bearer, chat, DEMO, openHouse, post } from '../support/house.ts';

test('AUTH-07: from a peer that is not a trusted proxy, the socket decides', () => {
  const own = clientAddressOf([]);
  const trusting = clientAddressOf(['10.0.0.0/8', '2001:db8::1']);
  for (let index = 0; index < 1_000; index += 1) {
    const spoofed = [
      'X-Forwarded-For',
      `10.0.0.${index % 255}, 203.0.113.${index % 255}`,
      'Forwarded',
      'for=1.2.3.4',
      'X-Real-IP',
      '1.2.3.4',
    ];
    assert.equal(own('198.51.100.7', spoofed), '198.51.100.7');
    assert.equal(trusting('198.51.100.7', spoofed), '198.51.100.7');
    assert.equal(own('::ffff:198.51.100.7', spoofed), '198.51.100.7');
  }
});

test('AUTH-07: behind a trusted proxy, the rightmost address that is not one of ours', () => {
  const trusting = clientAddressOf(['10.0.0.0/8']);
  const of = (value: string): string => trusting('10.0.0.1', ['x-forwarded-for', value]);
  assert.equal(of('1.2.3.4'), '1.2.3.4');
  assert.equal(of('6.6.6.6, 1.2.3.4, 10.9.9.9'), '1.2.3.4');
  assert.equal(of('6.6.6.6, nonsense'), '10.0.0.1');
  assert.equal(of(''), '10.0.0.1');
  assert.equal(
    trusting('10.0.0.1', ['x-forwarded-for', '6.6.6.6', 'X-Forwarded-For', '1.2.3.4']),
    '1.2.3.4',
  );
});

test('AUTH-07: a limit by address cannot be escaped with a header', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []
limits: [{ name: per-address, per: [ip], requests: 3/1h }]`);
  try {
    const key = await house.key();
    const statuses: number[] = [];
    for (let index = 0; index < 6; index += 1) {
      const headers = { ...bearer(key), 'x-forwarded-for': `203.0.113.${index}` };
      statuses.push((await post(`${house.url}/v1/chat/completions`, chat('x'), headers)).status);
    }
    assert.deepEqual(statuses, [200, 200, 200, 429, 429, 429]);
  } finally {
    await house.close();
  }
});
