/** An index of the log with as many rows as a test wants, which a gateway then opens as its own. */
import { mkdirSync } from 'node:fs';

import { testRow } from '#storage/audit-index.contract.ts';
import { openAuditIndex } from '#storage/sqlite/audit-index.ts';

/** Larger than those of a gateway: nobody else waits for the file. */
const BATCH = 5_000;
const SPAN_MS = 90 * 86_400_000;
const TENANTS = 20;
const MODELS = 12;

/** The rows are of a writer that has no log here: the gateway's own begins behind them. */
const WRITER = 'past';

export async function manyRecords(dataDir: string, rows: number, endMs: number): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const index = openAuditIndex(dataDir);
  for (let after = 0; after < rows; after += BATCH) {
    const through = Math.min(rows, after + BATCH);
    const batch = Array.from({ length: through - after }, (_, at) =>
      rowOf(after + at + 1, endMs - SPAN_MS + Math.floor(((after + at) / rows) * SPAN_MS)),
    );
    await index.add(batch, { writer: WRITER, after, through });
  }
  await index.close();
}

function rowOf(seq: number, atMs: number) {
  const isDenied = seq % 25 === 0;
  const shape = {
    kind: isDenied ? 'deny' : seq % 2 === 0 ? 'admit' : 'complete',
    tenant: `tenant-${(seq * 7) % TENANTS}`,
    model: `model-${(seq * 5) % MODELS}`,
    ...(isDenied && {
      decision: 'deny',
      status: 400,
      reason: 'content-blocked: house, falcon',
      findings: [{ guard: 'house', category: 'falcon', action: 'block' }],
    }),
  };
  const row = { writer: WRITER, atMs, user: `user-${seq % 2_000}`, key: `key${seq % 500}` };
  return testRow(seq, { ...row, costNanoUsd: (seq % 10_000) * 1_000 }, shape);
}
