/** A row as its record: read, placed and checked. The same in every store. */
import { Fault } from '#domain/fault.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';
import { Lru } from '#stdx/lru.ts';

import type { Kind } from './kinds.ts';

type Row = Readonly<Record<string, unknown>>;

/** A row that does not read is a fault that says where; it may hold names, so it is not quoted. */
export function recordOf<R>({ table, schema, isPlaced }: Kind<R>, row: Row): R {
  const document = parseJson(String(row['document']));
  const placed =
    isPlaced === true && isJsonObject(document) ? { ...document, id: String(row['id']) } : document;
  const parsed = schema.safeParse(placed);
  if (!parsed.success) throw new Fault('storage-failed', `a record of ${table} is not readable`);
  return parsed.data;
}

/** Twice what one reading may have, as half of what is remembered may be forgotten at once. */
const REMEMBERED_MAX = 400_000;

/**
 * For kinds that are read whole whenever anything changes: a document that says what it said is not
 * parsed and checked again. Of 200 tenants with 600 roles and 2,000 bindings that was three quarters of a
 * reading, which comes with each run that is minted.
 */
export class RecordReader<R> {
  readonly #kind: Kind<R>;
  readonly #known: Lru<string, { readonly text: string; readonly record: R }> | null;

  constructor(kind: Kind<R>) {
    this.#kind = kind;
    this.#known = kind.isReread === true ? new Lru(REMEMBERED_MAX) : null;
  }

  of(row: Row): R {
    if (this.#known === null) return recordOf(this.#kind, row);
    const [id, text] = [String(row['id']), String(row['document'])];
    const known = this.#known.get(id);
    if (known?.text === text) return known.record;
    const record = recordOf(this.#kind, row);
    this.#known.set(id, { text, record });
    return record;
  }
}
