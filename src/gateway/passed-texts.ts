/** Texts of a stream that its guards have read and left as they are. */
import type { Content } from '#domain/content.ts';

/** Envelope texts (ids, model names) that have passed once and come again with every event. */
const PASSED_MAX = 64;
const PASSED_CHARS_MAX = 128;

export class PassedTexts {
  readonly #passed = new Set<string>();

  /** Nothing in it is new, and nothing of it was written anew. */
  knows({ passages, isNormalised }: Content): boolean {
    return (
      !isNormalised &&
      passages.every(({ text, position }) => position === 'metadata' && this.#passed.has(text))
    );
  }

  remember({ passages }: Content): void {
    for (const { text, position } of passages) {
      if (position !== 'metadata' || text.length > PASSED_CHARS_MAX) continue;
      if (this.#passed.size < PASSED_MAX) this.#passed.add(text);
    }
  }
}
