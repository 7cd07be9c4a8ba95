/**
 * A whole admin plane for tests: a real HTTP server on a free port, a real SQLite store in a folder
 * of its own, and a token for each kind of caller.
 */
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { configSchema } from '#config/config.ts';
import { declaredSettings } from '#config/settings.ts';
import { clientAddressOf } from '#server/client-address.ts';
import { ok } from '#stdx/result.ts';
import type { Peppers } from '#config/peppers.ts';
import type { AdminTokenRecord } from '#storage/records.ts';
import { testCustody } from '#custody/custody.contract.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';
import { ApprovalDesk } from '#gateway/approvals.ts';
import type { Storage } from '#storage/storage.ts';
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

import { adminExchange, type AdminOptions } from './admin-plane.ts';
import type { LimitView } from './limits-contract.ts';
import type { RefusedAct } from './report-refusal.ts';
import { seed, status, testPeppers } from './admin-seeds.contract.ts';
import { mintAdminToken } from './admin-token.ts';
import { LoginThrottle } from './people/login-throttle.ts';
import { Passwords } from './people/password-hash.ts';
import { addPerson, browserHeaders, type Person } from './people/people.contract.ts';
import { PlaygroundDesk } from './playground/playground-desk.ts';
import { type TestAudit, testAudit } from './audit/audit.contract.ts';

export const callers = [
  'none',
  'viewer',
  'security-auditor',
  'operator',
  'tenant-admin',
  'platform-admin',
  'confined',
  'one-time',
  'person',
  'provisioner',
] as const;
export type Caller = (typeof callers)[number];

export interface Answered {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  readonly body: JsonObject;
}

/** A field of an answer that is text, or the test ends here. */
export function textIn({ body, text }: Answered, field: string): string {
  const value = body[field];
  if (typeof value !== 'string') throw new Error(`no ${field} in ${text}`);
  return value;
}

