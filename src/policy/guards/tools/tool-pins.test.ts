import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { JsonObject } from '#stdx/json.ts';

import type { DigestedTool, PinOwner, PinState, ToolPins } from '../guard.ts';
import { NO_WORLD } from '../guard.ts';
import { toolPinsGuard } from './tool-pins.ts';

/** Pins in memory, and everything that was asked of them. */
function memoryPins(state: PinState = 'same') {
  const asked: { of: PinOwner; tools: readonly DigestedTool[] }[] = [];
  const pins: ToolPins = {
    hold(of, tools) {
      asked.push({ of, tools });
      return tools.map(() => state);
    },
    accept: () => undefined,
  };
  return { asked, pins };
}

const judgeWith = (pins: ToolPins, config: object = {}) =>
  toolPinsGuard.create(toolPinsGuard.config.parse(config), { ...NO_WORLD, pins }).definitions;

const ann = { tenant: 'acme', owner: 'user/ann' };
const tool = (declared: JsonObject, name = 'read') => ({ name, declared });

test('tool-pins: the digest is of the meaning: order of keys and cache marks are none of it', async () => {
  const { asked, pins } = memoryPins();
  const judge = judgeWith(pins);
  await judge?.judge(
    [
      tool({ name: 'read', description: 'd' }),
      tool({ description: 'd', name: 'read' }),
      tool({ description: 'd', cache_control: { type: 'ephemeral' }, name: 'read' }),
      tool({ description: 'd.', name: 'read' }),
      tool({ description: 'd', name: 'read', input_schema: { cache_control: 1 } }),
    ],
    ann,
  );
  const digests = asked[0]?.tools.map(({ digest }) => digest) ?? [];
  assert.equal(new Set(digests.slice(0, 3)).size, 1);
  assert.equal(new Set(digests).size, 3);
});

test('tool-pins: one tool in three dialects is one, and what says it twice is another', async () => {
  const { asked, pins } = memoryPins();
  const said = { name: 'read', description: 'd' };
  const parameters = { type: 'object' };
  await judgeWith(pins)?.judge(
    [
      tool({ type: 'function', function: { ...said, parameters } }),
      tool({ type: 'function', ...said, parameters }),
      tool({ ...said, input_schema: parameters }),
      tool({ type: 'function', function: { ...said, parameters }, description: 'other' }),
      tool({ type: 'function', ...said, parameters, input_schema: {} }),
      tool({ type: 'web_search', ...said, parameters }),
    ],
    ann,
  );
  const digests = asked[0]?.tools.map(({ digest }) => digest) ?? [];
  assert.equal(new Set(digests.slice(0, 3)).size, 1);
  assert.equal(new Set(digests).size, 4);
});

test('tool-pins: per caller, per tenant, and only the tools that it names', async () => {
  const { asked, pins } = memoryPins();
  const two = [tool({}, 'read_file'), tool({}, 'write_file')];
  await judgeWith(pins, { tools: ['read*'] })?.judge(two, ann);
  await judgeWith(pins, { per: 'tenant' })?.judge(two, ann);
  await judgeWith(pins)?.judge(two, { tenant: 'acme', owner: null });
  assert.deepEqual(
    asked.map(({ of, tools }) => [of.owner, tools.map(({ name }) => name).join()]),
    [
      ['user/ann', 'read_file'],
      ['', 'read_file,write_file'],
      ['', 'read_file,write_file'],
    ],
  );
  await judgeWith(pins, { tools: ['mail*'] })?.judge(two, ann);
  assert.equal(asked.length, 3, 'nobody is asked about nothing');
});

test('tool-pins: what cannot be remembered is found, and only a change can be accepted', async () => {
  const found = async (state: PinState, name = 'read') =>
    await judgeWith(memoryPins(state).pins)?.judge([tool({}, name)], ann);
  assert.deepEqual(await found('same'), []);
  assert.deepEqual(await found('unpinned'), [{ category: 'tool-unpinned' }]);
  assert.deepEqual(await found('same', 'n'.repeat(257)), [{ category: 'tool-unpinned' }]);
  const [changed] = (await found('changed')) ?? [];
  assert.equal(changed?.category, 'tool-changed');
  assert.notEqual(changed?.accept, undefined);
});

test('tool-pins: servers of tools are told apart, and a new token is no new server', async () => {
  const { asked, pins } = memoryPins();
  const mcp = (declared: JsonObject) => tool(declared, 'mcp');
  await judgeWith(pins)?.judge(
    [
      mcp({ type: 'mcp', server_label: 'a', server_url: 'https://a', authorization: 't1' }),
      mcp({ type: 'mcp', server_label: 'a', server_url: 'https://a', authorization: 't2' }),
      mcp({ type: 'mcp', server_label: 'b', server_url: 'https://a' }),
      mcp({ type: 'url', name: 'a', url: 'https://a', authorization_token: 't1' }),
      mcp({ type: 'url', name: 'a', url: 'https://evil', authorization_token: 't1' }),
    ],
    ann,
  );
  const tools = asked[0]?.tools ?? [];
  assert.deepEqual(
    tools.map(({ name }) => name),
    ['mcp/a', 'mcp/a', 'mcp/b', 'mcp/a', 'mcp/a'],
  );
  const [first, renewed, , url, moved] = tools.map(({ digest }) => digest);
  assert.equal(first, renewed);
  assert.notEqual(url, moved);
});
