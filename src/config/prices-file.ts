/** Reads the file of prices: bounded, whole or not at all, with the place of what is wrong. */
import { open } from 'node:fs/promises';
import { createHash } from 'node:crypto';

import { parsePriceFile, PRICE_FILE_BYTES_MAX } from '#metering/price-file.ts';
import type { PriceTable } from '#metering/prices.ts';
import { err, ok, type Result } from '#stdx/result.ts';

const UNREADABLE = 'the file cannot be read: check that it exists and that this user may read it';
/** Enough to tell two files apart in a record; nobody gains by making two that are alike. */
const VERSION_DIGITS = 12;

/** What was read last: every change of a setting checks the whole configuration again. */
let last: { readonly digest: string; readonly table: PriceTable } | null = null;

export async function readPriceTable(path: string): Promise<Result<PriceTable, string>> {
  const bytes = await readAtMost(path, PRICE_FILE_BYTES_MAX);
  if (bytes === null) return err(UNREADABLE);
  if (bytes.length > PRICE_FILE_BYTES_MAX) return err('the file is larger than 32 MB');
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (last?.digest === digest) return ok(last.table);
  const models = parsePriceFile(bytes.toString('utf8'));
  if (!models.ok) return models;
  const table = { version: `file-${digest.slice(0, VERSION_DIGITS)}`, models: models.value };
  last = { digest, table };
  return ok(table);
}

/** One byte more than the bound says that there was more. Null: it cannot be read. */
export async function readAtMost(path: string, bytesMax: number): Promise<Buffer | null> {
  try {
    await using handle = await open(path, 'r');
    const parts: Buffer[] = [];
    let length = 0;
    // A device has no size that could be looked at first.
    for await (const part of handle.createReadStream({ end: bytesMax, autoClose: false })) {
      if (!Buffer.isBuffer(part)) continue;
      parts.push(part);
      length += part.length;
    }
    return Buffer.concat(parts, length);
  } catch {
    // The path is in the issue, and the operator can look; a foreign error adds only its own words.
    return null;
  }
}
