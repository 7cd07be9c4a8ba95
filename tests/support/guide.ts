/** The commands of a guide, as they are written: one after another, in a shell, on a gateway. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { House } from './house.ts';

const GUIDES = join(import.meta.dirname, '..', '..', 'docs', 'guides');

export const guideNamed = (name: string): string =>
  readFileSync(join(GUIDES, `${name}.md`), 'utf8');

/** `count`: how many blocks of commands there are, so that none is left out by how it is written. */
export async function runGuide(
  guide: string,
  count: number,
  house: Pick<House, 'adminUrl' | 'dir'>,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const blocks = [...guide.matchAll(/```sh\n(?<text>[^]*?)```/gu)];
  assert.equal(blocks.length, count);
  const script = blocks
    .map(({ groups }) => groups?.['text'] ?? '')
    .join('\necho\n')
    .replaceAll('http://127.0.0.1:8081', house.adminUrl)
    .replaceAll('llmproxy-data', join(house.dir, 'data'));
  const options = { cwd: house.dir, timeout: 60_000, env: { ...process.env, ...env } };
  const ran = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], options);
  return ran.stdout;
}
