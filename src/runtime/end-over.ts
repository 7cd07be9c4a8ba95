/** Ends the calls of those who may not go on: revoked, suspended, or of a tenant that is gone. */
import { Fault } from '#domain/fault.ts';
import type { RunningCalls } from '#gateway/running-calls.ts';

import type { Directory } from './directory.ts';

export async function endOver(running: RunningCalls, directory: Directory): Promise<void> {
  for (const principal of running.principals()) {
    if (!(await directory.isOver(principal))) continue;
    running.endOf(principal, new Fault('client-gone', 'the credential was revoked'));
  }
}
