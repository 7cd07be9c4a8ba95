/** The floor plan as a test: rooms, arrows, mints, and who may open a connection. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, test } from 'node:test';

const ROOT = join(import.meta.dirname, '..', 'src');

/** Each room, and the rooms it may import from. A room that is not named may not be imported. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  stdx: [],
  domain: ['stdx'],
  dialects: ['domain', 'stdx'],
  // The demo provider answers in every dialect, through the same writers as translation.
  providers: ['dialects', 'domain', 'stdx'],
  policy: ['domain', 'stdx'],
  metering: ['domain', 'stdx'],
  audit: ['domain', 'stdx'],
  storage: ['domain', 'stdx'],
  custody: ['domain', 'stdx'],
  telemetry: ['domain', 'stdx'],
  config: [
    'audit',
    'custody',
    'domain',
    'metering',
    'policy',
    'providers',
    'stdx',
    'storage',
    'telemetry',
  ],
  gateway: ['audit', 'dialects', 'domain', 'metering', 'policy', 'providers', 'stdx', 'telemetry'],
  server: ['domain', 'gateway', 'stdx', 'telemetry'],
  admin: [
    'audit',
    'config',
    'custody',
    'domain',
    'gateway',
    'metering',
    'policy',
    'server',
    'stdx',
    'storage',
    'telemetry',
  ],
  cli: [
    'admin',
    'audit',
    'config',
    'custody',
    'domain',
    'metering',
    'policy',
    'runtime',
    'stdx',
    'storage',
    'telemetry',
  ],
  runtime: [
    'admin',
    'audit',
    'config',
    'custody',
    'dialects',
    'domain',
    'gateway',
    'metering',
    'policy',
    'providers',
    'server',
    'stdx',
    'storage',
    'telemetry',
  ],
  'main.ts': ['cli', 'runtime'],
};

/** The hot path knows the kinds, never the members: these are all it may import from a kind. */
const KIND_FILES =
  /^(?:policy\/(?:access\/decide|authenticators\/(?:authenticator|credential)|limiters\/(?:limiter|named-buckets|rate|token-bucket)|guards\/(?:guard|approval|rule|evidence|guard-run|guarded-text|tool-judge|pseudonyms|window))|providers\/provider|audit\/(?:record|commitment|anchors\/(?:anchor|time-stamp)|merkle\/(?:digest|signed-note)|sinks\/(?:sink|syslog-message|in-turns))|dialects\/(?:dialect|sse-event|sse-reader|claims|translate\/translate))\.ts$/u;

/** A proof has one mint, and one file that may call it. */
const MINTS: Readonly<Record<string, string>> = {
  mintGrant: 'policy/access/decide.ts',
  mintAdmitted: 'gateway/stages.ts',
  mintClearedCall: 'gateway/stages.ts',
  mintReservation: 'policy/limiters/reservations.ts',
};

/** Rooms that are handed everything they use of the world. */
const PURE_ROOMS = new Set(['stdx', 'domain', 'dialects', 'providers', 'policy', 'custody']);
const WORLD =
  /^(?:undici|node:(?:fs|fs\/promises|net|http|https|tls|dns|dgram|child_process|worker_threads|process))$/u;
const PURE_EXCEPTIONS: Readonly<Record<string, string>> = {
  'stdx/clock.ts': 'the one place that reads the system clock',
};
/** What is between a price that was written and an amount that is recorded. */
const LEDGER = new Set([
  'domain/money.ts',
  'metering/cost.ts',
  'metering/decimal.ts',
  'metering/listed-price.ts',
  'metering/prices.ts',
]);
/** Only these open connections to the outside. */
const CONNECTS = new Set([
  'gateway/http-port.ts',
  'gateway/connector.ts',
  'gateway/address.ts',
  'gateway/json-client.ts',
]);

