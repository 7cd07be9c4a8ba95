/**
 * Watches what a stream has cost so far. Where less is held than it can cost, more is held in time; a
 * stream that cannot be paid for, or that a provider lets run past its bound, is ended.
 */
import type { Amounts } from '#domain/limit-state.ts';
import type { Price, Usage } from '#domain/money.ts';
import type { Reservation } from '#domain/proofs.ts';
import { costOf } from '#metering/cost.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

/** More is held when so much of what is held is used: the next events come while it is asked for. */
const RAISE_AT = 0.8;
/**
 * A token of text is at most about a hundred characters, of blanks; one of words about four. An answer
 * that has many times the characters of its bound in tokens is not bounded.
 */
const CHARS_PER_TOKEN_MAX = 16;
const CHARS_SPARE = 8_192;

export interface Watched {
  readonly reservation: Reservation;
  readonly price: Price | null;
  /** Null: no bound was sent. */
  readonly outputTokensMax: number | null;
  /** What the call may come to at most, and what of it is held. */
  readonly most: Amounts;
  readonly heldNanoUsd: number;
  /** What is held beside it, for attempts that were lost before. */
  readonly lostNanoUsd: number;
}

export class SpendWatch {
  readonly #watched: Watched;
  #heldNanoUsd: number;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.#heldNanoUsd = watched.heldNanoUsd;
  }

  /** False: the stream has to end here. */
  mayGoOn(usage: Usage, chars: number): MaybePromise<boolean> {
    const { reservation, price, outputTokensMax, most, lostNanoUsd } = this.#watched;
    const charsMax = (outputTokensMax ?? Infinity) * CHARS_PER_TOKEN_MAX + CHARS_SPARE;
    if (chars > charsMax) return false;
    const nanoUsd = costOf(usage, price) ?? 0;
    if (this.#heldNanoUsd >= most.nanoUsd || nanoUsd < this.#heldNanoUsd * RAISE_AT) return true;
    const wanted = Math.min(most.nanoUsd, Math.max(nanoUsd, this.#heldNanoUsd) * 2);
    const all = { ...most, nanoUsd: wanted + lostNanoUsd };
    return andThen(reservation.raise(all), (denial) => {
      if (denial === null) this.#heldNanoUsd = wanted;
      return denial === null || nanoUsd < this.#heldNanoUsd;
    });
  }
}
