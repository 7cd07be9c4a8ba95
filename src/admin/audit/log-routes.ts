/** The log: how it is signed and anchored, and whether it verifies. */
import { z } from 'zod';

import { ok } from '#stdx/result.ts';

import type { AuditLogView, VerificationView } from '../audit-contract.ts';
import { change } from '../change.ts';
import { type AdminRoute, defineRoute } from '../route.ts';

const text = z.string();

const logView = z.strictObject({
  state: z.enum(['ok', 'degraded']),
  lastSeq: z.int(),
  head: text,
  signing: z.strictObject({
    state: z.enum(['ok', 'broken']),
    origin: text,
    size: z.int(),
    key: text,
    signedAt: text.nullable(),
  }),
  anchors: z.array(
    z.strictObject({
      name: text,
      type: text,
      isOutside: z.boolean().meta({
        description: 'Whether it is out of reach of who has the gateways and their store.',
      }),
      size: z.int(),
      keptAt: text.nullable(),
      problem: text.nullable(),
    }),
  ),
  retention: z.strictObject({
    metadata: text,
    content: text,
    waits: text.nullable().meta({ description: 'Why nothing is taken away that is older.' }),
  }),
}) satisfies z.ZodType<AuditLogView>;

const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'platform' } as const;

const log = defineRoute(
  {
    ...read,
    path: '/admin/v1/audit/log',
    summary: 'How far the log goes, what of it is signed, and who keeps its checkpoints.',
    permission: 'audit.read',
    query: null,
    status: 200,
    response: logView,
  },
  async ({ ports }) => {
    const { anchors, ...view } = ports.audit.log();
    return ok({ body: { ...view, anchors: [...anchors] } });
  },
);

const verificationView = z.strictObject({
  state: z.enum(['none', 'running', 'done', 'failed']),
  startedAt: text.nullable(),
  endedAt: text.nullable(),
  verdict: z
    .strictObject({
      exit: z.int(),
      records: z.int(),
      signed: z.int(),
      isOwnKey: z.boolean(),
      problem: text.nullable(),
    })
    .nullable(),
}) satisfies z.ZodType<VerificationView>;

const verification = defineRoute(
  {
    ...read,
    path: '/admin/v1/audit/verification',
    summary: 'What the last verification of the log found, or that one is under way.',
    permission: 'audit.read',
    query: null,
    status: 200,
    response: verificationView,
  },
  async ({ ports }) => ok({ body: ports.audit.verification() }),
);

const verify = defineRoute(
  {
    method: 'POST',
    path: '/admin/v1/audit/verification',
    summary:
      'Verifies the log beside its calls, one verification at a time; ask again for what it found.',
    permission: 'audit.verify',
    scope: 'platform',
    audit: 'audit.verify',
    body: null,
    query: null,
    ifMatch: false,
    status: 200,
    response: verificationView,
  },
  async (call) =>
    await change(call, { resource: 'audit', tenant: null, diff: {} }, async () => {
      // One that is under way is as good: whoever asks sees the same end.
      call.ports.audit.verify();
      return ok({ body: call.ports.audit.verification() });
    }),
);

export const auditLogRoutes: readonly AdminRoute[] = [log, verification, verify];
