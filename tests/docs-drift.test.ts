/**
 * Documents that cannot drift: what they list is what the code has, both ways. A page that is behind
 * is made right with `node scripts/docs.ts`, or by hand where it is written by hand.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, test } from 'node:test';

import { grantable } from '#admin/permissions.ts';
import { adminRoutes } from '#admin/routes.ts';
import { SCIM_BASE } from '#admin/scim/scim-route.ts';
import { scimRoutes } from '#admin/scim/scim-routes.ts';
import type { AuditDraft, AuditRecord, GuardEntry } from '#audit/record.ts';
import { recordText } from '#audit/record-text.ts';
import { denialReplies } from '#domain/denial.ts';
import { faultReplies } from '#domain/fault.ts';
import { CONTEXT_CATEGORIES, NAMED_KINDS } from '#policy/guards/secret-assignments.ts';
import { INFIX_KINDS } from '#policy/guards/secret-infixes.ts';
import { formatApiKey, newApiKey } from '#policy/authenticators/api-key-format.ts';
import { SECRET_KINDS } from '#policy/guards/secret-kinds.ts';
import { DEMO_BEHAVIOUR, DEMO_DIRECTIVES } from '#providers/demo/directives.ts';
import { isJsonObject, type JsonValue, parseJson } from '#stdx/json.ts';

import { operationsSource } from '../scripts/admin-operations.ts';
import { limitPlots, PLOTS } from '../scripts/limit-plots.ts';
import { derivedPage, derivedPages, OPERATIONS, referencePage } from '../scripts/docs.ts';
import { webhookSecret } from './support/alert-receiver.ts';
import { openAdmin } from './support/admin.ts';
import { BASE, bearer, chat, DEMO, get, openHouse, post } from './support/house.ts';

const ROOT = join(import.meta.dirname, '..');
const page = (name: string): string => readFileSync(referencePage(name), 'utf8');

/** The names in the first cells of a page's tables. */
const firstCells = (text: string): string[] =>
  [...text.matchAll(/^\| `(?<name>[^`]+)` \|/gmu)].map(({ groups }) => groups?.['name'] ?? '');

const sorted = (names: Iterable<string>): string[] => [...names].toSorted();

describe('reference pages', () => {
  for (const name of Object.keys(derivedPages)) {
    test(`${name} is what scripts/docs.ts derives from the code`, () => {
      assert.equal(page(name), derivedPage(name, page(name)), 'run `node scripts/docs.ts`');
    });
  }

  for (const [name, draws] of Object.entries(limitPlots)) {
    test(`plots/${name} is what the algorithm does`, () => {
      assert.equal(readFileSync(join(PLOTS, name), 'utf8'), draws(), 'run scripts/limit-plots.ts');
    });
  }

  test('the types of the dashboard’s client are those of the routes', () => {
    const operations = operationsSource();
    assert.match(operations, /'POST \/keys': \{/u);
    assert.equal(readFileSync(OPERATIONS, 'utf8'), operations, 'run `node scripts/docs.ts`');
  });

  test('every denial and every fault has its line, and no line is of neither', () => {
    const known = [...Object.keys(denialReplies), ...Object.keys(faultReplies)];
    assert.deepEqual(sorted(firstCells(page('denials.md'))), sorted(known));
  });

  test('every kind of secret has its line, and no line is of another', () => {
    const [, section = ''] = page('guards.md').split('\n## Kinds of secrets\n');
    const [tables = ''] = section.split('\n## ');
    const kinds = [...SECRET_KINDS, ...INFIX_KINDS, ...NAMED_KINDS].map(({ category }) => category);
    assert.deepEqual(sorted(firstCells(tables)), sorted([...kinds, ...CONTEXT_CATEGORIES]));
  });

  test('everything that the demo provider does and obeys has its line', () => {
    const directives = Object.keys(DEMO_DIRECTIVES).map((name) => `demo:${name}`);
    const known = [...Object.keys(DEMO_BEHAVIOUR), ...directives];
    assert.deepEqual(sorted(firstCells(page('demo-provider.md'))), sorted(known));
  });
});

/** A record with every field there is: a new field does not compile until it stands here. */
type Every<T> = { readonly [Name in keyof Required<T>]: NonNullable<T[Name]> };

const guard: Every<GuardEntry> = {
  name: 'g',
  mode: 'enforce',
  action: 'redact',
  category: 'c',
  position: 'user',
  count: 1,
  scannedChars: 1,
  notScanned: 'sealed ×1',
  textDigest: 'd',
  us: 1,
};
const draft: Every<Omit<AuditDraft, 'sealed'>> = {
  kind: 'complete',
  requestId: 'r',
  tenant: 't',
  team: 't',
  serviceAccount: 's',
  user: 'u',
  endUser: 'e',
  key: 'k',
  run: 'r',
  auth: 'api-key',
  onBehalfOf: 'o',
  ip: '192.0.2.1',
  route: 'r',
  dialect: 'd',
  model: 'm',
  provider: 'p',
  deployment: 'd',
  attempts: [
    {
      provider: 'p',
      deployment: 'd',
      status: 200,
      fault: 'f',
      ms: 1,
      usage: { inputTokens: 1, outputTokens: 1, costNanoUsd: 1, priceVersion: 'p' },
    },
  ],
  decision: 'allow',
  reason: 'r',
  rule: 'r',
  role: 'r',
  guards: [guard],
  limits: [{ name: 'l', remaining: 1 }],
  reservation: { atMs: 1, key: 'k', id: 'r', estimateNanoUsd: 0, estimateTokens: 1 },
  usage: {
    inputTokens: 1,
    outputTokens: 1,
    cacheReadTokens: 1,
    cacheWriteTokens: 1,
    cacheWriteLongTokens: 1,
    reasoningTokens: 1,
    hostedToolCalls: 1,
    costNanoUsd: 1,
    source: 'provider',
    priceVersion: 'p',
  },
  timings: { totalMs: 1, ttftMs: 1, upstreamMs: 1, gatewayUs: 1 },
  status: 200,
  policyVersion: 'p',
  action: 'a',
  resource: 'r',
  diff: true,
  contentRef: 'c',
  count: 1,
  first: 'f',
  last: 'l',
  reasons: {},
};

function namesIn(value: JsonValue | undefined, path: string): string[] {
  if (Array.isArray(value)) return namesIn(value[0], `${path}[]`);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return [at, ...namesIn(member, at)];
  });
}

test('no route and no permission of the admin plane is missing from the matrix of rights', () => {
  const rows = page('admin-rights.md')
    .split('\n')
    .filter((line) => /^\| `(?:GET|POST|PUT|PATCH|DELETE) /u.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));
  const routes = [
    ...adminRoutes.map(({ method, path }) => `${method} ${path}`),
    ...scimRoutes.map(({ method, path }) => `${method} ${SCIM_BASE}${path}`),
  ];
  assert.deepEqual(sorted(rows.map(([, route = '']) => route)), sorted(routes));
  assert.deepEqual(
    grantable.filter((one) => !page('admin-rights.md').includes(`| \`${one}\` |`)),
    [],
    'a permission without a row',
  );
  for (const [, route, permission, , ...cells] of rows) {
    const isOfNoRole = permission === 'one-time token' || permission === 'whoever is signed in';
    assert.equal(cells.includes('yes') || cells.includes('tenant'), !isOfNoRole, route);
  }
});

