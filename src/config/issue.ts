/**
 * A problem in the operator's file: where it is, why it is one, and what to write instead. It never
 * quotes a value: values may be secrets. It quotes keys, because keys are never substituted.
 */
export type Path = readonly (string | number)[];

export interface ConfigIssue {
  readonly file: string;
  /** From 1; the place of the value, or of what should hold it. */
  readonly line: number;
  readonly column: number;
  /** `limits[0].requests`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
  /** What to write; empty when the message has said it. */
  readonly hint: string;
}

/** A problem before its place in the file is known. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
  readonly hint: string;
  /** The key itself is wrong, not its value. */
  readonly isKey?: boolean;
  /** Where it stands in the text, when the path stands for something else (a key written twice). */
  readonly offset?: number;
  /** Written by a member of a kind, which may quote the value: hidden where that is a secret. */
  readonly mayQuote?: boolean;
}

const PLAIN_KEY = /^[A-Za-z0-9_-]+$/u;

/** One text for one path: `models["gpt-4.1"].price`. */
export function pathText(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (!PLAIN_KEY.test(part)) text += `[${JSON.stringify(part)}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

/** For people: one problem a paragraph, in the order of the file. */
export function formatIssues(issues: readonly ConfigIssue[]): string {
  const blocks = issues.map(({ file, line, column, path, message, hint }) => {
    const subject = path === '' ? message : `${path}: ${message}`;
    return `${file}:${line}:${column}: ${subject}\n${hint === '' ? '' : `    ${hint}\n`}`;
  });
  return blocks.join('');
}
