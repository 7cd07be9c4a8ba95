/** AGT-04: a tool call that needs a person reaches nobody before that person has let it through. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openReceiver, webhookSecret } from '../support/alert-receiver.ts';
import { BASE, bearer, openHouse, post } from '../support/house.ts';
import { type AgentDialect, agentDialects, agentYaml } from '../support/tool-answers.ts';
import { completion, json, openUpstream, sse, UPSTREAM_ENV } from '../support/upstream.ts';

const GUARDS = `guards:
  - { name: money, type: tool-calls, tools: ["pay*"], action: block, approval: 10s }
`;
const payment = { name: 'pay', arguments: { to: 'ACC-1', amount: 9_000 } };

async function scene(within = '10s', more = '', env: NodeJS.ProcessEnv = {}) {
  const upstream = await openUpstream();
  const guards = GUARDS.replace('10s', within);
  const house = await openHouse(`${agentYaml(upstream.url)}${guards}${more}${BASE}`, {
    ...UPSTREAM_ENV,
    ...env,
  });
  const headers = { ...bearer(await house.key()), 'anthropic-version': '2023-06-01' };
  const admin = bearer(house.running.adminToken ?? '');
  const ask = (dialect: AgentDialect, isStreamed: boolean) => {
    upstream.script = dialect.answer(payment, 5);
    const body = dialect.request({ user: 'Pay.', tools: ['pay'] }, isStreamed);
    return post(`${house.url}${dialect.path}`, body, headers);
  };
  const desk = house.running.world.approvals;
  const arrival = async (): Promise<string> => {
    const endMs = performance.now() + 5_000;
    while (desk.count === 0 && performance.now() < endMs) {
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
    }
    const [waiting] = desk.waiting();
    assert.ok(waiting !== undefined, 'nobody was asked');
    assert.deepEqual(waiting.question.call, payment);
    return `apr_${waiting.id}`;
  };
  const decide = async (id: string, verb: 'approve' | 'refuse'): Promise<void> => {
    const decided = await post(`${house.adminUrl}/admin/v1/approvals/${id}/${verb}`, {}, admin);
    assert.equal(decided.status, 200, decided.text);
    const again = await post(`${house.adminUrl}/admin/v1/approvals/${id}/${verb}`, {}, admin);
    assert.equal(again.status, 404);
  };
  const close = async (): Promise<void> => {
    await house.close();
    await upstream.close();
  };
  return { house, upstream, ask, arrival, decide, desk, close };
}

test('AGT-04: approved calls arrive whole, refused ones never, in every dialect and stream', async (t) => {
  const { house, ask, arrival, decide, close } = await scene();
  try {
    for (const dialect of agentDialects) {
      for (const isStreamed of [false, true]) {
        await t.test(`${dialect.name} ${isStreamed ? 'streamed' : 'whole'}`, async () => {
          const approved = ask(dialect, isStreamed);
          await decide(await arrival(), 'approve');
          const given = await approved;
          assert.equal(given.status, 200, given.text);
          assert.deepEqual(dialect.read(given.text), [payment]);

          const refused = ask(dialect, isStreamed);
          await decide(await arrival(), 'refuse');
          const withheld = await refused;
          assert.ok(!withheld.text.includes('ACC-1'), withheld.text);
          if (isStreamed) assert.deepEqual(dialect.read(withheld.text), []);
          else assert.equal(withheld.status, 400);
        });
      }
    }
    const records = await house.records();
    const text = JSON.stringify(records);
    assert.ok(!text.includes('ACC-1') && !house.log().includes('ACC-1'));
    const acts = records.filter(({ kind }) => kind === 'admin').map(({ action }) => action);
    const pairs = agentDialects.length * 2;
    assert.equal(acts.filter((action) => action === 'approval.approve').length, pairs);
    assert.equal(acts.filter((action) => action === 'approval.refuse').length, pairs);
    const found = records.flatMap(({ guards = [] }) => guards).map(({ action }) => action);
    assert.equal(found.filter((action) => action === 'approved').length, pairs);
    assert.equal(found.filter((action) => action === 'block').length, pairs);
  } finally {
    await close();
  }
});

test('AGT-04: what arrives is what was seen: arguments with a name twice are written anew', async () => {
  const { house, upstream, arrival, decide, close } = await scene();
  try {
    const [chat] = agentDialects;
    assert.ok(chat !== undefined);
    const text = JSON.stringify(payment.arguments).replace('{', '{"to":"EVIL",');
    const call = { id: 't1', type: 'function', function: { name: 'pay', arguments: text } };
    const message = { role: 'assistant', content: null, tool_calls: [call] };
    upstream.script = (_, response) =>
      json(
        response,
        200,
        completion('', { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] }),
      );
    const body = chat.request({ user: 'Pay.', tools: ['pay'] }, false);
    const asking = post(`${house.url}${chat.path}`, body, bearer(await house.key()));
    await decide(await arrival(), 'approve');
    const given = await asking;
    assert.equal(given.status, 200, given.text);
    assert.ok(!given.text.includes('EVIL'), given.text);
    assert.deepEqual(chat.read(given.text), [payment]);
  } finally {
    await close();
  }
});

test('AGT-04: a second call that is the same to a letter is a second question, in a stream too', async () => {
  const { house, upstream, arrival, decide, close } = await scene();
  try {
    const responses = agentDialects.find(({ name }) => name === 'openai-responses');
    assert.ok(responses !== undefined);
    const item = (id: string) => ({
      type: 'function_call',
      id,
      call_id: id,
      name: 'pay',
      arguments: JSON.stringify(payment.arguments),
      status: 'completed',
    });
    const event = (data: { readonly type: string; readonly [key: string]: unknown }): string =>
      sse(data, data.type);
    const response = { id: 'r', object: 'response', model: 'm', status: 'in_progress', output: [] };
    upstream.script = (_, answer) => {
      answer.writeHead(200, { 'content-type': 'text/event-stream' });
      answer.write(event({ type: 'response.created', response }));
      for (const [index, id] of ['fc_a', 'fc_b'].entries()) {
        answer.write(
          event({ type: 'response.output_item.done', output_index: index, item: item(id) }),
        );
      }
      const output = [item('fc_a'), item('fc_b')];
      const done = { ...response, status: 'completed', output };
      answer.end(event({ type: 'response.completed', response: done }));
    };
    const body = responses.request({ user: 'Pay.', tools: ['pay'] }, true);
    const asking = post(`${house.url}${responses.path}`, body, bearer(await house.key()));
    const first = await arrival();
    await decide(first, 'approve');
    const second = await arrival();
    assert.notEqual(second, first);
    await decide(second, 'refuse');
    const { text } = await asking;
    assert.ok(!text.includes('fc_b'), text);
  } finally {
    await close();
  }
});

test('AGT-04: who is to decide is told at once, of each question, without its arguments', async () => {
  const receiver = await openReceiver();
  const secret = webhookSecret();
  const more = `alerts:
  - { name: soc, url: "${receiver.url}", secret: "\${env:SOC}", allowPrivateAddress: true, events: [approval.waiting] }
`;
  const { ask, arrival, decide, close } = await scene('10s', more, { SOC: secret });
  try {
    const [chat] = agentDialects;
    assert.ok(chat !== undefined);
    const ids: string[] = [];
    for (const count of [1, 2]) {
      const asking = ask(chat, true);
      const id = await arrival();
      ids.push(id);
      await receiver.came(count);
      await decide(id, 'approve');
      await asking;
    }
    const alerts = receiver.alerts(secret);
    assert.deepEqual(
      alerts.map(({ type, data }) => [type, data['approval']]),
      ids.map((id) => ['approval.waiting', id]),
    );
    assert.ok(!JSON.stringify(alerts).includes('ACC-1'));
  } finally {
    await close();
    await receiver.close();
  }
});

test('AGT-04: nobody answers: the call is blocked at the end of its time, and nothing waits on', async () => {
  const { ask, desk, close } = await scene('1s');
  try {
    for (const dialect of agentDialects) {
      const late = await ask(dialect, false);
      assert.equal(late.status, 400, late.text);
      assert.equal(desk.count, 0);
    }
  } finally {
    await close();
  }
});

test('AGT-04: a caller who leaves takes the question along; a key that is revoked too', async () => {
  const { house, upstream, arrival, desk, close } = await scene();
  try {
    const [chat] = agentDialects;
    assert.ok(chat !== undefined);
    upstream.script = chat.answer(payment, 1);
    const key = await house.key();
    const left = new AbortController();
    const asked = async (signal?: AbortSignal): Promise<number> => {
      const response = await fetch(`${house.url}${chat.path}`, {
        method: 'POST',
        headers: { ...bearer(key), 'content-type': 'application/json' },
        body: JSON.stringify(chat.request({ user: 'Pay.', tools: ['pay'] }, false)),
        ...(signal !== undefined && { signal }),
      });
      await response.text();
      return response.status;
    };
    const gone = asked(left.signal).catch(() => 0);
    await arrival();
    left.abort();
    assert.equal(await gone, 0);
    await emptied(desk);
    const revoked = asked().catch(() => 0);
    await arrival();
    await house.revoke(key);
    assert.notEqual(await revoked, 200);
    await emptied(desk);
  } finally {
    await close();
  }
});

async function emptied(desk: { readonly count: number }): Promise<void> {
  const endMs = performance.now() + 5_000;
  while (desk.count > 0 && performance.now() < endMs) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
  assert.equal(desk.count, 0);
}
