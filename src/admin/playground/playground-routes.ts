/** `/admin/v1/playground`: a call through the data plane, with a key of the caller's, watched as it comes. */
import { z } from 'zod';

import { parseApiKey } from '#policy/authenticators/api-key-format.ts';
import { err, ok } from '#stdx/result.ts';

import { change } from '../change.ts';
import { sees } from '../permissions.ts';
import { playgroundDialects, type PlaygroundDialect } from '../playground-contract.ts';
import { problem } from '../problem.ts';
import { type AdminRoute, defineRoute } from '../route.ts';
import { KEY_PREFIX } from '../views.ts';

const PATHS: Readonly<Record<PlaygroundDialect, string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
};

/** Of this API a body has 64 KB, and the call is a text in it. */
const CALL_CHARS_MAX = 60_000;

const about = defineRoute(
  {
    method: 'GET',
    path: '/admin/v1/playground',
    summary: 'Where applications reach the data plane.',
    permission: 'playground.use',
    scope: 'tenant',
    audit: null,
    body: null,
    query: null,
    ifMatch: false,
    status: 200,
    response: z.strictObject({ dataUrl: z.string(), items: z.array(z.string()) }),
  },
  async ({ ports }) =>
    ok({ body: { dataUrl: ports.status().addresses.data, items: [...playgroundDialects] } }),
);

const call = defineRoute(
  {
    method: 'POST',
    path: '/admin/v1/playground/calls',
    summary:
      'Makes a call on the data plane as an application would, and tells its answer as server-sent events: `head`, `text`, then `done` or `problem`, `end`.',
    permission: 'playground.use',
    scope: 'tenant',
    audit: 'playground.call',
    body: z.strictObject({
      dialect: z.enum(playgroundDialects),
      key: z
        .string()
        .regex(/^[\x21-\x7e]{1,256}$/u)
        .meta({ description: 'The whole key. It is used for this call and kept nowhere.' }),
      call: z
        .string()
        .min(2)
        .max(CALL_CHARS_MAX)
        .meta({ description: 'The JSON of the call, sent as it is.' }),
    }),
    query: null,
    ifMatch: false,
    status: 200,
    response: 'events',
  },
  async (asked) => {
    const { actor, body, ip, ports } = asked;
    // Who asks for certificates keeps out whoever has only found a key.
    if (ports.config().server.tls?.clientAuth === 'required')
      return err(problem('certificate-needed'));
    const id = parseApiKey(body.key)?.id ?? null;
    // What is no key of ours is the data plane's to refuse, and to count.
    const record = id === null ? null : await ports.storage.keys.find(id);
    if (actor.tenant !== null && (record === null || !sees(actor, record.tenant)))
      return err(problem('not-found', 'key'));
    const changed = {
      resource: record === null ? 'playground' : `key/${KEY_PREFIX}${record.id}`,
      tenant: record?.tenant ?? null,
      diff: { dialect: body.dialect },
    };
    return await change(asked, changed, async () =>
      ok({
        body: ports.playground.source({
          path: PATHS[body.dialect],
          headers: {
            authorization: `Bearer ${body.key}`,
            'content-type': 'application/json',
            'user-agent': 'llmproxy-playground',
            ...(body.dialect === 'anthropic-messages' && { 'anthropic-version': '2023-06-01' }),
          },
          body: body.call,
          ip,
        }),
      }),
    );
  },
);

export const playgroundRoutes: readonly AdminRoute[] = [about, call];
