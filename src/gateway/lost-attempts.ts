/**
 * Attempts that were at a provider and came to nothing here. Each may have been answered whole, so each
 * is paid for at the price of its own deployment. Before another attempt is made that money is held
 * beside what is held for the answer; where a budget has no room for both, none is made. The log is told
 * first: after a crash it is the log that says what a call is charged.
 */
import type { Call } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import type { Deployment } from '#domain/deployment.ts';
import type { FaultCode } from '#domain/fault.ts';
import { plainUsage } from '#domain/money.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

import type { Losses, Lost } from './attempt.ts';
import { CUT } from './attempt-faults.ts';
import { costOfUsage } from './call-cost.ts';
import type { CallRecord } from './call-record.ts';
import { tellHoldRaised } from './hold-raised.ts';
import type { AuditPort } from './ports.ts';

export class LostAttempts implements Losses {
  readonly #call: Call;
  readonly #record: CallRecord;
  readonly #audit: Pick<AuditPort, 'append'>;
  #uncoveredNanoUsd = 0;
  #heldNanoUsd = 0;

  constructor(call: Call, record: CallRecord, audit: Pick<AuditPort, 'append'>) {
    this.#call = call;
    this.#record = record;
    this.#audit = audit;
  }

  get heldNanoUsd(): number {
    return this.#heldNanoUsd;
  }

  lost({ price }: Deployment, fault: FaultCode): Lost | null {
    if (!CUT.has(fault)) return null;
    const { inputTokens, held } = this.#record;
    // Where no money is held nobody has asked for the most that it can be: it has read the call.
    const outputTokens = held.nanoUsd > 0 ? held.outputTokens : 0;
    const usage = plainUsage(inputTokens, outputTokens, 'estimated');
    const most = held.nanoUsd > 0 ? held.nanoUsd : Infinity;
    const told = costOfUsage(usage, this.#call, price);
    const nanoUsd = told === null ? null : Math.min(told, most);
    this.#uncoveredNanoUsd += nanoUsd ?? 0;
    return { inputTokens, outputTokens, nanoUsd, priceVersion: price?.version };
  }

  cover(): MaybePromise<Denial | null> {
    const { reservation } = this.#record;
    const nanoUsd = this.#uncoveredNanoUsd;
    if (nanoUsd === 0 || reservation === null) return null;
    return andThen(reservation.add(nanoUsd), (denial) => {
      if (denial !== null) return denial;
      this.#uncoveredNanoUsd -= nanoUsd;
      this.#heldNanoUsd += nanoUsd;
      // Where the log takes no record no attempt is made either.
      return tellHoldRaised(this.#record, this.#heldNanoUsd, this.#audit);
    });
  }
}
