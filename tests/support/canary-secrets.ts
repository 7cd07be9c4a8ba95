/** Secrets that are drawn for a test, and a search for them in every file, spelling and answer. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const drawnSecret = (): string => ['canary', randomBytes(24).toString('hex')].join('-');

export function filesBelow(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

/** A part of it as it is, in hexadecimal and in base64 at each of the three places of a group. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const base64 = [0, 1, 2].map((skip) => bytes.subarray(skip).toString('base64').slice(0, 24));
  const base64url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [secret.slice(8, 32), bytes.toString('hex').slice(0, 40), ...base64, ...base64url];
}

/** Fails where one of them is in one of the places, by the names of both. */
export function assertNowhere(
  secrets: Readonly<Record<string, string>>,
  places: Readonly<Record<string, string>>,
): void {
  for (const [place, text] of Object.entries(places)) {
    for (const [what, secret] of Object.entries(secrets)) {
      for (const spelling of spellings(secret)) {
        assert.ok(!text.includes(spelling), `${what} is in ${place}`);
      }
    }
  }
}

export const bytesOfFiles = (dir: string): Record<string, string> =>
  Object.fromEntries(filesBelow(dir).map((path) => [path, readFileSync(path, 'latin1')]));
