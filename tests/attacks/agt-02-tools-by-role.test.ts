/** AGT-02: tools outside a role can be neither offered nor called; arguments are held to a schema. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bearer, openHouse, post, TENANT } from '../support/house.ts';
import { agentDialects, agentYaml } from '../support/tool-answers.ts';
import { chunk, openUpstream, type Script, sse, UPSTREAM_ENV } from '../support/upstream.ts';

const TENANTS = `
tenants:
  - id: ${TENANT}
    roles: { clerk: { allow: [{ actions: [chat], models: ["*"], tools: ["read*", transfer] }] } }
    bindings: [{ role: clerk, users: ["*"] }]
`;
const toolChunk = (call: object): string =>
  sse({
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason: null }],
  });

const GUARDS = `
guards:
  - name: payments
    type: tool-arguments
    tools: [transfer]
    action: block
    roles: [clerk]
    schema:
      type: object
      required: [to, amount]
      additionalProperties: false
      properties:
        to: { type: string, pattern: "^ACC-[0-9]{4}$" }
        amount: { type: number, exclusiveMinimum: 0, maximum: 500 }
`;

test('AGT-02: tools by role and arguments by schema, whole and streamed, in every dialect', async (t) => {
  const upstream = await openUpstream();
  const house = await openHouse(`${agentYaml(upstream.url)}${GUARDS}${TENANTS}`, UPSTREAM_ENV);
  const headers = { ...bearer(await house.key()), 'anthropic-version': '2023-06-01' };
  try {
    for (const dialect of agentDialects) {
      for (const isStreamed of [false, true]) {
        await t.test(`${dialect.name} ${isStreamed ? 'streamed' : 'whole'}`, async () => {
          const ask = async (tools: readonly string[], name: string, args: unknown) => {
            upstream.script = dialect.answer({ name, arguments: args }, 3);
            const body = dialect.request({ user: 'Pay.', tools }, isStreamed);
            return await post(`${house.url}${dialect.path}`, body, headers);
          };
          const isStopped = ({ status, text }: { status: number; text: string }): boolean =>
            isStreamed ? dialect.read(text).length === 0 : status !== 200;

          const sentBefore = upstream.seen.length;
          const offered = await ask(['read', 'delete_all'], 'read', {});
          assert.equal(offered.status, 403, offered.text);
          assert.ok(!offered.text.includes('delete_all'));
          assert.equal(upstream.seen.length, sentBefore, 'nothing was sent');

          const called = await ask(['read'], 'delete_all', { path: '/' });
          assert.ok(isStopped(called), called.text);
          assert.ok(!called.text.includes('delete_all'));

          const fits = { to: 'ACC-1234', amount: 10 };
          const paid = await ask(['transfer'], 'transfer', fits);
          assert.deepEqual(dialect.read(paid.text), [{ name: 'transfer', arguments: fits }]);
          for (const unfit of [
            {},
            { to: 'ACC-1234', amount: 501 },
            { to: 'ACC-12345', amount: 1 },
            { to: 'ACC-1234', amount: 1, memo: 'x' },
            { to: 'ACC-1234', amount: '1' },
          ]) {
            const refused = await ask(['transfer'], 'transfer', unfit);
            assert.ok(isStopped(refused), JSON.stringify(unfit) + refused.text);
          }
          const free = await ask(['read_file'], 'read_file', { anything: 1 });
          assert.deepEqual(dialect.read(free.text), [
            { name: 'read_file', arguments: { anything: 1 } },
          ]);
        });
      }
    }
    const reasons = new Set((await house.records()).map(({ reason }) => reason ?? ''));
    assert.ok(reasons.has('tool-forbidden'));
    assert.ok(reasons.has('tool-forbidden: tools'));
    assert.ok(reasons.has('content-blocked: payments, arguments-unfit'));
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('AGT-02: every name that a definition gives counts, wherever it stands', async () => {
  const upstream = await openUpstream();
  const house = await openHouse(`${agentYaml(upstream.url)}guards: []\n${TENANTS}`, UPSTREAM_ENV);
  const headers = bearer(await house.key());
  try {
    const definitions = [
      { type: 'function', name: 'delete_all', function: { name: 'read' } },
      { type: 'function', name: 'read', function: { name: 'delete_all' } },
      { type: 'custom', custom: { name: 'delete_all' } },
      { type: 'function', function: {} },
    ];
    for (const tool of definitions) {
      const body = { model: 'chat', messages: [{ role: 'user', content: 'x' }], tools: [tool] };
      const answer = await post(`${house.url}/v1/chat/completions`, body, headers);
      assert.equal(answer.status, 403, JSON.stringify(tool));
    }
    const legacy = {
      model: 'chat',
      messages: [{ role: 'user', content: 'x' }],
      functions: [{ name: 'delete_all' }],
    };
    const answer = await post(`${house.url}/v1/chat/completions`, legacy, headers);
    assert.equal(answer.status, 403);
    assert.equal(upstream.seen.length, 0);
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('AGT-02: a provider that renames a call, or names it after its arguments, gets nothing through', async () => {
  const upstream = await openUpstream();
  const house = await openHouse(`${agentYaml(upstream.url)}guards: []\n${TENANTS}`, UPSTREAM_ENV);
  const headers = bearer(await house.key());
  const streamOf = (...calls: readonly object[]): Script => {
    const events = calls.map((call) =>
      toolChunk({ index: 0, id: 't1', type: 'function', ...call }),
    );
    return (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`${events.join('')}${chunk('', 'tool_calls')}data: [DONE]\n\n`);
    };
  };
  const ask = async (script: Script) => {
    upstream.script = script;
    const body = { model: 'chat', stream: true, messages: [{ role: 'user', content: 'x' }] };
    return (await post(`${house.url}/v1/chat/completions`, body, headers)).text;
  };
  try {
    const renamed = await ask(
      streamOf(
        { function: { name: 'read', arguments: '{}' } },
        { function: { name: 'read_all', arguments: '' } },
      ),
    );
    assert.match(renamed, /"error"/u);
    assert.ok(!renamed.includes('tool_calls"}'), renamed);
    const late = await ask(
      streamOf(
        { function: { arguments: '{"path":' } },
        { function: { name: 'delete_all', arguments: '"/"}' } },
      ),
    );
    assert.ok(!late.includes('delete_all') && !late.includes('"/"'), late);
    const nameless = await ask(streamOf({ function: { arguments: '{"path":"/"}' } }));
    assert.ok(!nameless.includes('path'), nameless);
    const repeated = await ask(
      streamOf(
        { function: { name: 'read', arguments: '{"path":' } },
        { function: { name: 'read', arguments: '"/x"}' } },
      ),
    );
    assert.match(repeated, /\/x/u);
  } finally {
    await house.close();
    await upstream.close();
  }
});
