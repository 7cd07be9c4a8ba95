/** What was built, run where there is nothing else: no checkout, no `node_modules`, no variables. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { adminTokensOf } from './admin.ts';
import { BASE, bearer, chat, DEMO, post } from './house.ts';
import { eventually } from './programs.ts';

const START_MS_MAX = 20_000;

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Serving {
  readonly url: string;
  readonly adminUrl: string;
  readonly key: string;
  readonly startMs: number;
  /** Resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** A folder with nothing in it, and a program that is run in it. */
export class CleanFolder {
  readonly dir = mkdtempSync(join(tmpdir(), 'llmproxy-clean-'));
  readonly #program: readonly string[];
  readonly #env = { PATH: '/usr/bin:/bin', HOME: this.dir, NODE_COMPILE_CACHE: '' };
  #child: ChildProcess | null = null;

  constructor(...program: readonly string[]) {
    this.#program = program;
  }

  run(...args: string[]): Ran {
    const [file = '', ...first] = this.#program;
    const { status, stdout, stderr } = spawnSync(file, [...first, ...args], {
      cwd: this.dir,
      env: this.#env,
      encoding: 'utf8',
      timeout: 60_000,
    });
    return { code: status, out: stdout, err: stderr };
  }

  async serve(...args: string[]): Promise<Serving> {
    const [file = '', ...first] = this.#program;
    const startedMs = performance.now();
    const child = spawn(file, [...first, 'serve', ...args], {
      cwd: this.dir,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    const exited = once(child, 'exit').then(([code]: unknown[]) => Number(code));
    const line = await eventually(() => {
      const found = /^\{"ready":true.*$/mu.exec(out)?.[0];
      assert.ok(found !== undefined, err);
      return found;
    }, START_MS_MAX);
    const startMs = performance.now() - startedMs;
    const { data, admin } = JSON.parse(line) as { readonly data: string; readonly admin: string };
    const key = args.includes('--demo') ? await this.#demoKey() : '';
    const stop = async (): Promise<number | null> => {
      child.kill('SIGTERM');
      return await exited;
    };
    return { url: data, adminUrl: admin, key, startMs, stop };
  }

  #demoKey(): Promise<string> {
    return eventually(() =>
      readFileSync(join(this.dir, 'llmproxy-data', 'demo-key'), 'utf8').trim(),
    );
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** What every way of installing it must do: serve, answer, show its pages, index and verify. */
export async function smoke(folder: CleanFolder): Promise<{ readonly startMs: number }> {
  const serving = await folder.serve('--demo');
  const { url, adminUrl, key } = serving;
  const refused = await fetch(`${url}/v1/models`);
  assert.equal(refused.status, 401);
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  assert.match(await answer.text(), /You said: Hello/u);
  const page = await (await fetch(`${adminUrl}/`)).text();
  const script = /src="\.?(?<path>\/assets\/[^"]+\.js)"/u.exec(page)?.groups?.['path'];
  assert.ok(script !== undefined, 'the page of the dashboard names its script');
  assert.equal((await fetch(adminUrl + script)).status, 200);
  const requestId = answer.headers.get('x-request-id') ?? '';
  await searched(folder, adminUrl, requestId);
  assert.equal(folder.run('health', '--url', `${url}/readyz`).code, 0);
  assert.equal(await serving.stop(), 0);
  const data = join(folder.dir, 'llmproxy-data');
  assert.equal(folder.run('audit', 'verify', data).code, 0);
  return serving;
}

/**
 * That it begins itself again as workers, who answer and write logs that verify. `stores`: where they keep
 * what they have in common.
 */
export async function workersSmoke(folder: CleanFolder, stores = ''): Promise<void> {
  writeFileSync(
    join(folder.dir, 'llmproxy.yaml'),
    `version: 1
server: { listen: "127.0.0.1:0", workers: 2 }
admin: { listen: "127.0.0.1:0" }
${DEMO}${BASE}${stores}
guards: []
limits: [{ name: all, per: [key], requests: 10/1d, algorithm: sliding-window }]
`,
  );
  const serving = await folder.serve();
  const made = folder.run('keys', 'create', '--tenant', 'acme', '--user', 'ann', '--json');
  const { key } = JSON.parse(made.out) as { readonly key: string };
  const headers = { ...bearer(key), connection: 'close' };
  const asked = Array.from({ length: 16 }, () =>
    post(`${serving.url}/v1/chat/completions`, chat('Hello'), headers),
  );
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 200).length, 10, statuses.join(' '));
  assert.equal(statuses.filter((status) => status === 429).length, 6, statuses.join(' '));
  assert.equal(await serving.stop(), 0);
  const verified = folder.run('audit', 'verify', join(folder.dir, 'llmproxy-data'));
  assert.equal(verified.code, 0, verified.out);
  for (const writer of ['main', 'w1', 'w2'])
    assert.match(verified.out, new RegExp(`${writer}: `, 'u'));
}

/** Found through the thread of the index, and verified by the thread of verification. */
async function searched(folder: CleanFolder, adminUrl: string, requestId: string): Promise<void> {
  const oneTime = readFileSync(join(folder.dir, 'llmproxy-data', 'admin-token'), 'utf8').trim();
  const { token } = await adminTokensOf(adminUrl, oneTime);
  const admin = (path: string, method = 'GET'): Promise<Response> =>
    fetch(`${adminUrl}/admin/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(method === 'POST' && { body: '{}' }),
    });
  await eventually(async () => {
    const found = await (await admin(`audit/records?requestId=${requestId}`)).text();
    assert.match(found, /"kind":"complete"/u);
  });
  assert.equal((await admin('audit/verification', 'POST')).status, 200);
  await eventually(async () => {
    assert.match(await (await admin('audit/verification')).text(), /"state":"done".*"exit":[04]/u);
  });
}
