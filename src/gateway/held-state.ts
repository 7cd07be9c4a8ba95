/**
 * Binds ids of provider-held state to their caller as they come out of an answer.
 *
 * An id is kept before the caller can have seen it: whoever has an id can send it back at once, and
 * an id that is out and not bound is one that nobody owns.
 */
import type { Call } from '#domain/call.ts';
import { type BornId, type HeldStateKind, ownerOf } from '#domain/held-state.ts';
import type { Usage } from '#domain/money.ts';
import type { Evidence } from '#policy/guards/evidence.ts';
import type { JsonObject } from '#stdx/json.ts';

import type { CallRecord } from './call-record.ts';
import type { UpstreamReply } from './egress.ts';
import type { HeldStatePort } from './held-state-port.ts';
import type { Gateway } from './ports.ts';

/** Ids that are kept of one answer. A later one is not bound, and so it is refused on return. */
export const BORN_IDS_MAX = 1_024;

/** Kinds that put text before the model which no guard here has read. */
const UNREAD: ReadonlySet<string> = new Set<HeldStateKind>([
  'previous-response',
  'conversation',
  'stored-prompt',
  'file',
  'container',
  'vector-store',
  'hosted-tools',
  'remote-mcp',
  'audio',
]);

/** What the guards could not read of a call, said once a reference. */
export function noteUnreadState({ heldState }: Call, evidence: Evidence): void {
  for (const { kind } of heldState) {
    if (UNREAD.has(kind)) evidence.passedUnread(`state: ${kind}`, 1);
  }
}

interface Owner {
  readonly tenant: string;
  readonly owner: string;
  readonly deployment: string;
}

export class BirthWatch {
  readonly #read: (wire: JsonObject) => readonly BornId[];
  readonly #isKept: (born: BornId) => boolean;
  readonly #owner: Owner;
  readonly #port: HeldStatePort;
  readonly #record: Pick<CallRecord, 'usage'>;
  readonly #known = new Set<string>();

  constructor(
    read: (wire: JsonObject) => readonly BornId[],
    isKept: (born: BornId) => boolean,
    owner: Owner,
    { port, record }: { port: HeldStatePort; record: Pick<CallRecord, 'usage'> },
  ) {
    this.#read = read;
    this.#isKept = isKept;
    this.#owner = owner;
    this.#port = port;
    this.#record = record;
  }

  /** The ids of a reply or an event that are new in this answer. */
  fresh(wire: JsonObject): readonly string[] {
    const ids: string[] = [];
    for (const born of this.#read(wire)) {
      if (!this.#isKept(born) || this.#known.has(born.id)) continue;
      if (this.#known.size >= BORN_IDS_MAX) break;
      this.#known.add(born.id);
      ids.push(born.id);
    }
    return ids;
  }

  /** Before the answer is released. It is billed whatever becomes of its ids. */
  async bindWhole(body: JsonObject, usage: Usage): Promise<void> {
    this.#record.usage = usage;
    await this.bind(this.fresh(body));
  }

  async bind(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#port.keep(ids.map((id) => ({ id, ...this.#owner })));
  }
}

/** Null for nearly every call: it asked for no state, so its answer holds none. */
export function watchBirths(
  record: Pick<CallRecord, 'call' | 'grant' | 'usage'>,
  reply: Pick<UpstreamReply, 'dialect' | 'deployment'>,
  { dialects, heldState }: Pick<Gateway, 'dialects' | 'heldState'>,
): BirthWatch | null {
  const { call, grant } = record;
  if (call === null || grant === null) return null;
  const { allowState } = grant.alias;
  // Spoken answers are kept by the provider without being asked to.
  if (call.heldState.length === 0 && !allowState.includes('audio')) return null;
  const owner = ownerOf(grant.principal);
  if (allowState.length === 0 || owner === null || reply.dialect !== call.dialect) return null;
  const isStored = call.heldState.some(({ kind }) => kind === 'store');
  const keepsItems =
    allowState.includes('previous-response') ||
    allowState.includes('hosted-tools') ||
    allowState.includes('remote-mcp');
  return new BirthWatch(
    (wire) => dialects[reply.dialect].bornIds(wire),
    ({ kind, needsStore }) =>
      (isStored || !needsStore) && (kind === 'item' ? keepsItems : allowState.includes(kind)),
    { tenant: grant.principal.tenant, owner, deployment: reply.deployment.id },
    { port: heldState, record },
  );
}