/** Clients of servers, and the one file that loads each. */
const CLIENTS: Readonly<Record<string, string>> = {
  ioredis: 'storage/valkey/valkey.ts',
  pg: 'storage/postgres/postgres.ts',
  'nodemailer/lib/smtp-connection': 'gateway/alerts/email-sender.ts',
};

/** Classifiers of guards, the index of the log, its verification: what they cost, no call waits for. */
const THREADS = /^runtime\/(?:classifier\/|audit-index\/|audit\/veri)/u;

/** What starts processes, and the folder that alone may know of it. */
const PROCESSES = 'cli/drill/child.ts';
/** What begins processes of the gateway itself; it is loaded where there is more than one. */
const WORKERS = 'runtime/workers/processes.ts';
const DRILL = 'cli/drill/';

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const isTest = (path: string): boolean => /\.(?:test|contract|test-d)\.ts$/u.test(path);

const sources: readonly Source[] = globSync('**/*.ts', { cwd: ROOT }).map((path) => {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const imports = [...text.matchAll(/(?:from|import\()\s*'(?<name>[^']+)'/gu)].map(
    ({ groups }) => groups?.['name'] ?? '',
  );
  return { path, text, imports };
});
const production = sources.filter(({ path }) => !isTest(path));

/** The file that an import names, below src; undefined for packages. */
function target(path: string, name: string): string | undefined {
  if (name.startsWith('#')) return name.slice(1);
  return name.startsWith('.') ? normalize(join(dirname(path), name)) : undefined;
}

const roomOf = (path: string): string => path.split('/')[0] ?? '';

