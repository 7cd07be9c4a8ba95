/** When keys that live end. Runs are not among them: they end within a day. */
import { PAGE_MAX, type Storage } from '#storage/storage.ts';

/** More are not looked at: whoever has so many renews them by a program. */
const PAGES_MAX = 100;
/** No rule looks further ahead than durations go in it; most keys end later than anybody asks. */
const AHEAD_MS_MAX = 366 * 86_400_000;

export async function keyEnds({ keys }: Pick<Storage, 'keys'>, nowMs: number): Promise<number[]> {
  const ends: number[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { items, next } = await keys.list({ limit: PAGE_MAX, after });
    for (const { expiresMs, revokedMs } of items) {
      if (expiresMs === null || revokedMs !== null) continue;
      if (expiresMs > nowMs && expiresMs < nowMs + AHEAD_MS_MAX) ends.push(expiresMs);
    }
    if (next === null) return ends;
    after = next;
  }
  return ends;
}
