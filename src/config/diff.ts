/**
 * What differs between two configurations, by path: meaning, not text. Entries of a list that have
 * an `id` or a `name` are the same entry wherever they stand; their order counts for guards only.
 * A secret that changed is said to have changed, and is not shown.
 */
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

import type { Config } from './config.ts';
import { pathText } from './issue.ts';
import { plainTree, redactedTree } from './print.ts';

export interface Difference {
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
  /** Absent where there was nothing. Redacted. */
  readonly from?: JsonValue;
  readonly to?: JsonValue;
}

/** A configuration, and where its secrets are. */
export interface Side {
  readonly config: Config;
  readonly secretsAt: ReadonlySet<string>;
}

interface Pair {
  /** With secrets, for comparing only. */
  readonly plain: JsonValue | undefined;
  readonly shown: JsonValue | undefined;
}

export function diffConfigs(before: Side, after: Side): Difference[] {
  const differences: Difference[] = [];
  compare(pairOf(before), pairOf(after), [], differences);
  return differences;
}

const pairOf = ({ config, secretsAt }: Side): Pair => ({
  plain: plainTree(config),
  shown: redactedTree(config, secretsAt),
});

function compare(from: Pair, to: Pair, path: string[], into: Difference[]): void {
  if (from.plain === undefined && to.plain === undefined) return;
  if (
    canonicalJson(from.plain) === canonicalJson(to.plain) &&
    (from.plain === undefined) === (to.plain === undefined)
  )
    return;
  const [a, b] = [membersOf(from.plain), membersOf(to.plain)];
  if (a === null || b === null) {
    into.push(leafDifference(from, to, path));
    return;
  }
  const [shownA, shownB] = [membersOf(from.shown) ?? {}, membersOf(to.shown) ?? {}];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  const count = into.length;
  for (const key of keys) {
    compare(
      { plain: a[key], shown: shownA[key] },
      { plain: b[key], shown: shownB[key] },
      [...path, key],
      into,
    );
  }
  // The same members in another order: guards run in the order in which they are written.
  if (into.length === count)
    into.push({ path: pathText(path), kind: 'changed', from: Object.keys(a), to: Object.keys(b) });
}

function leafDifference(from: Pair, to: Pair, path: readonly string[]): Difference {
  const text = pathText(path);
  if (from.plain === undefined) return { path: text, kind: 'added', to: to.shown ?? null };
  if (to.plain === undefined) return { path: text, kind: 'removed', from: from.shown ?? null };
  return { path: text, kind: 'changed', from: from.shown ?? null, to: to.shown ?? null };
}

/** An object's members, a list of named entries by name; null for what is compared as one value. */
function membersOf(value: JsonValue | undefined): JsonObject | null {
  if (isJsonObject(value)) return value;
  if (!Array.isArray(value) || value.length === 0) return null;
  const members: JsonObject = {};
  for (const entry of value) {
    const name = isJsonObject(entry) ? (entry['id'] ?? entry['name']) : undefined;
    if (typeof name !== 'string' || Object.hasOwn(members, name)) return null;
    members[name] = entry;
  }
  return members;
}

/** For people: one line a difference. */
export function formatDifferences(differences: readonly Difference[]): string {
  const lines = differences.map(({ path, kind, from, to }) => {
    if (kind === 'added') return `+ ${path}: ${JSON.stringify(to)}`;
    if (kind === 'removed') return `- ${path}: ${JSON.stringify(from)}`;
    return `~ ${path}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`;
  });
  return lines.map((line) => `${line}\n`).join('');
}
