import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as fc from 'fast-check';

import type { DialectName } from '#domain/call.ts';
import type { JsonObject } from '#stdx/json.ts';

import { dialects } from './registry.ts';

const NEEDED: Partial<Record<DialectName, JsonObject>> = {
  'openai-responses': { model: 'm', input: 'hi' },
  'openai-chat': { model: 'm', messages: [{ role: 'user', content: 'hi' }] },
  'anthropic-messages': {
    model: 'm',
    max_tokens: 1,
    messages: [{ role: 'user', content: 'hi' }],
  },
};

function heldIn(dialect: DialectName, fields: JsonObject): (string | null)[][] {
  const call = dialects[dialect].parse({ ...NEEDED[dialect], ...fields }, 'chat');
  assert.ok(call.ok, JSON.stringify(call));
  return call.value.heldState.map(({ kind, path, id }) => [kind, path, id]);
}

type Case = readonly [fields: JsonObject, expected: (string | null)[][]];

const RESPONSES: readonly Case[] = [
  [{ previous_response_id: 'resp_1' }, [['previous-response', 'previous_response_id', 'resp_1']]],
  [{ previous_response_id: 7 }, [['previous-response', 'previous_response_id', null]]],
  [{ previous_response_id: null, store: false, background: false, tools: [] }, []],
  [{ conversation: 'conv_1' }, [['conversation', 'conversation', 'conv_1']]],
  [{ conversation: { id: 'conv_1' } }, [['conversation', 'conversation', 'conv_1']]],
  [{ store: true }, [['store', 'store', null]]],
  [{ store: 'true' }, [['store', 'store', 'true']]],
  [{ background: true }, [['background', 'background', null]]],
  [
    { prompt: { id: 'pmpt_1', variables: { user_id: 'ann', doc: { file_id: 'file-1' } } } },
    [
      ['stored-prompt', 'prompt', 'pmpt_1'],
      ['file', 'prompt.variables.*.file_id', 'file-1'],
    ],
  ],
  [
    {
      tools: [
        { type: 'file_search', vector_store_ids: ['vs_1', 'vs_2'], filters: { key: 'order_id' } },
        { type: 'code_interpreter', container: 'cntr_1' },
        { type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-1'] } },
        { type: 'mcp', server_label: 'x', connector_id: 'connector_x', headers: { x_id: 'y' } },
        { type: 'next_year', thing_id: 'thing_1', variables: { fileId: 'f' }, grid: 'g' },
      ],
    },
    [
      ['hosted-tools', 'tools[0].type', null],
      ['vector-store', 'tools[0].vector_store_ids[0]', 'vs_1'],
      ['vector-store', 'tools[0].vector_store_ids[1]', 'vs_2'],
      ['hosted-tools', 'tools[1].type', null],
      ['container', 'tools[1].container', 'cntr_1'],
      ['hosted-tools', 'tools[2].type', null],
      ['file', 'tools[2].container.file_ids[0]', 'file-1'],
      ['remote-mcp', 'tools[3].type', null],
      ['remote-mcp', 'tools[3].connector_id', 'connector_x'],
      ['hosted-tools', 'tools[4].type', null],
      ['hosted-tools', 'tools[4].*', 'thing_1'],
      ['hosted-tools', 'tools[4].variables.*', 'f'],
    ],
  ],
  [
    {
      input: [
        { type: 'item_reference', id: 'msg_1' },
        { id: 'msg_2' },
        { type: 'reasoning', id: 'rs_1', summary: [] },
        { type: 'reasoning', id: 'rs_2', summary: [], encrypted_content: 'abc' },
        { type: 'code_interpreter_call', id: 'ci_1', container_id: 'cntr_1', outputs: [] },
        { type: 'message', id: 'msg_3', role: 'assistant', content: 'spelt out' },
      ],
    },
    [
      ['previous-response', 'input[0].type', 'msg_1'],
      ['previous-response', 'input[1].type', 'msg_2'],
      ['item', 'input[2].id', 'rs_1'],
      ['hosted-tools', 'input[4].type', null],
      ['hosted-tools', 'input[4].id', 'ci_1'],
      ['container', 'input[4].container_id', 'cntr_1'],
    ],
  ],
  [
    {
      input: [
        { type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: true },
        { type: 'mcp_call', id: 'mcp_1', arguments: '{"account_id":"a"}', output: 'x' },
        {
          role: 'user',
          content: [
            { type: 'input_file', file_id: 'file-1' },
            { type: 'input_image', file_id: 'file-2' },
          ],
        },
      ],
    },
    [
      ['remote-mcp', 'input[0].type', null],
      ['remote-mcp', 'input[0].*', 'mcpr_1'],
      ['remote-mcp', 'input[1].type', null],
      ['remote-mcp', 'input[1].id', 'mcp_1'],
      ['file', 'input[2].content[0].file_id', 'file-1'],
      ['file', 'input[2].content[1].file_id', 'file-2'],
    ],
  ],
];

const CHAT: readonly Case[] = [
  [{ store: true }, [['store', 'store', null]]],
  [{ web_search_options: {} }, [['hosted-tools', 'web_search_options', null]]],
  [
    { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] },
    [['audio', 'messages[0].audio', 'audio_1']],
  ],
  [
    {
      messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }],
    },
    [['file', 'messages[0].content[0].file.file_id', 'file-1']],
  ],
];

