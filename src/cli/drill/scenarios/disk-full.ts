/**
 * No file of the gateway may grow: a limit of the system on a process that runs, which is taken back
 * again. To the gateway it is a disk without room, and no other process has to suffer for it.
 */
import { Fault } from '#domain/fault.ts';

import { runChild } from '../child.ts';
import { houseYaml } from '../lab.ts';
import type { Scenario } from '../scenario.ts';
import { findProgram } from '../servers/find.ts';
import { within } from '../wait.ts';

const KNOWN_MS = 5_000;
const BACK_MS = 15_000;
const TAKING = 'llmproxy_audit_taking';

async function limitFiles(pid: number, bytes: string): Promise<void> {
  const prlimit = findProgram('prlimit') ?? 'prlimit';
  // The soft limit alone: a process may raise that again, and needs no right for it.
  const command = [prlimit, '--pid', String(pid), `--fsize=${bytes}:`];
  const { code, err } = await runChild(command, { deadlineMs: 5_000 });
  if (code !== 0) throw new Fault('internal', `prlimit did not work: ${err}`);
}

export const diskFull: Scenario = {
  name: 'disk-full',
  dependency: 'Disk',
  failure: 'is full',
  needs: ['prlimit'],
  async run(lab) {
    const gateway = await lab.gateway(houseYaml(await lab.provider()));
    const { key } = await gateway.key();
    await within(KNOWN_MS, async () => (await gateway.status(key)) === 200);
    await limitFiles(gateway.pid, '1');
    const isRefused = await within(KNOWN_MS, async () => (await gateway.status(key)) === 503);
    lab.check('refused', 'calls, as they cannot be recorded: 503', isRefused);
    const meanwhile = await lab.statuses(1, () => gateway.status(key));
    lab.same('refused', 'as long as it lasts', [meanwhile, [503]]);
    const isUnready = await within(KNOWN_MS, async () => (await gateway.ready()).status === 503);
    lab.check('refused', 'readiness: 503', isUnready);
    const made = await gateway.admin('POST', 'tenants', { id: 'late' });
    lab.check('refused', 'changes', made.status >= 500, made.status);
    lab.same('served', 'what administrators read, and metrics that say why', [
      [(await gateway.admin('GET', 'tenants')).status, await gateway.metric(TAKING)],
      [200, 0],
    ]);
    await limitFiles(gateway.pid, 'unlimited');
    const isBack = await within(BACK_MS, async () => (await gateway.status(key)) === 200);
    lab.check('recovers', `within ${BACK_MS / 1_000} s, without a restart`, isBack);
    lab.check('recovers', 'the audit log verifies', gateway.isLogIntact());
  },
};
