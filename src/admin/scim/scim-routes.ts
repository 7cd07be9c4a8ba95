/** Every route of SCIM, and the way from a canonical path to one of them. */
import { scimDiscoveryRoutes } from './discovery-routes.ts';
import { scimGroupRoutes } from './group-routes.ts';
import { SCIM_BASE, type ScimRoute } from './scim-route.ts';
import { scimUserRoutes } from './user-routes.ts';

export const scimRoutes: readonly ScimRoute[] = [
  ...scimDiscoveryRoutes,
  ...scimUserRoutes,
  ...scimGroupRoutes,
];

export type ScimMatch =
  | { readonly kind: 'found'; readonly route: ScimRoute; readonly id: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'wrong-method'; readonly allow: string };

/** Ids here have no character that a path would have to encode. */
export function matchScimRoute(method: string, path: string): ScimMatch {
  const allow = new Set<string>();
  for (const route of scimRoutes) {
    const id = idIn(path, SCIM_BASE + route.path);
    if (id === null) continue;
    if (route.method === method) return { kind: 'found', route, id };
    allow.add(route.method);
  }
  if (allow.size === 0) return { kind: 'unknown' };
  return { kind: 'wrong-method', allow: [...allow].sort().join(', ') };
}

/** Empty for a route without one; null where the path is not of the route. */
function idIn(path: string, template: string): string | null {
  if (!template.endsWith('{id}')) return path === template ? '' : null;
  const base = template.slice(0, -'{id}'.length);
  const id = path.startsWith(base) ? path.slice(base.length) : '';
  return id === '' || id.includes('/') ? null : id;
}
