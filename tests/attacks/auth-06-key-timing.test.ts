/**
 * AUTH-06: how long a refusal takes tells nobody whether a key exists, and its words do not either.
 * 200,000 refusals, by turns so that the noise of the machine is in both; the slowest tenth, which is the
 * collector's and the scheduler's, is left out. Forty pairs of keys, and the t of their differences.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatApiKey, macOf, newApiKey } from '#policy/authenticators/api-key-format.ts';
import { apiKeyAuthenticator, type StoredKey } from '#policy/authenticators/api-key.ts';
import { systemClock } from '#stdx/clock.ts';

import { BASE, bearer, chat, DEMO, openHouse, post } from '../support/house.ts';

const PEPPER = Buffer.alloc(32, 7);
/** Each with keys of its own: where objects lie in memory is worth some nanoseconds to one pair. */
const PAIRS = 40;
const TURNS = 2_500;
const TOKENS = 64;
/** The bound of leakage tests (ISO/IEC 17825): beyond it, two timings are not one. */
const T_MAX = 4.5;
/** Less than this no network shows to anybody, and what lies in which cache is worth as much. */
const NS_MAX = 30;

function storedKey(): { readonly id: string; readonly stored: StoredKey } {
  const { id, secret } = newApiKey('live');
  const stored: StoredKey = {
    principal: {
      tenant: 'acme',
      team: null,
      user: null,
      serviceAccount: null,
      keyId: id,
      roles: [],
      claims: {},
      provenBy: 'api-key',
      scope: null,
      parent: null,
      run: null,
    },
    mode: 'live',
    secrets: [{ mac: macOf(PEPPER, id, secret), pepperVersion: 1, notAfterMs: null }],
    expiresMs: null,
    flaw: null,
  };
  return { id, stored };
}

/** Without the slowest tenth. */
function trimmedMean(samples: Float64Array): number {
  const kept = samples.toSorted().subarray(0, Math.floor(samples.length * 0.9));
  return kept.reduce((sum, one) => sum + one, 0) / kept.length;
}

interface Score {
  readonly meanNs: number;
  /** How far the mean of the differences is from none, in its own errors. */
  readonly t: number;
}

function scoreOf(differences: readonly number[]): Score {
  const { length } = differences;
  const meanNs = differences.reduce((sum, one) => sum + one, 0) / length;
  const squares = differences.reduce((sum, one) => sum + (one - meanNs) ** 2, 0);
  return { meanNs, t: meanNs / Math.sqrt(squares / (length - 1) / length) };
}

/** The record of a key is an object among thousands and the one for no key is always at hand. */
const isEven = ({ meanNs, t }: Score): boolean => Math.abs(t) < T_MAX || Math.abs(meanNs) < NS_MAX;

/** Tokens are made before, so that nothing but the refusal is measured. */
const tokensOf = (id: string): string[] =>
  Array.from({ length: TOKENS }, () => formatApiKey(newApiKey('live', id)));

/** How much longer refusals of the first take, in nanoseconds. */
function difference(ids: readonly [string, string], refuse: (token: string) => void): number {
  const [first, second] = [tokensOf(ids[0]), tokensOf(ids[1])];
  const [one, two] = [new Float64Array(TURNS), new Float64Array(TURNS)];
  const timed = (token = ''): number => {
    const start = process.hrtime.bigint();
    refuse(token);
    return Number(process.hrtime.bigint() - start);
  };
  for (let index = 0; index < TURNS; index += 1) {
    const at = index % TOKENS;
    // Whoever goes first pays for a cold cache: by turns.
    if (index % 2 === 0) {
      one[index] = timed(first[at]);
      two[index] = timed(second[at]);
    } else {
      two[index] = timed(second[at]);
      one[index] = timed(first[at]);
    }
  }
  return trimmedMean(one) - trimmedMean(two);
}

test(`AUTH-06: ${PAIRS * TURNS * 2} refusals of keys that exist and keys that do not take as long`, (t) => {
  // Ids that are known not to be there are remembered as those that are.
  const byId = new Map<string, StoredKey | undefined>();
  const ports = { find: (id: string) => byId.get(id), pepper: () => PEPPER };
  const authenticator = apiKeyAuthenticator(ports, systemClock);
  const refuse = (token: string): void => {
    const answer = authenticator.authenticate({ carrier: 'authorization', token });
    assert.ok(!(answer instanceof Promise) && answer !== 'absent' && !answer.ok);
  };
  const pair = (_: unknown, index: number): number => {
    const { id: here, stored } = storedKey();
    const { id: gone } = newApiKey('live');
    byId.set(here, stored).set(gone, undefined);
    // Whichever is made first lies elsewhere in memory: by turns.
    return index % 2 === 0 ? difference([here, gone], refuse) : -difference([gone, here], refuse);
  };
  const score = (): Score => scoreOf(Array.from({ length: PAIRS }, pair));
  score();
  // A machine that does other things may be noisy once; a leak is there every time.
  const scores: Score[] = [];
  while (scores.length < 3 && !scores.some(isEven)) scores.push(score());
  const told = scores.map((one) => `${one.meanNs.toFixed(1)} ns, t ${one.t.toFixed(1)}`).join('; ');
  t.diagnostic(told);
  assert.ok(scores.some(isEven), told);
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
