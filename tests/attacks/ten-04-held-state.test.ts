/** TEN-04: state at a shared provider is for whom it was born, and for nobody who has its id. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { type Answer, bearer, type House, openHouse, post } from '../support/house.ts';
import { openStream } from '../support/streams.ts';
import {
  providerOf,
  refusedNaming,
  statefulUpstream,
  TWO_TENANTS,
} from '../support/stateful-upstream.ts';
import { type Upstream, UPSTREAM_ENV } from '../support/upstream.ts';

let one: Upstream;
let two: Upstream;
let house: House;
let dir: string;
let keys: Record<'alice' | 'again' | 'bob' | 'stranger' | 'machine' | 'other', string>;

const yaml = (): string => `
providers:
  one: ${providerOf('openai', one)}
  two: ${providerOf('openai', two)}
models:
  fast:
    deployments: [{ provider: one, model: m }, { provider: two, model: m }]
    allowState: [previous-response, store]
  spoken: { deployments: [{ provider: one, model: m }], allowState: [previous-response, store] }
  plain: { deployments: [{ provider: one, model: m }] }
guards: []
${TWO_TENANTS}`;

before(async () => {
  [one, two] = [await statefulUpstream('one'), await statefulUpstream('two')];
  dir = mkdtempSync(join(tmpdir(), 'llmproxy-ten-04-'));
  house = await openHouse(yaml(), UPSTREAM_ENV, dir);
  keys = {
    alice: await house.key(),
    again: await house.key(),
    bob: await house.key({ user: 'bob' }),
    stranger: await house.key({ tenant: 'rival' }),
    machine: await house.key({ user: null }),
    other: await house.key({ user: null }),
  };
});
after(async () => {
  await house.close();
  await one.close();
  await two.close();
  rmSync(dir, { recursive: true, force: true });
});

type Who = keyof typeof keys;

const ask = (who: Who, more: object, path = '/v1/responses'): Promise<Answer> =>
  post(house.url + path, { model: 'fast', input: 'hi', ...more }, bearer(keys[who]));

async function born(who: Who, more: object = {}): Promise<string> {
  const answer = await ask(who, { store: true, ...more });
  assert.equal(answer.status, 200, answer.text);
  return /"id":"(?<id>resp_[a-z0-9]+)"/u.exec(answer.text)?.groups?.['id'] ?? assert.fail();
}

const sent = (): number => one.seen.length + two.seen.length;

/** Everything of an answer that a caller could tell two refusals apart by. */
const seenOf = ({ status, text, headers }: Answer): unknown => [
  status,
  text.replaceAll(/req_[A-Za-z0-9]+/gu, 'req'),
  [...headers].filter(([name]) => !/^(?:date|request-id|x-request-id)$/u.test(name)),
];

