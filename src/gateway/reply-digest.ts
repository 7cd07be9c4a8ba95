/**
 * Which answer the reply guards read, as a digest that anyone who holds its texts can work out again.
 * How a stream was cut, and how its texts were mixed, makes no difference.
 */
import { createHash, hash, type Hash } from 'node:crypto';

import type { Passage } from '#domain/passage.ts';

/** Pieces of a stream are a few characters; hashing them one by one costs more than the hash. */
const BUFFERED_CHARS = 4_096;

interface OpenText {
  readonly hash: Hash;
  buffered: string;
}

export class ReplyDigest {
  /** One for each text of the answer, in the order in which they began. */
  readonly #texts = new Map<string, OpenText>();

  add({ channel, text }: { readonly channel: string; readonly text: string }): void {
    if (text === '') return;
    let open = this.#texts.get(channel);
    if (open === undefined) {
      open = { hash: createHash('sha256'), buffered: '' };
      this.#texts.set(channel, open);
    }
    open.buffered += text;
    // A character may be cut in two between pieces: then its second half is waited for.
    const last = text.charCodeAt(text.length - 1);
    if (open.buffered.length >= BUFFERED_CHARS && !isFirstHalf(last)) flush(open);
  }

  /** Null where there was no text. Ends the digest. */
  value(): string | null {
    return digestOf(
      [...this.#texts.values()].map((open) => {
        flush(open);
        return open.hash.digest('base64url');
      }),
    );
  }
}

const isFirstHalf = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;

function flush(open: OpenText): void {
  open.hash.update(open.buffered);
  open.buffered = '';
}

/** Of an answer that is all there. Names and ids around the texts are read too, and are not in it. */
export function digestOfReply(passages: readonly Passage[]): string | null {
  const texts = passages.filter(({ position, text }) => position !== 'metadata' && text !== '');
  return digestOf(texts.map(({ text }) => hash('sha256', text, 'base64url')));
}

function digestOf(digests: readonly string[]): string | null {
  const [only] = digests;
  if (only === undefined) return null;
  return digests.length === 1 ? only : hash('sha256', digests.join(''), 'base64url');
}
