/**
 * AUTH-06: how long a refusal takes tells nobody whether a key exists, and its words do not either.
 * Welch's t of 200,000 samples, taken by turns so that the noise of the machine is in both; the slowest
 * tenth, which is the collector's and the scheduler's, is left out of both.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatApiKey, macOf, newApiKey } from '#policy/authenticators/api-key-format.ts';
import { apiKeyAuthenticator, type StoredKey } from '#policy/authenticators/api-key.ts';
import { systemClock } from '#stdx/clock.ts';

import { BASE, bearer, chat, DEMO, openHouse, post } from '../support/house.ts';

const PEPPER = Buffer.alloc(32, 7);
const SAMPLES = 200_000;
/** The bound of leakage tests (ISO/IEC 17825): beyond it, two timings are not one. */
const T_MAX = 4.5;

function storedKey(): { readonly id: string; readonly stored: StoredKey } {
  const { id, secret } = newApiKey('live');
  const stored: StoredKey = {
    principal: {
      tenant: 'acme',
      team: null,
      user: null,
      keyId: id,
      roles: [],
      claims: {},
      provenBy: 'api-key',
      scope: null,
      parent: null,
    },
    mode: 'live',
    secrets: [{ mac: macOf(PEPPER, id, secret), pepperVersion: 1, notAfterMs: null }],
    expiresMs: null,
    flaw: null,
  };
  return { id, stored };
}

interface Moments {
  readonly mean: number;
  readonly variance: number;
  readonly count: number;
}

function momentsOf(samples: Float64Array): Moments {
  const kept = samples.toSorted().subarray(0, Math.floor(samples.length * 0.9));
  const mean = kept.reduce((sum, one) => sum + one, 0) / kept.length;
  const variance = kept.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (kept.length - 1);
  return { mean, variance, count: kept.length };
}

const welch = (a: Moments, b: Moments): number =>
  (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count);

/** Tokens are made before, so that nothing but the refusal is measured. */
const tokensOf = (id: string): string[] =>
  Array.from({ length: 4_096 }, () => formatApiKey(newApiKey('live', id)));

function timings(
  known: readonly string[],
  unknown: readonly string[],
  refuse: (token: string) => void,
) {
  const [here, gone] = [new Float64Array(SAMPLES / 2), new Float64Array(SAMPLES / 2)];
  const timed = (token: string): number => {
    const start = process.hrtime.bigint();
    refuse(token);
    return Number(process.hrtime.bigint() - start);
  };
  for (let index = 0; index < SAMPLES / 2; index += 1) {
    const [first = '', second = ''] = [known[index % 4_096], unknown[index % 4_096]];
    // Whoever goes first pays for a cold cache: by turns.
    if (index % 2 === 0) {
      here[index] = timed(first);
      gone[index] = timed(second);
    } else {
      gone[index] = timed(second);
      here[index] = timed(first);
    }
  }
  return welch(momentsOf(here), momentsOf(gone));
}

test(`AUTH-06: ${SAMPLES} refusals of keys that exist and keys that do not take as long`, () => {
  const { id: here, stored } = storedKey();
  const { id: gone } = newApiKey('live');
  // Ids that are known not to be there are remembered as those that are.
  const byId = new Map<string, StoredKey | undefined>([
    [here, stored],
    [gone, undefined],
  ]);
  const ports = { find: (id: string) => byId.get(id), pepper: () => PEPPER };
  const authenticator = apiKeyAuthenticator(ports, systemClock);
  const refuse = (token: string): void => {
    const answer = authenticator.authenticate({ carrier: 'authorization', token });
    assert.ok(!(answer instanceof Promise) && answer !== 'absent' && !answer.ok);
  };
  const [known, unknown] = [tokensOf(here), tokensOf(gone)];
  // A machine that does other things may be noisy once; a leak is there every time.
  const scores: number[] = [];
  while (scores.length < 3 && !scores.some((score) => score < T_MAX)) {
    scores.push(Math.abs(timings(known, unknown, refuse)));
  }
  assert.ok(
    Math.min(...scores) < T_MAX,
    `|t| of ${scores.map((score) => score.toFixed(1)).join(', ')}`,
  );
});

test('AUTH-06: the words of a refusal are the same to the byte', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []\n`);
  try {
    const key = await house.key();
    const id = key.split('_')[2] ?? '';
    const asked = [newApiKey('live', id), newApiKey('live')].map((parts) =>
      post(`${house.url}/v1/chat/completions`, chat('x'), bearer(formatApiKey(parts))),
    );
    const [here, gone] = await Promise.all(asked);
    const plain = (text = ''): string => text.replaceAll(/req_\w+/gu, 'req');
    assert.equal(here?.status, 401);
    assert.equal(plain(here.text), plain(gone?.text));
    assert.deepEqual([...here.headers.keys()], [...(gone?.headers.keys() ?? [])]);
  } finally {
    await house.close();
  }
});
