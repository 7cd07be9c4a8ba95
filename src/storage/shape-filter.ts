/** Which shapes a filter asks for: conditions on the table of shapes, in the words of one store. */
import type { IndexFilter } from './audit-index.ts';
import { wordsOf } from './audit-index.ts';

export interface ShapeDialect {
  /** The n-th value, from 1. */
  readonly value: (n: number) => string;
  /** Whether `text` has the value somewhere in it. */
  readonly has: (text: string, value: string) => string;
  /** The rows of the list of findings, as `finding`, and its members. */
  readonly findings: string;
  readonly guard: string;
  readonly category: string;
}

export interface Conditions {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

const COLUMNS = [
  'tenant',
  'kind',
  'route',
  'model',
  'provider',
  'decision',
  'status',
  'action',
] as const;

/** Null: every shape fits. */
export function shapeConditions(filter: IndexFilter, dialect: ShapeDialect): Conditions | null {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const add = (value: string | number): string => dialect.value(values.push(value));
  for (const name of COLUMNS) {
    const value = filter[name];
    if (value !== undefined) conditions.push(`${name} = ${add(value)}`);
  }
  if (filter.isEnd === true) conditions.push("kind IN ('complete', 'deny')");
  const { guard, category, text } = filter;
  const ofFinding = [
    ...(guard === undefined ? [] : [`${dialect.guard} = ${add(guard)}`]),
    ...(category === undefined ? [] : [`${dialect.category} = ${add(category)}`]),
  ];
  if (ofFinding.length > 0)
    conditions.push(`EXISTS (SELECT 1 FROM ${dialect.findings} WHERE ${ofFinding.join(' AND ')})`);
  if (filter.isFound === true) conditions.push("findings <> '[]'");
  for (const word of wordsOf(text ?? '')) conditions.push(dialect.has('folded', add(word)));
  return conditions.length === 0 ? null : { sql: conditions.join(' AND '), values };
}
