/** What scenarios of PostgreSQL begin with: a gateway over a database, keys of each kind, and the sums. */
import { readRecords } from '#audit/read.ts';

import type { DrillGateway, MadeKey } from './gateway.ts';
import { houseYaml, type Lab } from './lab.ts';
import type { DrillProvider } from './provider.ts';
import type { DrillPostgres } from './servers/postgres.ts';
import { within } from './wait.ts';

/** Until the snapshot has what was changed last, and a caller could not tell. */
const SETTLED_MS = 5_000;

export interface PostgresScene {
  readonly server: DrillPostgres;
  /** Of the scenario's database, not by way of any proxy. */
  readonly url: string;
  readonly provider: DrillProvider;
  readonly gateway: DrillGateway;
  /** It has been used. */
  readonly used: MadeKey;
  /** Nobody has used it yet. */
  readonly unused: MadeKey;
  readonly revoked: MadeKey;
}

export async function postgresScene(
  lab: Lab,
  through: (url: string) => string | Promise<string> = (url) => url,
  more = '',
): Promise<PostgresScene> {
  const server = await lab.postgres();
  const url = await server.database();
  const provider = await lab.provider();
  const yaml = houseYaml(
    provider,
    `storage: { type: postgres, url: "\${env:DATABASE_URL}" }\n${more}`,
  );
  const gateway = await lab.gateway(yaml, { DATABASE_URL: await through(url) });
  const [used, revoked] = [await gateway.key(), await gateway.key()];
  await within(SETTLED_MS, async () => (await gateway.status(used.key)) === 200);
  await within(SETTLED_MS, async () => (await gateway.status(revoked.key)) === 200);
  await gateway.revoke(revoked);
  const unused = await gateway.key();
  await within(SETTLED_MS, async () => (await gateway.status(revoked.key)) === 401);
  await within(
    SETTLED_MS,
    async () => (await gateway.metric('llmproxy_store_snapshot_keys')) === 3,
  );
  return { server, url, provider, gateway, used, unused, revoked };
}

export async function ledgerNanoUsd({ server, url }: PostgresScene): Promise<number> {
  const [row] = await server.run(
    url,
    'SELECT coalesce(sum(cost_nano_usd), 0)::text AS spent FROM llmproxy.ledger',
  );
  return Number(row?.['spent']);
}

/** What the provider says that it has done is what the ledger has, to the nano-dollar, in time. */
export const isLedgerExact = (scene: PostgresScene, limitMs: number): Promise<boolean> =>
  within(limitMs, async () => (await ledgerNanoUsd(scene)) === scene.provider.nanoUsd);

/** What the log of a gateway says of changes: how many records an object has in it. */
export async function adminRecords({
  auditDir,
}: DrillGateway): Promise<(resource: string) => number> {
  const counts = new Map<string, number>();
  for await (const { record } of readRecords(auditDir)) {
    const { kind, resource = '' } = record;
    if (kind === 'admin') counts.set(resource, (counts.get(resource) ?? 0) + 1);
  }
  return (resource) => counts.get(resource) ?? 0;
}
