/**
 * Characters three to five at a time, as hashed features. They are most of a model's features and cost less to
 * hash again than to keep: a model adds their weights up as it goes, and only training asks for the features.
 */

/** Features are numbers of this many bits; weights belong to the trained file, which says its size. */
export const BUCKET_BITS = 18;
/** Features a character. */
export const GRAMS = 3;

const HEAD = 0x9e3779b1;
const STEP = 0x01000193;
const GRAM_SHIFT = 32 - BUCKET_BITS;
/** What lies this far before a character is in none of its features. */
const REACH = 4;

/**
 * The weights of all that end at a character from `from` to `to`, added up. `shift` is how many bits of a
 * feature the weights do not know.
 */
export function sumGrams(
  codes: Uint16Array,
  span: { readonly from: number; readonly to: number },
  weights: Int8Array,
  shift: number,
): number {
  const { from, to } = span;
  const drop = GRAM_SHIFT + shift;
  let sum = 0;
  let one = 0;
  let two = 0;
  let three = 0;
  let four = 0;
  for (let index = Math.max(0, from - REACH); index < from; index += 1) {
    const head = Math.imul(codes[index] ?? 0, HEAD);
    four = Math.imul(three, STEP) ^ head;
    three = Math.imul(two, STEP) ^ head;
    two = Math.imul(one, STEP) ^ head;
    one = head;
  }
  for (let index = from; index < to; index += 1) {
    const head = Math.imul(codes[index] ?? 0, HEAD);
    const five = Math.imul(four, STEP) ^ head;
    four = Math.imul(three, STEP) ^ head;
    three = Math.imul(two, STEP) ^ head;
    two = Math.imul(one, STEP) ^ head;
    one = head;
    sum +=
      (weights[(three ^ (three >>> 15)) >>> drop] ?? 0) +
      (weights[(four ^ (four >>> 13)) >>> drop] ?? 0) +
      (weights[(five ^ (five >>> 11)) >>> drop] ?? 0);
  }
  return sum;
}

/** The features themselves, three for each character up to `length`: for training, which changes their weights. */
export function gramsOf(codes: Uint16Array, length: number): Uint32Array {
  const ids = new Uint32Array(length * GRAMS);
  // The hashes of the last one to four characters.
  let tails = [0, 0, 0, 0];
  for (let index = 0; index < length; index += 1) {
    const head = Math.imul(codes[index] ?? 0, HEAD);
    const [two = 0, three = 0, four = 0, five = 0] = tails.map(
      (tail) => Math.imul(tail, STEP) ^ head,
    );
    tails = [head, two, three, four];
    ids[index * GRAMS] = (three ^ (three >>> 15)) >>> GRAM_SHIFT;
    ids[index * GRAMS + 1] = (four ^ (four >>> 13)) >>> GRAM_SHIFT;
    ids[index * GRAMS + 2] = (five ^ (five >>> 11)) >>> GRAM_SHIFT;
  }
  return ids;
}