const ANTHROPIC: readonly Case[] = [
  [{ container: 'container_1' }, [['container', 'container', 'container_1']]],
  [
    { container: { id: 'container_1', skills: [{ type: 'custom', skill_id: 'skill_1' }] } },
    [
      ['container', 'container', 'container_1'],
      ['container', 'container.skills[0].skill_id', 'skill_1'],
    ],
  ],
  [
    { container: ['container_1'] },
    [
      ['container', 'container', null],
      ['container', 'container[0]', 'container_1'],
    ],
  ],
  [
    { mcp_servers: [{ type: 'url', url: 'https://x.example', name: 'x' }] },
    [['remote-mcp', 'mcp_servers', null]],
  ],
  [{ mcp_servers: [] }, []],
  [
    { tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] },
    [['hosted-tools', 'tools[0].type', null]],
  ],
  [
    {
      messages: [
        {
          role: 'assistant',
          content: [
            { type: 'server_tool_use', id: 'srvtoolu_1', name: 'x', input: { order_id: '1' } },
            {
              type: 'bash_code_execution_tool_result',
              tool_use_id: 'srvtoolu_1',
              content: { type: 'x', content: [{ type: 'y', file_id: 'file_1' }] },
            },
            { type: 'mcp_tool_use', id: 'mcptoolu_1', name: 'x', input: {} },
          ],
        },
        { role: 'user', content: [{ type: 'container_upload', file_id: 'file_2' }] },
      ],
    },
    [
      ['hosted-tools', 'messages[0].content[0].type', null],
      ['hosted-tools', 'messages[0].content[1].type', null],
      ['file', 'messages[0].content[1].content.content[0].file_id', 'file_1'],
      ['remote-mcp', 'messages[0].content[2].type', null],
      ['hosted-tools', 'messages[1].content[0].type', null],
      ['file', 'messages[1].content[0].file_id', 'file_2'],
    ],
  ],
];

const CASES = {
  'openai-responses': RESPONSES,
  'openai-chat': CHAT,
  'anthropic-messages': ANTHROPIC,
};

for (const [dialect, cases] of Object.entries(CASES) as [DialectName, readonly Case[]][]) {
  describe(`state that a call of ${dialect} refers to`, () => {
    for (const [fields, expected] of cases) {
      test(JSON.stringify(fields).slice(0, 100), () => {
        assert.deepEqual(heldIn(dialect, fields), expected);
      });
    }

    test('a call without any has an empty list', () => {
      assert.deepEqual(heldIn(dialect, {}), []);
    });
  });
}

test('an id is found at any depth of a tool of next year, and its name is not quoted', () => {
  const name = fc
    .stringMatching(/^[a-z]{1,8}_ids?$/u)
    .filter((one) => !/^(?:call|tool_use)/u.test(one));
  const nested = fc.array(fc.constantFrom('options', 'list', 'more'), { maxLength: 5 });
  fc.assert(
    fc.property(name, nested, (idName, outside) => {
      let value: JsonObject = { [idName]: 'foreign' };
      for (const step of outside) value = step === 'list' ? { list: [value] } : { [step]: value };
      const found = heldIn('openai-responses', { tools: [{ type: 'next_year', ...value }] });
      assert.equal(found.length, 2);
      assert.equal(found[1]?.[2], 'foreign');
      assert.ok(!String(found[1]?.[1]).includes('options'));
    }),
  );
});
