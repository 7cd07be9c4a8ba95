/**
 * Reversible masks of one call. A value that is sent to a provider is replaced by a surrogate, and the
 * caller gets the value back where the answer uses the surrogate.
 *
 * Nothing is stored: a surrogate is derived from a key of tenant and caller, so that a resent history
 * maps alike on every instance and the provider's prompt cache stays warm, and the way back is rebuilt
 * from each request's own text. A surrogate whose value is not in this request is never restored:
 * what another tenant, an earlier call or a forged text says stays what it is.
 */
import { createHmac } from 'node:crypto';

import { maskedBy } from './surrogate-masking.ts';

/** Digits and capitals without I, L, O, U: tokenisers keep them together, people can read them out. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
export const CODE_CHARS = 8;
/** Values of one call that get a surrogate; what is beyond is masked and does not come back. */
const VALUES_MAX = 10_000;
const VALUE_CHARS_MAX = 4_096;

export interface Surrogate {
  /** Letters before the code: `EMAIL`. */
  readonly label: string;
  readonly value: string;
}

export class Pseudonyms {
  readonly #key: Uint8Array;
  readonly #byCode = new Map<string, Surrogate>();
  readonly #labels = new Set<string>();

  /** `key`: of the tenant and the caller. Two callers never share a map, nor the codes in it. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  get isEmpty(): boolean {
    return this.#byCode.size === 0;
  }

  get labels(): ReadonlySet<string> {
    return this.#labels;
  }

  /** `EMAIL-7Q2M4X9K`, the same for the same value; null where there is no room for another. */
  surrogateFor(category: string, value: string): string | null {
    if (value.length > VALUE_CHARS_MAX) return null;
    const label = labelOf(category);
    const code = this.#codeOf(label, value);
    const known = this.#byCode.get(code);
    // Two values of one code in a call (2^-40): the later one is masked for good.
    if (known !== undefined && normalised(known.value) !== normalised(value)) return null;
    if (known === undefined) {
      if (this.#byCode.size >= VALUES_MAX) return null;
      this.#byCode.set(code, { label, value });
      this.#labels.add(label);
    }
    return `${label}-${code}`;
  }

  /** What a code that was read in an answer stands for. */
  find(code: string): Surrogate | undefined {
    return this.#byCode.get(code.toUpperCase());
  }

  /** Every value of this call that stands in a text, as JSON or as it is, by its surrogate again. */
  masked(text: string): Promise<string> {
    const maskings = [...this.#byCode].flatMap(([code, { label, value }]) => {
      const to = `${label}-${code}`;
      const inJson = JSON.stringify(value).slice(1, -1);
      return inJson === value
        ? [{ value, to }]
        : [
            { value, to },
            { value: inJson, to },
          ];
    });
    return maskedBy(text, maskings);
  }

  #codeOf(label: string, value: string): string {
    const mac = createHmac('sha256', this.#key)
      .update(`${label}\n${normalised(value)}`)
      .digest();
    let code = '';
    for (let index = 0; index < CODE_CHARS; index += 1) {
      code += ALPHABET.charAt((mac[index] ?? 0) % ALPHABET.length);
    }
    return code;
  }
}

/**
 * Two spellings of one value are one value only where nobody could mean two: width and case. Dots and
 * hyphens are not left out: `john.doe` and `johndoe` are two people.
 */
const normalised = (value: string): string => value.normalize('NFKC').toLowerCase();

/** `us-ssn` → `USSSN`. Categories are names of ours; a longer one is cut, which loses nothing. */
export const LABEL_CHARS_MAX = 24;
const labelOf = (category: string): string => {
  const letters = category.replaceAll(/[^A-Za-z]+/gu, '').toUpperCase();
  return (letters === '' ? 'VALUE' : letters).slice(0, LABEL_CHARS_MAX);
};
