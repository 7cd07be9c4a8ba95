/**
 * The UTF-16 units of a text as numbers, a stretch at a time. Asking a string for its characters one by one
 * costs several times as much as copying it in one go and reading the copy.
 */

/** Units that are copied at once. */
export const STRETCH_UNITS = 16_384;

/** One copy for each kind of scan: it is of one text at a time, and no scan waits in the middle. */
export class TextUnits {
  readonly #units = new Uint16Array(STRETCH_UNITS);
  readonly #copy = Buffer.from(this.#units.buffer);

  /** From `from` on, as many as a stretch has; what stands behind the text's end is of a text before. */
  read(text: string, from: number): Uint16Array {
    this.#copy.write(text.slice(from, from + STRETCH_UNITS), 'utf16le');
    return this.#units;
  }
}
