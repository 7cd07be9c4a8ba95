/** Labelled texts from outside the repository, read by path and never copied into it. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface Row {
  readonly text: string;
  readonly isAttack: boolean;
  readonly source: string;
  readonly kind: string;
  /** Where it is known and not English. */
  readonly language?: string;
}

/** Their licences allow weights to be trained on them; the others are for looking only. */
export const TRAINING_FILES = ['train-permissive', 'train-synthetic', 'train-adversarial'] as const;
export const ANALYSIS_FILES = ['train-unverified'] as const;

export function readRows(folder: string, files: readonly string[]): Row[] {
  return files.flatMap((name) => {
    const path = join(folder, `${name}.jsonl.gz`);
    if (!existsSync(path)) throw new Error(`${name}.jsonl.gz is not in the data folder`);
    const lines = gunzipSync(readFileSync(path)).toString('utf8').split('\n');
    return lines.filter((line) => line !== '').map(rowOf);
  });
}

function rowOf(line: string): Row {
  const { text, label, source, kind, lang } = JSON.parse(line) as {
    text: string;
    label: number;
    source: string;
    kind: string;
    lang?: string;
  };
  const isForeign = lang !== undefined && lang !== 'en';
  return { text, isAttack: label === 1, source, kind, ...(isForeign && { language: lang }) };
}

const PACKAGES = [
  'undici',
  'zod',
  're2js',
  'commander',
  'openai',
  'yaml',
  'fast-check',
  '@anthropic-ai/sdk',
  '@types/node',
  '@clack/prompts',
  'typescript',
];
const PAGE_CHARS = 6_000;
/** Of one file. */
const PAGES_OF_FILE = 4;
const PAGE_CHARS_MIN = 200;
const PAGES_MAX = 600;

/** A long text as a few pages, of which none is next to nothing. */
export const pagesOf = (text: string): string[] =>
  Array.from({ length: PAGES_OF_FILE }, (_, page) =>
    text.slice(page * PAGE_CHARS, (page + 1) * PAGE_CHARS),
  ).filter(({ length }) => length > PAGE_CHARS_MIN);

/** Pages and code of pinned dependencies: ordinary documents that every checkout has. */
export function packageRows(root: string): Row[] {
  const rowsOf = (pattern: string, source: string, kind: string): Row[] => {
    const paths = PACKAGES.flatMap((name) =>
      globSync(`node_modules/${name}/${pattern}`, { cwd: root }).sort(),
    );
    const pages = paths.flatMap((path) => pagesOf(readFileSync(join(root, path), 'utf8')));
    const step = Math.max(1, Math.floor(pages.length / PAGES_MAX));
    const some = pages.filter((_, index) => index % step === 0).slice(0, PAGES_MAX);
    return some.map((text) => ({ text, isAttack: false, source, kind }));
  };
  return [
    ...rowsOf('**/*.md', 'packages_pages', 'benign_doc_long'),
    ...rowsOf('**/*.{js,ts,mjs}', 'packages_code', 'benign_code_file'),
  ];
}