describe('architecture', () => {
  test('there is something to check', () => {
    // A tool that finds no files reports no violations. That has happened to better projects.
    assert.ok(production.length > 60);
    assert.ok(production.reduce((count, { imports }) => count + imports.length, 0) > 200);
    for (const room of Object.keys(MAY_IMPORT)) {
      assert.ok(
        production.some(({ path }) => roomOf(path) === room),
        `the room ${room} is empty`,
      );
    }
  });

  for (const { path, text, imports } of production) {
    const room = roomOf(path);

    test(`${path} keeps to the plan`, () => {
      const allowed = MAY_IMPORT[room];
      assert.ok(allowed, `"${room}" is not a room; add it here and to docs/ARCHITECTURE.md`);
      for (const name of imports) {
        const file = target(path, name);
        if (file === undefined) continue;
        const to = roomOf(file);
        assert.ok(to === room || allowed.includes(to), `${room} may not import ${name}`);
        assert.ok(!isTest(file), `production code imports the test file ${name}`);
        const isKind = room !== 'gateway' || !/^(?:policy|providers|audit|dialects)$/u.test(to);
        assert.ok(isKind || KIND_FILES.test(file), `the gateway may not know the member ${name}`);
      }
      checkWorld(room, path, { imports, text });
      checkMints(path, text);
    });
  }

  test('every mint exists where the plan says, and is called there', () => {
    const proofs = production.find(({ path }) => path === 'domain/proofs.ts');
    for (const [mint, file] of Object.entries(MINTS)) {
      assert.match(proofs?.text ?? '', new RegExp(`export const ${mint}\\b`, 'u'));
      const caller = production.find(({ path }) => path === file);
      assert.match(caller?.text ?? '', new RegExp(`\\b${mint}\\(`, 'u'));
    }
  });

  test('money is integers: no floating point between a price and the ledger', () => {
    const FLOATS =
      /(?<![\w.])[0-9_]*\.[0-9]|\b[0-9][0-9_]*e-?[0-9]|\bparseFloat\b|\.toFixed\b|\.toPrecision\b|\bMath\.(?!max\b|min\b)\w+|\bMath\[/u;
    for (const sample of ['0.5 * a', '.5', '1e-6', 'Math.round(a)', 'a.toFixed(2)']) {
      assert.match(sample, FLOATS);
    }
    const ledger = production.filter(({ path }) => LEDGER.has(path));
    assert.equal(ledger.length, LEDGER.size);
    for (const { path, text } of ledger) {
      const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|'[^'\n]*'|\/\^.*\$\/u/gu, '');
      assert.doesNotMatch(code, FLOATS, path);
      // Division of doubles rounds; that of integers is written with `n` or with BigInt.
      for (const line of code.split('\n').filter((one) => /\s\/\s/u.test(one)))
        assert.match(line, /BigInt|\d+n\b|\bbigint\b/u, `${path}: ${line}`);
    }
  });

  test('no file imports itself through others', () => {
    const graph = new Map(
      production.map(({ path, imports }) => [
        path,
        imports.map((name) => target(path, name)).filter((file) => file !== undefined),
      ]),
    );
    const done = new Set<string>();
    const visit = (path: string, trail: readonly string[]): void => {
      assert.ok(!trail.includes(path), `a cycle: ${[...trail, path].join(' → ')}`);
      if (done.has(path)) return;
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
    assert.equal(done.size >= graph.size, true);
  });
});

function checkWorld(room: string, path: string, { imports, text }: Omit<Source, 'path'>): void {
  // EXE-01: nothing in the gateway starts a process, so nothing can be made to start one. The drill
  // does, in one file, with a deployment of its own; who serves loads neither of them.
  const startsProcesses = imports.includes('node:child_process');
  assert.ok(!startsProcesses || path === PROCESSES, `${path} may not start processes`);
  const isStatic = /^import (?!type)[^;]*'node:child_process'/mu.test(text);
  assert.ok(!isStatic, `${path} loads child_process before it is asked to start one`);
  // Workers are this program with its own command line, and nothing that a caller or a file names.
  const forks = imports.includes('node:cluster');
  assert.ok(!forks || path === WORKERS, `${path} may not begin workers`);
  const loadsForks = /^import (?!type)[^;]*workers\/processes\.ts'/mu.test(text);
  assert.ok(
    !loadsForks || path === 'runtime/workers/run-worker.ts',
    `${path} loads node:cluster before a worker is asked for`,
  );
  const drills = /^import (?!type)[^;]*'[^']*\bdrill\//mu.test(text);
  assert.ok(!drills || path.startsWith(DRILL), `${path} loads the drill before it is asked for`);
  // A thread runs code that a path names: three places start them, each with a file of ours.
  const startsThreads = imports.includes('node:worker_threads');
  assert.ok(!startsThreads || THREADS.test(path), `${path} may not use threads`);
  assert.ok(!/\bheadersDistinct\b/u.test(text), 'headersDistinct crashes on a __proto__ header');
  assert.ok(!/\binsecureHTTPParser: true/u.test(text), 'the strict parser is the only one');
  assert.ok(!/rejectUnauthorized: false/u.test(text), 'TLS verification is never turned off');
  if (imports.includes('undici')) assert.ok(CONNECTS.has(path), `${path} may not open connections`);
  for (const [client, file] of Object.entries(CLIENTS)) {
    assert.ok(!imports.includes(client) || path === file, `${path} may not load ${client}`);
    // Whoever has not configured it does not load it either: all but types is a dynamic import.
    const isLoaded = new RegExp(`^import (?!type)[^;]*from '${client}'`, 'mu').test(text);
    assert.ok(!isLoaded, `${path} loads ${client} before it is configured`);
  }
  if (!PURE_ROOMS.has(room) || path in PURE_EXCEPTIONS) return;
  for (const name of imports) assert.ok(!WORLD.test(name), `${path} may not use ${name}`);
  assert.ok(
    !/\bprocess\.env\b|\bDate\.now\(|\bperformance\.now\(/u.test(text),
    `${path} reads the world`,
  );
}

function checkMints(path: string, text: string): void {
  for (const [mint, file] of Object.entries(MINTS)) {
    if (path === file || path === 'domain/proofs.ts') continue;
    assert.ok(!text.includes(mint), `${path} may not mint with ${mint}`);
  }
}
