/** What runs, from which configuration; and the order to read the configuration again. */
import { z } from 'zod';

import type { Price } from '#domain/money.ts';
import { pricedModel } from '#metering/prices.ts';
import { ok, err } from '#stdx/result.ts';

import { change } from './change.ts';
import type { ModelView, PriceView, ReloadView } from './contract.ts';
import type { AdminStatus } from './status-contract.ts';
import { pageOf } from './page.ts';
import { type AdminRoute, defineRoute } from './route.ts';

const text = z.string();

const statusView = z.strictObject({
  version: text,
  startedAt: text,
  policyVersion: text,
  addresses: z.strictObject({ data: text, admin: text }),
  audit: z.strictObject({
    state: z.enum(['ok', 'degraded']),
    lastSeq: z.int(),
    head: text,
    segment: text.nullable(),
    signedAt: text.nullable().meta({ description: 'Of the newest checkpoint.' }),
    anchors: z.array(
      z.strictObject({ name: text, keptAt: text.nullable(), problem: text.nullable() }),
    ),
  }),
  deployments: z.array(
    z.strictObject({ id: text, provider: text, breaker: z.enum(['closed', 'open', 'half-open']) }),
  ),
  inFlight: z.int(),
  workers: z.array(
    z.strictObject({
      worker: z.int(),
      pid: z.int().nullable(),
      state: z.enum(['ready', 'starting', 'ended']),
      inFlight: z.int(),
      lastSeq: z.int(),
      restarts: z.int(),
    }),
  ),
  configPath: text.nullable(),
  configHash: text,
  lastReload: z.strictObject({ at: text, isApplied: z.boolean() }).nullable(),
}) satisfies z.ZodType<AdminStatus>;

const priceView = z.strictObject({
  inputPerMTok: z.number(),
  outputPerMTok: z.number(),
  version: text,
}) satisfies z.ZodType<PriceView>;

const modelView = z.strictObject({
  id: text,
  deployments: z.array(
    z.strictObject({
      provider: text,
      model: text,
      weight: z.number(),
      price: priceView.nullable(),
    }),
  ),
  price: z
    .strictObject({
      inputPerMTok: z.number(),
      outputPerMTok: z.number(),
      cacheReadPerMTok: z.number().optional(),
      cacheWritePerMTok: z.number().optional(),
      perImage: z.number().optional(),
      perToolCall: z.number().optional(),
    })
    .nullable(),
}) satisfies z.ZodType<ModelView>;

const reloadView = z.strictObject({ policyVersion: text }) satisfies z.ZodType<ReloadView>;

const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'platform' } as const;

const status = defineRoute(
  {
    ...read,
    path: '/admin/v1/status',
    summary: 'What runs here, and how it is.',
    permission: 'status.read',
    query: null,
    status: 200,
    response: statusView,
  },
  async ({ ports }) => {
    const { deployments, workers, audit, ...rest } = ports.status();
    const log = { ...audit, anchors: [...audit.anchors] };
    const body = { ...rest, audit: log, deployments: [...deployments], workers: [...workers] };
    return ok({ body });
  },
);

const config = defineRoute(
  {
    ...read,
    path: '/admin/v1/config',
    summary: 'The configuration in force, with defaults filled in and secrets left out.',
    permission: 'config.read',
    query: null,
    status: 200,
    response: z.strictObject({ config: z.unknown() }),
  },
  async ({ ports }) => ok({ body: { config: ports.redactedConfig() } }),
);

const models = defineRoute(
  {
    ...read,
    path: '/admin/v1/models',
    summary: 'The model names that callers use, and where their calls go.',
    permission: 'models.read',
    query: null,
    status: 200,
    response: pageOf(modelView),
  },
  async ({ ports }) => {
    const { models: declared, prices } = ports.config();
    const items = Object.entries(declared).map(([id, { deployments, price = null }]) => ({
      id,
      deployments: deployments.map(({ provider, model = id, weight }) => {
        const found = pricedModel({ provider, model }, price, prices);
        return { provider, model, weight, price: found.price === null ? null : shown(found.price) };
      }),
      price,
    }));
    // The file bounds how many there are, so this is always one page.
    return ok({ body: { items, next: null } });
  },
);

/** A pico-dollar a token is a millionth of a dollar for a million of them. */
const PICO_PER_USD_A_MTOK = 1_000_000;

const shown = ({ inputPicoUsdPerToken, outputPicoUsdPerToken, version }: Price): PriceView => ({
  inputPerMTok: inputPicoUsdPerToken / PICO_PER_USD_A_MTOK,
  outputPerMTok: outputPicoUsdPerToken / PICO_PER_USD_A_MTOK,
  version,
});

const reload = defineRoute(
  {
    method: 'POST',
    path: '/admin/v1/reload',
    summary: 'Reads the configuration file again. It is applied whole or not at all.',
    permission: 'config.reload',
    scope: 'platform',
    audit: 'config.reload',
    body: null,
    query: null,
    ifMatch: false,
    status: 200,
    response: reloadView,
  },
  async (call) => {
    const result = await call.ports.reload();
    if (!result.isApplied) return err({ reason: 'config-refused', errors: result.problems });
    const { policyVersion } = result;
    const changed = { resource: 'config', tenant: null, diff: { policyVersion } };
    return await change(call, changed, async () => ok({ body: { policyVersion } }));
  },
);

export const systemRoutes: readonly AdminRoute[] = [status, config, models, reload];
