/** Rules on metrics as people get them: from real calls, by chat, by mail and by signed webhook. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { formatIssues } from '#config/issue.ts';
import { checkConfig } from '#config/load.ts';

import { openReceiver, type Receiver, webhookSecret } from '../support/alert-receiver.ts';
import { openAuthority } from '../support/certificates.ts';
import { BASE, bearer, chat, DEMO, get, type House, openHouse, post } from '../support/house.ts';
import { eventually, sleep } from '../support/programs.ts';
import { openSmtpServer, type SmtpServer } from '../support/smtp-server.ts';

const GUARDS =
  'guards: [{ name: house, type: topics, on: [request], rules: [{ match: "project falcon", action: block }] }]';
const RULE = 'type: blocks, threshold: 2, for: 0s, severity: high';
const PASSWORD = ['mail', 'canary', '7a7a'].join('-');

interface Scene {
  readonly house: House;
  readonly chat: Receiver;
  readonly hook: Receiver;
  readonly secret: string;
  readonly say: (text: string) => Promise<number>;
  readonly admin: Record<string, string>;
  /** What the chat was told, in order. */
  readonly told: () => string[];
}

const ONE_RULE = `[{ name: blocked, ${RULE}, receivers: [team, soc] }]`;

async function scene(
  { rules = ONE_RULE, more = '' }: { rules?: string; more?: string },
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  const talk = await openReceiver((_, response) => void response.writeHead(200).end('ok'));
  const hook = await openReceiver();
  const secret = webhookSecret();
  const house = await openHouse(
    `${DEMO}${GUARDS}
alerts: [{ name: soc, url: "${hook.url}/hook", secret: "\${env:SOC}", allowPrivateAddress: true, events: [budget.line] }]
alertRules:
  every: 100ms
  receivers: [{ name: team, type: slack, url: "\${env:CHAT}", allowPrivateAddress: true }]
  rules: ${rules}
  ${more}
${BASE}`,
    { SOC: secret, CHAT: `${talk.url}/services/T0/B0/chat-canary-31` },
  );
  try {
    const key = await house.key();
    const oneTime = bearer(house.running.adminToken ?? '');
    const session = await post(`${house.adminUrl}/admin/v1/sessions`, {}, oneTime);
    await run({
      house,
      chat: talk,
      hook,
      secret,
      admin: bearer(String(session.json['token'])),
      say: async (text) =>
        (await post(`${house.url}/v1/chat/completions`, chat(text), bearer(key))).status,
      told: () => talk.seen.map(({ json }) => String(json['text'])),
    });
  } finally {
    await house.close();
    await talk.close();
    await hook.close();
  }
}

const rulesOf = async ({ house, admin }: Scene) => {
  const { json } = await get(`${house.adminUrl}/admin/v1/alert-rules`, admin);
  return json['items'] as { name: string; states: { state: string; isSilenced: boolean }[] }[];
};

test('a spike of blocks is told once to each receiver, with the rule and its numbers and no word of a caller', async () => {
  await scene({}, async (all) => {
    const { say, told, chat: talk, hook, secret, house } = all;
    await eventually(async () => assert.equal((await rulesOf(all)).length, 1));
    await sleep(300);
    for (let call = 0; call < 3; call += 1) assert.equal(await say('project falcon 77'), 400);
    await talk.came(1);
    await hook.came(1);
    await sleep(500);
    assert.deepEqual(told(), [
      '*LLMProxy 1 firing: blocked*\nFIRING blocked (high) calls that were blocked: 3 (threshold 2)',
    ]);
    assert.equal(talk.seen[0]?.path, '/v1/services/T0/B0/chat-canary-31');
    const [alert, ...others] = hook.alerts(secret);
    assert.deepEqual(others, []);
    assert.equal(alert?.type, 'rule.notice');
    const [notice] = alert.data['rules'] as unknown as Record<string, unknown>[];
    assert.deepEqual(
      [notice?.['rule'], notice?.['state'], notice?.['value'], notice?.['threshold']],
      ['blocked', 'firing', 3, 2],
    );
    const [rule] = await rulesOf(all);
    assert.deepEqual(
      rule?.states.map(({ state }) => state),
      ['firing'],
    );
    const everything = JSON.stringify([talk.seen, hook.seen]) + house.log();
    assert.ok(!everything.includes('falcon'));
    assert.ok(!house.log().includes('chat-canary-31'));
    const { text } = await get(`${house.adminUrl}/admin/v1/config`, all.admin);
    assert.ok(text.includes('"team"') && !text.includes('chat-canary-31'));
    const metrics = (await get(`${house.adminUrl}/metrics`)).text;
    assert.match(metrics, /llmproxy_alerts_total\{target="team",result="delivered"\} 1/u);
  });
});

