/**
 * The key of a fleet's log. It is derived from the pepper, which all gateways of one store
 * have in a file and the store has not: who has the database alone cannot sign another log, and an auditor
 * keeps one public key for all gateways. While two peppers are in use both sign, so whoever trusts the one
 * before goes on.
 */
import { createPublicKey } from 'node:crypto';

import { assert } from '#stdx/assert.ts';
import { derivedKey } from '#stdx/derived-key.ts';

import { noteKey, type NoteSigner } from '../merkle/signed-note.ts';

const PURPOSE = 'llmproxy fleet log 1';

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

function signerOf(origin: string, pepper: Uint8Array): NoteSigner {
  const secret = derivedKey(pepper, PURPOSE);
  return { secret, key: noteKey(origin, createPublicKey(secret)) };
}
