/** `/admin/v1/config-fields/{section}`: what an entry may say, for whoever writes one. */
import { z } from 'zod';

import { entryFields } from '#config/schema-fields.ts';
import { err, ok } from '#stdx/result.ts';

import type { ConfigFieldView } from './config-change-contract.ts';
import { problem } from './problem.ts';
import { type AdminRoute, defineRoute } from './route.ts';
import { section } from './setting-fields.ts';

const text = z.string();
const fieldView = z.strictObject({
  key: text,
  type: text.meta({ description: 'In words; what is written as it stands is between backticks.' }),
  fallback: text.meta({ description: 'What holds where it is left out; `required`, or empty.' }),
  about: text,
  of: z.array(text).meta({ description: 'Values of `type` that have it; empty: every entry.' }),
}) satisfies z.ZodType<ConfigFieldView>;

const fields = defineRoute(
  {
    method: 'GET',
    path: '/admin/v1/config-fields/{section}',
    summary: 'The fields that an entry of a section may have, with their defaults.',
    permission: 'config.read',
    scope: 'platform',
    audit: null,
    body: null,
    ifMatch: false,
    query: null,
    status: 200,
    response: z.strictObject({ items: z.array(fieldView) }),
  },
  async ({ params }) => {
    const found = section.safeParse(params.section);
    if (!found.success) return err(problem('not-found'));
    const items = entryFields(found.data).map(({ of, ...field }) => ({ ...field, of: [...of] }));
    return ok({ body: { items } });
  },
);

export const configFieldRoutes: readonly AdminRoute[] = [fields];
