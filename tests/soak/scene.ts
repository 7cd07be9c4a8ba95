/** Three gateways over one PostgreSQL and one Valkey behind HAProxy, and three tenants who call them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';

import type { Redis } from 'ioredis';

import { GatewayFolder, type GatewayProcess, shareSecrets } from '../support/gateway-process.ts';
import { type Balancer, openHaproxy } from '../support/balancers.ts';
import { openTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { freePort } from '../support/programs.ts';
import { openTestValkey, type TestValkey } from '../support/valkey.ts';
import { Provider } from './provider.ts';

export const GATEWAYS = 3;
export const tenants = ['free', 'bounded', 'paced'] as const;
export type Tenant = (typeof tenants)[number];

/** What the second tenant may spend, and what the third may ask: at once, and then each second. */
export const BUDGET_NANO = 25_000_000;
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
  /** Of the scenario's own; it connects again by itself when the server is back. */
  readonly client: Redis;
  readonly provider: Provider;
  readonly balancer: Balancer;
  readonly database: string;
  readonly folders: readonly GatewayFolder[];
  readonly gateways: GatewayProcess[];
  readonly keys: ReadonlyMap<Tenant, string>;
  close(): Promise<void>;
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
  const client = await valkey.client();
  const database = await postgres.database();
  const env = {
    UPSTREAM_KEY: 'of-the-scenario',
    DATABASE_URL: database,
    COUNTERS_URL: valkey.address,
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
    shareSecrets(join(first.dir, 'data'), join(folder.dir, 'data'));
    gateways.push(await folder.start());
  }
  const balancer = await openHaproxy(ports);
  closings.push(() => balancer.stop());
  return { postgres, valkey, client, provider, balancer, database, folders, gateways, keys, close };
}
