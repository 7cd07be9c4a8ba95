/**
 * LOAD-03: one tenant sends a hundred times as much as each of the others, and more than the provider
 * can do. The others wait a little longer and lose nothing; what is refused is the noisy one's.
 *
 * The short form: with and without the noise in turns, in one run, and the medians of the turns count.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { GatewayFolder } from '../support/gateway-process.ts';
import { bearer, chat } from '../support/house.ts';
import {
  type Gun,
  limitedProvider,
  openGun,
  openLoop,
  openLoopUntil,
  type Shot,
} from '../support/load.ts';
import { aliasesYaml, percentile } from '../support/streams.ts';
import { openUpstream, UPSTREAM_ENV } from '../support/upstream.ts';

const SERVERS = 8;
const WORK_MS = 50;
const QUIET = ['ant', 'bee', 'cat'];
const QUIET_PER_SECOND = 4;
const NOISE_PER_SECOND = QUIET_PER_SECOND * 100;
const TURNS = 5;
const TURN_MS = 3_000;
/** The first noise is what the limit of the deployment is learned from: so much more, so often at most. */
const LEARNING_MS = 2_000;
const LEARNING_TURNS_MAX = 8;
/** Learned: no more than this at the provider at once, for a whole turn. */
const LEARNED_AT_ONCE = SERVERS * 2;
/**
 * What a turn in the queue takes (a place is free every 6 ms, and each of the four is next in turn),
 * what the learned limit lets the provider's own queue have (a quarter of its time, and what it
 * takes to find that out), and what the machine adds by sending 400 calls a second.
 */
const SLACK_MS = 100;

const tenants = ['noisy', ...QUIET]
  .map((id) => `  - { id: ${id}, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }`)
  .join('\n');

const medianOf = (values: readonly number[]): number => percentile(values, 0.5);
const p99Of = (shots: readonly Shot[]): number =>
  percentile(
    shots.map(({ ms }) => ms),
    0.99,
  );

test('LOAD-03: the others lose nothing to a tenant that sends a hundred times as much, and wait little for it', async (t) => {
  const provider = limitedProvider(SERVERS, WORK_MS);
  const upstream = await openUpstream(provider);
  const [before = ''] = aliasesYaml(upstream, 0).split('\ntenants:');
  const folder = new GatewayFolder(`${before}\ntenants:\n${tenants}\n`, UPSTREAM_ENV);
  try {
    const keys = [...QUIET, 'noisy'].map((tenant) => folder.key(tenant).key);
    const gateway = await folder.start();
    const url = `${gateway.url}/v1/chat/completions`;
    const guns = keys.map((key) => openGun(url, chat('x'), bearer(key)));
    const noisy = guns.at(-1);
    assert.ok(noisy !== undefined);
    const quiet = guns.slice(0, -1);
    const turn = async (): Promise<Shot[]> => {
      const all = quiet.map((gun: Gun) => openLoop(QUIET_PER_SECOND, TURN_MS, gun));
      return (await Promise.all(all)).flat();
    };
    await turn();
    const atOnce: number[] = [];
    do {
      await openLoop(NOISE_PER_SECOND, LEARNING_MS, noisy);
      atOnce.push(provider.peak());
    } while (Number(atOnce.at(-1)) > LEARNED_AT_ONCE && atOnce.length < LEARNING_TURNS_MAX);
    t.diagnostic(`at the provider at once while it was learned: ${atOnce.join(', ')}`);

    const alone: Shot[][] = [];
    const beside: Shot[][] = [];
    const noise: Shot[] = [];
    for (let round = 0; round < TURNS; round += 1) {
      alone.push(await turn());
      const making = openLoopUntil(NOISE_PER_SECOND, TURN_MS + 500, noisy);
      beside.push(await turn());
      noise.push(...(await making.stop()));
    }
    for (const gun of guns) gun.close();

    const aloneP99 = medianOf(alone.map(p99Of));
    const besideP99 = medianOf(beside.map(p99Of));
    const served = noise.filter(({ status }) => status === 200).length;
    t.diagnostic(
      `others alone p50 ${medianOf(alone.flat().map(({ ms }) => ms)).toFixed(0)} p99 ${aloneP99.toFixed(0)} ms; beside ${noise.length} calls of the noisy one (${served} served) p50 ${medianOf(beside.flat().map(({ ms }) => ms)).toFixed(0)} p99 ${besideP99.toFixed(0)} ms; turns ${beside.map((shots) => p99Of(shots).toFixed(0)).join(', ')}`,
    );
    const calls = [...alone, ...beside].flat();
    assert.equal(calls.length, QUIET.length * QUIET_PER_SECOND * (TURN_MS / 1_000) * TURNS * 2);
    assert.deepEqual(
      calls.filter(({ status }) => status !== 200),
      [],
      'the others lose nothing',
    );
    assert.ok(besideP99 <= aloneP99 * 1.2 + SLACK_MS, `p99 ${besideP99} ms beside the noise`);
    // It was noise: more than a third of it could not be served, and it was told so.
    assert.ok(noise.length > NOISE_PER_SECOND * 2 * TURNS, `${noise.length} calls of noise`);
    assert.ok(served < (noise.length * 2) / 3 && served > 0, `${served} of it served`);
    assert.ok(noise.every(({ status }) => status === 200 || status === 503));
  } finally {
    folder.remove();
    await upstream.close();
  }
});
