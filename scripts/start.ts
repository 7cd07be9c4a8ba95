/** `npm start`: builds the dashboard when it is missing, then serves in demo mode. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

if (!existsSync(join(root, 'web', 'dist', 'index.html'))) {
  process.stderr.write('llmproxy: building the dashboard (once)\n');
  const built = spawnSync(process.execPath, [join(root, 'scripts', 'build.ts')], {
    stdio: ['ignore', 2, 2],
  });
  if (built.status !== 0) process.stderr.write('llmproxy: the dashboard was not built\n');
}
process.argv = [process.execPath, 'llmproxy', 'serve', '--demo', ...process.argv.slice(2)];
await import('../src/main.ts');
