/**
 * `npm run check:deploy`: gets Helm, kubeconform and the schemas of Kubernetes where they are missing,
 * and runs every test of what is deployed, none of them optional.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';

import { getTools } from './tools.ts';

const ROOT = join(import.meta.dirname, '..', '..');

getTools((line) => process.stderr.write(`check-deploy: ${line}\n`));
const files = globSync(
  'tests/packages/{container,compose,kubernetes,kubernetes-helm,systemd,backup}.test.ts',
  {
    cwd: ROOT,
  },
).sort();
const { status } = spawnSync(process.execPath, [...process.execArgv, '--test', ...files], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, LLMPROXY_TOOLS: 'required' },
});
process.exit(status ?? 1);
