import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { Webhook } from 'standardwebhooks';

import { signedHeaders } from './signature.ts';

const event = { id: 'alt_1', body: '{"type":"alert.test","text":"ä"}' };
const headersOf = (flat: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : [])),
  );

test("a receiver with the specification's own library takes it by either of two secrets", () => {
  const keys = [randomBytes(32), randomBytes(32)] as const;
  const headers = headersOf(signedHeaders(event, keys, Date.now()));
  for (const key of keys) {
    const verified = new Webhook(key.toString('base64')).verify(event.body, headers);
    assert.deepEqual(verified, JSON.parse(event.body));
  }
  assert.throws(() => new Webhook(randomBytes(32).toString('base64')).verify(event.body, headers));
});

test('another body, another id and another time are each refused', () => {
  const key = randomBytes(24);
  const webhook = new Webhook(key.toString('base64'));
  const headers = headersOf(signedHeaders(event, [key], Date.now()));
  assert.ok(webhook.verify(event.body, headers));
  assert.throws(() => webhook.verify(`${event.body} `, headers));
  assert.throws(() => webhook.verify(event.body, { ...headers, 'webhook-id': 'alt_2' }));
  const old = headersOf(signedHeaders(event, [key], Date.now() - 600_000));
  assert.throws(() => webhook.verify(event.body, old), /too old/iu);
  const moved = { ...old, 'webhook-timestamp': headers['webhook-timestamp'] ?? '' };
  assert.throws(() => webhook.verify(event.body, moved));
});

test('an id with a dot could be read as another id and time: it is never signed', () => {
  assert.throws(() => signedHeaders({ ...event, id: 'a.b' }, [randomBytes(24)], 0));
});
