/**
 * Which files of a suite may be run once more, alone (decision 0060): those of a suite whose files
 * share the machine, when few failed. A test that measures time beside two others measures them too.
 */
import { fileURLToPath } from 'node:url';

/** More than these, and it is not the company that they ran in. */
export const AGAIN_FILES_MAX = 3;

const FAILED = /^ *not ok \d+ - [^\n]*\n +---\n(?<block>(?:(?! +\.\.\.$)[^\n]*\n)*)/gmu;
const LOCATION = /^ +location: '(?<file>[^']+):\d+:\d+'$/mu;

/**
 * The files with a failure in a TAP report of node:test, or null: when there are too many, none, or
 * one is not of the suite (a test that a contract declares says nothing of the file that ran it).
 */
export function filesToRunAgain(tap: string, own: ReadonlySet<string>): string[] | null {
  const files = new Set<string>();
  for (const { groups } of tap.matchAll(FAILED)) {
    const at = LOCATION.exec(groups?.['block'] ?? '')?.groups?.['file'];
    if (at === undefined) return null;
    const file = at.startsWith('file:') ? fileURLToPath(at) : at;
    if (!own.has(file)) return null;
    files.add(file);
  }
  return files.size === 0 || files.size > AGAIN_FILES_MAX ? null : [...files];
}
