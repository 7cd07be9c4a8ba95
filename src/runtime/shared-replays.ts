/**
 * Proofs of possession that were used at any gateway of a fleet: who stole one could bring it to another
 * gateway than the one that has seen it (RFC 9449 section 11.1). What gateways share is the store of
 * counters, and a proof is a counter there that lets one through for as long as it could count.
 */
import type { Claimed, ReplayStore } from '#policy/authenticators/dpop/replays.ts';
import type { Demand, Quota } from '#policy/limiters/limiter.ts';
import { rateOf } from '#policy/limiters/rate.ts';
import type { Once } from '#policy/limiters/shared/shared-store.ts';

export interface SharedReplayParts {
  /** Of this gateway: what it has seen itself is told without asking, and strangers' floods end there. */
  readonly own: ReplayStore;
  readonly once: (demand: Demand) => Promise<Once>;
  /** From the first moment at which a proof counts to the last. */
  readonly widthMs: number;
}

const LIMIT = 'dpop-proof';

export class SharedReplayStore implements ReplayStore {
  readonly #parts: SharedReplayParts;
  readonly #quota: Quota;

  constructor(parts: SharedReplayParts) {
    this.#parts = parts;
    const { widthMs } = parts;
    this.#quota = {
      limit: LIMIT,
      unit: 'requests',
      amount: 1,
      windowMs: widthMs,
      policy: '',
      algorithm: 'token-bucket',
      rate: rateOf(1, widthMs, 1),
    };
  }

  get sinceMs(): number {
    return this.#parts.own.sinceMs;
  }

  async claim(id: string, holder: string): Promise<Claimed> {
    const { own, once } = this.#parts;
    const claimed = await own.claim(id, holder);
    if (claimed !== 'new') return claimed;
    const bucket = `${LIMIT}|requests|${id}`;
    const answer = await once({ quota: this.#quota, bucket, amount: 1, scope: null });
    if (answer === 'away') return 'unasked';
    return answer === 'first' ? 'new' : 'seen';
  }
}
