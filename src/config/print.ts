/**
 * The configuration in force, as YAML: every default written out. Redacted, a secret is `[secret]`:
 * whatever was substituted, and every `apiKey` or `secret`, however it came into the file.
 */
import { stringify } from 'yaml';

import { isSealedJson } from '#custody/sealed.ts';
import { assert } from '#stdx/assert.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '#stdx/json.ts';

import type { Config } from './config.ts';
import { type Path, pathText } from './issue.ts';
import { isSecretPlace } from './secret-places.ts';

export const SECRET = '[secret]';
const SECRET_KEYS: ReadonlySet<string> = new Set([
  'apiKey',
  'clientSecret',
  'password',
  'previousSecret',
  'secret',
  'secretAccessKey',
  'token',
]);

/** Durations, quotas and addresses as they were written; absent keys left out. */
export function plainTree(config: Config): JsonObject {
  // The one way from value objects to what they print: their own `toJSON`.
  const tree = parseJson(JSON.stringify(config));
  assert(isJsonObject(tree), 'a configuration is an object');
  return tree;
}

export const redactedTree = (config: Config, secretsAt: ReadonlySet<string>): JsonObject =>
  redactMembers(plainTree(config), [], secretsAt);

const NO_PLACES: ReadonlySet<string> = new Set();

/** A part of a configuration, without what stands under the name of a secret. */
export const redactedValue = (value: JsonObject): JsonObject => redactMembers(value, [], NO_PLACES);

/** Whether what stands under the name is a secret. */
export const isSecretKey = (key: string): boolean => SECRET_KEYS.has(key);

export function printConfig(
  config: Config,
  secretsAt: ReadonlySet<string>,
  isRedacted: boolean,
): string {
  const tree = isRedacted ? redactedTree(config, secretsAt) : plainTree(config);
  return stringify(tree, { lineWidth: 0, aliasDuplicateObjects: false });
}

function redact(
  value: JsonValue | undefined,
  path: Path,
  secretsAt: ReadonlySet<string>,
): JsonValue {
  if (Array.isArray(value))
    return value.map((item, index) => redact(item, [...path, index], secretsAt));
  const key = path.at(-1);
  const isSecret =
    secretsAt.has(pathText(path)) ||
    (typeof key === 'string' && SECRET_KEYS.has(key)) ||
    isSecretPlace(path);
  if (value === null || value === undefined) return null;
  if (isSealedJson(value)) return SECRET;
  if (typeof value === 'string' && !isSecret) return withoutPassword(value);
  if (typeof value !== 'object') return isSecret ? SECRET : value;
  return redactMembers(value, path, secretsAt);
}

/** Addresses of stores may have one. */
const withoutPassword = (text: string): string =>
  text.replace(
    /^(?<before>[a-z][a-z0-9+.-]{0,20}:\/\/[^/?#:@]{0,256}:)[^/?#]{1,4096}@/iu,
    `$<before>${SECRET}@`,
  );

const redactMembers = (
  object: JsonObject,
  path: Path,
  secretsAt: ReadonlySet<string>,
): JsonObject =>
  Object.fromEntries(
    Object.entries(object).map(([name, member]) => [
      name,
      redact(member, [...path, name], secretsAt),
    ]),
  );
