/**
 * The kind `Sink`: a receiver of audit records outside the gateway.
 *
 * `send` resolves when the receiver has taken everything, and says with a `SinkFault` why it has not.
 * It is called for one parcel at a time, in the order of the log, and again with the same records
 * where an answer was lost: receivers tell copies by the key (writer, seq, hash). Faults carry a code of
 * ours and nothing of what a receiver wrote.
 */
import type { Cancellation } from '#stdx/cancellation.ts';

import type { AuditRecord } from '../record.ts';

/** One record as a sink may see it. */
export interface SinkEvent {
  readonly record: AuditRecord;
  /** SHA-256 (hex) of the record's chained bytes: what the next record has as `prev`. */
  readonly hash: string;
}

/** One line of text without a control character; pure. */
export type Render = (event: SinkEvent) => string;

export interface RecordParcel {
  readonly kind: 'records';
  readonly events: readonly SinkEvent[];
}

/** A file that is never written again. */
export interface FileParcel {
  readonly kind: 'file';
  /** Where it belongs below the archive: `segments/main/seg-main-000001-000001.log`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export type Parcel = RecordParcel | FileParcel;

export interface Sink {
  readonly type: string;
  readonly takes: Parcel['kind'];
  /** Bounds of one parcel of records. */
  readonly recordsMax: number;
  readonly bytesMax: number;
  /** How long records are collected before a parcel that is not full is sent. */
  readonly lingerMs: number;
  /**
   * How long what was sent may still be in the memory of a receiver that cannot say that it has
   * written it. After a failure, what is younger than this is sent again. 0: an answer means kept.
   */
  readonly settleMs: number;
  send(parcel: Parcel, cancellation: Cancellation): Promise<void>;
  close(): Promise<void>;
}

export type SinkFaultCode =
  /** No connection. */
  | 'unreachable'
  /** No answer within the deadline. */
  | 'late'
  /** The connection, or the disk, broke while it was used. */
  | 'broken'
  /** The certificate of the receiver was not accepted, or ours was not. */
  | 'tls-failed'
  /** The address is private, and the configuration does not allow that. */
  | 'address-refused'
  | 'unauthorized'
  /** It asks to come back later. */
  | 'overloaded'
  /** It would be refused again. */
  | 'refused'
  /** The parcel is larger than the receiver takes. */
  | 'too-large'
  /** The answer is none that this kind of receiver gives. */
  | 'answer-invalid'
  /** We stopped it. */
  | 'cancelled';

export class SinkFault extends Error {
  override readonly name = 'SinkFault';
  readonly code: SinkFaultCode;
  /** Of a parcel that was taken in part: what was not. Null: nothing of it counts as taken. */
  readonly left: readonly SinkEvent[] | null;

  constructor(code: SinkFaultCode, left: readonly SinkEvent[] | null = null) {
    super(`an audit sink: ${code}`);
    this.code = code;
    this.left = left;
  }
}

/** By code alone; the messages of other errors quote addresses and answers. */
export const sinkFaultOf = (thrown: unknown): SinkFault =>
  thrown instanceof SinkFault ? thrown : new SinkFault('broken');

/** Of the hash of a record, which is hexadecimal: 96 bits. */
const KEY_HASH_CHARS = 24;

/** Which record of this gateway's log it is. */
export const placeOf = ({ record: { writer, seq } }: SinkEvent): string => `${writer}-${seq}`;

/**
 * What receivers tell copies by. Writers of two gateways have one name and begin at one number, and so does
 * a gateway whose folder was made anew: the hash, which no two records have, tells them apart.
 */
export const sinkKey = (event: SinkEvent): string =>
  `${placeOf(event)}-${event.hash.slice(0, KEY_HASH_CHARS)}`;

/** The status of an answer as a fault; null for 2xx. RFC 9110 section 15. */
export function faultOfStatus(status: number): SinkFaultCode | null {
  if (status >= 200 && status <= 299) return null;
  if (status === 401 || status === 403 || status === 407) return 'unauthorized';
  if (status === 413) return 'too-large';
  if (status === 408 || status === 429 || status >= 500) return 'overloaded';
  return 'refused';
}
