/**
 * Giving a person what is kept about them (GDPR articles 15 and 20): records, each with what proves it. What
 * was said is not in it: that is shown with leave alone, to whoever asks for it with a reason.
 */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import { err, ok } from '#stdx/result.ts';

import { change } from '../change.ts';
import { sees } from '../permissions.ts';
import { problem } from '../problem.ts';
import { type AdminRoute, defineRoute } from '../route.ts';
import { isTenantOf } from './known-tenant.ts';
import { placeField, placeOf, placeText, recordFor } from './record-fields.ts';

/** Each is read from the log and proven: a page is a moment's work, and others have their turn between two. */
const PAGE = 100;
/** As an application may have named them. */
const personField = z.string().min(1).max(1_024);

const givenItem = z.strictObject({
  record: z.record(z.string(), z.unknown()),
  erased: z.array(z.string()),
  proof: z.string().nullable().meta({ description: 'Null: nothing has signed it yet.' }),
});

const give = defineRoute(
  {
    method: 'POST',
    path: '/admin/v1/subject-exports',
    summary:
      'What the log has about a person, the newest first, each record with its proof; a page at a time.',
    permission: 'tenants.export',
    scope: 'tenant',
    audit: 'subject.export',
    // In a body: the address of a request is written down in more places than this one.
    body: z
      .strictObject({
        tenant: nameField.optional(),
        user: personField.optional(),
        endUser: personField.optional(),
        after: placeField,
      })
      .refine(({ user, endUser }) => user !== undefined || endUser !== undefined, {
        path: ['user'],
        error: 'name `user` or `endUser`',
      }),
    query: null,
    ifMatch: false,
    status: 200,
    response: z.strictObject({
      items: z.array(givenItem),
      missing: z.int().meta({
        description:
          'Of this page, how many the log of this gateway does not have: ask the gateway that wrote them.',
      }),
      next: z.string().nullable(),
    }),
  },
  async (call) => {
    const { actor, body, ports } = call;
    const { user, endUser, after } = body;
    const tenant = body.tenant ?? actor.tenant;
    if (tenant === null || !sees(actor, tenant)) return err(problem('not-found', 'tenant'));
    if (!(await isTenantOf(ports, tenant))) return err(problem('not-found', 'tenant'));
    const filter = { tenant, user, endUser };
    const found = await ports.audit.search({ filter, limit: PAGE, after: placeOf(after) });
    const items: z.input<typeof givenItem>[] = [];
    let missing = 0;
    for (const { writer, seq } of found.rows) {
      const stored = await ports.audit.record(writer, seq);
      if (stored === null) {
        missing += 1;
        continue;
      }
      const record = { ...recordFor(actor, stored.record) };
      const proof = await ports.audit.proof(writer, seq);
      items.push({ record, erased: [...stored.erased], proof });
    }
    // The chain cannot forget: it says that somebody was given what is theirs, and not who.
    const changed = {
      resource: `subject-export/${call.requestId}`,
      tenant,
      diff: { records: items.length, missing },
    };
    const next = found.next === null ? null : placeText(found.next);
    return await change(call, changed, async () => ok({ body: { items, missing, next } }));
  },
);

export const subjectRoutes: readonly AdminRoute[] = [give];
