/** What is changed at one of two gateways over one PostgreSQL is so at the other, and soon. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { admin, openPair, say, STORE, untilMs } from '../support/gateway-pair.ts';
import { bearer, chat } from '../support/house.ts';
import { openTestPostgres } from '../support/postgres.ts';
import { openStream } from '../support/streams.ts';
import { chunk, completion, json, openUpstream, upstreamYaml } from '../support/upstream.ts';

const server = await openTestPostgres();
after(() => server.close());

test('a role, a binding, a setting and a tenant that are changed at one gateway are so at the other within a second, and end its streams', async (t) => {
  const upstream = await openUpstream((seen, response) => {
    if (seen.json['stream'] !== true) {
      json(response, 200, completion('fine'));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write(chunk('word ')), 50);
    response.on('close', () => clearInterval(timer));
  });
  t.after(() => upstream.close());
  const models = upstreamYaml(upstream);
  const { folders, gateways, token } = await openPair(await server.plainDatabase(), STORE, models);
  const [first, second] = gateways;
  const spread: [string, number][] = [];
  let key = '';
  const heard = async (what: string, status: number): Promise<void> => {
    spread.push([what, await untilMs(async () => (await say(second, key)) === status, 3_000)]);
  };
  const changed = async (path: string, body: object, what: string, status: number) => {
    const done = await admin(first, token, ['POST', path, body]);
    assert.ok(done.status < 300, JSON.stringify(done.json));
    await heard(what, status);
  };
  const edited = async (method: string, path: string, body: object | undefined) => {
    const { etag } = await admin(first, token, ['GET', path]);
    const done = await admin(first, token, [method, path, body], etag);
    assert.ok(done.status < 300, JSON.stringify(done.json));
  };
  try {
    await admin(first, token, ['POST', 'tenants', { id: 'beta' }]);
    const made = await admin(first, token, ['POST', 'keys', { tenant: 'beta', user: 'bob' }]);
    key = String(made.json['key']);
    await untilMs(async () => (await say(second, key)) === 200, 3_000);
    const chatting = [{ actions: ['chat'], models: ['demo'] }];
    const role = { name: 'caller', allow: chatting, deny: chatting };
    await admin(first, token, ['POST', 'tenants/beta/roles', role]);
    // A model that one may not call is none that there is.
    await changed('bindings', { tenant: 'beta', role: 'caller', users: ['*'] }, 'a binding', 404);
    await edited('PATCH', 'tenants/beta/roles/caller', { deny: [] });
    await heard('a role', 200);
    const guard = { type: 'topics', on: ['request'], rules: [{ match: 'hello', action: 'block' }] };
    await changed('config/guards', { name: 'house', value: guard }, 'a setting', 400);
    await edited('DELETE', 'config/guards/house', undefined);
    await heard('its end', 200);
    const streamed = chat('on and on', { stream: true });
    const stream = await openStream(`${second.url}/v1/chat/completions`, streamed, bearer(key));
    await untilMs(() => Promise.resolve(stream.text().includes('word')), 3_000);
    const suspendedMs = performance.now();
    await edited('PATCH', 'tenants/beta', { status: 'suspended' });
    await heard('a suspended tenant', 401);
    await stream.over;
    const endedMs = performance.now() - suspendedMs;
    assert.ok(endedMs <= 5_000, `its stream at the other gateway ended after ${endedMs} ms`);
    console.log(JSON.stringify({ spread }));
    for (const [what, ms] of spread) assert.ok(ms <= 1_000, `${what}: ${ms} ms`);
  } finally {
    for (const folder of folders) folder.remove();
  }
});
