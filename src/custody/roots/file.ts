/** `type: file`: a line a version, in a file that only this user may read. */
import { z } from 'zod';

import { ConfigProblem } from '#stdx/config-problem.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

import { KEY_BYTES } from '../aead.ts';
import { type LocalKeys, localRoot } from './local-root.ts';
import { defineRoot } from './root.ts';

export const fileRoot = defineRoot({
  type: 'file',
  description:
    'A file of mode 0600; without `path` one in the data folder, made at the first start.',
  config: z.strictObject({
    type: z.literal('file'),
    path: z.string().min(1).max(4_096).optional().meta({
      description:
        'A line `{"version":1,"key":"64 hexadecimal digits"}` a version. Relative to this file\'s folder.',
    }),
  }),
  create: ({ path }, { keyFile }) => localRoot(() => keysOf(keyFile(path ?? null))),
});

const HEX = /^[0-9a-f]{64}$/u;

function keysOf(text: string): LocalKeys {
  const byVersion = new Map<number, Uint8Array>();
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const entry = parseJson(line);
    const version = isJsonObject(entry) ? entry['version'] : undefined;
    const key = isJsonObject(entry) ? entry['key'] : undefined;
    const isRight =
      Number.isSafeInteger(version) &&
      Number(version) > 0 &&
      typeof key === 'string' &&
      HEX.test(key);
    // A line that is skipped would make secrets unreadable, one by one, without a word.
    if (!isRight || byVersion.has(Number(version))) {
      throw problem('a line is no root key, or a version stands there twice: restore the file');
    }
    byVersion.set(Number(version), rootKeyBytes(Buffer.from(key, 'hex')));
  }
  const versions = [...byVersion.keys()].sort((a, b) => b - a);
  const [newest, ...older] = versions.map((version) => byVersion.get(version) ?? new Uint8Array());
  if (newest === undefined) throw problem('the file of root keys is empty: restore it');
  return [newest, ...older];
}

/** Random bytes repeat a little; fewer different ones than this were typed, not drawn. */
const DISTINCT_BYTES_MIN = 12;

export function rootKeyBytes(bytes: Buffer): Buffer {
  if (bytes.length !== KEY_BYTES) throw problem(`a root key has ${KEY_BYTES} bytes`);
  if (new Set(bytes).size < DISTINCT_BYTES_MIN) {
    throw problem('this root key was typed, not drawn: `openssl rand -hex 32` draws one');
  }
  return bytes;
}

const problem = (message: string): ConfigProblem => new ConfigProblem(['path'], message);
