/** The program. It reads the command line and nothing else; `serve` builds the house. */
import module from 'node:module';

import { z } from 'zod';

module.enableCompileCache();
// Code generation is off in this process; without this, zod would try it and fall back each time.
z.config({ jitless: true });

const { runProgram } = await import('./cli/program.ts');
process.exitCode = await runProgram(process.argv.slice(2));
