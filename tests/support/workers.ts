/** A gateway with several workers, and what can be said of each. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import type { WorkerView } from '#admin/status-contract.ts';

import { adminTokensOf } from './admin.ts';
import { GatewayFolder, type GatewayProcess } from './gateway-process.ts';
import { eventually } from './programs.ts';

export interface Workers {
  readonly folder: GatewayFolder;
  readonly gateway: GatewayProcess;
  /** A question to the admin API. */
  ask(path: string, init?: { readonly method: string; readonly body: object }): Promise<unknown>;
  status(): Promise<readonly WorkerView[]>;
  metrics(): Promise<string>;
  /** Resolves when every worker takes calls. */
  ready(restarts?: number): Promise<readonly WorkerView[]>;
}

export async function openWorkers(
  t: TestContext,
  yaml: string,
  { env = {}, server = '', count = 2 } = {},
): Promise<Workers> {
  const folder = new GatewayFolder(
    `server: { listen: "127.0.0.1:0", workers: ${count}${server === '' ? '' : `, ${server}`} }\n${yaml}`,
    env,
  );
  t.after(() => folder.remove());
  const gateway = await folder.start();
  t.after(async () => {
    gateway.kill('SIGTERM');
    await gateway.exited;
  });
  return workersOf(folder, gateway);
}

export async function workersOf(folder: GatewayFolder, gateway: GatewayProcess): Promise<Workers> {
  const once = readFileSync(join(folder.dir, 'data', 'admin-token'), 'utf8').trim();
  const { token } = await adminTokensOf(gateway.adminUrl, once);
  const ask: Workers['ask'] = async (path, init) => {
    const response = await fetch(`${gateway.adminUrl}/admin/v1/${path}`, {
      method: init?.method ?? 'GET',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(init !== undefined && { body: JSON.stringify(init.body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${path}: ${response.status} ${text}`);
    return text === '' ? null : (JSON.parse(text) as unknown);
  };
  const status = async (): Promise<readonly WorkerView[]> => {
    const answer = (await ask('status')) as { readonly workers: readonly WorkerView[] };
    return answer.workers;
  };
  return {
    folder,
    gateway,
    ask,
    status,
    metrics: async () => await (await fetch(`${gateway.adminUrl}/metrics`)).text(),
    ready: async (restarts = 0) => {
      let workers: readonly WorkerView[] = [];
      await eventually(async () => {
        workers = await status();
        const begun = workers.reduce((sum, one) => sum + one.restarts, 0);
        assert.ok(
          begun >= restarts && workers.every(({ state }) => state === 'ready'),
          JSON.stringify(workers),
        );
      }, 20_000);
      return workers;
    },
  };
}
