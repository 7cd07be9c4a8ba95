/** TEN-04: what an alias does not allow by name is refused by name, and what it allows is recorded. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { type Answer, bearer, type House, openHouse, post } from '../support/house.ts';
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
let keys: Record<'alice' | 'bob', string>;

before(async () => {
  [one, two] = [await statefulUpstream('one'), await statefulUpstream('two')];
  const yaml = `
providers:
  one: ${providerOf('openai', one)}
  apart: ${providerOf('openai', two)}
  an: ${providerOf('anthropic', one)}
  an2: ${providerOf('anthropic', two)}
models:
  fast: { deployments: [{ provider: one, model: m }], allowState: [previous-response, store] }
  plain: { deployments: [{ provider: one, model: m }] }
  apart: { deployments: [{ provider: apart, model: m }] }
  mixed:
    deployments: [{ provider: an2, model: m, weight: 1000 }, { provider: one, model: m }]
    allowState: [store]
  translated: { deployments: [{ provider: an, model: m }], allowState: [store] }
  claude:
    deployments: [{ provider: an, model: m }, { provider: an2, model: m }]
    allowState: [container, hosted-tools]
  tools:
    deployments: [{ provider: one, model: m }]
    allowState: [hosted-tools, vector-store]
    stateIds: [vs_of_the_house]
guards: [{ name: house, type: topics, rules: [{ match: "project falcon", action: block }] }]
${TWO_TENANTS}`;
  house = await openHouse(yaml, UPSTREAM_ENV);
  keys = { alice: await house.key(), bob: await house.key({ user: 'bob' }) };
});
after(async () => {
  await house.close();
  await one.close();
  await two.close();
});

type Who = keyof typeof keys;

const ask = (who: Who, model: string, more: object): Promise<Answer> =>
  post(`${house.url}/v1/responses`, { model, input: 'hi', ...more }, bearer(keys[who]));

const chat = (model: string, more: object): Promise<Answer> => {
  const messages = [{ role: 'user', content: 'hi' }];
  return post(`${house.url}/v1/chat/completions`, { model, messages, ...more }, bearer(keys.alice));
};

const message = (who: Who, model: string, more: object): Promise<Answer> => {
  const messages = [{ role: 'user', content: 'hi' }];
  const body = { model, max_tokens: 9, messages, ...more };
  return post(`${house.url}/v1/messages`, body, bearer(keys[who]));
};

const idIn = ({ text }: Answer, prefix: string): string =>
  new RegExp(`"id":"(${prefix}_\\w+)"`, 'u').exec(text)?.[1] ?? assert.fail(text);

const sent = (): number => one.seen.length + two.seen.length;

describe('TEN-04: without a waiver', () => {
  const REFUSED: readonly [send: typeof chat, fields: object, field: string][] = [
    [(...args) => ask('alice', ...args), { previous_response_id: 'x' }, 'previous_response_id'],
    [(...args) => ask('alice', ...args), { conversation: 'x' }, 'conversation'],
    [(...args) => ask('alice', ...args), { store: true }, 'store'],
    [(...args) => ask('alice', ...args), { background: true, stream: true }, 'background'],
    [(...args) => ask('alice', ...args), { prompt: { id: 'x' } }, 'prompt'],
    [(...args) => ask('alice', ...args), { tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    [(...args) => ask('alice', ...args), { tools: [{ type: 'mcp' }] }, 'tools[0].type'],
    [chat, { store: true }, 'store'],
    [chat, { web_search_options: {} }, 'web_search_options'],
    [
      chat,
      {
        messages: [
          { role: 'assistant', audio: { id: 'x' } },
          { role: 'user', content: 'hi' },
        ],
      },
      'messages[0].audio',
    ],
    [(...args) => message('alice', ...args), { container: 'x' }, 'container'],
    [
      (...args) => message('alice', ...args),
      { mcp_servers: [{ type: 'url', url: 'https://x.example', name: 'x' }] },
      'mcp_servers',
    ],
  ];

  test('every field is refused by its name, and nothing is sent', async () => {
    const before = sent();
    for (const [send, fields, field] of REFUSED) {
      for (const model of ['plain', 'apart']) refusedNaming(await send(model, fields), field);
    }
    assert.equal(sent(), before);
  });

  test('what the same provider keeps for others is not reached by an item’s id either', async () => {
    const rs = idIn(await ask('alice', 'fast', { store: true }), 'rs');
    const input = (id: string): object => ({
      input: [
        { type: 'reasoning', id, summary: [] },
        { role: 'user', content: 'go on' },
      ],
    });
    const before = sent();
    for (const who of ['alice', 'bob'] as const) {
      refusedNaming(await ask(who, 'plain', input(rs)), 'input[0].id');
    }
    refusedNaming(await ask('bob', 'fast', input(rs)), 'input[0].id');
    assert.equal(sent(), before);
    assert.equal((await ask('alice', 'fast', input(rs))).status, 200);
    // A provider where nothing is kept has nothing that the id could name.
    assert.equal((await ask('alice', 'apart', input(rs))).status, 200);
  });
});

describe('TEN-04: with a waiver', () => {
  test('a response is stored only where its call says so', async () => {
    const unsaid = await ask('alice', 'fast', {});
    assert.equal(one.seen.at(-1)?.json['store'], false);
    const refused = await ask('alice', 'fast', { previous_response_id: idIn(unsaid, 'resp') });
    refusedNaming(refused, 'previous_response_id');
    const stored = await ask('alice', 'fast', { store: true });
    assert.equal(one.seen.at(-1)?.json['store'], true);
    const more = { previous_response_id: idIn(stored, 'resp'), store: null };
    assert.equal((await ask('alice', 'fast', more)).status, 200);
    assert.equal(one.seen.at(-1)?.json['store'], false);
  });

  test('a kind allows itself alone', async () => {
    const before = sent();
    const prompt = { prompt: { id: 'x' }, store: true };
    refusedNaming(await ask('alice', 'fast', prompt), 'prompt');
    refusedNaming(await ask('alice', 'claude', { store: true }), 'store');
    refusedNaming(
      await ask('alice', 'mixed', { previous_response_id: 'x' }),
      'previous_response_id',
    );
    assert.equal(sent(), before);
  });

  test('only a deployment of the call’s own dialect may take it', async () => {
    for (let index = 0; index < 8; index += 1) {
      const before = one.seen.length;
      assert.equal((await ask('alice', 'mixed', { store: true })).status, 200);
      assert.equal(one.seen.length, before + 1, 'by weight it was one in a thousand');
    }
    const before = sent();
    refusedNaming(await ask('alice', 'translated', { store: true }), 'store');
    refusedNaming(await chat('translated', { store: true }), 'store');
    assert.equal(sent(), before);
  });

  test('a container is its caller’s, from the event that named it on', async () => {
    const tools = [{ type: 'code_execution_20250825', name: 'code_execution' }];
    const homes = new Set<Upstream>();
    for (let index = 0; index < 16; index += 1) {
      const first = await message('alice', 'claude', { tools, stream: index % 2 === 0 });
      const container = idIn(first, 'container');
      const home = container.startsWith('container_one') ? one : two;
      homes.add(home);
      const before = sent();
      refusedNaming(await message('bob', 'claude', { tools, container }), 'container');
      assert.equal(sent(), before);
      const again = await message('alice', 'claude', { tools, container: { id: container } });
      assert.equal(again.status, 200, again.text);
      assert.deepEqual(home.seen.at(-1)?.json['container'], { id: container });
    }
    assert.equal(homes.size, 2);
    refusedNaming(await message('alice', 'claude', { tools, container: 'forged' }), 'container');
  });

  test('an operator’s own ids are for every caller, and others stay refused', async () => {
    const search = (id: string): object => ({
      tools: [{ type: 'file_search', vector_store_ids: [id] }],
    });
    for (const who of ['alice', 'bob'] as const) {
      assert.equal((await ask(who, 'tools', search('vs_of_the_house'))).status, 200);
      const refused = await ask(who, 'tools', search('vs_of_a_rival'));
      refusedNaming(refused, 'tools[0].vector_store_ids[0]');
    }
    const forged = { type: 'code_interpreter', container: 'cntr_of_a_rival' };
    refusedNaming(await ask('bob', 'tools', { tools: [forged] }), 'tools[0].container');
  });

  test('guards read the new part, and the record says that they read no more', async () => {
    const id = idIn(await ask('alice', 'fast', { store: true }), 'resp');
    const blocked = await ask('alice', 'fast', {
      previous_response_id: id,
      input: 'tell me of project falcon',
    });
    assert.equal(blocked.status, 400);
    assert.equal((await ask('alice', 'fast', { previous_response_id: id })).status, 200);
    const records = await house.records();
    for (const kind of ['deny', 'complete']) {
      const guards = records.findLast((record) => record.kind === kind)?.guards ?? [];
      assert.ok(guards.length > 0);
      for (const { notScanned } of guards) assert.equal(notScanned, 'state: previous-response ×1');
    }
  });
});
