/**
 * What is inside a package of ours: each third party's package whose code is in what was built, with
 * what the lock file and its own folder say of it. Read from the real tree, not from a list.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Metafile } from 'esbuild';

import { ROOT } from './bundle.ts';

export interface Part {
  /** Its folder below the checkout: `node_modules/pg`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** As SPDX writes it. */
  readonly license: string;
  /** SHA-512 of its archive, in hexadecimal. */
  readonly sha512: string;
  readonly needs: readonly string[];
  readonly licenseText: string;
}

interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

/** The file that npm wrote and checks; its form is npm's. */
export const readLock = (root: string = ROOT): Lock =>
  JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;

/** Packages whose archive has no licence file: the text stands in their README. */
const LICENSE_FILE = /^(?:licen[cs]e|copying|readme)(?:[.-].*)?$/iu;

export function partsOf(metafile: Metafile): readonly Part[] {
  const lock = readLock();
  const paths = new Set([...bundledPaths(metafile), ...dashboardPaths(lock)]);
  return [...paths].sort().map((path) => partAt(path, lock));
}

function bundledPaths({ inputs }: Metafile): readonly string[] {
  return Object.keys(inputs).flatMap((file) => {
    const found = /^(?<path>(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//u.exec(file);
    return found?.groups?.['path'] ?? [];
  });
}

/** Vite tells no such list: what the dashboard needs, and what that needs. */
function dashboardPaths({ packages }: Lock): readonly string[] {
  const found = new Set<string>();
  const waiting = Object.keys(packages['web']?.dependencies ?? {});
  for (const name of waiting) {
    const path = `node_modules/${name}`;
    if (found.has(path)) continue;
    found.add(path);
    waiting.push(...Object.keys(packages[path]?.dependencies ?? {}));
  }
  return [...found];
}

function partAt(path: string, { packages }: Lock): Part {
  const { version, license, integrity = '', dependencies = {} } = packages[path] ?? {};
  const [algorithm, digest = ''] = integrity.split('-');
  if (version === undefined || license === undefined || algorithm !== 'sha512')
    throw new Error(`package-lock.json: ${path} lacks its version, license or integrity`);
  return {
    path,
    name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
    version,
    license,
    sha512: Buffer.from(digest, 'base64').toString('hex'),
    needs: Object.keys(dependencies).sort(),
    licenseText: licenseTextAt(path),
  };
}

function licenseTextAt(path: string): string {
  const names = readdirSync(join(ROOT, path)).filter((name) => LICENSE_FILE.test(name));
  const [file] = names.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const text = file === undefined ? '' : readFileSync(join(ROOT, path, file), 'utf8').trim();
  if (!/licen[cs]e|permission|copyright/iu.test(text))
    throw new Error(`${path} has no text of its licence: it cannot be passed on without one`);
  return text;
}

/** The file of the licence itself before one that may hold it. */
const rank = (name: string): number => (/^readme/iu.test(name) ? 1 : 0);
