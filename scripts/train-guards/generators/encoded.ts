/** Harmless text that looks strange: encoded, hashed, spelled, in code names. */
import { below, pick, type Random } from '../random.ts';

import { benignUser } from './benign-user.ts';
import { carried, fact } from './carriers.ts';

const bytes = (random: Random, count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, () => below(random, 256)));

const ENCODINGS: readonly ((text: string, random: Random) => string)[] = [
  (text) => Buffer.from(text).toString('base64'),
  (text) => Buffer.from(text).toString('hex'),
  (text) => encodeURIComponent(text),
  (text) => Array.from(Buffer.from(text), (byte) => byte.toString(2).padStart(8, '0')).join(' '),
  (text) => Array.from(Buffer.from(text)).join(' '),
  (text) => (Buffer.from(text).toString('hex').match(/../gu) ?? []).join(' '),
  (text) => text.replaceAll(' ', ''),
  (text) => Array.from(text).reverse().join(''),
  (text) => Array.from(text).join(' '),
  (text) =>
    text.replaceAll(/[a-z]/giu, (letter) =>
      String.fromCharCode(((letter.toLowerCase().charCodeAt(0) - 97 + 13) % 26) + 97),
    ),
  (text) =>
    text.replaceAll(
      /[aeios]/gu,
      (letter) => ({ a: '4', e: '3', i: '1', o: '0', s: '5' })[letter] ?? letter,
    ),
  (text) =>
    text.replaceAll(/[a-z]/giu, (letter) =>
      String.fromCodePoint(0x1d400 + letter.toLowerCase().charCodeAt(0) - 97),
    ),
  (text) => text.replaceAll('a', 'а').replaceAll('e', 'е').replaceAll('o', 'о'),
  (text) => Array.from(text).join('\u200b'),
  (text) => Array.from(text, (character) => `${character}\u0336`).join(''),
];

const MORSE = '. - .- -. .. -... --- ... .-. -.. .-.. ..- ..-. --. -.-. .-- .-.. -.-- .--.'.split(
  ' ',
);

/** Pictures, rules, bars and codes that are made of signs. */
const SIGNS: readonly ((random: Random) => string)[] = [
  (random) => signs(random, MORSE, [' ', ' ', ' ', ' / ']),
  (random) => signs(random, MORSE, [' ', ' ', ' ', '   ']),
  (random) => signs(random, ['.', '-'], [' ', ' ', ' / ', ' ', '  ']),
  (random) => signs(random, ['=', '-', '.', '*', '#', '_', '+'], ['', '', '', ' ', '\n']),
  (random) =>
    signs(random, ['|', '/', '\\', '_', ' ', '(', ')', '<', '>', '-', 'o', '^'], ['', '', '\n']),
  (random) =>
    `[${'#'.repeat(below(random, 40))}${'.'.repeat(below(random, 40))}] ${below(random, 100)} %`,
  (random) =>
    signs(random, ['⠁', '⠃', '⠉', '⠙', '⠑', '█', '░', '▒', '●', '○'], ['', '', ' ', '\n']),
  (random) =>
    signs(random, ['0', '1', '7', '42', '3.14', '-1', 'x', 'y'], [' ', ', ', '\n', ' + ', ' = ']),
];

const signs = (random: Random, from: readonly string[], gaps: readonly string[]): string =>
  Array.from(
    { length: 10 + below(random, 300) },
    () =>
      (from === MORSE ? pick(random, from) : pick(random, from).repeat(1 + below(random, 3))) +
      pick(random, gaps),
  ).join('');

export function encodedBenign(random: Random): string {
  const plain = pick(random, [
    fact(random),
    benignUser(random, 'chat'),
    benignUser(random, 'trigger'),
  ]);
  const shape = below(random, 5);
  const encoded = pick(random, ENCODINGS)(plain, random);
  if (shape === 0) return encoded;
  if (shape === 1)
    return `${pick(random, ['Decode this', 'What does this mean', 'Convert to text', 'My string', 'payload='])}: ${encoded}`;
  if (shape === 2)
    return `data:image/png;base64,${bytes(random, 60 + below(random, 400)).toString('base64')}`;
  if (shape === 3)
    return `sha256:${bytes(random, 32).toString('hex')} ${fact(random)} commit ${bytes(random, 20).toString('hex')}`;
  return carried(random, [encoded]);
}

/** Alone, behind a sentence, or somewhere in what a tool has read. */
export function drawnBenign(random: Random): string {
  const drawn = pick(random, SIGNS)(random);
  return pick(random, [drawn, drawn, `${fact(random)}\n${drawn}`, carried(random, [drawn])]);
}
