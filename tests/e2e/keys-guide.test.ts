/** docs/guides/keys-and-tenants.md: the commands that make keys for one purpose, as they are written. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { CliFolder } from '#cli/test-run.ts';
import { formatApiKey, newApiKey } from '#policy/authenticators/api-key-format.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const guide = readFileSync(join(ROOT, 'docs', 'guides', 'keys-and-tenants.md'), 'utf8');
const section = guide.slice(guide.indexOf('## A key for one purpose'), guide.indexOf('## By the'));

const folder = new CliFolder(`version: 1
dataDir: ./data
providers: { demo: { type: demo } }
models: { demo: { deployments: [{ provider: demo }] } }
guards: []
tenants: [{ id: acme, keys: { lifetimeMax: 90d } }]
`);
after(() => folder.remove());

/** As a shell would, with what the reader has in variables. */
function wordsOf(line: string, values: Readonly<Record<string, string>>): string[] {
  const words = line.match(/"[^"]*"|\S+/gu) ?? [];
  return words.map((word) => {
    const bare = word.replaceAll('"', '');
    return bare.startsWith('$') ? (values[bare.slice(1)] ?? '') : bare;
  });
}

test('the commands of the guide make, cut down, derive and release keys', async () => {
  const lines = [...section.matchAll(/^bin\/llmproxy (?<args>.+)$/gmu)];
  const made: Record<string, unknown>[] = [];
  for (const { groups } of lines) {
    const PARENT = String(made[0]?.['id'] ?? '');
    const args = wordsOf(groups?.['args'] ?? '', { PARENT, ASIDE: PARENT });
    const { code, out, err } = await folder.run([...args, '--json']);
    if (args[1] === 'release') {
      assert.equal(code, 1);
      assert.match(err, /is not put aside/u);
    } else {
      assert.equal(code, 0, err);
      made.push(JSON.parse(out) as Record<string, unknown>);
    }
  }
  const [nightly, agent, bait] = made;
  assert.ok(nightly !== undefined && agent !== undefined && made.length === 3);
  assert.deepEqual(nightly['scope'], {
    actions: ['chat'],
    models: ['demo'],
    tools: null,
    networks: ['10.0.0.0/8', '127.0.0.1'],
    hours: ['mon-fri 00:00-06:00'],
    when: 'call.choices == 1',
  });
  assert.equal(agent['parent'], nightly['id']);
  assert.deepEqual(agent['roles'], ['developer']);
  assert.equal(agent['expiresAt'], nightly['expiresAt']);
  assert.equal(bait?.['isHoney'], true);
  const list = await folder.run(['keys', 'list']);
  assert.match(list.out, /honey/u);
});

test('mistakes are told by field, as the admin API tells them', async () => {
  const asks: readonly (readonly [args: string, told: RegExp])[] = [
    ['--hours 18:00-08:00', /scope\.hours\.0: hours such as/u],
    ['--network 10.0.0.0/40', /scope\.networks\.0: an address or a range/u],
    ['--when call.nothing', /scope\.when: at character/u],
    ['--action fly', /scope\.actions\.0/u],
    ['--parent 000000000000', /no such parent/u],
    ['--expires 91d', /expires: keys of this tenant do not work for so long/u],
  ];
  for (const [more, told] of asks) {
    const { code, err } = await folder.run(`keys create --tenant acme ${more}`.split(' '));
    assert.equal(code, 1, more);
    assert.match(err, told);
  }
});

test('the pattern for scanners finds keys, and what it says of their end is so', () => {
  const pattern = /`(?<pattern>llmp_\([^`]+)`/u.exec(section)?.groups?.['pattern'] ?? '';
  for (const mode of ['live', 'test'] as const) {
    assert.match(formatApiKey(newApiKey(mode)), new RegExp(`^${pattern}$`, 'u'));
  }
});

test('the life of a tenant, as the guide has it', async () => {
  const life = guide.slice(guide.indexOf('## The life of a tenant'));
  const lines = [...life.matchAll(/^bin\/llmproxy (?<args>[^#\n]+?)\s*(?:#.*)?$/gmu)];
  const outs: string[] = [];
  for (const { groups } of lines) {
    const { code, out, err } = await folder.run(wordsOf(groups?.['args'] ?? '', {}));
    assert.equal(code, 0, err);
    outs.push(out);
  }
  assert.equal(outs.length, 6);
  assert.match(outs[1] ?? '', /^globex {2}suspended/u);
  assert.match(
    outs[3] ?? '',
    /^\{"kind":"tenant","object":\{"id":"globex".*"keyLifetimeMax":"90d"/u,
  );
  assert.equal(outs[5], 'acme  active  by the file\n');
});
