/** `/admin/v1/secrets`: under which keys secrets are kept, and wrapping them anew. Never what they are. */
import { z } from 'zod';

import { ok } from '#stdx/result.ts';

import { actorName, change } from './change.ts';
import type { RewrapView, SecretsStatusView } from './contract.ts';
import { rewrapAll, secretsStatus } from './rewrap-service.ts';
import { type AdminRoute, defineRoute } from './route.ts';
import { timeText } from './views.ts';

const path = '/admin/v1/secrets';
/** What is not done by then is done by asking again. */
const REWRAP_MS = 20_000;

const text = z.string();

const statusView = z.strictObject({
  root: text.nullable(),
  isCurrent: z.boolean(),
  keys: z.array(
    z.strictObject({
      tenant: text.nullable(),
      number: z.int(),
      root: text,
      isNewest: z.boolean(),
      createdAt: text,
      secrets: z.int(),
    }),
  ),
}) satisfies z.ZodType<SecretsStatusView>;

const rewrapView = z.strictObject({
  keys: z.int(),
  secrets: z.int(),
  unreadable: z.array(text),
  isComplete: z.boolean(),
}) satisfies z.ZodType<RewrapView>;

const status = defineRoute(
  {
    method: 'GET',
    path,
    summary:
      'Under which keys the secrets of providers are kept, and under which root key those are.',
    permission: 'secrets.read',
    scope: 'platform',
    audit: null,
    body: null,
    query: null,
    ifMatch: false,
    status: 200,
    response: statusView,
  },
  async ({ ports }) => {
    const { root, rings, isCurrent } = await secretsStatus(ports);
    const keys = rings.flatMap((ring) =>
      ring.keys.map(({ createdMs, ...key }) => ({
        tenant: ring.tenant,
        ...key,
        createdAt: timeText(createdMs),
      })),
    );
    return ok({ body: { root, isCurrent, keys } });
  },
);

const rewrap = defineRoute(
  {
    method: 'POST',
    path: `${path}/rewrap`,
    summary:
      'Wraps keys of tenants under the newest root key and secrets under the newest keys, while calls go on.',
    permission: 'secrets.rewrap',
    scope: 'platform',
    audit: 'secrets.rewrap',
    body: z.strictObject({
      rotateKeys: z.boolean().default(false).meta({ description: 'With new keys of tenants.' }),
      rotateSecrets: z.boolean().default(false).meta({ description: 'With new data keys.' }),
    }),
    query: null,
    ifMatch: false,
    status: 200,
    response: rewrapView,
  },
  async (call) => {
    const { storage, clock, room } = call.ports;
    const deadlineMs = clock.monotonicMs() + REWRAP_MS;
    const ports = { storage, clock, room, actor: actorName(call.actor) };
    const done = await rewrapAll(ports, { ...call.body, deadlineMs });
    const changed = { resource: 'secrets', tenant: null, diff: { ...call.body, ...done } };
    const noted = await change(call, changed, () => Promise.resolve(ok(null)));
    return noted.ok ? ok({ body: done }) : noted;
  },
);

export const secretRoutes: readonly AdminRoute[] = [status, rewrap];
