/** Whose call it is, and how much of its turn it has: what every queue of calls asks. */
import type { CallClass } from '#domain/call-class.ts';

export interface Claim {
  readonly tenant: string;
  /** Turns that the tenant has where one of weight 1 has one. */
  readonly weight: number;
  readonly callClass: CallClass;
}

/**
 * Why a call was not taken: the queue was full, it had waited for as long as anyone may, or the
 * process is so short of memory or time that it takes no calls of its class.
 */
export type ShedReason = QueueRefusal | 'stage';
export type QueueRefusal = 'full' | 'late';
