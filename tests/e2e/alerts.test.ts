/** Alerts as operators get them: from a real call, through a real socket, to a receiver that verifies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { openReceiver, type Receiver, webhookSecret } from '../support/alert-receiver.ts';
import { BASE, bearer, chat, DEMO, get, type House, openHouse, post } from '../support/house.ts';
import type { Script } from '../support/upstream.ts';

const GUARDS = `
guards:
  - { name: house, type: topics, on: [request], rules: [{ match: "project falcon", action: block }] }
  - { name: seen, type: topics, on: [request], rules: [{ match: "project heron", action: alert }] }
`;

interface Scene {
  readonly house: House;
  readonly receiver: Receiver;
  readonly secret: string;
  readonly say: (text: string) => Promise<number>;
  readonly metric: (line: RegExp) => Promise<number>;
  readonly yaml: (more?: string, url?: string) => string;
}

async function scene(
  { more = '', script }: { more?: string; script?: Script },
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  const receiver = await openReceiver(script);
  const secret = webhookSecret();
  const yaml = (keys = more, url = receiver.url): string => `${DEMO}${GUARDS}
alerts:
  - { name: soc, url: "${url}/hook?team=1", secret: "\${env:SOC}", allowPrivateAddress: true${keys} }
${BASE}`;
  const house = await openHouse(yaml(), { SOC: secret });
  try {
    const key = await house.key();
    const say = async (text: string): Promise<number> => {
      const answer = await post(`${house.url}/v1/chat/completions`, chat(text), bearer(key));
      return answer.status;
    };
    const metric = async (line: RegExp): Promise<number> => {
      const { text } = await get(`${house.adminUrl}/metrics`);
      return Number(line.exec(text)?.[1] ?? Number.NaN);
    };
    await run({ house, receiver, secret, say, metric, yaml });
  } finally {
    await house.close();
    await receiver.close();
  }
}

const CANARY = ['canary', 'text', '7f3a'].join('-');

test('a block is told, signed, with names and ids and not one word of what was found', async () => {
  await scene({}, async ({ house, receiver, secret, say, metric }) => {
    assert.equal(await say(`about project falcon and ${CANARY}`), 400);
    assert.equal(await say('hello'), 200);
    await receiver.came(1);
    const [alert, ...others] = receiver.alerts(secret);
    assert.deepEqual(others, []);
    const [record] = (await house.records()).filter(({ kind }) => kind === 'deny');
    assert.equal(alert?.type, 'guard.finding');
    assert.ok(Math.abs(Date.parse(alert.timestamp) - Date.now()) < 60_000);
    const { category, ...data } = alert.data;
    assert.equal(category, record?.guards?.find(({ action }) => action === 'block')?.category);
    assert.deepEqual(data, {
      severity: 'high',
      tenant: 'acme',
      requestId: record?.requestId,
      key: record?.key,
      model: 'demo',
      guard: 'house',
      guardType: 'topics',
      on: 'request',
      mode: 'enforce',
      action: 'block',
      position: 'user',
      count: 1,
      approval: null,
      budget: null,
      percent: null,
      rules: null,
      isFollowUp: false,
      windowMs: null,
    });
    const [seen] = receiver.seen;
    assert.equal(seen?.path, '/v1/hook?team=1');
    assert.equal(seen.headers['webhook-id'], alert.id);
    const all = JSON.stringify([seen.body, seen.rawHeaders]) + house.log();
    assert.ok(!all.includes(CANARY) && !all.includes('falcon'), 'no text of the caller');
    assert.ok(!all.includes(secret));
    assert.equal(
      await metric(/^llmproxy_alerts_total\{target="soc",result="delivered"\} (\d+)/mu),
      1,
    );
  });
});

test('an attack that is repeated is one alert, and one more with the count', async () => {
  await scene({ more: ', dedupWindow: 1s' }, async ({ receiver, secret, say }) => {
    for (let call = 0; call < 5; call += 1) assert.equal(await say('project falcon'), 400);
    assert.equal(await say('project heron'), 200);
    await receiver.came(3);
    const alerts = receiver.alerts(secret).map(({ data }) => data);
    assert.deepEqual(
      alerts.map(({ guard, count, isFollowUp }) => [guard, count, isFollowUp]),
      [
        ['house', 1, false],
        ['seen', 1, false],
        ['house', 4, true],
      ],
    );
  });
});

test('a tool that the role does not have is told as such', async () => {
  await scene({ more: ', events: [tool.forbidden]' }, async ({ house, receiver, secret, yaml }) => {
    const confined = yaml().replace(
      BASE,
      `
tenants:
  - id: acme
    roles: { reader: { allow: [{ actions: [chat], models: ["*"], tools: ["read_*"] }] } }
    bindings: [{ role: reader, users: ["*"] }]
`,
    );
    assert.deepEqual(await house.apply(confined), { applied: true, problems: [] });
    const tools = [{ type: 'function', function: { name: 'send_money', parameters: {} } }];
    const answer = await post(
      `${house.url}/v1/chat/completions`,
      chat('project falcon', { tools }),
      bearer(await house.key()),
    );
    assert.equal(answer.status, 403);
    await receiver.came(1);
    const [alert, ...others] = receiver.alerts(secret);
    assert.deepEqual(others, []);
    assert.equal(alert?.type, 'tool.forbidden');
    assert.equal(alert.data['on'], 'request');
    assert.ok(!receiver.seen[0]?.body.includes('send_money'), 'the name is the caller’s text');
  });
});

test('a receiver that is down delays no call, and is told when it is up again', async () => {
  let isDown = true;
  const script: Script = (_, response) => void response.writeHead(isDown ? 503 : 200).end();
  await scene({ script, more: ', dedupWindow: 0s' }, async (all) => {
    const { receiver, secret, say, metric } = all;
    assert.equal(await say('project falcon'), 400);
    await receiver.came(1);
    assert.equal(await metric(/^llmproxy_alerts_queued\{target="soc"\} (\d+)/mu), 1);
    isDown = false;
    await receiver.came(2);
    const [first, second] = receiver.alerts(secret);
    assert.equal(first?.id, second?.id, 'the same alert under the same id');
    const times = receiver.seen.map(({ headers }) => Number(headers['webhook-timestamp']));
    assert.ok((times[1] ?? 0) >= (times[0] ?? 0));
    assert.ok((await metric(/^llmproxy_alert_retries_total\{target="soc"\} (\d+)/mu)) >= 1);
  });
});

test('a receiver that never answers holds up no call, and its queue is bounded', async () => {
  const more = ', dedupWindow: 0s, queueMax: 5, timeout: 30s';
  await scene({ script: () => undefined, more }, async ({ house, receiver, say, metric }) => {
    for (let call = 0; call < 12; call += 1) {
      const startMs = performance.now();
      assert.equal(await say('project falcon'), 400);
      assert.ok(performance.now() - startMs < 2_000);
    }
    assert.equal(receiver.seen.length, 4, 'attempts at once');
    assert.equal(await metric(/^llmproxy_alerts_queued\{target="soc"\} (\d+)/mu), 5);
    assert.equal(
      await metric(/^llmproxy_alerts_total\{target="soc",result="dropped"\} (\d+)/mu),
      7,
    );
    assert.match(house.log(), /"event":"alerts-lost","target":"soc","reason":"the queue is full"/u);
    const startMs = performance.now();
    await house.running.stop();
    assert.ok(performance.now() - startMs < 15_000, 'stopping has its deadline');
    assert.match(house.log(), /"reason":"the gateway stopped first","count":5/u);
    Object.assign(house, { close: async () => {} });
  });
});

test('no redirect is followed', async () => {
  const other = await openReceiver();
  const script: Script = (_, response) =>
    void response.writeHead(307, { location: `${other.url}/hook` }).end();
  await scene({ script }, async ({ receiver, say, metric }) => {
    await say('project falcon');
    await receiver.came(1);
    await delay(200);
    assert.equal(await metric(/^llmproxy_alerts_total\{target="soc",result="failed"\} (\d+)/mu), 1);
    assert.equal(receiver.seen.length, 1);
    assert.equal(other.seen.length, 0);
  });
  await other.close();
});

test('a reload sends what waits to the new place, signed with both secrets while they change', async () => {
  const script: Script = (_, response) => void response.writeHead(503).end();
  const next = await openReceiver();
  await scene(
    { script, more: ', dedupWindow: 0s' },
    async ({ house, receiver, secret, say, yaml }) => {
      await say('project falcon');
      await receiver.came(1);
      const fresh = webhookSecret();
      const changed = yaml(`, dedupWindow: 0s, previousSecret: "${secret}"`, next.url).replace(
        '"${env:SOC}"',
        `"${fresh}"`,
      );
      assert.deepEqual(await house.apply(changed), { applied: true, problems: [] });
      await next.came(1);
      const [byOld] = next.alerts(secret);
      const [byNew] = next.alerts(fresh);
      assert.deepEqual(byOld, byNew);
      assert.equal(byNew?.id, receiver.alerts(secret)[0]?.id, 'the alert that waited');
    },
  );
  await next.close();
});

test('what waits is delivered while the gateway stops', async () => {
  let isDown = true;
  const script: Script = (_, response) => void response.writeHead(isDown ? 503 : 200).end();
  await scene({ script, more: ', dedupWindow: 10m' }, async ({ house, receiver, secret, say }) => {
    for (let call = 0; call < 3; call += 1) await say('project falcon');
    await receiver.came(1);
    isDown = false;
    await house.running.stop();
    const counts = receiver.alerts(secret).map(({ data }) => [data['count'], data['isFollowUp']]);
    assert.ok(counts.some(([count, isFollowUp]) => count === 2 && isFollowUp === true));
    assert.ok(receiver.seen.length >= 3);
    Object.assign(house, { close: async () => {} });
  });
});

test('an administrator sends a test event and sees what came back; others may not', async () => {
  await scene({}, async ({ house, receiver, secret }) => {
    const oneTime = house.running.adminToken ?? '';
    const ask = (name: string, headers: Record<string, string>) =>
      post(`${house.adminUrl}/admin/v1/alerts/${name}/test`, {}, headers);
    assert.equal((await ask('soc', {})).status, 401);
    assert.equal(receiver.seen.length, 0);
    const session = await post(`${house.adminUrl}/admin/v1/sessions`, {}, bearer(oneTime));
    const admin = bearer(String(session.json['token']));
    const tested = await ask('soc', admin);
    assert.equal(tested.status, 200);
    const { target, isDelivered, status } = tested.json;
    assert.deepEqual([target, isDelivered, status], ['soc', true, 204]);
    assert.equal(receiver.alerts(secret)[0]?.type, 'alert.test');
    assert.equal((await ask('nobody', admin)).status, 404);
    receiver.script = (_, response) => void response.writeHead(401).end('a secret answer');
    const refused = await ask('soc', admin);
    assert.equal(refused.json['problem'], 'status 401');
    assert.ok(!refused.text.includes('a secret answer'));
    await delay(300);
    const acts = (await house.records()).filter(({ action }) => action === 'alert.test');
    assert.equal(acts.filter(({ decision }) => decision !== 'deny').length, 2);
  });
});
