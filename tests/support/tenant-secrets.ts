/** A gateway with one provider, two tenants that bring their own secrets, and a store to break into. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { type Admin, openAdmin } from './admin.ts';
import { drawnSecret } from './canary-secrets.ts';
import { type Answer, bearer, chat, type House, openHouse, post } from './house.ts';
import { openUpstream, type Upstream, UPSTREAM_ENV } from './upstream.ts';

export const twoTenants = (upstream: Pick<Upstream, 'url'>, more = ''): string => `
providers:
  local: { type: openai, baseUrl: "${upstream.url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true${more} }
models:
  demo: { deployments: [{ provider: local, model: m }] }
guards: []
tenants:
  - { id: acme, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }
  - { id: other, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }
`;

export type Tenant = 'acme' | 'other';

export interface SecretScene {
  readonly house: House;
  readonly admin: Admin;
  readonly upstream: Upstream;
  readonly secrets: Readonly<Record<Tenant, string>>;
  readonly say: (tenant: Tenant) => Promise<Answer>;
  /** What whoever has the file of the database may do to it. In force when it resolves. */
  readonly breakIn: (...statements: readonly string[]) => Promise<void>;
}

export async function secretScene(run: (scene: SecretScene) => Promise<void>): Promise<void> {
  const upstream = await openUpstream();
  const house = await openHouse(twoTenants(upstream), UPSTREAM_ENV);
  try {
    const admin = await openAdmin(house);
    const secrets = { acme: drawnSecret(), other: drawnSecret() };
    for (const tenant of ['acme', 'other'] as const) {
      const body = { provider: 'local', secret: secrets[tenant] };
      await admin.done('POST', `tenants/${tenant}/provider-secrets`, body);
    }
    const keys = { acme: await house.key(), other: await house.key({ tenant: 'other' }) };
    await run({
      house,
      admin,
      upstream,
      secrets,
      say: (tenant) =>
        post(`${house.url}/v1/chat/completions`, chat('hello'), bearer(keys[tenant])),
      async breakIn(...statements) {
        const database = new DatabaseSync(join(house.dir, 'data', 'llmproxy.db'));
        try {
          for (const statement of statements) database.exec(statement);
        } finally {
          database.close();
        }
        await house.running.world.tenantSecrets.refresh();
      },
    });
  } finally {
    await house.close();
    await upstream.close();
  }
}
