/**
 * Credentials whose mark stands inside them, after a part that could be anything: the mark is looked
 * for, the part before it is read leftwards. That part is short, and a stream keeps as much of its
 * end back.
 */
import { shannon } from './secret-looks.ts';
import { type Part, partialOf, shaped, type SecretKind } from './secret-shapes.ts';

export interface InfixKind extends SecretKind {
  /** What stands before the mark, to its end; with the character before it, which is not part of it. */
  readonly before: RegExp;
  /** The end of a text that may be what stands before the mark, or that and the mark's beginning. */
  readonly mayPrecede: string;
}

/** The longest part before a mark, with all but the end of the mark. */
export const BEFORE_CHARS_MAX = 40;

interface Before {
  readonly set: string;
  readonly min: number;
  readonly max: number;
  /** What the last character must be besides. */
  readonly end?: string;
}

function infix(
  category: string,
  mark: string,
  { set, min, max, end = '' }: Before,
  parts: readonly Part[],
): InfixKind {
  return {
    ...shaped(category, [mark], parts),
    before: new RegExp(`(?<!${set})${set}{${min},${max}}${end}$`, 'u'),
    mayPrecede: `${set}{1,${max + (end === '' ? 0 : 1)}}${partialOf([mark])}`,
    accepts: (secret) => shannon(secret) >= 2.5 && !/(?<one>.)\k<one>{5}/u.test(secret),
  };
}

export const INFIX_KINDS: readonly InfixKind[] = [
  infix('azure-client-secret', 'Q~', { set: '[\\w~.-]', min: 3, max: 3, end: '\\d' }, [
    ['[\\w~.-]', 31, 34],
  ]),
  infix('telegram-bot-token', ':AA', { set: '\\d', min: 8, max: 10 }, [['[\\w-]', 32, 33]]),
  infix('terraform-token', '.atlasv1.', { set: '[A-Za-z0-9]', min: 14, max: 14 }, [
    ['[\\w=-]', 60, 70],
  ]),
  infix('mailchimp-key', '-us', { set: '[\\da-f]', min: 32, max: 32 }, [['[0-9]', 1, 2]]),
  infix('facebook-app-token', '|', { set: '\\d', min: 15, max: 16 }, [['[\\w-]', 27, 40]]),
];

/** The end of a text that may be the part before a mark: so much is kept back. */
export const MAY_PRECEDE = new RegExp(
  `(?:${INFIX_KINDS.map(({ mayPrecede }) => mayPrecede).join('|')})$`,
  'u',
);
