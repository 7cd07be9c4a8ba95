/**
 * `/admin/v1/tenants/{tenant}/provider-secrets`: secrets that a tenant brings for providers. They are
 * entered and taken away; nobody reads them back, not even who has entered them.
 */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import { providerOrigin, secretFlaw } from '#config/setting-secrets.ts';
import { parseSealed } from '#custody/sealed.ts';
import { type ProviderSecretRecord, providerSecretId } from '#storage/custody-records.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { change, editable } from './change.ts';
import type { ProviderSecretView } from './contract.ts';
import { tenantExists } from './declared.ts';
import { boundOfProviderSecret } from './kept-secrets.ts';
import { pageOf, pageQuery } from './page.ts';
import { sees } from './permissions.ts';
import { type Problem, problem } from './problem.ts';
import { type AdminCall, type AdminRoute, defineRoute } from './route.ts';
import { timeText } from './views.ts';

const path = '/admin/v1/tenants/{tenant}/provider-secrets';
const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'tenant' } as const;
const write = { permission: 'secrets.write', scope: 'tenant', query: null } as const;

const SECRET_CHARS_MAX = 8_192;

const text = z.string();
const view = z.strictObject({
  tenant: text,
  provider: text,
  origin: text,
  createdAt: text,
  setAt: text,
  secretVersion: z.int(),
  version: z.int(),
}) satisfies z.ZodType<ProviderSecretView>;

const show = (record: ProviderSecretRecord): ProviderSecretView => ({
  tenant: record.tenant,
  provider: record.provider,
  origin: record.origin,
  createdAt: timeText(record.createdMs),
  setAt: timeText(record.setMs),
  secretVersion: parseSealed(record.sealed)?.version ?? 0,
  version: record.version,
});

type Calling = Pick<AdminCall<'tenant'>, 'actor' | 'params' | 'ports'>;

/** A tenant that is another's and one that is not there are the same: not found. */
async function knownTenant({ actor, params, ports }: Calling): Promise<Result<string, Problem>> {
  const { tenant } = params;
  const isKnown =
    sees(actor, tenant) && (await tenantExists(ports.config(), ports.storage, tenant));
  return isKnown ? ok(tenant) : err(problem('not-found'));
}

const list = defineRoute(
  {
    ...read,
    path,
    summary: 'For which providers the tenant has brought a secret, and since when.',
    permission: 'secrets.read',
    query: pageQuery,
    status: 200,
    response: pageOf(view),
  },
  async (call) => {
    const known = await knownTenant(call);
    if (!known.ok) return known;
    const tenant = known.value;
    const { limit, after } = call.query;
    const cursor = after === undefined ? undefined : `${tenant}/${after}`;
    const page = await call.ports.storage.providerSecrets.list({ tenant, limit, after: cursor });
    const next = page.next === null ? null : page.next.slice(tenant.length + 1);
    return ok({ body: { items: page.items.map(show), next } });
  },
);

const stored = async ({ params, ports }: Pick<AdminCall<'tenant' | 'name'>, 'params' | 'ports'>) =>
  await ports.storage.providerSecrets.find(
    providerSecretId({ tenant: params.tenant, provider: params.name }),
  );

const one = defineRoute(
  {
    ...read,
    path: `${path}/{name}`,
    summary: 'One of them: since when, and for which address.',
    permission: 'secrets.read',
    query: null,
    status: 200,
    response: view,
  },
  async (call) => {
    const record = await stored(call);
    if (record === null || !sees(call.actor, call.params.tenant)) return err(problem('not-found'));
    return ok({ body: show(record), version: record.version });
  },
);

const set = defineRoute(
  {
    ...write,
    method: 'POST',
    path,
    summary:
      'Brings a secret for a provider, or another in its place. Calls of the tenant use it when this answers.',
    audit: 'provider-secret.set',
    body: z.strictObject({
      provider: nameField,
      secret: text.min(1).max(SECRET_CHARS_MAX).meta({
        description: 'Never shown again, to nobody.',
      }),
    }),
    ifMatch: false,
    status: 201,
    response: view,
  },
  async (call) => {
    const known = await knownTenant(call);
    if (!known.ok) return known;
    const { provider, secret } = call.body;
    const section = call.ports.config().providers[provider];
    const origin = section === undefined ? null : providerOrigin(section);
    if (origin === null) return err(problem('not-found', 'provider'));
    const flaw = secretFlaw('apiKey', secret);
    if (flaw !== null) {
      return err({ reason: 'request-malformed', errors: [{ field: 'secret', problem: flaw }] });
    }
    const kept = await keep(call, { tenant: known.value, provider, origin, secret });
    if (!kept.ok) return kept;
    await call.ports.secretsChanged();
    const location = `${path.replace('{tenant}', known.value)}/${provider}`;
    return ok({ body: show(kept.value), version: kept.value.version, location });
  },
);

interface Wanted {
  readonly tenant: string;
  readonly provider: string;
  readonly origin: string;
  readonly secret: string;
}

const TRIES_MAX = 3;

/** The last one counts: whoever sets a secret has not read one, and has no version to send. */
async function keep(
  call: AdminCall,
  wanted: Wanted,
): Promise<Result<ProviderSecretRecord, Problem>> {
  for (let tries = 1; ; tries += 1) {
    const kept = await keepOver(call, wanted);
    const isRaced =
      !kept.ok && (kept.error.reason === 'stale-version' || kept.error.reason === 'already-exists');
    if (!isRaced || tries === TRIES_MAX) return kept;
  }
}

async function keepOver(
  call: AdminCall,
  { secret, ...wanted }: Wanted,
): Promise<Result<ProviderSecretRecord, Problem>> {
  const { storage, room, clock } = call.ports;
  const id = providerSecretId(wanted);
  const before = await storage.providerSecrets.find(id);
  const secretVersion = 1 + (before === null ? 0 : (parseSealed(before.sealed)?.version ?? 0));
  const bound = boundOfProviderSecret({ id, origin: wanted.origin });
  const sealed = await room.custody.seal(bound, secret, secretVersion);
  const setMs = clock.nowMs();
  const { createdMs, version } = before ?? { createdMs: setMs, version: 1 };
  const record = { ...wanted, id, sealed, createdMs, setMs, version };
  const changed = {
    resource: `provider-secret/${id}`,
    tenant: wanted.tenant,
    diff: { provider: wanted.provider, origin: wanted.origin, secretVersion },
  };
  return await change(call, changed, (tx) => {
    const { providerSecrets } = tx;
    return before === null ? providerSecrets.insert(record) : providerSecrets.update(record);
  });
}

const remove = defineRoute(
  {
    ...write,
    method: 'DELETE',
    path: `${path}/{name}`,
    summary: 'Takes it away. Calls of the tenant use the own secret of the provider, if they may.',
    audit: 'provider-secret.delete',
    body: null,
    ifMatch: true,
    status: 204,
    response: null,
  },
  async (call) => {
    const found = editable(await stored(call), call.params.tenant, call);
    if (!found.ok) return found;
    const { id, version, tenant, provider } = found.value;
    const changed = { resource: `provider-secret/${id}`, tenant, diff: { provider } };
    const removed = await change(call, changed, (tx) => tx.providerSecrets.remove(id, version));
    if (!removed.ok) return removed;
    await call.ports.secretsChanged();
    return ok({ body: null });
  },
);

export const providerSecretRoutes: readonly AdminRoute[] = [list, one, set, remove];
