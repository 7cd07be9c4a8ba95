/**
 * Mints the `Grant`: this principal may make this call, to these deployments. Everything that is
 * not allowed is refused, and a model that the caller may not use does not exist for the caller.
 */
import type { AskedCall, AskedRequest } from '#domain/asked.ts';
import type { Action } from '#domain/action.ts';
import type { Call } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import type { Deployment, ModelAlias } from '#domain/deployment.ts';
import type { Principal } from '#domain/principal.ts';
import { type Grant, mintGrant } from '#domain/proofs.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';
import { nextTurn } from '#stdx/next-turn.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { type FindBindings, forbiddenState, type Pin, pinOf } from './held-state.ts';
import { isDenied, judge, judgeEarly, type Permission } from './judge.ts';
import { type Layer, layersOf } from './layers.ts';
import { type Rights, rightsFor } from './rights.ts';
import { mayServe, type Residency } from './residency.ts';
import { NO_POLICY, type TenantPolicy } from './roles.ts';
import { type Asking, Situation } from './situation.ts';

export interface AccessPolicy {
  readonly tenant: (id: string) => TenantPolicy | undefined;
  readonly alias: (name: string) => ModelAlias | undefined;
  readonly aliases: () => readonly ModelAlias[];
  /** Asked only for a call that names state, and only where its alias allows that. */
  readonly bindings: FindBindings;
}

/** Whether a deployment can take the call at all; the denial names the field that it cannot. */
export type Fits = (deployment: Deployment) => Denial | null;

/** The layers that a principal was found to have, and under which policy of its tenant. */
interface Found {
  readonly policy: TenantPolicy;
  readonly layers: readonly [Layer, ...Layer[]];
}

/**
 * A principal lives as long as its credential is cached, and a policy until something of its tenant
 * changes: then both are new objects, so that an answer of before is never given after. What is
 * remembered are the rules that concern an action and an alias, never what a condition said.
 */
const found = new WeakMap<Principal, Found>();

function layersFor(principal: Principal, policy: TenantPolicy): Found['layers'] {
  const known = found.get(principal);
  if (known !== undefined && known.policy === policy) return known.layers;
  const layers = layersOf(principal, policy);
  found.set(principal, { policy, layers });
  return layers;
}

/** `alias`: the name of one that exists; null asks whether any is allowed. */
function rightsOf({ roles, rights }: Layer, action: Action, alias: string | null): Rights {
  const id = alias === null ? action : `${action} ${alias}`;
  const known = rights.get(id);
  if (known !== undefined) return known;
  const fresh = rightsFor(roles, action, alias);
  rights.set(id, fresh);
  return fresh;
}

const policyOf = ({ tenant }: Principal, access: Pick<AccessPolicy, 'tenant'>): TenantPolicy =>
  access.tenant(tenant) ?? NO_POLICY;

/** Before the body is read: may this caller do this at all, to any model? */
export function mayAct(
  principal: Principal,
  action: Action,
  request: AskedRequest,
  access: AccessPolicy,
): Denial | null {
  const policy = policyOf(principal, access);
  const { timeZone } = policy;
  for (const layer of layersFor(principal, policy)) {
    const rights = rightsOf(layer, action, null);
    if (rights.allows.length === 0) return { reason: 'action-forbidden', action };
    const { principal: of } = layer;
    const denial = judgeEarly(
      rights,
      () => new Situation({ principal: of, call: { action }, request, timeZone }),
    );
    if (denial !== null) return denial;
  }
  return null;
}

/** Null: at least one of these is allowed, from this address and at this hour, to some model. */
export function mayActAtAll(
  principal: Principal,
  actions: readonly Action[],
  request: AskedRequest,
  access: AccessPolicy,
): Denial | null {
  let refused: Denial | null = null;
  for (const action of actions) {
    const denial = mayAct(principal, action, request, access);
    if (denial === null) return null;
    refused ??= denial;
  }
  return refused;
}

/**
 * The aliases that a caller may use for anything; what is not here does not exist for it. One that
 * it may use for some calls only is here; one that it may not be told of is not.
 *
 * All rules of a tenant are held against every alias, which its administrators can make long work: whoever
 * else waits for this thread has a turn between two of them.
 */
