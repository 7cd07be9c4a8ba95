/**
 * Which state of a provider's a call may use, and to which deployment that pins it.
 *
 * An id that was born for somebody else and an id that never was are one case here: neither is among
 * the bindings of the caller. There is nothing to tell them apart by.
 */
import type { Call } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import type { ModelAlias } from '#domain/deployment.ts';
import { type HeldState, type HeldStateBinding, ownerOf } from '#domain/held-state.ts';
import type { Principal } from '#domain/principal.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';
import { err, ok, type Result } from '#stdx/result.ts';

/** The bindings of these ids, whoever's they are; what is unknown or expired is left out. */
export type FindBindings = (ids: readonly string[]) => Promise<readonly HeldStateBinding[]>;

/** The one deployment that holds what a call names, and the field that named it first. */
export interface Pin {
  readonly deployment: string;
  readonly path: string;
}

/** Ids that are looked up for one call. A call with more of them is refused. */
export const HELD_IDS_MAX = 256;

const NAMES_NOTHING: ReadonlySet<HeldState['kind']> = new Set([
  'store',
  'background',
  'container',
  'hosted-tools',
  'remote-mcp',
]);

const refused = ({ path }: Pick<HeldState, 'path'>): Denial => ({
  reason: 'state-refused',
  field: path,
});

/** What the alias does not allow at all, before anything is looked up. */
export function forbiddenState({ heldState, isStreamed }: Call, alias: ModelAlias): Denial | null {
  const forbidden = heldState.find(({ kind, id }) => {
    if (kind === 'item') return false;
    if (!alias.allowState.includes(kind)) return true;
    // Its answer comes later, by a route that is not here: unread by guards and paid by nobody.
    if (kind === 'background' && !isStreamed) return true;
    return id === null && !NAMES_NOTHING.has(kind);
  });
  return forbidden === undefined ? null : refused(forbidden);
}

interface Reference {
  readonly id: string;
  readonly path: string;
}

/** The ids that must have been born for the caller. */
function boundReferences({ heldState }: Call, alias: ModelAlias): Reference[] {
  return heldState.flatMap(({ kind, path, id }) => {
    if (id === null || alias.stateIds.includes(id)) return [];
    // Where nothing is stored, the id of an item that is spelt out names nothing.
    return kind === 'item' && !alias.isStateNear ? [] : [{ id, path }];
  });
}

/** Null: the call names nothing that was born here, and may go to any deployment. */
export function pinOf(
  principal: Principal,
  call: Call,
  alias: ModelAlias,
  find: FindBindings,
): MaybePromise<Result<Pin | null, Denial>> {
  if (call.heldState.length === 0) return ok(null);
  const references = boundReferences(call, alias);
  const beyond = references[HELD_IDS_MAX];
  if (beyond !== undefined) return err(refused(beyond));
  const [first] = references;
  if (first === undefined) return ok(null);
  const owner = ownerOf(principal);
  if (owner === null) return err(refused(first));
  return find(references.map(({ id }) => id)).then((bindings) => {
    const own = bindings.filter(
      (binding) => binding.tenant === principal.tenant && binding.owner === owner,
    );
    return commonPin(references, new Map(own.map(({ id, deployment }) => [id, deployment])));
  });
}

/** State of two deployments cannot be in one place, so one call cannot use both. */
function commonPin(
  references: readonly Reference[],
  deployments: ReadonlyMap<string, string>,
): Result<Pin | null, Denial> {
  let pin: Pin | null = null;
  for (const { id, path } of references) {
    const deployment = deployments.get(id);
    if (deployment === undefined) return err(refused({ path }));
    pin ??= { deployment, path };
    if (pin.deployment !== deployment) return err(refused({ path }));
  }
  return ok(pin);
}
