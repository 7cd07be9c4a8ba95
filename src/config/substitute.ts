/**
 * `${env:X}` and `${file:P}`: the only substitutions, in string values only, after the YAML was
 * read. What is put in can therefore not change the structure of the file, and every place where a
 * value was put in is a secret from then on.
 */
import fs from 'node:fs';
import { isAbsolute, join } from 'node:path';

const FILE_BYTES_MAX = 65_536;

/** No brace and no line break inside; bounded, so that a run of `${` costs linear time. */
const REFERENCE = /\$\{(?<kind>env|file):(?<name>[^}\n]{1,512})\}/gu;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/u;

export interface SubstitutionPorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths start from. */
  readonly dir: string;
  /**
   * For tools that call nobody: an `apiKey` or `secret` whose source is not there is no problem: the shell of an operator need not hold the secrets of the gateway.
   */
  readonly needsProviderKeys: boolean;
}

export interface Substitution {
  readonly text: string;
  readonly isSecret: boolean;
  readonly problems: readonly { readonly message: string; readonly hint: string }[];
}

/** Stands for a secret where nobody will use it. */
export const ABSENT_SECRET = '[not available here]';

export const hasReference = (text: string): boolean => text.includes('${');

export function substitute(text: string, ports: SubstitutionPorts): Substitution {
  const problems: { message: string; hint: string }[] = [];
  let isSecret = false;
  let rest = '';
  let from = 0;
  const pieces: string[] = [];
  for (const match of text.matchAll(REFERENCE)) {
    const { kind, name = '' } = match.groups ?? {};
    const between = text.slice(from, match.index);
    rest += between;
    pieces.push(between);
    from = match.index + match[0].length;
    const found = kind === 'env' ? fromEnv(name, ports) : fromFile(name, ports);
    if (typeof found === 'string') pieces.push(found);
    else problems.push(found);
    isSecret = true;
  }
  rest += text.slice(from);
  if (hasReference(rest)) {
    problems.push({
      message: 'this is not a substitution that exists',
      hint: 'write ${env:NAME} or ${file:PATH}; there is no other, and no default inside it',
    });
  }
  return { text: pieces.join('') + text.slice(from), isSecret, problems };
}

type Found = string | { readonly message: string; readonly hint: string };

function fromEnv(name: string, { env }: SubstitutionPorts): Found {
  if (!ENV_NAME.test(name)) {
    return {
      message: 'this is not the name of an environment variable',
      hint: 'use letters, digits and underscores',
    };
  }
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined) return value;
  return {
    message: `the environment variable ${name} is not set`,
    hint: `set ${name} where the gateway starts, or use \${file:PATH}`,
  };
}

function fromFile(name: string, { dir }: SubstitutionPorts): Found {
  const path = isAbsolute(name) ? name : join(dir, name);
  try {
    const bytes = readBounded(path);
    if (bytes === null) {
      return { message: 'the file is larger than 64 KB', hint: 'a secret is a short text' };
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/u, '');
  } catch {
    // The cause may quote the content (a decoder) and adds nothing to the path that is in the file.
    return {
      message: `the file ${path} cannot be read as text`,
      hint: 'check that it exists and that this user may read it',
    };
  }
}

function readBounded(path: string): Buffer | null {
  const file = fs.openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(FILE_BYTES_MAX + 1);
    let length = 0;
    while (length < buffer.length) {
      const count = fs.readSync(file, buffer, length, buffer.length - length, null);
      if (count === 0) break;
      length += count;
    }
    return length > FILE_BYTES_MAX ? null : buffer.subarray(0, length);
  } finally {
    fs.closeSync(file);
  }
}
