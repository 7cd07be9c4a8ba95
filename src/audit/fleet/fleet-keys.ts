/**
 * The key of a fleet's log. It is derived (HKDF, RFC 5869) from the pepper, which all gateways of one store
 * have in a file and the store has not: who has the database alone cannot sign another log, and an auditor
 * keeps one public key for all gateways. While two peppers are in use both sign, so whoever trusts the one
 * before goes on.
 */
import { createPrivateKey, createPublicKey, hkdfSync } from 'node:crypto';

import { assert } from '#stdx/assert.ts';

import { noteKey, type NoteSigner } from '../merkle/signed-note.ts';

const PURPOSE = 'llmproxy fleet log 1';
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface FleetSigners {
  /** The name of the log in its checkpoints. */
  readonly origin: string;
  /** The newest first. */
  readonly signers: readonly [NoteSigner, ...NoteSigner[]];
}

/** `id` names the fleet; `secrets`: the peppers in use, the newest first. */
export function fleetSigners(id: string, secrets: readonly Uint8Array[]): FleetSigners {
  const origin = `llmproxy/fleet/${id}`;
  const [newest, ...before] = secrets.map((secret) => signerOf(origin, secret));
  assert(newest !== undefined, 'a fleet has a pepper');
  return { origin, signers: [newest, ...before] };
}

function signerOf(origin: string, secret: Uint8Array): NoteSigner {
  const seed = Buffer.from(hkdfSync('sha256', secret, '', PURPOSE, 32));
  const key = createPrivateKey({
    key: Buffer.concat([ED25519_PKCS8, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  return { secret: key, key: noteKey(origin, createPublicKey(key)) };
}