test('the pattern for secret scanners finds every key of ours, alone and in a line, and no look-alike', () => {
  const guide = readFileSync(join(ROOT, 'docs', 'guides', 'keys-and-tenants.md'), 'utf8');
  const pattern = /`(?<pattern>llmp_\(live\|test\)[^`]*)`/u.exec(guide)?.groups?.['pattern'];
  assert.ok(pattern !== undefined);
  for (let index = 0; index < 200; index += 1) {
    const key = formatApiKey(newApiKey(index % 2 === 0 ? 'live' : 'test'));
    const found: string | undefined = new RegExp(pattern, 'u').exec(`KEY="${key}" # ours`)?.[0];
    assert.equal(found, key);
    assert.equal(new RegExp(pattern, 'u').test(key.slice(0, -1)), false);
  }
});

test('every field of an audit record has its line, and no line is of a field that is not written', () => {
  const stamp = { v: 1, seq: 1, writer: 'main', epoch: 1, prev: '', at: '' } as const;
  const whole: Every<AuditRecord> = { ...draft, ...stamp };
  const sealed = { commitment: 'c', salt: 's', value: 'v' };
  const seals = { user: sealed, endUser: sealed, ip: sealed, digests: [sealed] };
  const written = namesIn(parseJson(recordText(draft, stamp, seals)), '');
  assert.deepEqual(
    sorted(written.filter((name) => !/[.[]/u.test(name))),
    sorted(Object.keys(whole)),
  );
  assert.deepEqual(sorted(firstCells(page('audit-record.md'))), sorted(written));
});

test('every metric of a running gateway has its line with its type, labels and help, and no line is of another', async () => {
  const guards =
    'guards: [{ name: seen, type: topics, action: alert, rules: [{ match: hello, action: alert }] }]';
  // The discard port: nobody is there, and nobody need be.
  const alerts = `alerts: [{ name: soc, url: "http://127.0.0.1:9", secret: "${webhookSecret()}", allowPrivateAddress: true }]`;
  const audit =
    'audit: { sinks: [{ name: copy, type: file, path: copy.jsonl }], anchors: [{ name: vault, type: file, path: /nowhere/vault.txt }] }';
  const telemetry =
    'telemetry: { otlp: { endpoint: "http://127.0.0.1:9", allowPrivateAddress: true } }';
  const yaml = `${DEMO}\n${guards}\n${alerts}\n${audit}\n${telemetry}\n${BASE}`;
  const house = await openHouse(yaml);
  try {
    await post(`${house.url}/v1/chat/completions`, chat('hello'), bearer(await house.key()));
    const streamed = chat('hello', { stream: true });
    await post(`${house.url}/v1/chat/completions`, streamed, bearer(await house.key()));
    await post(`${house.url}/v1/chat/completions`, chat('hello'), {});
    await house.apply(yaml);
    // Without a token nothing is by tenant.
    const { token } = await openAdmin(house);
    const { text } = await get(`${house.adminUrl}/metrics`, bearer(token));
    const scraped = [
      ...text.matchAll(/^# HELP (?<name>\S+) (?<help>.*)\n# TYPE \S+ (?<type>\S+)$/gmu),
    ];
    const lines = scraped.map(({ groups: { name = '', help = '', type = '' } = {} }) => {
      const series = new RegExp(`^${name}(?:_count)?(?:\\{(?<labels>[^}]*)\\})? `, 'mu').exec(text);
      assert.ok(series, `${name} has a value`);
      const labels = [...(series.groups?.['labels'] ?? '').matchAll(/(\w+)="/gu)].map(
        ([, label]) => `\`${label}\` `,
      );
      return `| \`${name}\` | ${type} | ${labels.join('')}| ${help} |`;
    });
    assert.ok(lines.length > 5);
    const documented = page('metrics.md')
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    assert.deepEqual(sorted(documented), sorted(lines));
  } finally {
    await house.close();
  }
});

describe('all documents', () => {
  const documents = globSync(['*.md', 'docs/**/*.md', 'bench/*.md', '.github/*.md'], { cwd: ROOT });

  test('there is something to check', () => {
    assert.ok(documents.length > 20);
  });

  for (const document of documents) {
    const text = readFileSync(join(ROOT, document), 'utf8');

    test(`${document}: every relative link leads somewhere`, () => {
      for (const { groups } of text.matchAll(/\]\((?<to>[^)\s]+)\)/gu)) {
        const [path = '', anchor] = (groups?.['to'] ?? '').split('#');
        if (/^[a-z]+:/u.test(path)) continue;
        const target = path === '' ? join(ROOT, document) : join(ROOT, dirname(document), path);
        assert.ok(existsSync(target), `${document} links to ${path}`);
        if (anchor === undefined) continue;
        assert.ok(anchorsOf(readFileSync(target, 'utf8')).has(anchor), `${path} has no #${anchor}`);
      }
    });

    test(`${document}: every file that it names is there`, () => {
      const named = text.matchAll(
        /\b(?:tests|src|bench|scripts|docs|bin|web)\/[\w./-]+\.(?:ts|cjs|js|md|yaml|tsx|sh)\b/gu,
      );
      for (const [file] of named)
        assert.ok(existsSync(join(ROOT, file)), `${document} names ${file}`);
    });

    test(`${document}: no whole key stands in it`, () => {
      assert.doesNotMatch(text, /\b(?:llmp_(?:live|test)|llmpa)_[0-9A-Za-z]{12}_[0-9A-Za-z]{20}/u);
    });
  }

  test('the guide of the dashboard shows every page, and every picture is shown', () => {
    const guide = readFileSync(join(ROOT, 'docs', 'guides', 'dashboard.md'), 'utf8');
    const source = readFileSync(join(ROOT, 'web', 'src', 'shell', 'pages.ts'), 'utf8');
    const titles = [...source.matchAll(/title: t\('(?<title>[^']+)'\)/gu)].map(
      ({ groups }) => groups?.['title'] ?? '',
    );
    assert.ok(titles.length > 25);
    const slugs = titles.map((title) =>
      title
        .toLowerCase()
        .replaceAll(/[^a-z]+/gu, '-')
        .replace(/-$/u, ''),
    );
    for (const slug of slugs) assert.ok(guide.includes(`(screenshots/${slug}.jpg)`), slug);
    const kept = globSync('docs/guides/screenshots/*', { cwd: ROOT });
    assert.deepEqual(kept.map((path) => basename(path, '.jpg')).toSorted(), slugs.toSorted());
  });

  test('SECURITY.md names every attack and fault that is tested', () => {
    const security = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');
    const tested = globSync(['tests/attacks/*.test.ts', 'tests/faults/*.test.ts'], { cwd: ROOT });
    assert.ok(tested.length > 20);
    for (const file of tested)
      assert.ok(security.includes(`\`${file}\``), `SECURITY.md lacks ${file}`);
  });

  test('the README names both commands', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    assert.match(readme, /^npm start$/mu);
    assert.match(readme, /^npm test$/mu);
  });
});

/** The anchors of headings, as the forges make them. */
const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/^#{1,6} (?<title>.+)$/gmu)].map(({ groups }) =>
      (groups?.['title'] ?? '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
