/** What was judged, as a set to train with: one line of JSON a finding. */
import { z } from 'zod';

import { nameField } from '#config/fields.ts';
import { type JudgementRecord, verdicts } from '#storage/judgement-records.ts';
import { PAGE_MAX } from '#storage/storage.ts';
import { err, ok } from '#stdx/result.ts';

import { recordFor } from '../audit/record-fields.ts';
import { type Actor, sees } from '../permissions.ts';
import { problem } from '../problem.ts';
import { type AdminPorts, defineRoute } from '../route.ts';

/** Of one export; about 5 MB. */
const LINES_MAX = 10_000;

const text = z.string();
const name = text.nullable();

const judgedView = z.strictObject({
  writer: text,
  seq: z.int(),
  at: text,
  tenant: name,
  requestId: name,
  model: name,
  guard: text,
  category: name,
  verdict: z.enum(verdicts).nullable(),
  note: name,
  findings: z.array(
    z.strictObject({
      action: text,
      mode: text,
      position: name,
      count: z.int().nullable(),
      textDigest: name,
    }),
  ),
  policyVersion: name,
  contentRef: name,
});

export const exportRoute = defineRoute(
  {
    method: 'GET',
    audit: null,
    body: null,
    ifMatch: false,
    scope: 'tenant',
    path: '/admin/v1/findings/export',
    summary: `What was judged right or wrong, ${LINES_MAX} at most; with \`format=jsonl\` as a file to train with.`,
    permission: 'findings.read',
    query: z.strictObject({
      tenant: nameField.optional(),
      format: z.enum(['json', 'jsonl']).default('json'),
    }),
    files: ['application/jsonl'],
    status: 200,
    response: z.strictObject({ items: z.array(judgedView) }),
  },
  async ({ actor, query, ports }) => {
    if (query.tenant !== undefined && !sees(actor, query.tenant))
      return err(problem('not-found', 'tenant'));
    const tenant = query.tenant ?? actor.tenant ?? undefined;
    const items: z.input<typeof judgedView>[] = [];
    for await (const judgement of judged(ports, tenant)) {
      if (items.length >= LINES_MAX) break;
      items.push(await lineOf(actor, ports, judgement));
    }
    const lines = items.map((item) => `${JSON.stringify(item)}\n`).join('');
    const file = { name: 'judged-findings.jsonl', type: 'application/jsonl', text: lines } as const;
    return ok({ body: { items }, ...(query.format === 'jsonl' && { file }) });
  },
);

async function* judged(
  { storage }: AdminPorts,
  tenant: string | undefined,
): AsyncGenerator<JudgementRecord> {
  let after: string | undefined;
  do {
    const page: Awaited<ReturnType<typeof storage.judgements.list>> = await storage.judgements.list(
      {
        limit: PAGE_MAX,
        after,
        tenant,
      },
    );
    for (const record of page.items)
      if (record.verdict === 'right' || record.verdict === 'wrong') yield record;
    after = page.next ?? undefined;
  } while (after !== undefined);
}

/** The text itself is content: where it is kept, `contentRef` says so, and leave to see it is asked for. */
async function lineOf(actor: Actor, { audit }: AdminPorts, judgement: JudgementRecord) {
  const { writer, seq, guard, category, verdict, note, tenant, atMs } = judgement;
  const stored = await audit.record(writer, seq);
  const record = stored === null ? null : recordFor(actor, stored.record);
  const entries = (record?.guards ?? []).filter(
    (entry) => entry.name === guard && (entry.category ?? null) === category,
  );
  return {
    writer,
    seq,
    at: new Date(atMs).toISOString(),
    tenant,
    requestId: record?.requestId ?? null,
    model: record?.model ?? null,
    guard,
    category,
    verdict,
    note,
    findings: entries.map(({ action, mode, position, count, textDigest }) => ({
      action,
      mode,
      position: position ?? null,
      count: count ?? null,
      textDigest: textDigest ?? null,
    })),
    policyVersion: record?.policyVersion ?? null,
    contentRef: record?.contentRef ?? null,
  };
}
