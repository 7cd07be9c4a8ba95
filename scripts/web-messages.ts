/**
 * The sentences of the dashboard, as its source says them, and the files of its languages.
 *
 *   npm run messages     brings web/messages/*.json up to date: what is new has an empty text there,
 *                        what is said no more is gone
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseAst } from 'vite';

import { PLACE } from '../web/src/messages/message.ts';

const ROOT = join(import.meta.dirname, '..');

export interface Sentence {
  readonly text: string;
  /** Names of its places. */
  readonly places: ReadonlySet<string>;
  /** Names of the values that the source gives it; null: they are not written there one by one. */
  readonly values: ReadonlySet<string> | null;
  /** File and line. */
  readonly at: string;
}

export interface Said {
  readonly sentences: readonly Sentence[];
  /** Texts that no catalogue can say otherwise, by file and line. */
  readonly unsaid: readonly string[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

export const placesOf = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(PLACE)].flatMap(([, name]) => (name === undefined ? [] : [name])));

const nodesOf = (value: unknown): readonly Node[] =>
  (Array.isArray(value) ? (value as readonly unknown[]) : [value]).filter(isNode);
const stringOf = (value: unknown): string | null =>
  isNode(value) && value.type === 'Literal' && typeof value['value'] === 'string'
    ? value['value']
    : null;
const nameOf = (value: unknown): string =>
  isNode(value) && typeof value['name'] === 'string' ? value['name'] : '';

/** What is in them is for machines. */
const CODE = new Set(['code', 'kbd']);
/** What people read of them, or hear. */
const SPOKEN = new Set([
  'title',
  'label',
  'placeholder',
  'aria-label',
  'alt',
  'caption',
  'empty',
  'summary',
  'none',
  'text',
]);
/** A word that begins in lower case is a name of the configuration. */
const IS_SENTENCE = /^\p{Lu}|\p{L} \p{L}/u;

/** Everything that the source of the dashboard says. */
export function said(root: string = ROOT): Said {
  const sentences: Sentence[] = [];
  const unsaid: string[] = [];
  for (const file of globSync('web/src/**/*.{ts,tsx}', { cwd: root }).sort()) {
    const source = readFileSync(join(root, file), 'utf8');
    const line = ({ start }: Node): string =>
      `${file}:${source.slice(0, start).split('\n').length}`;
    const walk = (node: Node): void => {
      if (node.type === 'JSXElement' && CODE.has(elementOf(node))) return;
      if (node.type === 'CallExpression' && ['t', 'rich'].includes(nameOf(node['callee']))) {
        const [first, second] = nodesOf(node['arguments']);
        const text = stringOf(first);
        if (text === null) unsaid.push(`${line(node)} is not said by a literal`);
        else
          sentences.push({ text, places: placesOf(text), values: keysOf(second), at: line(node) });
      }
      if (node.type === 'JSXText' && /\p{L}{2}/u.test(String(node['value'])))
        unsaid.push(`${line(node)} ${String(node['value']).trim()}`);
      const spoken = node.type === 'JSXAttribute' && SPOKEN.has(nameOf(node['name']));
      if (spoken && IS_SENTENCE.test(stringOf(node['value']) ?? ''))
        unsaid.push(`${line(node)} ${stringOf(node['value'])}`);
      for (const value of Object.values(node)) for (const child of nodesOf(value)) walk(child);
    };
    // The sentences of the catalogue's own functions are whatever they are given.
    if (!/^web\/src\/messages\/(?:message|rich)\./u.test(file))
      for (const one of parseAst(source, { lang: file.endsWith('x') ? 'tsx' : 'ts' }).body)
        if (isNode(one)) walk(one);
  }
  return { sentences, unsaid };
}

const elementOf = (node: Node): string =>
  isNode(node['openingElement']) ? nameOf(node['openingElement']['name']) : '';

function keysOf(node: Node | undefined): ReadonlySet<string> | null {
  if (node === undefined) return new Set();
  if (node.type !== 'ObjectExpression') return null;
  return new Set(nodesOf(node['properties']).map(({ key }) => nameOf(key)));
}

export type Texts = Readonly<Record<string, string>>;

export const languageFiles = (root: string = ROOT): readonly string[] =>
  globSync('web/messages/*.json', { cwd: root }).sort();

export const textsOf = (file: string, root: string = ROOT): Texts =>
  JSON.parse(readFileSync(join(root, file), 'utf8')) as Texts;

/** In the order in which the source says them, so that a page's sentences stand together. */
export function renewed(before: Texts, sentences: readonly Sentence[]): Texts {
  return Object.fromEntries(sentences.map(({ text }) => [text, before[text] ?? '']));
}

if (import.meta.main) {
  const { sentences } = said();
  for (const file of languageFiles()) {
    const texts = renewed(textsOf(file), sentences);
    writeFileSync(join(ROOT, file), `${JSON.stringify(texts, null, 2)}\n`);
    const missing = Object.values(texts).filter((text) => text === '').length;
    process.stdout.write(
      `${file}: ${Object.keys(texts).length} sentences, ${missing} to be said\n`,
    );
  }
}
