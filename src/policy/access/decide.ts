/**
 * Mints the `Grant`: this principal may make this call, to these deployments. Everything that is
 * not allowed is refused, and a model that the caller may not use does not exist for the caller.
 */
import type { Action, Call } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import type { Deployment, ModelAlias } from '#domain/deployment.ts';
import type { Principal } from '#domain/principal.ts';
import { type Grant, mintGrant } from '#domain/proofs.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { type Permission, permissionFor, type Role, rolesOf, type TenantPolicy } from './roles.ts';

export interface AccessPolicy {
  readonly tenant: (id: string) => TenantPolicy | undefined;
  readonly alias: (name: string) => ModelAlias | undefined;
  readonly aliases: () => readonly ModelAlias[];
}

/** Whether a deployment can take the call at all; the denial names the field that it cannot. */
export type Fits = (deployment: Deployment) => Denial | null;

const NO_POLICY: TenantPolicy = { roles: new Map(), bindings: [] };

const rolesFor = (principal: Principal, policy: AccessPolicy): readonly Role[] =>
  rolesOf(principal, policy.tenant(principal.tenant) ?? NO_POLICY);

/** Before the body is read: may this caller do this at all, to any model? */
export function mayAct(principal: Principal, action: Action, policy: AccessPolicy): Denial | null {
  const permission = permissionFor(rolesFor(principal, policy), action, null);
  return permission === null ? { reason: 'action-forbidden', action } : null;
}

/** The aliases that a caller may use for anything; what is not here does not exist for it. */
export function visibleAliases(principal: Principal, policy: AccessPolicy): readonly ModelAlias[] {
  const roles = rolesFor(principal, policy);
  const uses: readonly Action[] = ['chat', 'embeddings', 'models'];
  return policy
    .aliases()
    .filter(({ name }) => uses.some((action) => permissionFor(roles, action, name) !== null));
}

export function grant(
  principal: Principal,
  call: Call,
  policy: AccessPolicy,
  fits: Fits,
): Result<Grant, Denial> {
  const alias = policy.alias(call.model);
  if (alias === undefined) return err({ reason: 'model-unknown' });
  const permission = permissionFor(rolesFor(principal, policy), call.action, alias.name);
  if (permission === null) return err({ reason: 'model-forbidden' });
  const content = contentProblem(call, alias);
  if (content !== null) return err(content);
  return withDeployments({ principal, alias, permission }, fits);
}

/** What no guard can read, and state outside this gateway, is refused unless waived by name. */
function contentProblem(call: Call, alias: ModelAlias): Denial | null {
  const [held] = call.heldState;
  if (held !== undefined) return { reason: 'state-refused', field: held };
  const unread = call.opaques.find(({ kind }) => !alias.allowUnscanned.includes(kind));
  if (unread === undefined) return null;
  return { reason: 'content-unscannable', field: unread.path, kind: unread.kind };
}

interface Allowed {
  readonly principal: Principal;
  readonly alias: ModelAlias;
  readonly permission: Permission;
}

function withDeployments(
  { principal, alias, permission }: Allowed,
  fits: Fits,
): Result<Grant, Denial> {
  let problem: Denial = { reason: 'model-unknown' };
  const deployments: Deployment[] = [];
  for (const deployment of alias.deployments) {
    const misfit = fits(deployment);
    if (misfit === null) deployments.push(deployment);
    else problem = misfit;
  }
  if (deployments.length === 0) return err(problem);
  return ok(mintGrant({ principal, alias, deployments, ...permission }));
}