test('what is silenced is told to nobody until the silence ends', async () => {
  const rules =
    '[{ name: down, type: credential-failures, threshold: 1, window: 1m, for: 0s, receivers: [team] }, { name: log, type: audit-broken, for: 0s, receivers: [team] }]';
  await scene({ rules }, async (all) => {
    const { house, admin, told } = all;
    const silences = `${house.adminUrl}/admin/v1/alert-silences`;
    const endsAt = new Date(Date.now() + 600_000).toISOString();
    const made = await post(silences, { rule: 'down', reason: 'a test', endsAt }, admin);
    assert.equal(made.status, 201);
    await sleep(300);
    for (let call = 0; call < 3; call += 1) {
      await post(`${house.url}/v1/chat/completions`, chat('x'), bearer('nobody'));
    }
    await eventually(async () => {
      const rule = (await rulesOf(all)).find(({ name }) => name === 'down');
      assert.deepEqual(
        rule?.states.map(({ state, isSilenced }) => [state, isSilenced]),
        [['firing', true]],
      );
    });
    await sleep(300);
    assert.deepEqual(
      told().filter((text) => text.includes('down')),
      [],
    );
    const listed = await get(silences, admin);
    assert.equal((listed.json['items'] as unknown[]).length, 1);
    const ended = await fetch(`${silences}/${String(made.json['id'])}`, {
      method: 'DELETE',
      headers: admin,
    });
    assert.equal(ended.status, 204);
    await eventually(() => assert.ok(told().some((text) => text.includes('FIRING down'))));
    const acts = await eventually(async () => {
      const found = (await house.records()).filter(({ action }) =>
        action?.startsWith('alert-silence.'),
      );
      assert.equal(found.length, 2);
      return found;
    });
    assert.ok(JSON.stringify(acts[0]).includes('a test'));
    assert.equal(
      (await post(silences, { reason: 'x', endsAt: '2020-01-01T00:00:00Z' }, admin)).status,
      400,
    );
    assert.equal((await post(silences, { endsAt }, admin)).status, 400, 'a silence has a reason');
    assert.equal((await get(silences)).status, 401);
  });
});

