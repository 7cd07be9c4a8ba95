/** The content of a snapshot: a JSON line for each thing that a gateway needs of its store. */
import { z } from 'zod';

import { type KeyRecord } from '#storage/records.ts';
import { kinds } from '#storage/kinds.ts';
import { recordOf } from '#storage/read-record.ts';
import {
  type GroupState,
  type KeyText,
  type StoredRow,
  type StoreState,
  WHOLE_KINDS,
  type WholeKind,
} from '#storage/store-state.ts';
import { parseJson } from '#stdx/json.ts';

const text = z.string();
const line = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('row'),
    of: z.enum(WHOLE_KINDS),
    id: text,
    document: text,
  }),
  z.strictObject({ kind: z.literal('key'), id: text, version: z.int(), text }),
  z.strictObject({
    kind: z.literal('group'),
    id: text,
    tenant: text,
    displayName: text,
    members: z.array(text),
  }),
  z.strictObject({ kind: z.literal('locked-out'), tenant: text, user: text }),
  z.strictObject({ kind: z.literal('mark'), name: text, value: text }),
]);

type Line = z.output<typeof line>;

/** One by one: a store of a hundred thousand keys is never one text in memory. */
export function* linesOf(state: StoreState): Generator<string> {
  for (const each of entriesOf(state)) yield `${JSON.stringify(each)}\n`;
}

function* entriesOf({ rows, keys, groups, lockedOut, marks }: StoreState): Generator<Line> {
  for (const of of WHOLE_KINDS) {
    for (const { id, document } of rows[of]) yield { kind: 'row', of, id, document };
  }
  for (const [id, { version, text }] of keys) yield { kind: 'key', id, version, text };
  for (const { members, ...group } of groups) {
    yield { kind: 'group', ...group, members: [...members] };
  }
  for (const of of lockedOut) yield { kind: 'locked-out', ...of };
  for (const [name, value] of marks) yield { kind: 'mark', name, value };
}

/** A state while its lines are read. */
export class StateReader {
  readonly #rows: Record<WholeKind, StoredRow[]> = {
    tenants: [],
    roles: [],
    bindings: [],
    serviceAccounts: [],
    settings: [],
    providerSecrets: [],
    keyRings: [],
  };
  readonly #keys = new Map<string, KeyText>();
  readonly #groups: GroupState[] = [];
  readonly #lockedOut: { readonly tenant: string; readonly user: string }[] = [];
  readonly #marks = new Map<string, string>();

  /** False: it is no line of ours. */
  take(json: string): boolean {
    const parsed = line.safeParse(parseJson(json));
    if (!parsed.success) return false;
    const { data } = parsed;
    switch (data.kind) {
      case 'row':
        this.#rows[data.of].push({ id: data.id, document: data.document });
        return true;
      case 'key':
        this.#keys.set(data.id, { version: data.version, text: data.text });
        return true;
      case 'group':
        this.#groups.push(groupOf(data));
        return true;
      case 'locked-out':
        this.#lockedOut.push({ tenant: data.tenant, user: data.user });
        return true;
      case 'mark':
        this.#marks.set(data.name, data.value);
        return true;
    }
  }

  state(version: number): StoreState {
    return {
      version,
      rows: this.#rows,
      keys: this.#keys,
      groups: this.#groups,
      lockedOut: this.#lockedOut,
      marks: this.#marks,
    };
  }
}

const groupOf = ({ id, tenant, displayName, members }: GroupState): GroupState => ({
  id,
  tenant,
  displayName,
  members,
});

/** As the store reads it: what is not readable there is not readable here. */
export const keyOf = (id: string, { text: document }: KeyText): KeyRecord =>
  recordOf(kinds.keys, { id, document });
