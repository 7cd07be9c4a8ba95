/** Where refusals of the admin API go: to the audit log where somebody known acted, to a count otherwise. */
import { actorName } from './change.ts';
import type { Actor } from './permissions.ts';
import { type Problem, problemTexts } from './problem.ts';
import type { RefusalGate } from './refusal-gate.ts';
import type { AdminPorts, AdminRoute } from './route.ts';
import type { AdminMatch } from './routes.ts';

/** An act that somebody known was refused, for the audit log. */
export interface RefusedAct {
  readonly requestId: string;
  readonly actor: string;
  readonly action: string;
  readonly resource: string;
  readonly tenant: string | null;
  readonly ip: string;
  readonly status: number;
  readonly reason: string;
}

export interface RefusalPorts {
  readonly refused: (ip: string, status: number, reason: string) => void;
  readonly auditRefused: (act: RefusedAct) => void;
}

export interface Refusal {
  readonly actor: Actor | null;
  readonly match: AdminMatch;
  readonly told: Problem;
  readonly reason: string;
}

/** Refusals of somebody known are acts, and are audited; malformed and unknown things are not. */
const AUDITED = new Set([400, 401, 403, 409, 412]);

export function reportRefusal(
  { actor, match, told, reason }: Refusal,
  { requestId, ip }: { readonly requestId: string; readonly ip: string },
  ports: RefusalPorts & Pick<AdminPorts, 'clock'>,
  gate: RefusalGate,
): void {
  const { status } = problemTexts[told.reason];
  if (actor === null) {
    ports.refused(ip, status, reason);
    return;
  }
  if (!AUDITED.has(status) || told.reason === 'request-malformed') return;
  if (!gate.takes(actorName(actor), ports.clock.nowMs())) {
    ports.refused(ip, status, reason);
    return;
  }
  const route = match.kind === 'found' ? match.route : null;
  const params = match.kind === 'found' ? match.params : {};
  ports.auditRefused({
    requestId,
    actor: actorName(actor),
    action: route === null ? 'admin.unknown' : (route.audit ?? route.permission),
    resource: resourceOf(route, params),
    tenant: actor.tenant,
    ip,
    status,
    reason,
  });
}

/** The route's template and what its places were: ids of ours or names that were asked for. */
function resourceOf(route: AdminRoute | null, params: Readonly<Record<string, string>>): string {
  if (route === null) return 'none';
  const short = route.path.replace('/admin/v1/', '');
  return short.replace(/\{(\w+)\}/gu, (_all, name: string) => (params[name] ?? '').slice(0, 128));
}
