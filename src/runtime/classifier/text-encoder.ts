/**
 * Text to the numbers that a model reads, in windows of at most `tokensMax` that share some tokens.
 * The tokenizer's own marks for beginning and end stand around every window.
 */
import type { JsonObject } from '#stdx/json.ts';

import { Unfit } from './unfit.ts';

/** As much of `@huggingface/tokenizers` as is used. */
export interface EncoderPackage {
  readonly Tokenizer: new (
    tokenizer: JsonObject,
    config: JsonObject,
  ) => {
    encode(
      text: string,
      options: { readonly add_special_tokens: boolean },
    ): { readonly ids: readonly number[] };
  };
}

export const isEncoderPackage = (loaded: unknown): loaded is EncoderPackage =>
  typeof loaded === 'object' &&
  loaded !== null &&
  'Tokenizer' in loaded &&
  typeof loaded.Tokenizer === 'function';

export interface Encoder {
  /** At least one window, also for a text without tokens. */
  windows(text: string): readonly (readonly number[])[];
}

export interface WindowSizes {
  readonly tokensMax: number;
  readonly overlapTokens: number;
}

export function openEncoder(
  { Tokenizer }: EncoderPackage,
  file: JsonObject,
  { tokensMax, overlapTokens }: WindowSizes,
): Encoder {
  let idsOf: (text: string, isMarked: boolean) => readonly number[];
  let marks: { readonly before: readonly number[]; readonly after: readonly number[] };
  try {
    const tokenizer = new Tokenizer(file, {});
    idsOf = (text, isMarked) => tokenizer.encode(text, { add_special_tokens: isMarked }).ids;
    marks = marksOf(idsOf('a', false), idsOf('a', true));
  } catch {
    // Its own words may quote the file, and it is long.
    throw new Unfit(
      'the tokenizer cannot be used: its kind is not known, or the file is not whole',
    );
  }
  const { before, after } = marks;
  const room = tokensMax - before.length - after.length;
  if (room <= overlapTokens) throw new Unfit('tokensMax leaves no room beside marks and overlap');
  return {
    windows(text) {
      const ids = idsOf(text, false);
      const windows: (readonly number[])[] = [];
      for (let at = 0; at === 0 || at + overlapTokens < ids.length; at += room - overlapTokens) {
        windows.push([...before, ...ids.slice(at, at + room), ...after]);
      }
      return windows;
    },
  };
}

/** What stands before and after the text when the tokenizer adds its marks. */
function marksOf(bare: readonly number[], marked: readonly number[]) {
  const added = marked.length - bare.length;
  for (let at = 0; at <= added; at += 1) {
    if (!bare.every((id, index) => marked[at + index] === id)) continue;
    return { before: marked.slice(0, at), after: marked.slice(at + bare.length) };
  }
  throw new Unfit('the tokenizer changes a text when it marks it');
}
