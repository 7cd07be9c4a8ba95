/** docs/guides/secrets.md: its commands as they are written, on a gateway that runs, and its examples. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { CliFolder } from '#cli/test-run.ts';
import { formatIssues } from '#config/issue.ts';
import { checkConfig } from '#config/load.ts';

import { openAdmin } from '../support/admin.ts';
import { assertNowhere, drawnSecret } from '../support/canary-secrets.ts';
import { bearer, chat, openHouse, post } from '../support/house.ts';
import { twoTenants } from '../support/tenant-secrets.ts';
import { openUpstream, UPSTREAM_ENV } from '../support/upstream.ts';

const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/secrets.md'), 'utf8');

const CURL =
  /^curl -s (?:-X (?<method>[A-Z]+) )?\$ADMIN(?<path>\/\S+) .*?(?:-d '(?<body>[^']+)')?$/gmu;

test('the commands of the guide enter, bring, rotate and wrap anew', async () => {
  const upstream = await openUpstream();
  const yaml = twoTenants(upstream);
  const folder = new CliFolder(`version: 1\ndataDir: ./data\n${yaml}`);
  const house = await openHouse(yaml, UPSTREAM_ENV, folder.dir);
  try {
    const { token } = await openAdmin(house);
    const SECRET = drawnSecret();
    const told: string[] = [];
    for (const { groups } of guide.matchAll(CURL)) {
      const { method = 'GET', path = '', body } = groups ?? {};
      const answer = await fetch(house.adminUrl + path, {
        method,
        headers: { ...bearer(token), 'content-type': 'application/json' },
        ...(body !== undefined && { body: body.replace('$SECRET', SECRET) }),
      });
      const text = await answer.text();
      assert.ok(answer.status < 300, `${path}: ${text}`);
      told.push(text);
    }
    assert.equal(told.length, 4);
    const key = await house.key();
    const say = async (): Promise<unknown> => {
      const url = `${house.url}/v1/chat/completions`;
      assert.equal((await post(url, chat('x'), bearer(key))).status, 200);
      return upstream.seen.at(-1)?.headers.authorization;
    };
    assert.equal(await say(), `Bearer ${SECRET}`);
    let last = '';
    const lines = [...guide.matchAll(/^bin\/llmproxy (?<args>[^#\n]+)/gmu)];
    assert.equal(lines.length, 5);
    for (const { groups } of lines) {
      const { code, out, err } = await folder.run((groups?.['args'] ?? '').trim().split(' '));
      assert.equal(code, 0, err);
      told.push(out);
      last = out;
      assert.equal(await say(), `Bearer ${SECRET}`, groups?.['args']);
    }
    assert.match(last, /^\(platform\) {2}key 2 {2}newest {2}1 secrets {2}local\/[0-9a-f]{16}$/mu);
    assert.match(last, /^acme {2}key 2 {2}newest {2}1 secrets/mu);
    assert.match(last, /everything is under the newest keys\n$/u);
    assertNowhere({ SECRET }, { told: told.join('\n'), log: house.log() });
  } finally {
    await house.running.stop();
    await upstream.close();
    folder.remove();
  }
});

test('the examples of the guide are configurations', async () => {
  const examples = [...guide.matchAll(/^```yaml\n(?<yaml>[^]*?)^```$/gmu)];
  assert.equal(examples.length, 5);
  for (const { groups } of examples) {
    const loaded = await checkConfig(`guards: []\n${groups?.['yaml']}`, '/etc/llmproxy.yaml', {});
    assert.ok(loaded.ok, loaded.ok ? '' : formatIssues(loaded.problems));
  }
});
