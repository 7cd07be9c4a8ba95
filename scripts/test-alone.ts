/**
 * Which files of a suite may be run once more, alone (decision 0060): those of a suite that starts the
 * program, when few failed. A test that measures time measures the machine's other guests too.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** More than these, and it is not the company that they ran in. */
export const AGAIN_FILES_MAX = 3;

const FAILED = /^ *not ok \d+ - [^\n]*\n +---\n(?<block>(?:(?! +\.\.\.$)[^\n]*\n)*)/gmu;
const LOCATION = /^ +location: '(?<file>[^']+):\d+:\d+'$/mu;

/**
 * The files with a failure in a TAP report of node:test, or null: when there are too many, none, or
 * one is not of the suite. A test that a contract declares stands there, so it is of each file of the
 * suite that has the contract.
 */
export function filesToRunAgain(tap: string, own: ReadonlySet<string>): string[] | null {
  const files = new Set<string>();
  for (const { groups } of tap.matchAll(FAILED)) {
    const at = LOCATION.exec(groups?.['block'] ?? '')?.groups?.['file'];
    if (at === undefined) return null;
    const file = at.startsWith('file:') ? fileURLToPath(at) : at;
    const failed = own.has(file) ? [file] : filesWith(file, own);
    if (failed.length === 0) return null;
    for (const one of failed) files.add(one);
  }
  return files.size === 0 || files.size > AGAIN_FILES_MAX ? null : [...files];
}

const filesWith = (contract: string, own: ReadonlySet<string>): string[] =>
  contract.endsWith('.contract.ts')
    ? [...own].filter((file) => readFileSync(file, 'utf8').includes(`/${basename(contract)}'`))
    : [];