export async function visibleAliases(
  principal: Principal,
  request: AskedRequest,
  access: AccessPolicy,
): Promise<readonly ModelAlias[]> {
  const policy = policyOf(principal, access);
  const layers = layersFor(principal, policy);
  const asking = { request, timeZone: policy.timeZone };
  const situationOf = (layer: Layer, action: Action, model: string) => () =>
    new Situation({ ...asking, principal: layer.principal, call: { action, model } });
  const isUsable = (action: 'chat' | 'embeddings', name: string): boolean =>
    layers.every((layer) => {
      const rights = rightsOf(layer, action, name);
      if (rights.allows.length === 0) return false;
      return judgeEarly(rights, situationOf(layer, action, name)) === null;
    });
  // A list has no call to wait for: what reads more than its action and model is decided without.
  const isHidden = (layer: Layer, name: string): boolean =>
    isDenied(rightsOf(layer, 'models', name), situationOf(layer, 'models', name));
  const isListed = (layer: Layer, name: string): boolean =>
    judge(rightsOf(layer, 'models', name), [], situationOf(layer, 'models', name)).ok;
  const isVisible = ({ name }: ModelAlias): boolean => {
    if (layers.some((layer) => isHidden(layer, name))) return false;
    if (layers.every((layer) => isListed(layer, name))) return true;
    return isUsable('chat', name) || isUsable('embeddings', name);
  };
  const visible: ModelAlias[] = [];
  const takesLong = layers.some(isLong);
  for (const alias of access.aliases()) {
    if (isVisible(alias)) visible.push(alias);
    if (takesLong) await nextTurn();
  }
  return visible;
}

/** Names of models in all roles that are held against one alias in no time. */
const NAMES_FEW = 256;

/** A condition is worked out anew each time, however few there are. */
function isLong({ roles }: Layer): boolean {
  let names = 0;
  for (const { models, condition } of roles.flatMap(({ allow, deny }) => [...allow, ...deny])) {
    if (condition !== undefined) return true;
    names += models.length;
  }
  return names > NAMES_FEW;
}

/** A call that somebody asks about, and who is asked for it. */
export interface Asked<C extends AskedCall = Call> {
  readonly call: C;
  readonly request: AskedRequest;
}

/** What roles say of a call, before anything else of it is looked at. */
export function authorise(
  principal: Principal,
  { call, request }: Asked<AskedCall>,
  access: Pick<AccessPolicy, 'tenant'>,
): Result<Permission, Denial> {
  const policy = policyOf(principal, access);
  const { timeZone } = policy;
  const layers = layersFor(principal, policy);
  const asking = { call, request, timeZone };
  const allowed = judgeLayer(layers[0], asking);
  // Most callers have no more than their roles.
  if (!allowed.ok || layers.length === 1) return allowed;
  let { tools, guards, deniedTools, parentRoles } = allowed.value;
  for (const layer of layers.slice(1)) {
    const also = judgeLayer(layer, asking);
    if (!also.ok) return also;
    tools = [...tools, ...also.value.tools];
    guards = [...guards, ...also.value.guards];
    deniedTools = [...deniedTools, ...also.value.deniedTools];
    if (layer.kind !== 'parent') continue;
    parentRoles = [...parentRoles, also.value.role.slice(layer.prefix.length)];
  }
  return ok({ ...allowed.value, tools, guards, deniedTools, parentRoles });
}

function judgeLayer(
  layer: Layer,
  asking: Omit<Asking, 'principal'> & { readonly call: AskedCall },
): Result<Permission, Denial> {
  const { action, model, tools } = asking.call;
  const { principal } = layer;
  const rights = rightsOf(layer, action, model);
  return judge(rights, tools, () => new Situation({ ...asking, principal }));
}

export function grant(
  principal: Principal,
  asked: Asked,
  access: AccessPolicy,
  fits: Fits,
): MaybePromise<Result<Grant, Denial>> {
  const { call } = asked;
  const alias = access.alias(call.model);
  if (alias === undefined) return err({ reason: 'model-unknown' });
  const permission = authorise(principal, asked, access);
  if (!permission.ok) return permission;
  const content = contentProblem(call, alias);
  if (content !== null) return err(content);
  return andThen(pinOf(principal, call, alias, access.bindings), (pin) =>
    pin.ok
      ? withDeployments(
          { principal, alias, permission: permission.value, pin: pin.value },
          policyOf(principal, access).residency,
          fits,
        )
      : pin,
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

const ABROAD: Denial = { reason: 'residency-unmet' };

function withDeployments(
  { principal, alias, permission, pin }: Allowed,
  residency: Residency | undefined,
  fits: Fits,
): Result<Grant, Denial> {
  let problem: Denial =
    pin === null ? { reason: 'model-unknown' } : { reason: 'state-refused', field: pin.path };
  const deployments: Deployment[] = [];
  for (const deployment of alias.deployments) {
    if (pin !== null && pin.deployment !== deployment.id) continue;
    // Neither the call nor a fallback of it: a grant has only deployments that it may go to.
    const isAbroad = residency !== undefined && !mayServe(deployment, residency);
    const misfit = isAbroad ? ABROAD : fits(deployment);
    if (misfit === null) deployments.push(deployment);
    else problem = misfit;
  }
  if (deployments.length === 0) return err(problem);
  return ok(mintGrant({ principal, alias, deployments, ...permission }));
}
