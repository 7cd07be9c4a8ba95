/** Two gateways over one PostgreSQL, and what tests of them ask of both. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { adminTokensOf, askAdmin } from './admin.ts';
import { GatewayFolder, type GatewayProcess, shareSecrets } from './gateway-process.ts';
import { BASE, bearer, chat, DEMO, post } from './house.ts';
import { UPSTREAM_ENV } from './upstream.ts';

export const STORE = `storage: { type: postgres, url: "\${env:DATABASE_URL}" }`;
const yamlOf = (store: string, models: string): string => `${store}
server: { listen: "127.0.0.1:0" }
${models}${BASE}`;

export interface Pair {
  readonly folders: readonly [GatewayFolder, GatewayFolder];
  readonly gateways: readonly [GatewayProcess, GatewayProcess];
  readonly token: string;
}

export async function openPair(
  url: string,
  store = STORE,
  models = `${DEMO}guards: []\n`,
): Promise<Pair> {
  const env = { ...UPSTREAM_ENV, DATABASE_URL: url };
  const folders = [
    new GatewayFolder(yamlOf(store, models), env),
    new GatewayFolder(yamlOf(store, models), env),
  ] as const;
  const first = await folders[0].start();
  const oneTime = readToken(folders[0]);
  const { token } = await adminTokensOf(first.adminUrl, oneTime);
  shareSecrets(join(folders[0].dir, 'data'), join(folders[1].dir, 'data'));
  return { folders, gateways: [first, await folders[1].start()], token };
}

const readToken = ({ dir }: GatewayFolder): string =>
  readFileSync(join(dir, 'data', 'admin-token'), 'utf8').trim();

export async function admin(
  { adminUrl: url }: GatewayProcess,
  token: string,
  asked: readonly [string, string, unknown?],
  etag?: string,
) {
  const { body: json, ...told } = await askAdmin({ url, token }, asked, etag);
  return { ...told, json };
}

export const say = async ({ url }: GatewayProcess, key: string): Promise<number> =>
  (await post(`${url}/v1/chat/completions`, chat('hello'), bearer(key))).status;

export async function untilMs(run: () => Promise<boolean>, limitMs: number): Promise<number> {
  const startMs = performance.now();
  while (!(await run())) {
    assert.ok(performance.now() - startMs < limitMs, 'in the end');
    await delay(5);
  }
  return performance.now() - startMs;
}
