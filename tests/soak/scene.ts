/** Three gateways over one PostgreSQL and one Valkey behind HAProxy, and three tenants who call them. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { GatewayFolder, type GatewayProcess } from '../support/gateway-process.ts';
import { type Balancer, openHaproxy } from '../support/balancers.ts';
import { openTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { freePort } from '../support/programs.ts';
import { openTestValkey, type TestValkey } from '../support/valkey.ts';
import { Provider } from './provider.ts';

export const GATEWAYS = 3;
export const tenants = ['free', 'bounded', 'paced'] as const;
export type Tenant = (typeof tenants)[number];

/** What the second tenant may spend, and what the third may ask: at once, and then each second. */
export const BUDGET_NANO = 60_000_000;
export const PACE = { burst: 40, perSecond: 4 } as const;

const tenantYaml = (id: Tenant): string =>
  `  - id: ${id}\n    bindings: [{ role: developer, users: ["*"], keys: ["*"] }]`;

const yamlOf = (port: number, provider: Provider): string => `
server: { listen: "127.0.0.1:${port}", drainDelay: 700ms, drainLimit: 5s }
storage: { type: postgres, url: "\${env:DATABASE_URL}" }
counters:
  type: valkey
  url: "\${env:COUNTERS_URL}"
  password: "\${env:COUNTERS_PASSWORD}"
  namespace: soak
  deadline: 250ms
  onUnavailable: { limits: deny, budgets: deny }
providers:
  local: { type: openai, baseUrl: "${provider.url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }
models:
  demo: { deployments: [{ provider: local, model: m }], price: { inputPerMTok: 1, outputPerMTok: 2 } }
guards: [{ name: secrets, type: secrets, action: redact }]
budgets: [{ name: b, tenants: [bounded], per: [tenant], usd: ${BUDGET_NANO / 1e9}, period: year }]
limits: [{ name: pace, tenants: [paced], per: [tenant], requests: "${PACE.perSecond}/1s", burst: ${PACE.burst} }]
tenants:
${tenants.map(tenantYaml).join('\n')}
`;

export interface Scene {
  readonly postgres: TestPostgres;
  readonly valkey: TestValkey;
  readonly provider: Provider;
  readonly balancer: Balancer;
  readonly database: string;
  readonly folders: readonly GatewayFolder[];
  readonly gateways: GatewayProcess[];
  readonly keys: ReadonlyMap<Tenant, string>;
  close(): Promise<void>;
}

/** What gateways of one store must have in common; never the whole folder. */
function shareSecrets(from: GatewayFolder, to: GatewayFolder): void {
  const folder = join(to.dir, 'data');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of ['pepper', 'root-key']) {
    copyFileSync(join(from.dir, 'data', name), join(folder, name));
  }
}

export async function openScene(): Promise<Scene> {
  const closings: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closings.splice(0).toReversed()) await one();
  };
  try {
    return await opened(closings, close);
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

async function opened(
  closings: (() => Promise<void> | void)[],
  close: () => Promise<void>,
): Promise<Scene> {
  const provider = new Provider();
  await provider.start();
  closings.push(() => provider.stop());
  const postgres = await openTestPostgres();
  closings.push(() => postgres.close());
  const valkey = await openTestValkey('--maxmemory-policy', 'noeviction');
  closings.push(() => valkey.close());
  const database = await postgres.database();
  const env = {
    UPSTREAM_KEY: 'of-the-scenario',
    DATABASE_URL: database,
    COUNTERS_URL: valkey.url.replace(/:[^:@/]+@/u, ''),
    COUNTERS_PASSWORD: valkey.password,
  };
  const ports = await Promise.all(Array.from({ length: GATEWAYS }, freePort));
  const folders = ports.map((port) => new GatewayFolder(yamlOf(port, provider), env));
  closings.push(() => folders.forEach((folder) => folder.remove()));
  const [first] = folders;
  assert.ok(first !== undefined);
  const keys = new Map(tenants.map((tenant) => [tenant, first.key(tenant).key]));
  const gateways = [await first.start()];
  for (const folder of folders.slice(1)) {
    shareSecrets(first, folder);
    gateways.push(await folder.start());
  }
  const balancer = await openHaproxy(ports);
  closings.push(() => balancer.stop());
  return { postgres, valkey, provider, balancer, database, folders, gateways, keys, close };
}
