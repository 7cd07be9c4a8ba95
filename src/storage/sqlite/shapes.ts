/** The shapes of an index: each kept once, and told by its number. */
import { type IndexFilter, type RecordShape, shapeText } from '../audit-index.ts';
import { shapeOf } from '../indexed-shape.ts';
import { shapeConditions } from '../shape-filter.ts';
import { DIALECT } from './audit-index-search.ts';
import type { Sql } from './sql.ts';

/** Shapes that are kept in memory; beyond it they are asked for again. */
const KNOWN_MAX = 20_000;

export class Shapes {
  readonly #sql: Sql;
  readonly #ids = new Map<string, number>();
  readonly #shapes = new Map<number, RecordShape>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  idOf(shape: RecordShape): number {
    const body = shapeText(shape);
    const known = this.#ids.get(body);
    if (known !== undefined) return known;
    const { tenant, kind, route, model, provider, decision, status, action, reason } = shape;
    const findings = shape.findings.map(({ guard, category }) => [guard, category]);
    this.#sql.run(
      `INSERT INTO shapes (body, tenant, kind, route, model, provider, decision, status, action,
        folded, findings) VALUES (${Array(11).fill('?').join(', ')}) ON CONFLICT DO NOTHING`,
      body,
      tenant,
      kind,
      route,
      model,
      provider,
      decision,
      status,
      action,
      (reason ?? '').toLowerCase(),
      JSON.stringify(findings),
    );
    const [row] = this.#sql.all('SELECT id FROM shapes WHERE body = ?', body);
    const id = Number(row?.['id']);
    if (this.#ids.size >= KNOWN_MAX) this.#ids.clear();
    this.#ids.set(body, id);
    return id;
  }

  /** Null: every one. */
  matching(filter: IndexFilter): readonly number[] | null {
    const conditions = shapeConditions(filter, DIALECT);
    if (conditions === null) return null;
    const sql = `SELECT id FROM shapes WHERE ${conditions.sql}`;
    return this.#sql.all(sql, ...conditions.values).map((row) => Number(row['id']));
  }

  shape(id: number): RecordShape {
    const known = this.#shapes.get(id);
    if (known !== undefined) return known;
    const [row] = this.#sql.all('SELECT body FROM shapes WHERE id = ?', id);
    const shape = shapeOf(String(row?.['body'] ?? ''));
    if (this.#shapes.size >= KNOWN_MAX) this.#shapes.clear();
    this.#shapes.set(id, shape);
    return shape;
  }

  /** Ids that were made in a transaction which failed are not there. */
  forget(): void {
    this.#ids.clear();
  }
}
