/** CLI-12: a flood of made-up keys costs no look-up, and callers with real ones do not notice. */
import assert from 'node:assert/strict';
import { request as httpRequest, Agent } from 'node:http';
import { test } from 'node:test';

import { formatApiKey, newApiKey } from '#policy/authenticators/api-key-format.ts';
import { randomBase62 } from '#stdx/base62.ts';

import { BASE, bearer, chat, DEMO, openHouse, post } from '../support/house.ts';
import { IS_FULL, percentile } from '../support/streams.ts';

const FLOOD = IS_FULL ? 50_000 : 5_000;
const P99_ADDED_MS_MAX = 150;
/** Sixteen flooders share the event loop with it, and on a busy machine every turn is slow. */
const SHARE = 17;

/** The form of a key, and a checksum that is wrong. */
function junk(): string {
  const key = formatApiKey(newApiKey('live'));
  const last = key.at(-1) === 'a' ? 'b' : 'a';
  return key.slice(0, -1) + last;
}

test('CLI-12: 0 look-ups for wrong checksums, one for an unknown id however often it comes', async (t) => {
  // Held back, they would be no flood: CLI-16.
  const house = await openHouse(
    `${DEMO}${BASE}guards: []\nserver: { listen: "127.0.0.1:0", tarpit: { hold: 0ms } }`,
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  try {
    const real = await house.key();
    const { keys } = house.running.world.storage;
    const lookups: string[] = [];
    const find = keys.find.bind(keys);
    Object.defineProperty(keys, 'find', { value: (id: string) => (lookups.push(id), find(id)) });
    const ask = (key: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const request = httpRequest(
          `${house.url}/v1/models`,
          { agent, headers: bearer(key) },
          (response) => {
            response.resume().on('end', () => resolve(response.statusCode ?? 0));
          },
        );
        request.on('error', reject).end();
      });
    const measure = async (times: number): Promise<number> => {
      const tookMs: number[] = [];
      for (let index = 0; index < times; index += 1) {
        const startMs = performance.now();
        assert.equal(
          (await post(`${house.url}/v1/chat/completions`, chat('x'), bearer(real))).status,
          200,
        );
        tookMs.push(performance.now() - startMs);
      }
      return percentile(tookMs, 0.99);
    };
    await measure(30);
    const aloneMs = await measure(100);
    const realId = real.split('_')[2] ?? '';
    assert.deepEqual(new Set(lookups), new Set([realId]), 'the spy sees look-ups');
    // A change of the store renews what is cached, so the real one may be looked up again.
    const strange = (): string[] => lookups.filter((id) => id !== realId);

    let sent = 0;
    const startMs = performance.now();
    const flooder = async (): Promise<void> => {
      while (sent < FLOOD) {
        sent += 1;
        const status = await ask(sent % 5 === 0 ? `llmp_live_${randomBase62(sent % 80)}` : junk());
        // The address has failed too often by then; the real key goes on from the same one.
        assert.ok(status === 401 || status === 429, String(status));
      }
    };
    const flooding = Promise.all(Array.from({ length: 16 }, flooder));
    const besideMs = await measure(50);
    await flooding;
    const perSecond = (FLOOD / (performance.now() - startMs)) * 1_000;
    assert.deepEqual(strange(), []);
    assert.ok(
      besideMs < aloneMs * SHARE + P99_ADDED_MS_MAX,
      `${besideMs} beside, ${aloneMs} alone`,
    );

    const unknown = newApiKey('live');
    const asksMs = performance.now();
    let refused = 0;
    for (let index = 0; index < 200; index += 1) {
      const status = await ask(formatApiKey(newApiKey('live', unknown.id)));
      assert.ok(status === 401 || status === 429, String(status));
      if (status === 401) refused += 1;
    }
    // The address may fail once more each second (60/1m).
    assert.ok(refused <= 1 + (performance.now() - asksMs) / 1_000, `${refused} of 200`);
    assert.deepEqual(strange(), [unknown.id]);
    const denied = (await house.records()).filter(
      ({ kind, status }) => kind === 'deny' && (status === 401 || status === 429),
    );
    assert.ok(
      denied.length < 60,
      `${denied.length} records for ${FLOOD} refusals: strangers cannot fill the disk`,
    );
    assert.equal(
      denied.reduce((sum, { count = 0 }) => sum + count, 0),
      FLOOD + 200,
    );
    t.diagnostic(
      `${Math.round(perSecond)} refusals a second, flood in the same process; p99 ${aloneMs.toFixed(1)} ms alone, ${besideMs.toFixed(1)} ms beside`,
    );
  } finally {
    agent.destroy();
    await house.close();
  }
});