export interface Ask {
  readonly token?: string | undefined;
  /** The value of a session cookie: sent as a page of the dashboard would. */
  readonly session?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface House {
  readonly storage: Storage;
  readonly approvals: ApprovalDesk;
  readonly audit: TestAudit;
  readonly peppers: Peppers;
  readonly port: number;
  readonly dataDir: string;
  readonly time: { nowMs: number };
  readonly refused: [string, number, string][];
  readonly acts: RefusedAct[];
  oneTimeUsed: number;
  /** Every answer that was given, for searches after secrets. */
  readonly answers: string[];
  token(caller: Caller): string | undefined;
  /** A fresh person with a session, for a caller that is one; a token otherwise. */
  as(caller: Caller): Promise<Pick<Ask, 'token' | 'session'> & { readonly person?: Person }>;
  ask(method: string, path: string, ask?: Ask): Promise<Answered>;
  addToken(wanted: Partial<AdminTokenRecord>): Promise<string>;
}

export const TEST_NOW_MS = Date.parse('2026-11-23T12:00:00Z');

export const testConfig = (more: Readonly<Record<string, unknown>> = {}) =>
  configSchema.parse({
    providers: { demo: { type: 'demo' }, vendor: { type: 'openai' } },
    models: { demo: { deployments: [{ provider: 'demo' }] } },
    tenants: [
      {
        id: 'filed',
        name: 'From the file',
        roles: { analyst: { allow: [{ actions: ['chat'], models: ['demo'] }] } },
        bindings: [{ role: 'analyst', users: ['*'] }],
      },
    ],
    guards: [],
    ...more,
  });

const testLimits = async (tenant: string | null): Promise<readonly LimitView[]> => [
  {
    name: 'per-key',
    algorithm: 'token-bucket',
    unit: 'requests',
    amount: 60,
    windowSeconds: 60,
    per: ['tenant', 'key'],
    count: 1,
    counters: [
      { names: [tenant ?? 'acme', 'key_1'], remaining: 3, resetSeconds: 57, heardSeconds: 0 },
    ],
    isShared: false,
  },
];

export async function openHouse(t: TestContext, more: Partial<AdminOptions> = {}): Promise<House> {
  const dataDir = fs.mkdtempSync(join(os.tmpdir(), 'llmproxy-admin-'));
  const time = { nowMs: TEST_NOW_MS };
  const clock = { nowMs: () => time.nowMs, monotonicMs: () => performance.now() };
  const storage = await openSqlite(dataDir, clock);
  const tokens = new Map<Caller, string>();
  const config = testConfig();
  const agent = new http.Agent({ keepAlive: true });
  const approvals = new ApprovalDesk(clock);
  const house: House = {
    storage,
    approvals,
    peppers: testPeppers,
    port: 0,
    dataDir,
    time,
    refused: [],
    acts: [],
    audit: testAudit(),
    oneTimeUsed: 0,
    answers: [],
    token: (caller) => tokens.get(caller),
    as: async (caller) => {
      if (caller !== 'person') return { token: tokens.get(caller) };
      const person = await addPerson({ storage, peppers: testPeppers, nowMs: time.nowMs });
      return { session: person.session, person };
    },
    ask: async (method, path, ask = {}) => {
      const answered = await request(agent, { method, path, port: house.port, ...ask });
      house.answers.push(`${JSON.stringify(answered.headers)}\n${answered.text}`);
      return answered;
    },
    addToken: async (wanted) => {
      const { token, record } = mintAdminToken(
        { role: 'viewer', tenant: null, isOneTime: false, expiresMs: null, ...wanted },
        testPeppers,
        time.nowMs,
      );
      await seed(storage, (tx) => tx.adminTokens.insert({ ...record, ...wanted }));
      return token;
    },
  };
  const exchange = adminExchange({
    storage,
    approvals,
    peppers: testPeppers,
    room: testCustody(),
    secretsChanged: () => Promise.resolve(),
    clock,
    counters: { limits: testLimits, held: async () => [] },
    sinks: {
      status: () => [],
      test: () => Promise.resolve({ code: null, ms: 3 }),
    },
    config: () => config,
    policies: () => undefined,
    keyHolder: () => Promise.resolve(null),
    redactedConfig: () => ({ version: 1 }),
    status: () => status,
    // What a change would do to a gateway is tested with one: here it is always fit.
    settings: {
      declared: (section) => declaredSettings({ config, secretsAt: new Set() }, section),
      diff: () => Promise.resolve(ok([])),
      change: (_next, commit) => commit(),
    },
    reload: async () => ({ isApplied: true, policyVersion: 'p2' }),
    audit: house.audit.over(storage),
    playground: new PlaygroundDesk(() => Promise.reject(new Error('no data plane here')), clock),
    testAlert: async (name) =>
      name !== 'nobody'
        ? { target: name, isDelivered: true, status: 204, problem: null, ms: 3 }
        : null,
    alertRules: () => [],
    people: { passwords: new Passwords(), throttle: new LoginThrottle(clock), issuer: null },
    onOneTimeUsed: () => void (house.oneTimeUsed += 1),
    listener: () => ({ track() {}, untrack() {}, isDraining: false }),
    health: { unready: () => null, metrics: () => 'llmproxy_up 1\n' },
    hosts: () => ['admin.example.com'],
    clientAddress: clientAddressOf([]),
    site: [],
    refused: (...args) => void house.refused.push(args),
    auditRefused: (act) => void house.acts.push(act),
    log: { write: (level, event, fields) => assertNever(level, event, fields) },
    ...more,
  });
  const server = http.createServer(exchange);
  // As the real listener does: a body is asked for when it is read.
  server.on('checkContinue', exchange);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  Object.assign(house, { port: address.port });
  await seed(storage, (tx) => tx.tenants.insert(tenantRecord('acme', time.nowMs)));
  await seed(storage, (tx) => tx.tenants.insert(tenantRecord('other', time.nowMs)));
  tokens.set('viewer', await house.addToken({ role: 'viewer' }));
  tokens.set('operator', await house.addToken({ role: 'operator' }));
  tokens.set('platform-admin', await house.addToken({ role: 'platform-admin' }));
  tokens.set('confined', await house.addToken({ role: 'platform-admin', tenant: 'acme' }));
  tokens.set('provisioner', await house.addToken({ role: 'provisioner', tenant: 'acme' }));
  tokens.set('security-auditor', await house.addToken({ role: 'security-auditor' }));
  tokens.set('tenant-admin', await house.addToken({ role: 'tenant-admin', tenant: 'acme' }));
  tokens.set('one-time', await house.addToken({ role: 'platform-admin', isOneTime: true }));
  t.after(async () => {
    agent.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await storage.close();
    fs.rmSync(dataDir, { recursive: true });
  });
  return house;
}

/** A test that does not expect a failure of ours must not pass over one. */
function assertNever(...seen: readonly unknown[]): void {
  if (seen[0] !== 'error') return;
  process.exitCode = 1;
  process.stderr.write(`a failure that no test expects: ${JSON.stringify(seen)}\n`);
}

const tenantRecord = (id: string, createdMs: number) =>
  ({
    id,
    name: null,
    status: 'active',
    keyLifeMsMax: null,
    boundTokens: false,
    groupRoles: {},
    createdMs,
    version: 1,
  }) as const;

interface Sent extends Ask {
  readonly method: string;
  readonly path: string;
  readonly port: number;
}

function request(agent: http.Agent, sent: Sent) {
  const { method, path, port, token, session, body, headers } = sent;
  const isWrite = method === 'POST' || method === 'PATCH';
  return new Promise<Answered>((resolve, reject) => {
    const asking = http.request({
      agent,
      method,
      path,
      port,
      host: '127.0.0.1',
      timeout: 10_000,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(session !== undefined && browserHeaders(session, port)),
        ...(isWrite && { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    asking.on('error', reject);
    asking.on('response', (response) => {
      const { statusCode: status = 0, headers } = response;
      if (headers['content-type']?.startsWith('text/event-stream') === true) {
        // It has no end: that it began is the answer.
        resolve({ status, headers, text: '', body: {} });
        response.destroy();
        return;
      }
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const parsed = parseJson(text);
        resolve({ status, headers, text, body: isJsonObject(parsed) ? parsed : {} });
      });
    });
    asking.end(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
  });
}
