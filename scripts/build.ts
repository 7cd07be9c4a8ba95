/** `npm run build`: the dashboard, into web/dist. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
// Vite's own tools need code generation, so it runs without the flags that the gateway runs with.
const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
const { status } = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
  cwd: join(root, 'web'),
  stdio: 'inherit',
});
process.exit(status ?? 1);
