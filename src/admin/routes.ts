/** Every route of the admin API, and the way from a canonical path to one of them. */
import { adminTokenRoutes } from './admin-token-routes.ts';
import { alertRoutes } from './alert-routes.ts';
import { configChangeRoutes } from './config-change-routes.ts';
import { configFieldRoutes } from './config-field-routes.ts';
import { alertRuleRoutes } from './alerts/rule-routes.ts';
import { silenceRoutes } from './alerts/silence-routes.ts';
import { contentRoutes } from './audit/content-routes.ts';
import { auditLogRoutes } from './audit/log-routes.ts';
import { personRoutes } from './audit/person-routes.ts';
import { subjectRoutes } from './audit/subject-routes.ts';
import { auditRecordRoutes } from './audit/record-routes.ts';
import { auditTailRoutes } from './audit/tail-route.ts';
import { sinkRoutes } from './sink-routes.ts';
import { approvalRoutes } from './approval-routes.ts';
import { bindingRoutes } from './binding-routes.ts';
import { findingRoutes } from './findings/finding-routes.ts';
import { keyRoutes } from './key-routes.ts';
import { accountRoutes } from './people/account-routes.ts';
import { firstAccountRoute } from './people/first-account-route.ts';
import { limitRoutes } from './limits/limit-routes.ts';
import { meRoutes } from './people/me-routes.ts';
import { serviceAccountRoutes } from './service-account-routes.ts';
import { sessionRoutes } from './people/session-routes.ts';
import { totpRoutes } from './people/totp-routes.ts';
import { playgroundRoutes } from './playground/playground-routes.ts';
import { policyRoutes } from './policy-routes.ts';
import { providerSecretRoutes } from './provider-secret-routes.ts';
import { reportRoutes } from './reports/report-routes.ts';
import { rightsRoute } from './rights-route.ts';
import { roleRoutes } from './role-routes.ts';
import type { AdminRoute } from './route.ts';
import { runRoutes } from './runs/run-routes.ts';
import { secretRoutes } from './secret-routes.ts';
import { seriesRoutes } from './series-routes.ts';
import { settingRoutes } from './setting-routes.ts';
import { systemRoutes } from './system-routes.ts';
import { teamRoutes } from './team-routes.ts';
import { tenantRoutes } from './tenant-routes.ts';
import { toolPinRoutes } from './tool-pin-routes.ts';
import { usageRoutes } from './usage-routes.ts';
import { userRoutes } from './user-routes.ts';
import { viewRoutes } from './view-routes.ts';

export const adminRoutes: readonly AdminRoute[] = [
  ...systemRoutes,
  ...settingRoutes,
  ...configChangeRoutes,
  ...configFieldRoutes,
  ...secretRoutes,
  ...alertRoutes,
  ...alertRuleRoutes,
  ...silenceRoutes,
  ...sinkRoutes,
  ...tenantRoutes,
  ...providerSecretRoutes,
  ...roleRoutes,
  ...policyRoutes,
  ...playgroundRoutes,
  ...teamRoutes,
  ...userRoutes,
  ...serviceAccountRoutes,
  ...bindingRoutes,
  ...keyRoutes,
  ...runRoutes,
  ...adminTokenRoutes,
  firstAccountRoute,
  ...accountRoutes,
  ...sessionRoutes,
  ...meRoutes,
  rightsRoute,
  ...totpRoutes,
  ...toolPinRoutes,
  ...approvalRoutes,
  ...usageRoutes,
  ...seriesRoutes,
  ...limitRoutes,
  ...findingRoutes,
  ...auditLogRoutes,
  ...auditRecordRoutes,
  ...auditTailRoutes,
  ...viewRoutes,
  ...reportRoutes,
  ...personRoutes,
  ...subjectRoutes,
  ...contentRoutes,
];

export type AdminMatch =
  | {
      readonly kind: 'found';
      readonly route: AdminRoute;
      readonly params: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'wrong-method'; readonly allow: string };

/** By the canonical path alone. The route that is returned is the one whose permission applies. */
export function matchAdminRoute(method: string, path: string): AdminMatch {
  const segments = path.split('/');
  const allow = new Set<string>();
  for (const route of adminRoutes) {
    const params = paramsOf(route.path.split('/'), segments);
    if (params === null) continue;
    if (route.method === method) return { kind: 'found', route, params };
    allow.add(route.method);
  }
  if (allow.size === 0) return { kind: 'unknown' };
  return { kind: 'wrong-method', allow: [...allow].sort().join(', ') };
}

function paramsOf(
  template: readonly string[],
  segments: readonly string[],
): Readonly<Record<string, string>> | null {
  if (template.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [index, expected] of template.entries()) {
    const actual = segments[index] ?? '';
    if (expected.startsWith('{')) {
      const decoded = textOf(actual);
      if (decoded === null || decoded === '') return null;
      params[expected.slice(1, -1)] = decoded;
    } else if (expected !== actual) return null;
  }
  return params;
}

/** Decoded once. An encoded slash, dot or percent sign was refused with the target already. */
function textOf(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    // Bytes that are no UTF-8 name nothing here.
    return null;
  }
}
