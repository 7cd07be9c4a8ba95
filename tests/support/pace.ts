/**
 * Time limits that mean the same on a slow machine and on a busy one.
 *
 * Time is CPU time of this thread, so that a neighbour who takes the core costs nothing; and limits
 * are stretched by how much longer a fixed piece of work takes here than it took where they were
 * written. A limit is never tightened, and never stretched beyond `PACE_MAX`.
 */
const REFERENCE_MS = 11;
const PACE_MAX = 6;

/** CPU milliseconds of this thread so far. */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** A million keys looked up and text made: what parsers and guards do. The best of eight counts. */
function referenceMs(): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 8; round += 1) {
    const startMs = cpuMs();
    const seen = new Map<string, number>();
    for (let index = 0; index < 300_000; index += 1) {
      const key = `key ${index % 4_096}`;
      seen.set(key, (seen.get(key) ?? 0) + key.charCodeAt(4));
    }
    if (seen.size !== 4_096) throw new Error('the reference was not worked');
    best = Math.min(best, cpuMs() - startMs);
  }
  return best;
}

/** The limit in CPU milliseconds of this machine as it is now. */
export const paced = (limitMs: number): number =>
  limitMs * Math.min(PACE_MAX, Math.max(1, referenceMs() / REFERENCE_MS));
