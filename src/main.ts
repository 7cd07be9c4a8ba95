/** The program. It reads the command line and nothing else; `serve` builds the house. */
import module from 'node:module';

import { z } from 'zod';

module.enableCompileCache();
// Code generation is off in this process; without this, zod would try it and fall back each time.
z.config({ jitless: true });

// Without a top-level await: the single binary's main file is a script.
void import('./cli/program.ts').then(async ({ runProgram }) => {
  process.exitCode = await runProgram(process.argv.slice(2));
});
