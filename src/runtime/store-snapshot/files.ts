/**
 * A snapshot on the disk: its content, in a file that never changes, and a seal that names it. Both are
 * written beside and renamed, 0600, so that a crash leaves the one before or the one after, and a
 * content without a seal is nothing.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { LoadedPeppers, Peppers } from '#config/peppers.ts';
import { err, ok, type Result } from '#stdx/result.ts';
import type { StoreState } from '#storage/store-state.ts';

import { linesOf, StateReader } from './content.ts';
import { type Claims, type Expected, openSeal, type Refusal, sealOf } from './seal.ts';

const SEAL = 'store-snapshot.json';
const DRAFT = 'store-snapshot.draft';
const CONTENT = /^store-snapshot\.[0-9a-f]{32}\.jsonl$/u;
const SEAL_BYTES_MAX = 4_096;
const CHUNK_CHARS = 65_536;

const contentName = (sha256: string): string => `store-snapshot.${sha256.slice(0, 32)}.jsonl`;

export type WrittenContent = Pick<Claims, 'sha256' | 'bytes' | 'keys' | 'version'>;

/** Names nothing yet. Calls have their turn while it is written. */
export async function writeContent(dataDir: string, state: StoreState): Promise<WrittenContent> {
  const draft = join(dataDir, DRAFT);
  const file = await open(draft, 'w', 0o600);
  let written: { readonly digest: Hash; readonly bytes: number };
  try {
    written = await writeLines(file, state);
    await file.sync();
  } finally {
    await file.close();
  }
  const sha256 = written.digest.digest('hex');
  await rename(draft, join(dataDir, contentName(sha256)));
  return { sha256, bytes: written.bytes, keys: state.keys.size, version: state.version };
}

async function writeLines(file: FileHandle, state: StoreState) {
  const digest = createHash('sha256');
  let [chunk, bytes] = ['', 0];
  const flush = async (): Promise<void> => {
    const data = Buffer.from(chunk);
    chunk = '';
    digest.update(data);
    bytes += data.length;
    await file.writeFile(data);
  };
  for (const line of linesOf(state)) {
    chunk += line;
    if (chunk.length >= CHUNK_CHARS) await flush();
  }
  await flush();
  return { digest, bytes };
}

/** From here on it is the snapshot; the contents of those before it go. */
export async function writeSeal(dataDir: string, of: Claims, peppers: Peppers): Promise<void> {
  const draft = join(dataDir, `${SEAL}.draft`);
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(sealOf(of, peppers));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, join(dataDir, SEAL));
  const folder = await open(dataDir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  for (const name of await readdir(dataDir)) {
    if (CONTENT.test(name) && name !== contentName(of.sha256)) await rm(join(dataDir, name));
  }
}

export interface ReadSnapshot {
  readonly claims: Claims;
  readonly state: StoreState;
}

/** Null: there is none. */
export async function readSnapshot(
  dataDir: string,
  peppers: LoadedPeppers,
  expected: Expected,
): Promise<Result<ReadSnapshot, Refusal> | null> {
  const seal = await readSmall(join(dataDir, SEAL));
  if (seal === null) return null;
  const claims = openSeal(seal, peppers, expected);
  if (!claims.ok) return claims;
  const content = join(dataDir, contentName(claims.value.sha256));
  const state = await readContent(content, claims.value);
  return state === null ? err('altered') : ok({ claims: claims.value, state });
}

async function readSmall(path: string): Promise<string | null> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch {
    // Whatever it is: there is no snapshot to go by.
    return null;
  }
  try {
    const { size } = await file.stat();
    return size > SEAL_BYTES_MAX ? '' : await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** Null: it is not what its seal says. Nothing of it is used before all of it was checked. */
async function readContent(path: string, claims: Claims): Promise<StoreState | null> {
  const size = await stat(path).then(
    (found) => found.size,
    // Not there, or not to be read.
    () => -1,
  );
  if (size !== claims.bytes) return null;
  const digest = createHash('sha256');
  const reader = new StateReader();
  let [rest, isOurs] = ['', true];
  try {
    for await (const chunk of createReadStream(path, 'utf8')) {
      const text = String(chunk);
      digest.update(text);
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) isOurs &&= reader.take(line);
    }
  } catch {
    // It could be found and not be read.
    return null;
  }
  const isWhole = isOurs && rest === '' && digest.digest('hex') === claims.sha256;
  return isWhole ? reader.state(claims.version) : null;
}
