/** An operation of PATCH, and its path: `active`, `name.givenName`, `members[value eq "…"]`, `emails[type eq "work"].value`. */
import type { JsonValue } from '#stdx/json.ts';

import { type Attribute, attributeNamed, pathOf, type ResourceType } from './attributes.ts';
import { type Filter, parseFilter, PATH_TERMS_MAX } from './filter.ts';

export interface Operation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path?: string | undefined;
  readonly value?: JsonValue | undefined;
}

export interface PatchPath {
  readonly attribute: Attribute;
  readonly filter: Filter | null;
  readonly sub: Attribute | null;
}

const PATH_CHARS_MAX = 1_024;

/** Null: it names nothing that there is. */
export function parsePatchPath(path: string, { attributes }: ResourceType): PatchPath | null {
  if (path.length > PATH_CHARS_MAX) return null;
  const open = path.indexOf('[');
  if (open === -1) {
    const plain = pathOf(path, attributes);
    return plain === null ? null : { ...plain, filter: null };
  }
  const close = path.lastIndexOf(']');
  const attribute = attributeNamed(attributes, path.slice(0, open));
  if (attribute === undefined || !attribute.isMulti || close < open) return null;
  const filter = parseFilter(path.slice(open + 1, close), attribute.sub, {
    termsMax: PATH_TERMS_MAX,
  });
  if (filter === null) return null;
  const rest = path.slice(close + 1);
  if (rest === '') return { attribute, filter, sub: null };
  const sub = rest.startsWith('.') ? attributeNamed(attribute.sub, rest.slice(1)) : undefined;
  return sub === undefined ? null : { attribute, filter, sub };
}
