/** Random numbers that are the same on every machine: a training run can be repeated to the byte. */
export type Random = () => number;

/** mulberry32: small, and good enough to shuffle and to choose words. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Numbers of their own for each name, so that adding a generator does not change what others make. */
export function seededRandom(name: string): Random {
  let seed = 2_166_136_261;
  for (let index = 0; index < name.length; index += 1)
    seed = Math.imul(seed ^ name.charCodeAt(index), 16_777_619);
  return randomOf(seed);
}

export const below = (random: Random, count: number): number => Math.floor(random() * count);

export function pick<T>(random: Random, from: readonly T[]): T {
  const found = from[below(random, from.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}

export const chance = (random: Random, share: number): boolean => random() < share;

export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const out = [...items];
  for (let last = out.length - 1; last > 0; last -= 1) {
    const other = below(random, last + 1);
    const held = out[last] as T;
    out[last] = out[other] as T;
    out[other] = held;
  }
  return out;
}