describe('TEN-04: an id of a stored response', () => {
  test('is taken from its user, by any of its keys, and goes where it was born', async () => {
    const homes = new Set<string>();
    for (let index = 0; index < 24; index += 1) {
      const id = await born('alice', index % 2 === 0 ? {} : { stream: true });
      const home = id.startsWith('resp_one') ? one : two;
      homes.add(home.url);
      const before = home.seen.length;
      const answer = await ask(index % 3 === 0 ? 'again' : 'alice', { previous_response_id: id });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(home.seen.length, before + 1);
      assert.equal(home.seen.at(-1)?.json['previous_response_id'], id);
    }
    assert.equal(homes.size, 2, 'both deployments of the alias were used');
  });

  test('foreign, forged, not stored and expired are one answer, and nothing is sent', async () => {
    const own = await born('alice');
    const unstored = /"id":"(?<id>resp_\w+)"/u.exec((await ask('alice', {})).text)?.groups?.['id'];
    assert.ok(unstored !== undefined);
    const { heldState } = house.running.world.storage;
    const binding = { tenant: 'acme', owner: 'user/alice', deployment: 'fast/one/m/0' };
    const kept = (id: string, expiresMs: number): Promise<void> =>
      heldState.keep([{ idHash: hash('sha256', id, 'base64url'), ...binding, expiresMs }], 0);
    await kept('resp_over', Date.now() - 1);
    await kept('resp_alive', Date.now() + 60_000);
    assert.equal((await ask('alice', { previous_response_id: 'resp_alive' })).status, 200);

    const before = sent();
    const tries: [Who, unknown][] = [
      ['alice', 'resp_forged'],
      ['alice', own.toUpperCase()],
      ['alice', ''],
      ['alice', 'resp_over'],
      ['alice', unstored],
      ['alice', { id: own }.id.slice(0, -1)],
      ['bob', own],
      ['stranger', own],
      ['machine', own],
    ];
    for (const stream of [false, true]) {
      const answers: unknown[] = [];
      for (const [who, id] of tries) {
        const answer = await ask(who, { previous_response_id: id, stream });
        refusedNaming(answer, 'previous_response_id');
        answers.push(seenOf(answer));
      }
      for (const answer of answers) assert.deepEqual(answer, answers[0]);
    }
    assert.equal(sent(), before);
    assert.equal((await ask('alice', { previous_response_id: own })).status, 200);
  });

  test('of a key without a user is that key’s alone', async () => {
    const id = await born('machine');
    refusedNaming(await ask('other', { previous_response_id: id }), 'previous_response_id');
    refusedNaming(await ask('alice', { previous_response_id: id }), 'previous_response_id');
    assert.equal((await ask('machine', { previous_response_id: id })).status, 200);
  });

  test('does not open another alias, with or without a waiver of its own', async () => {
    const id = await born('alice');
    for (const model of ['spoken', 'plain']) {
      const answer = await ask('alice', { previous_response_id: id, model });
      refusedNaming(answer, 'previous_response_id');
    }
  });

  test('and one born elsewhere cannot be used in one call', async () => {
    const ids = new Map<string, string>();
    while (ids.size < 2) {
      const id = await born('alice');
      ids.set(id.slice(5, 8), id.replace('resp_', 'rs_'));
    }
    const [first, second] = [...ids.values()];
    const reference = (id = ''): object => ({ type: 'item_reference', id });
    const before = sent();
    const both = await ask('alice', { input: [reference(first), reference(second)] });
    refusedNaming(both, 'input[1].type');
    assert.equal(sent(), before);
    assert.equal((await ask('alice', { input: [reference(second)] })).status, 200);
  });

  test('survives a restart of the gateway, for its owner alone', async () => {
    const id = await born('alice');
    await house.close();
    house = await openHouse(yaml(), UPSTREAM_ENV, dir);
    assert.equal((await ask('alice', { previous_response_id: id })).status, 200);
    refusedNaming(await ask('bob', { previous_response_id: id }), 'previous_response_id');
  });
});

describe('TEN-04: birth', () => {
  /** The store as a caller's worst moment finds it. */
  async function whileKeeping<T>(keep: () => Promise<void>, run: () => Promise<T>): Promise<T> {
    const { heldState } = house.running.world.storage;
    const own = heldState.keep;
    heldState.keep = keep;
    try {
      return await run();
    } finally {
      heldState.keep = own;
    }
  }

  test('no byte of an id is out before its binding is kept, streamed or not', async () => {
    for (const stream of [false, true]) {
      let release = (): void => {};
      let asked = (): void => {};
      const isAsked = new Promise<void>((resolve) => {
        asked = resolve;
      });
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const keep = (): Promise<void> => {
        asked();
        return gate;
      };
      await whileKeeping(keep, async () => {
        let isOut = false;
        const body = { model: 'fast', input: 'hi', store: true, stream };
        const opened = openStream(`${house.url}/v1/responses`, body, bearer(keys.alice));
        const answer = opened.then((value) => {
          isOut = true;
          return value;
        });
        await isAsked;
        await new Promise((resolve) => {
          setTimeout(resolve, 100);
        });
        assert.equal(isOut, false, 'not even the status is out');
        release();
        const read = await answer;
        assert.equal(await read.over, 'end');
        assert.match(read.text(), /resp_/u);
      });
    }
  });

  test('an answer whose ids cannot be kept is not given out, and is paid for', async () => {
    const fail = (): Promise<void> => Promise.reject(new Error('disk full'));
    for (const stream of [false, true]) {
      const answer = await whileKeeping(fail, () => ask('alice', { store: true, stream }));
      assert.ok(answer.status >= 500);
      assert.ok(!/resp_|rs_|msg_/u.test(answer.text), answer.text);
      const last = (await house.records()).findLast(({ kind }) => kind === 'complete');
      assert.equal(last?.decision, 'fault');
      assert.ok((last.usage?.inputTokens ?? 0) > 0);
    }
  });
});