async function mailScene(
  options: Parameters<typeof openSmtpServer>[0],
  receiver: string,
  run: (server: SmtpServer, house: House, block: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const server = await openSmtpServer(options);
  const house = await openHouse(
    `${DEMO}${GUARDS}
alertRules:
  every: 100ms
  receivers: [{ name: mail, type: email, from: gateway@example.com, to: [soc@example.com, ops@example.com], allowPrivateAddress: true, ${receiver.replace('PORT', String(server.port))} }]
  rules: [{ name: blocked, ${RULE}, receivers: [mail] }]
${BASE}`,
    { MAIL: PASSWORD },
  );
  try {
    const key = bearer(await house.key());
    await sleep(300);
    await run(server, house, async () => {
      for (let call = 0; call < 3; call += 1) {
        await post(`${house.url}/v1/chat/completions`, chat('project falcon'), key);
      }
    });
    assert.deepEqual(server.problems, []);
    assert.ok(!house.log().includes(PASSWORD));
  } finally {
    await house.close();
    await server.close();
  }
}

const LOGIN = 'username: gateway, password: "${env:MAIL}"';

test('by mail: STARTTLS or TLS first, then the password, then one mail to all', async () => {
  const authority = openAuthority();
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-mail-'));
  const ca = join(dir, 'ca.pem');
  writeFileSync(ca, authority.cert);
  const issued = authority.issue('DNS:localhost');
  try {
    for (const [tls, scheme] of [
      ['starttls', 'smtp'],
      ['tls', 'smtps'],
    ] as const) {
      const receiver = `server: "${scheme}://localhost:PORT", ca: "${ca}", ${LOGIN}`;
      await mailScene(
        { tls, ...issued, login: `gateway:${PASSWORD}` },
        receiver,
        async (server, _, block) => {
          await block();
          await eventually(() => assert.equal(server.mails.length, 1));
          const [mail] = server.mails;
          assert.deepEqual(
            [mail?.from, mail?.to, mail?.isTls, mail?.login],
            ['gateway@example.com', ['soc@example.com', 'ops@example.com'], true, 'gateway'],
          );
          const [head = '', body = ''] = (mail?.data ?? '').split('\r\n\r\n');
          const lines = head.split('\r\n');
          assert.ok(lines.includes('Subject: LLMProxy 1 firing: blocked'));
          assert.ok(lines.includes('To: soc@example.com, ops@example.com'));
          assert.match(head, /^Message-ID: <alt_[0-9A-Za-z]{24}@example\.com>$/mu);
          assert.match(
            body,
            /^FIRING blocked \(high\) calls that were blocked: 3 \(threshold 2\)/u,
          );
          assert.ok(!mail?.data.includes('falcon'));
        },
      );
    }
  } finally {
    authority.remove();
    rmSync(dir, { recursive: true });
  }
});

test('by mail: no TLS, a certificate that nobody signed, or a wrong password sends nothing, and no password', async () => {
  const authority = openAuthority();
  const issued = authority.issue('DNS:localhost');
  const failed = async (house: House): Promise<void> => {
    await eventually(async () => {
      const { text } = await get(`${house.adminUrl}/metrics`);
      assert.match(
        text,
        /llmproxy_alert(?:s_total\{target="mail",result="failed"\}|_retries_total\{target="mail"\}) [1-9]/u,
      );
    });
  };
  const receiver = `server: "smtp://localhost:PORT", ${LOGIN}`;
  try {
    for (const options of [
      { tls: 'none', login: `gateway:${PASSWORD}` },
      { tls: 'starttls', ...issued, login: `gateway:${PASSWORD}` },
    ] as const) {
      await mailScene(options, receiver, async (server, house, block) => {
        await block();
        await failed(house);
        assert.deepEqual(server.mails, []);
      });
    }
  } finally {
    authority.remove();
  }
});

test('by mail: what is put off is tried again, what is refused is not, and a server that hangs has a deadline', async () => {
  const receiver = 'server: "smtp://127.0.0.1:PORT", isPlaintext: true, timeout: 1s';
  await mailScene({ tls: 'none' }, receiver, async (server, _, block) => {
    let asked = 0;
    server.reply = () => {
      asked += 1;
      return asked === 1 ? '451 4.3.0 later' : '250 2.0.0 taken';
    };
    await block();
    await eventually(() => assert.equal(server.mails.length, 1));
    assert.equal(asked, 2);
  });
  await mailScene({ tls: 'none' }, receiver, async (server, house, block) => {
    server.reply = () => '554 5.7.1 never';
    await block();
    await eventually(async () => {
      const { text } = await get(`${house.adminUrl}/metrics`);
      assert.match(text, /llmproxy_alerts_total\{target="mail",result="failed"\} 1/u);
      assert.match(text, /llmproxy_alert_retries_total\{target="mail"\} 0/u);
    });
  });
  await mailScene({ tls: 'none' }, receiver, async (server, house, block) => {
    server.reply = () => null;
    await block();
    await eventually(async () => {
      const { text } = await get(`${house.adminUrl}/metrics`);
      assert.match(text, /llmproxy_alert_retries_total\{target="mail"\} [1-9]/u);
    });
  });
});

test('a mail server inside is never connected, unless the operator says so', async () => {
  const server = await openSmtpServer({ tls: 'none' });
  for (const host of ['localhost', '127.0.0.1', '[::1]']) {
    const receiver = `{ name: mail, type: email, server: "smtp://${host}:${server.port}", from: a@example.com, to: [b@example.com] }`;
    const house = await openHouse(
      `${DEMO}guards: []\nalertRules: { receivers: [${receiver}] }\n${BASE}`,
    );
    try {
      const oneTime = bearer(house.running.adminToken ?? '');
      const session = await post(`${house.adminUrl}/admin/v1/sessions`, {}, oneTime);
      const admin = bearer(String(session.json['token']));
      const tested = await post(`${house.adminUrl}/admin/v1/alerts/mail/test`, {}, admin);
      assert.equal(tested.json['isDelivered'], false);
      assert.match(String(tested.json['problem']), /not public/u);
      assert.equal(server.sockets.size, 0);
    } finally {
      await house.close();
    }
  }
  await server.close();
});

test('a file that is wrong is refused at its line, with what to write', async () => {
  const rules = (text: string): string => `guards: []\nalertRules:\n  rules: [${text}]\n`;
  for (const [yaml, said] of [
    [
      rules('{ name: a, type: error-rate, threshold: 5, receivers: [x] }'),
      /write a part of all requests, such as "5%"/u,
    ],
    [rules('{ name: a, type: latency-p95, threshold: 5%, receivers: [x] }'), /write a duration/u],
    [rules('{ name: a, type: spend, threshold: 100, receivers: [x] }'), /such as "100usd"/u],
    [
      rules('{ name: a, type: provider-down, threshold: 1, receivers: [x] }'),
      /leave `threshold` out/u,
    ],
    [
      rules('{ name: a, type: blocks, threshold: 5, receivers: [soc] }'),
      /there is no such receiver/u,
    ],
    [rules('{ name: a, type: nonsense, receivers: [x] }'), /use error-rate, latency-p95/u],
    [
      'guards: []\nalertRules:\n  receivers: [{ name: a, type: slack, url: "http://hooks.example.com/x" }]\n',
      /use https/u,
    ],
    [
      'guards: []\nalertRules:\n  receivers: [{ name: a, type: email, server: "mail:25", from: a@b.c, to: [a@b.c] }]\n',
      /write smtps:\/\/host:465/u,
    ],
    [
      'guards: []\nalertRules:\n  receivers: [{ name: a, type: email, server: "smtp://m:25", from: "a@b.c\\r\\nBcc: x", to: [a@b.c] }]\n',
      /write a mail address/u,
    ],
    [
      'guards: []\nalertRules:\n  receivers: [{ name: a, type: email, server: "smtp://m:25", from: a@b.c, to: [a@b.c], isPlaintext: true }]\n',
      /your own network/u,
    ],
  ] as const) {
    const loaded = await checkConfig(yaml, '/x/llmproxy.yaml', {});
    assert.ok(!loaded.ok, yaml);
    const text = formatIssues(loaded.problems);
    assert.match(text, said);
    assert.match(text, /llmproxy\.yaml:3:/u);
  }
});
