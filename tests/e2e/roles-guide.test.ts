/** docs/guides/roles.md, as it is written: its files, its commands, its answers, its request. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { CliFolder } from '#cli/test-run.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

import { bearer, chat, openHouse, post } from '../support/house.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const guide = readFileSync(join(ROOT, 'docs', 'guides', 'roles.md'), 'utf8');

function fileIn(name: string): string {
  const found = new RegExp(`\`\`\`yaml\\n# ${name}\\n(?<text>[^]*?)\`\`\``, 'u').exec(guide);
  const text = found?.groups?.['text'];
  assert.ok(text !== undefined, `the guide shows no ${name}`);
  return text;
}

const folder = new CliFolder(fileIn('llmproxy.yaml'));
folder.write('cases.yaml', fileIn('cases.yaml'));
after(() => folder.remove());

test('every command of the guide answers as the guide says', async () => {
  const shown = guide.matchAll(
    /```sh\nbin\/llmproxy (?<args>.+)\n```\n\n(?:[^`\n].*\n\n)*```\n(?<out>[^]*?)```/gu,
  );
  let run = 0;
  for (const { groups } of shown) {
    const args = (groups?.['args'] ?? '').split(' ');
    const { code, out } = await folder.run(args);
    assert.deepEqual([code, out], [0, groups?.['out']], args.join(' '));
    run += 1;
  }
  assert.equal(run, 2);
});

test('the request of the guide, on a gateway with its file; the call itself is decided the same', async () => {
  const house = await openHouse(fileIn('llmproxy.yaml'));
  try {
    const path = /\$A(?<path>\/admin\/v1\/policy\/explain)/u.exec(guide)?.groups?.['path'] ?? '';
    const body = /-d '(?<body>\{"principal.+\})'/u.exec(guide)?.groups?.['body'] ?? '';
    const token = house.running.adminToken ?? '';
    const answer = await post(house.adminUrl + path, body, bearer(token));
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(
      [answer.json['decision'], answer.json['reason'], answer.json['rule']],
      ['deny', 'tool-forbidden', 'guardrails.deny[0]'],
    );
    const shell = { type: 'function', function: { name: 'shell', parameters: {} } };
    const headers = bearer(await house.key({ user: 'mia' }));
    const url = `${house.url}/v1/chat/completions`;
    assert.equal(
      (await post(url, chat('x', { model: 'fast', tools: [shell] }), headers)).status,
      403,
    );
    assert.equal((await post(url, chat('x', { model: 'fast' }), headers)).status, 200);
    const told = (await house.records()).find(({ action }) => action === 'policy.explain');
    assert.deepEqual([told?.kind, told?.resource, told?.tenant], ['admin', 'policy/acme', 'acme']);
  } finally {
    await house.close();
  }
});

test('a stored role: refused with its field and place, kept, in force, and asked about', async () => {
  const house = await openHouse(fileIn('llmproxy.yaml'));
  try {
    const admin = bearer(house.running.adminToken ?? '');
    const roles = `${house.adminUrl}/admin/v1/tenants/acme/roles`;
    const rule = { actions: ['chat'], models: ['fast'] };
    const bad = { name: 'night', allow: [rule], deny: [{ ...rule, when: 'call.secret_word > 3' }] };
    const refused = await post(roles, bad, admin);
    assert.equal(refused.status, 400);
    assert.equal(refused.json['field'], 'deny.0.when');
    assert.match(refused.text, /character 6: there is no such field; there are call\.action/u);
    assert.ok(!refused.text.includes('secret_word'));
    const long = { ...bad, deny: [{ ...rule, when: `true ${' '.repeat(2_048)}` }] };
    assert.equal((await post(roles, long, admin)).json['field'], 'deny.0.when');
    const none = { ...bad, deny: [{ ...rule, tools: [] }] };
    assert.equal((await post(roles, none, admin)).json['field'], 'deny.0.tools');

    const good = { ...bad, deny: [{ ...rule, when: 'call.maxOutputTokens > 3' }] };
    const made = await post(roles, good, admin);
    assert.equal(made.status, 201, made.text);
    assert.deepEqual(made.json['deny'], good.deny);
    // The store is read again within a second.
    await new Promise((resolve) => setTimeout(resolve, 1_500));

    const key = bearer(await house.key({ user: 'olga', roles: ['night'] }));
    const say = async (more: object): Promise<number> =>
      (await post(`${house.url}/v1/chat/completions`, chat('x', { model: 'fast', ...more }), key))
        .status;
    assert.deepEqual(
      [await say({ max_tokens: 3 }), await say({ max_tokens: 4 }), await say({})],
      [200, 403, 403],
    );
    const question = (maxOutputTokens: number, expect: string) => ({
      principal: { tenant: 'acme', user: 'olga', roles: ['night'] },
      call: { model: 'fast', maxOutputTokens },
      expect,
    });
    const cases = [question(3, 'allow'), question(4, 'deny'), question(4, 'allow')];
    const tested = await post(
      `${house.adminUrl}/admin/v1/policy/test`,
      { tenant: 'acme', cases },
      admin,
    );
    assert.equal(tested.status, 200, tested.text);
    const results = parseJson(tested.text);
    assert.ok(isJsonObject(results) && Array.isArray(results['results']));
    assert.equal(results['isAsExpected'], false);
    assert.deepEqual(
      results['results'].map((one) => isJsonObject(one) && one['isAsExpected']),
      [true, true, false],
    );
    const other = { tenant: 'acme', cases: [{ ...cases[0], principal: { tenant: 'globex' } }] };
    assert.equal((await post(`${house.adminUrl}/admin/v1/policy/test`, other, admin)).status, 404);
  } finally {
    await house.close();
  }
});
