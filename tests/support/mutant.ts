/**
 * Loaded before a program (`--import`): one file of the source is read with one change, which
 * `LLMPROXY_MUTANT` says as JSON. A change whose text is not there, or not once, ends the program.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

export interface Mutant {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const told: unknown = JSON.parse(process.env['LLMPROXY_MUTANT'] ?? 'null');
// Written by the test that starts this program.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const mutant = told as Mutant | null;

registerHooks({
  load(url, context, next) {
    if (mutant === null || !url.endsWith(mutant.file)) return next(url, context);
    const parts = readFileSync(fileURLToPath(url), 'utf8').split(mutant.from);
    if (parts.length !== 2) {
      process.stderr.write(`mutant: ${mutant.from} is there ${parts.length - 1} times\n`);
      process.exit(86);
    }
    return { format: 'module-typescript', shortCircuit: true, source: parts.join(mutant.to) };
  },
});
