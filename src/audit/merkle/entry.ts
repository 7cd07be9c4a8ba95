/**
 * What the Merkle log holds of a record: `<writer> <seq> <SHA-256 of its chained bytes, hex>`. It says
 * nothing of the record, so tiles can be given to anyone: a witness, a bucket, another company.
 */
export interface LogEntry {
  readonly writer: string;
  readonly seq: number;
  readonly hash: string;
}

const ENTRY = /^(?<writer>[a-z0-9][a-z0-9-]{0,31}) (?<seq>[1-9]\d{0,15}) (?<hash>[0-9a-f]{64})$/u;

export const entryText = ({ writer, seq, hash }: LogEntry): string => `${writer} ${seq} ${hash}`;

/** Undefined: not an entry. */
export function parseEntry(text: string): LogEntry | undefined {
  const { writer, seq, hash } = ENTRY.exec(text)?.groups ?? {};
  if (writer === undefined || seq === undefined || hash === undefined) return undefined;
  return { writer, seq: Number(seq), hash };
}
