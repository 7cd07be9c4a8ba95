/**
 * Signs an attempt after Standard Webhooks 1.0.0 (standardwebhooks.com), "Signature scheme" and
 * "Webhook headers": HMAC-SHA256 over id, time of the attempt and body, with dots between them. Ids
 * are ours and hold no dot, so no part can be moved into its neighbour.
 */
import { createHmac } from 'node:crypto';

import { assert } from '#stdx/assert.ts';

import type { AlertEvent } from './alert.ts';

/** Two while a secret is rotated: a receiver takes either. */
export type SigningKeys = readonly [Uint8Array, ...(readonly Uint8Array[])];

/** Names and values by turns. */
export function signedHeaders(
  { id, body }: Pick<AlertEvent, 'id' | 'body'>,
  keys: SigningKeys,
  nowMs: number,
): readonly string[] {
  assert(!id.includes('.'), 'the id of an alert has no dot');
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signatures = keys.map((key) => {
    const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`);
    return `v1,${mac.digest('base64')}`;
  });
  return [
    'webhook-id',
    id,
    'webhook-timestamp',
    timestamp,
    'webhook-signature',
    signatures.join(' '),
  ];
}
