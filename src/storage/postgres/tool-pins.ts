/**
 * Pins of tool definitions in PostgreSQL: documents that calls write, and administrators remove. Each
 * step sees the tenant of the call alone, and steps of one owner wait for each other.
 */
import { kinds } from '../kinds.ts';
import type { ToolPinRecord } from '../records.ts';
import { type PinnedTool, type Pinning, TOOL_PINS_PER_OWNER_MAX } from '../storage.ts';
import { pinPrefix, toolPinId } from '../tool-pin-id.ts';
import { COLUMNS, type ReadPorts } from './documents.ts';
import { recordOf } from '../read-record.ts';
import { exact, type Query } from './postgres.ts';

type PinState = Awaited<ReturnType<Pinning['hold']>>[number];
type Owner = Pick<ToolPinRecord, 'tenant' | 'owner'>;

export function pinningOf({ scoped }: Pick<ReadPorts, 'scoped'>): Pinning {
  return {
    async hold({ tenant, owner }, tools, nowMs) {
      if (tools.length === 0) return [];
      const of = { tenant, owner };
      const known = await scoped(tenant, (query) => pinsOf(query, idsOf(of, tools)));
      const isKnown = ({ name, digest }: PinnedTool): boolean =>
        known.get(toolPinId({ ...of, name }))?.digest === digest;
      // Nearly always: nothing is written, so nobody waits for anybody.
      if (tools.every(isKnown)) return tools.map(() => 'same');
      return await scoped(tenant, async (query) => {
        await lockOwner(query, of);
        const scene = new Scene(of, await pinsOf(query, idsOf(of, tools)), nowMs);
        if (tools.length > scene.size) scene.room = await roomOf(query, of);
        const states = tools.map((tool) => scene.stateOf(tool));
        await scene.write(query);
        return states;
      });
    },
    accept: ({ tenant, owner }, { name, digest }) =>
      scoped(tenant, async (query) => {
        const id = toolPinId({ tenant, owner, name });
        await lockOwner(query, { tenant, owner });
        const known = (await pinsOf(query, [id])).get(id);
        if (known === undefined) return;
        const own = { digest, changedDigest: null, changedMs: null };
        await updateAll(query, [{ ...known, ...own, version: known.version + 1 }]);
      }),
  };
}

/** What a call has said of its tools, before it is written. */
class Scene {
  room = 0;
  readonly #of: Owner;
  readonly #nowMs: number;
  readonly #pins: Map<string, ToolPinRecord>;
  readonly #fresh = new Set<string>();
  readonly #changed = new Set<string>();

  constructor(of: Owner, pins: ReadonlyMap<string, ToolPinRecord>, nowMs: number) {
    this.#of = of;
    this.#pins = new Map(pins);
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#pins.size;
  }

  stateOf({ name, digest }: PinnedTool): PinState {
    const id = toolPinId({ ...this.#of, name });
    const known = this.#pins.get(id);
    if (known === undefined) return this.#add(id, { name, digest });
    if (known.digest === digest) return 'same';
    if (known.changedDigest !== digest) {
      // The number of the version that is read is the one that it must still have.
      const version = this.#isTouched(id) ? known.version : known.version + 1;
      const changedMs = this.#nowMs;
      this.#pins.set(id, { ...known, changedDigest: digest, changedMs, version });
      if (!this.#fresh.has(id)) this.#changed.add(id);
    }
    return 'changed';
  }

  #add(id: string, tool: PinnedTool): PinState {
    if (this.room <= 0) return 'unpinned';
    this.room -= 1;
    const fresh = { id, ...this.#of, ...tool, createdMs: this.#nowMs, version: 1 };
    this.#pins.set(id, { ...fresh, changedDigest: null, changedMs: null });
    this.#fresh.add(id);
    return 'same';
  }

  #isTouched(id: string): boolean {
    return this.#fresh.has(id) || this.#changed.has(id);
  }

  async write(query: Query): Promise<void> {
    const of = (ids: ReadonlySet<string>) => [...ids].flatMap((id) => this.#pins.get(id) ?? []);
    await insertAll(query, this.#of.tenant, of(this.#fresh));
    await updateAll(query, of(this.#changed));
  }
}

const idsOf = (of: Owner, tools: readonly PinnedTool[]): readonly string[] =>
  tools.map(({ name }) => toolPinId({ ...of, name }));

async function pinsOf(
  query: Query,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ToolPinRecord>> {
  const rows = await query(`SELECT ${COLUMNS} FROM llmproxy.tool_pins WHERE id = ANY($1)`, [ids]);
  return new Map(rows.map((row) => [String(row['id']), recordOf(kinds.toolPins, row)]));
}

/** Two calls of one owner count its room one after the other. It ends with the transaction. */
async function lockOwner(query: Query, of: Owner): Promise<void> {
  await query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [pinPrefix(of)]);
}

async function roomOf(query: Query, of: Owner): Promise<number> {
  // '.' comes after '-': the rows of one owner are one range of the key.
  const prefix = pinPrefix(of);
  const [row] = await query(
    'SELECT count(*) AS n FROM llmproxy.tool_pins WHERE id > $1 AND id < $2',
    [prefix, `${prefix.slice(0, -1)}.`],
  );
  return TOOL_PINS_PER_OWNER_MAX - exact(row?.['n']);
}

const cellsOf = (pins: readonly ToolPinRecord[]): string =>
  JSON.stringify(
    pins.map((document) => ({ id: document.id, version: document.version, document })),
  );

const CELLS = 'jsonb_to_recordset($1::jsonb) AS pins(id text, version bigint, document jsonb)';

async function insertAll(
  query: Query,
  tenant: string,
  pins: readonly ToolPinRecord[],
): Promise<void> {
  if (pins.length === 0) return;
  await query(
    `INSERT INTO llmproxy.tool_pins (id, tenant, version, document)
    SELECT id, $2, version, document FROM ${CELLS} ON CONFLICT DO NOTHING`,
    [cellsOf(pins), tenant],
  );
}

async function updateAll(query: Query, pins: readonly ToolPinRecord[]): Promise<void> {
  if (pins.length === 0) return;
  await query(
    `UPDATE llmproxy.tool_pins AS known SET version = pins.version, document = pins.document
    FROM ${CELLS} WHERE known.id = pins.id AND known.version = pins.version - 1`,
    [cellsOf(pins)],
  );
}
