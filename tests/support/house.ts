/** A whole gateway on free ports, in this process, on a folder of its own. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readRecords } from '#audit/read.ts';
import type { AuditRecord } from '#audit/record.ts';
import type { Config } from '#config/config.ts';
import { formatIssues } from '#config/issue.ts';
import { checkConfig } from '#config/load.ts';
import { formatApiKey, macOf, newApiKey } from '#policy/authenticators/api-key-format.ts';
import { type Running, serve } from '#runtime/serve.ts';
import type { Source } from '#runtime/source.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { KeyRecord } from '#storage/records.ts';
import { jsonLog } from '#telemetry/log.ts';

export interface House {
  readonly url: string;
  readonly adminUrl: string;
  readonly dir: string;
  readonly running: Running;
  /** What the file said at start. */
  readonly config: () => Config;
  readonly log: () => string;
  readonly key: (changes?: Partial<KeyRecord>) => Promise<string>;
  readonly revoke: (key: string) => Promise<void>;
  readonly apply: (yaml: string) => Promise<{ applied: boolean; problems: readonly string[] }>;
  /** Everything in the log so far, synced first. */
  readonly records: () => Promise<AuditRecord[]>;
  readonly close: () => Promise<void>;
}

export const TENANT = 'acme';

/** The end of every configuration here: one tenant, everyone is a developer. */
export const BASE = `
tenants:
  - id: ${TENANT}
    bindings: [{ role: developer, users: ["*"], keys: ["*"] }]
`;

export const DEMO = `
providers: { demo: { type: demo } }
models:
  demo: { deployments: [{ provider: demo }], price: { inputPerMTok: 1, outputPerMTok: 2 } }
`;

async function sourceOf(yaml: string, dir: string, env: NodeJS.ProcessEnv): Promise<Source> {
  const path = join(dir, 'llmproxy.yaml');
  const text = `version: 1\ndataDir: ${join(dir, 'data')}\n${yaml}`;
  const withPorts = /^server:/mu.test(text) ? text : `${text}\nserver: { listen: "127.0.0.1:0" }\n`;
  const all = /^admin:/mu.test(withPorts)
    ? withPorts
    : `${withPorts}\nadmin: { listen: "127.0.0.1:0" }\n`;
  const loaded = await checkConfig(all, path, env);
  assert.ok(loaded.ok, loaded.ok ? '' : formatIssues(loaded.problems));
  const { config, hash, secretsAt, tree } = loaded;
  return { config, hash, secretsAt, tree, path };
}

export async function openHouse(
  yaml: string,
  env: NodeJS.ProcessEnv = {},
  at?: string,
): Promise<House> {
  const dir = at ?? mkdtempSync(join(tmpdir(), 'llmproxy-house-'));
  let logged = '';
  const log = jsonLog(
    {
      write: (text: string) => {
        logged += text;
      },
    },
    () => Date.now(),
  );
  const source = await sourceOf(yaml, dir, env);
  const running = await serve({
    source,
    log,
    searchesPorts: false,
    version: 'test',
    env,
    reread: () => Promise.resolve({ applied: false, problems: [], source }),
  });
  const { world } = running;
  return {
    url: running.dataUrl,
    adminUrl: running.adminUrl,
    dir,
    running,
    config: () => source.config,
    log: () => logged,
    async key(changes = {}) {
      const parts = newApiKey(changes.mode ?? 'live');
      const version = world.peppers.newest;
      const mac = macOf(world.peppers.of(version), parts.id, parts.secret);
      const record: KeyRecord = {
        id: parts.id,
        mode: parts.mode,
        tenant: TENANT,
        team: null,
        user: 'alice',
        serviceAccount: null,
        name: null,
        roles: [],
        parent: null,
        run: null,
        scope: null,
        isHoney: false,
        quarantinedMs: null,
        createdMs: Date.now(),
        expiresMs: null,
        revokedMs: null,
        secrets: [
          { macHex: mac.toString('hex'), pepperVersion: version, last4: 'xxxx', notAfterMs: null },
        ],
        version: 1,
        ...changes,
      };
      const entry = {
        id: `out_${randomBase62(16)}`,
        at: Date.now(),
        actor: 'test',
        action: 'key.create',
        resource: `key/${parts.id}`,
        tenant: record.tenant,
        diff: null,
      };
      const made = await world.storage.change(entry, (tx) => tx.keys.insert(record));
      assert.ok(made.ok);
      return formatApiKey(parts);
    },
    async revoke(key) {
      const id = key.split('_')[2] ?? '';
      const entry = {
        id: `out_${randomBase62(16)}`,
        at: Date.now(),
        actor: 'test',
        action: 'key.revoke',
        resource: `key/${id}`,
        tenant: TENANT,
        diff: null,
      };
      await world.storage.change(entry, async (tx) => {
        const record = await tx.keys.find(id);
        assert.ok(record !== null);
        return await tx.keys.update({ ...record, revokedMs: Date.now() });
      });
      return;
    },
    async apply(next) {
      return await running.apply(await sourceOf(next, dir, env));
    },
    async records() {
      await world.refusals.flush();
      await world.audit.flush();
      const all: AuditRecord[] = [];
      for await (const { record } of readRecords(join(dir, 'data', 'audit'))) all.push(record);
      return all;
    },
    async close() {
      await running.stop();
      if (at === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** One POST as an application would send it. */
export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return await answerOf(response);
}

export async function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return await answerOf(await fetch(url, { headers }));
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  let json: Record<string, unknown> = {};
  try {
    json = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // Streams and health answers are text.
  }
  return { status: response.status, headers: response.headers, text, json };
}

export const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

export const chat = (content: string, more: object = {}): object => ({
  model: 'demo',
  messages: [{ role: 'user', content }],
  ...more,
});
