/**
 * Refused administrative acts are recorded one by one, up to a number in a second and token: the
 * owner of a token, also of a revoked one, must not be able to fill the disk with refusals. What is
 * over it is counted with the strangers' refusals.
 */
import { Lru } from '#stdx/lru.ts';

const PER_SECOND = 10;
const TOKENS_MAX = 1_000;

export class RefusalGate {
  readonly #seen = new Lru<string, { readonly second: number; readonly count: number }>(TOKENS_MAX);

  /** Whether this one is recorded by itself. */
  takes(tokenId: string, nowMs: number): boolean {
    const second = Math.floor(nowMs / 1_000);
    const seen = this.#seen.get(tokenId);
    const count = seen?.second === second ? seen.count + 1 : 1;
    this.#seen.set(tokenId, { second, count });
    return count <= PER_SECOND;
  }
}
