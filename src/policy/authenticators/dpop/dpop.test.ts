import assert from 'node:assert/strict';
import { test } from 'node:test';

import { newProofKey, type ProofChanges, proofOf } from '../../../../tests/support/proofs.ts';
import { DpopVerifier } from './dpop.ts';

const ORIGIN = 'https://llm.example.com';
const REQUEST = { method: 'GET', path: '/v1/models', token: 'token' } as const;

function scene() {
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
  const claims: string[] = [];
  const store = {
    sinceMs: 0,
    claim(id: string, holder: string): 'new' | 'seen' {
      const isSeen = claims.includes(id);
      if (!isSeen) claims.push(id);
      assert.equal(holder, 'holder');
      return isSeen ? 'seen' : 'new';
    },
  };
  return {
    claims,
    dpop: new DpopVerifier({ origin: ORIGIN, ageMaxMs: 60_000, goesOnAlone: false }, store, clock),
  };
}

test('a proof of another key than the expected one leaves nothing in the store', async () => {
  const { claims, dpop } = scene();
  const [own, thief] = await Promise.all([newProofKey(), newProofKey()]);
  const verify = async (key: typeof own, expected: string | null, changes: ProofChanges = {}) => {
    const made = { method: 'GET', url: `${ORIGIN}/v1/models`, token: 'token' };
    const proof = await proofOf(key, made, changes);
    return await dpop.verify({ ...REQUEST, proof, expected, holder: 'holder' });
  };
  const untrusted = { ok: false, error: 'untrusted' };
  assert.deepEqual(await verify(thief, own.thumbprint), untrusted);
  // It shows the key of the token and has signed with its own.
  const shown = await verify(own, own.thumbprint, { signer: thief.privateKey });
  assert.deepEqual(shown, untrusted);
  const odd = await verify(own, own.thumbprint, { header: { jwk: { kty: 'EC' } } });
  assert.deepEqual(odd, untrusted);
  assert.deepEqual(claims, []);
  assert.deepEqual(await verify(own, own.thumbprint), { ok: true, value: own.thumbprint });
  assert.deepEqual(await verify(thief, null), { ok: true, value: thief.thumbprint });
  assert.equal(claims.length, 2);
});
