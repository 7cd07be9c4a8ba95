/**
 * Mints the `Grant`: this principal may make this call, to these deployments. Everything that is
 * not allowed is refused, and a model that the caller may not use does not exist for the caller.
 */
import type { Action, Call } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import type { Deployment, ModelAlias } from '#domain/deployment.ts';
import type { Principal } from '#domain/principal.ts';
import { type Grant, mintGrant } from '#domain/proofs.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { type FindBindings, forbiddenState, type Pin, pinOf } from './held-state.ts';
import {
  coversTools,
  type Permission,
  permissionsFor,
  type Role,
  rolesOf,
  type TenantPolicy,
} from './roles.ts';

export interface AccessPolicy {
  readonly tenant: (id: string) => TenantPolicy | undefined;
  readonly alias: (name: string) => ModelAlias | undefined;
  readonly aliases: () => readonly ModelAlias[];
  /** Asked only for a call that names state, and only where its alias allows that. */
  readonly bindings: FindBindings;
}

/** Whether a deployment can take the call at all; the denial names the field that it cannot. */
export type Fits = (deployment: Deployment) => Denial | null;

const NO_POLICY: TenantPolicy = { roles: new Map(), bindings: [] };

/** The roles that a principal was found to have, and under which policy of its tenant. */
interface Found {
  readonly policy: TenantPolicy;
  readonly roles: readonly Role[];
  /** Decisions by action and alias: bounded, because only aliases that exist are asked about. */
  readonly decided: Map<string, readonly Permission[]>;
}

/**
 * A principal lives as long as its credential is cached, and a policy until something of its tenant
 * changes: then both are new objects, so that an answer of before is never given after.
 */
const found = new WeakMap<Principal, Found>();

function foundFor(principal: Principal, { tenant }: AccessPolicy): Found {
  const policy = tenant(principal.tenant) ?? NO_POLICY;
  const known = found.get(principal);
  if (known !== undefined && known.policy === policy) return known;
  const fresh = { policy, roles: rolesOf(principal, policy), decided: new Map() };
  found.set(principal, fresh);
  return fresh;
}

/** `alias`: the name of one that exists; null asks whether any is allowed. */
function permissionsOf(
  principal: Principal,
  action: Action,
  alias: string | null,
  policy: AccessPolicy,
): readonly Permission[] {
  const { roles, decided } = foundFor(principal, policy);
  const id = alias === null ? action : `${action} ${alias}`;
  const known = decided.get(id);
  if (known !== undefined) return known;
  const permissions = permissionsFor(roles, action, alias);
  decided.set(id, permissions);
  return permissions;
}

/** Before the body is read: may this caller do this at all, to any model? */
export function mayAct(principal: Principal, action: Action, policy: AccessPolicy): Denial | null {
  const permissions = permissionsOf(principal, action, null, policy);
  return permissions.length === 0 ? { reason: 'action-forbidden', action } : null;
}

/** The aliases that a caller may use for anything; what is not here does not exist for it. */
export function visibleAliases(principal: Principal, policy: AccessPolicy): readonly ModelAlias[] {
  const { roles } = foundFor(principal, policy);
  const uses: readonly Action[] = ['chat', 'embeddings', 'models'];
  return policy
    .aliases()
    .filter(({ name }) => uses.some((action) => permissionsFor(roles, action, name).length > 0));
}

export function grant(
  principal: Principal,
  call: Call,
  policy: AccessPolicy,
  fits: Fits,
): MaybePromise<Result<Grant, Denial>> {
  const alias = policy.alias(call.model);
  if (alias === undefined) return err({ reason: 'model-unknown' });
  const permissions = permissionsOf(principal, call.action, alias.name, policy);
  if (permissions.length === 0) return err({ reason: 'model-forbidden' });
  // The first rule that covers all of the call decides: what two rules allow is not mixed.
  const permission = permissions.find((one) => coversTools(one, call.tools));
  if (permission === undefined) return err({ reason: 'tool-forbidden', field: 'tools' });
  const content = contentProblem(call, alias);
  if (content !== null) return err(content);
  return andThen(pinOf(principal, call, alias, policy.bindings), (pin) =>
    pin.ok ? withDeployments({ principal, alias, permission, pin: pin.value }, fits) : pin,
  );
}

/** What no guard can read, and state outside this gateway, is refused unless waived by name. */
function contentProblem(call: Call, alias: ModelAlias): Denial | null {
  const held = forbiddenState(call, alias);
  if (held !== null) return held;
  const unread = call.opaques.find(({ kind }) => !alias.allowUnscanned.includes(kind));
  if (unread === undefined) return null;
  return { reason: 'content-unscannable', field: unread.path, kind: unread.kind };
}

interface Allowed {
  readonly principal: Principal;
  readonly alias: ModelAlias;
  readonly permission: Permission;
  readonly pin: Pin | null;
}

function withDeployments(
  { principal, alias, permission, pin }: Allowed,
  fits: Fits,
): Result<Grant, Denial> {
  let problem: Denial =
    pin === null ? { reason: 'model-unknown' } : { reason: 'state-refused', field: pin.path };
  const deployments: Deployment[] = [];
  for (const deployment of alias.deployments) {
    if (pin !== null && pin.deployment !== deployment.id) continue;
    const misfit = fits(deployment);
    if (misfit === null) deployments.push(deployment);
    else problem = misfit;
  }
  if (deployments.length === 0) return err(problem);
  return ok(mintGrant({ principal, alias, deployments, ...permission }));
}
