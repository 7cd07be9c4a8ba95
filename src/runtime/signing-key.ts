/** What signs messages to webhooks: in the clear from the file, or sealed in the store and opened for each. */
import { webhookSecretBytes } from '#config/alerts-section.ts';
import { Fault } from '#domain/fault.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

export type SigningKey = () => MaybePromise<Uint8Array>;

/** The key that a sealed text stands for. */
export function openedKey(plain: Buffer): Uint8Array {
  const key = webhookSecretBytes(plain.toString('utf8'));
  if (key === null) throw new Fault('secret-unreadable', 'a secret that signs nothing');
  return key;
}
