/**
 * The kind `ScimRoute`. As a route of the admin API, it cannot be written down without its permission
 * and, when it writes, its audit action. What it is about is always the tenant of the token.
 */
import type { JsonObject } from '#stdx/json.ts';
import type { Result } from '#stdx/result.ts';

import type { Actor, AdminPermission } from '../permissions.ts';
import type { AdminPorts, AuditAction } from '../route.ts';
import type { ScimProblem } from './scim-problem.ts';

export interface ScimCall {
  readonly actor: Actor;
  readonly tenant: string;
  readonly requestId: string;
  /** The audit action of the route; a read has none. */
  readonly action: string;
  /** The last part of the path, where the route has one. */
  readonly id: string;
  readonly body: JsonObject;
  readonly query: ReadonlyMap<string, string>;
  readonly ifMatch: string | undefined;
  readonly ports: AdminPorts;
}

export interface ScimReply {
  readonly body: JsonObject | null;
  readonly version?: number;
  readonly location?: string;
}

interface Common {
  /** Below `/scim/v2`. */
  readonly path: string;
  readonly permission: AdminPermission;
  readonly status: 200 | 201 | 204;
  handle(call: ScimCall): Promise<Result<ScimReply, ScimProblem>>;
}

export type ScimRoute = Common &
  (
    | { readonly method: 'GET'; readonly audit: null }
    | { readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'; readonly audit: AuditAction }
  );

export const SCIM_BASE = '/scim/v2';

/** Weak, as the examples of RFC 7644 are: a selection of attributes is the same version. */
export const etagOf = (version: number): string => `W/"${version}"`;

/** Whether the caller's `If-Match` lets a change of this version happen. It may be left out. */
export function isWanted(ifMatch: string | undefined, version: number): boolean {
  if (ifMatch === undefined || ifMatch.trim() === '*') return true;
  return ifMatch.split(',').some((one) => one.trim().replace(/^W\//u, '') === `"${version}"`);
}
