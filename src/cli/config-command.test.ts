import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { CliFolder, jsonLines } from './test-run.ts';

const KEY = ['sk', 'made', 'up', 'Zq81Lm52'].join('-');
const folder = new CliFolder('providers: { o: { type: openai, apiKey: ${env:K} } }\nguards: []\n');
after(() => folder.remove());
folder.write('bad.yaml', 'guards: []\nlimits: [{ nam: a }]\n');

test('validate: 0 and a sentence, or 1 and every problem with its place', async () => {
  const good = await folder.run(['config', 'validate'], { env: { K: KEY } });
  assert.deepEqual([good.code, good.err], [0, '']);
  const bad = await folder.run(['config', 'validate', '--config', 'bad.yaml']);
  assert.deepEqual([bad.code, bad.out], [1, '']);
  assert.match(
    bad.err,
    /bad\.yaml:2:12: limits\[0\]\.nam: there is no such key\n {4}did you mean `name`\?/u,
  );
  const json = jsonLines(
    (await folder.run(['config', 'validate', '--json', '--config', 'bad.yaml'])).out,
  );
  assert.equal(json[0]?.['ok'], false);
  assert.ok(Array.isArray(json[0]?.['problems']) && json[0]['problems'].length === 3);
});

test('validate: a secret that is not there is a problem, and a file that is not there', async () => {
  assert.match(
    (await folder.run(['config', 'validate'])).err,
    /the environment variable K is not set/u,
  );
  assert.equal((await folder.run(['config', 'validate', '--config', 'none.yaml'])).code, 1);
});

test('print: redacted needs no secret and shows none', async () => {
  const { code, out } = await folder.run(['config', 'print', '--redacted'], { env: { K: KEY } });
  assert.equal(code, 0);
  assert.ok(!out.includes(KEY));
  assert.match(out, /apiKey: "\[secret\]"/u);
  assert.equal((await folder.run(['config', 'print', '--redacted'])).out, out);
  const json = jsonLines(
    (await folder.run(['config', 'print', '--json'], { env: { K: KEY } })).out,
  );
  assert.equal(json[0]?.['version'], 1);
});

test('schema: one JSON document, the same on one line', async () => {
  const pretty: unknown = JSON.parse((await folder.run(['config', 'schema'])).out);
  assert.deepEqual(jsonLines((await folder.run(['config', 'schema', '--json'])).out)[0], pretty);
});

test('diff: what differs in meaning, secrets unseen', async () => {
  folder.write('a.yaml', 'providers: { o: { type: openai, apiKey: "${env:K}" } }\nguards: []\n');
  folder.write(
    'b.yaml',
    `guards: []\nproviders: { o: { type: openai, apiKey: ${KEY} } }\nserver: { listen: ":0" }\n`,
  );
  const { code, out } = await folder.run(['config', 'diff', 'a.yaml', 'b.yaml'], {
    env: { K: `${KEY}-other` },
  });
  assert.equal(code, 0);
  assert.ok(!out.includes(KEY));
  assert.deepEqual(out.split('\n').sort(), [
    '',
    '~ providers.o.apiKey: "[secret]" → "[secret]"',
    '~ server.listen: "127.0.0.1:8080" → "127.0.0.1:0"',
  ]);
});
