import assert from 'node:assert/strict';
import { test } from 'node:test';

import { diffConfigs, formatDifferences } from './diff.ts';
import { checkConfig, type LoadedConfig } from './load.ts';

async function load(text: string): Promise<LoadedConfig> {
  const loaded = await checkConfig(text, '/nowhere/llmproxy.yaml', {});
  assert.ok(loaded.ok);
  return loaded;
}
const diff = async (before: string, after: string): Promise<string> =>
  formatDifferences(diffConfigs(await load(before), await load(after)));

test('layout, comments, order of names and written defaults are no difference', async () => {
  const before = 'guards: []\nlimits: [{ name: a, requests: 1/1s }, { name: b, tokens: 1/1s }]\n';
  const after =
    '# b\nlimits:\n  - { name: a, per: [tenant], requests: 1/1s }\n  - { tokens: 1/1s, name: b }\nguards: []\n';
  assert.equal(await diff(before, after), '');
});

test('an entry is found by its name, wherever it stands', async () => {
  const text = await diff(
    'guards: []\nlimits: [{ name: a, requests: 1/1s }, { name: b, tokens: 1/1s }]\n',
    'guards: []\nlimits: [{ name: n, requests: 3/1s }, { name: a, requests: 2/1s }]\n',
  );
  assert.equal(
    text,
    '~ limits.a.requests: "1/1s" → "2/1s"\n' +
      '- limits.b: {"name":"b","per":["tenant"],"algorithm":"token-bucket","tokens":"1/1s"}\n' +
      '+ limits.n: {"name":"n","per":["tenant"],"algorithm":"token-bucket","requests":"3/1s"}\n',
  );
});

test('the order of guards is a difference: they run in it', async () => {
  const [s, t] = [
    '{ name: s, type: secrets }',
    '{ name: t, type: topics, rules: [{ match: word }] }',
  ];
  assert.equal(
    await diff(`guards: [${s}, ${t}]`, `guards: [${t}, ${s}]`),
    '~ guards: ["s","t"] → ["t","s"]\n',
  );
});

test('a first and a last entry are told', async () => {
  const [none, one] = ['guards: []\n', 'guards: []\ntenants: [{ id: a }]\n'];
  assert.equal(
    await diff(none, one),
    '~ tenants: [] → [{"id":"a","roles":{},"timeZone":"UTC","keys":{},"weight":1,"class":"interactive","boundTokens":false,"propagateTrace":true,"reveal":{"secondPerson":false},"bindings":[],"scim":{"groupRoles":{}},"guards":[]}]\n',
  );
});
