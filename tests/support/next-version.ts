/**
 * The next version of the program: a copy of this tree that has a step more in two parts of its schema,
 * and a field more in the record of a key. What a release that adds something looks like to the one before.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ledgerSteps } from '#storage/postgres/ledger-schema.ts';
import { storageSteps } from '#storage/postgres/storage-schema.ts';

import { ROOT } from '../../scripts/package/bundle.ts';
import { buildTestProgram } from '../../scripts/package/test-program.ts';

/** The field that it puts into a key when it changes one. */
export const FIELD = 'purpose';
export const VALUE = 'said by the next version';

export interface Tree {
  readonly program: string;
  remove(): void;
}

/** Each place must be there once: a test against a tree that is the same would prove nothing. */
function edited(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  assert.equal(text.split(from).length, 2, `${file} has not "${from}" once`);
  writeFileSync(
    file,
    text.replace(from, () => to),
  );
}

function stepAfter(steps: readonly { readonly number: number }[], sql: string): string {
  const newest = Math.max(...steps.map(({ number }) => number));
  return `{ number: ${newest + 1}, compatibleFrom: ${newest}, sql: ${JSON.stringify(sql)} },`;
}

export async function nextVersion(): Promise<Tree> {
  const root = mkdtempSync(join(tmpdir(), 'llmproxy-next-'));
  for (const name of ['src', 'package.json'])
    cpSync(join(ROOT, name), join(root, name), { recursive: true });
  for (const name of ['node_modules', 'web'])
    symlinkSync(join(ROOT, name), join(root, name), 'dir');
  const postgres = join(root, 'src', 'storage', 'postgres');
  edited(
    join(postgres, 'storage-schema.ts'),
    'export const storageSteps: readonly SchemaStep[] = [',
    `export const storageSteps: readonly SchemaStep[] = [
    ${stepAfter(storageSteps, `ALTER TABLE llmproxy.keys ADD COLUMN ${FIELD} text GENERATED ALWAYS AS (document->>'${FIELD}') STORED`)}`,
  );
  edited(
    join(postgres, 'ledger-schema.ts'),
    'export const ledgerSteps: readonly SchemaStep[] = [',
    `export const ledgerSteps: readonly SchemaStep[] = [
    ${stepAfter(ledgerSteps, 'ALTER TABLE llmproxy.ledger ADD COLUMN remark text')}`,
  );
  edited(
    join(root, 'src', 'storage', 'record-schemas.ts'),
    '  isHoney: z.boolean().default(false),',
    `  isHoney: z.boolean().default(false),
  ${FIELD}: z.string().default(${JSON.stringify(VALUE)}),`,
  );
  const { program } = await buildTestProgram(join(root, 'built'), root);
  return {
    program,
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
