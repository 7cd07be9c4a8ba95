/**
 * A model, or somebody outside, wrote it. Characters that turn or hide text would let it look like
 * something else, so they are shown by their numbers.
 */
export const visible = (text: string): string =>
  text.replace(
    /[\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
