/**
 * Health and metrics of the admin listener. Neither needs a credential, and without one neither says
 * anything of a tenant; with a token of the whole gateway that may read usage, metrics are by tenant.
 */
import type { IncomingMessage } from 'node:http';

import { answerHealth, type Health } from '#server/health.ts';

import { authenticateAdmin } from './authenticate.ts';
import type { Exchange } from './exchange.ts';
import { mayDo } from './permissions.ts';
import { problem, problemTexts } from './problem.ts';
import { sendProblem } from './answer.ts';
import type { RefusalPorts } from './report-refusal.ts';
import type { AdminPorts } from './route.ts';

interface Ports extends AdminPorts, RefusalPorts {
  readonly health: Health;
}

/** False: it is another page. */
export async function answerHealthPage(
  path: string,
  { request, response, requestId, ip }: Exchange,
  ports: Ports,
): Promise<boolean> {
  if (path !== '/livez' && path !== '/readyz' && path !== '/metrics') return false;
  const isWhole = path === '/metrics' && (await seesTenants(request, ports));
  if (isWhole !== null) answerHealth(path, response, ports.health, isWhole);
  else {
    // Not fewer numbers in silence: whoever scrapes with a token that has ended is told.
    ports.refused(ip, problemTexts.unauthenticated.status, 'unauthenticated');
    sendProblem(response, problem('unauthenticated'), requestId);
  }
  return true;
}

/** Null: a credential came, and is none. */
async function seesTenants(request: IncomingMessage, ports: Ports): Promise<boolean | null> {
  if (request.headers.authorization === undefined) return false;
  const proven = await authenticateAdmin(request, ports);
  if (!proven.ok) return null;
  return proven.value.tenant === null && mayDo(proven.value, 'usage.read');
}
