/**
 * What the store adds to the file: providers, models, guards, limits, budgets, alerts, issuers of tokens and
 * of end users, servers that are asked about tokens, and sinks that an administrator has declared. They go through the same checks as the file, together with it: an entry
 * of the store may name what the file declares, and cannot change or hide it.
 */
import { dirname } from 'node:path';

import { sealedOf, sealedReference } from '#custody/sealed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

import { isSecretKey, redactedTree } from './print.ts';
import { pathKeysOf } from './guard-paths.ts';
import { SINK_PATHS } from './sinks-section.ts';
import { type Path, pathText, type Problem } from './issue.ts';
import { checkTree, hashOf, type LoadedConfig } from './load.ts';
import type { Config } from './config.ts';

export const settingSections = [
  'providers',
  'models',
  'guards',
  'limits',
  'budgets',
  'alerts',
  'issuers',
  'endUsers',
  'introspection',
  'sinks',
] as const;
/**
 * Parts of the configuration that the file alone may say, by the name that somebody would look for them
 * under: whom the listener trusts, where it listens, where things are kept, who administers.
 */
export const FILE_SECTIONS: ReadonlySet<string> = new Set([
  'mtls',
  'auth',
  'audit',
  'tenants',
  'prices',
  'metering',
  'telemetry',
  'alertRules',
  'server',
  'admin',
  'dataDir',
  'storage',
  'custody',
  'counters',
  'ledger',
]);
export type SettingSection = (typeof settingSections)[number];

interface Place {
  /** Where the entries stand in the file. */
  readonly path: readonly string[];
  /** Where their names are: keys of an object, the member `name` of each, or the store alone. */
  readonly names: 'key' | 'member' | 'outside';
}

export const settingPlaces: Readonly<Record<SettingSection, Place>> = {
  providers: { path: ['providers'], names: 'key' },
  models: { path: ['models'], names: 'key' },
  guards: { path: ['guards'], names: 'member' },
  limits: { path: ['limits'], names: 'member' },
  budgets: { path: ['budgets'], names: 'member' },
  alerts: { path: ['alerts'], names: 'member' },
  issuers: { path: ['auth', 'jwt'], names: 'outside' },
  endUsers: { path: ['auth', 'endUsers'], names: 'outside' },
  introspection: { path: ['auth', 'introspection'], names: 'outside' },
  sinks: { path: ['audit', 'sinks'], names: 'member' },
};

/**
 * The sinks that the store may add: those whose address is checked when it is connected. A file writes to this
 * machine, Kafka runs a package of a folder and names its own brokers, and the driver of a database
 * connects by itself to wherever its URL says.
 */
const storedSinkTypes = ['syslog', 'splunk', 'elasticsearch', 'otlp', 'webhook', 's3'] as const;

export interface Setting {
  readonly section: SettingSection;
  readonly name: string;
  /** As a file would say it, without its name. */
  readonly value: JsonObject;
}

export type Merged =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly hash: string;
      readonly secretsAt: ReadonlySet<string>;
    }
  | { readonly ok: false; readonly problems: readonly SettingProblem[] };

/** `field`: `guards.house.rules[0].match`: the section, the name and the path below it. */
export interface SettingProblem {
  readonly field: string;
  readonly problem: string;
}

type File = Pick<LoadedConfig, 'tree' | 'source' | 'config' | 'hash' | 'secretsAt'>;

/** The file with what the store adds; or all that is wrong with the two together. */
export async function withSettings(file: File, settings: readonly Setting[]): Promise<Merged> {
  const { config, hash, secretsAt } = file;
  // The file was checked by itself.
  if (settings.length === 0) return { ok: true, config, hash, secretsAt };
  const tree = isJsonObject(file.tree) ? file.tree : {};
  const own = settings.flatMap((setting) => [...refusals(setting), ...collision(tree, setting)]);
  const refused = (problems: readonly Problem[]) => ({
    ok: false as const,
    problems: problems.map((problem) => shown(problem, tree, settings)),
  });
  // Nothing is looked at on the word of an entry that may not say what it says.
  if (own.length > 0) return refused(own);
  const checked = await checkTree(mergedTree(tree, settings), dirname(file.source));
  if (checked.config === null || checked.problems.length > 0) return refused(checked.problems);
  // Entries of the store stand after those of the file, so that its paths are what they were.
  return { ok: true, config: checked.config, hash: hashOf(checked.config, secretsAt), secretsAt };
}

function mergedTree(tree: JsonObject, settings: readonly Setting[]): JsonObject {
  let merged = tree;
  for (const section of settingSections) {
    const added = settings.filter((setting) => setting.section === section);
    if (added.length === 0) continue;
    const { path, names } = settingPlaces[section];
    if (names === 'key') {
      const entries = added.map((setting) => [setting.name, referring(setting)] as const);
      const members = { ...membersOf(tree, section), ...Object.fromEntries(entries) };
      merged = placed(merged, path, members);
    } else {
      const entries = added.map((setting) =>
        names === 'member' ? { name: setting.name, ...referring(setting) } : referring(setting),
      );
      merged = placed(merged, path, [...listOf(tree, section), ...entries]);
    }
  }
  return merged;
}

/** The tree with the value in its place; what is on the way to it is copied, and nothing else. */
function placed(
  tree: JsonObject,
  [first = '', ...rest]: readonly string[],
  value: JsonValue,
): JsonObject {
  if (rest.length === 0) return { ...tree, [first]: value };
  const inner = tree[first];
  return { ...tree, [first]: placed(isJsonObject(inner) ? inner : {}, rest, value) };
}

const valueAt = (tree: JsonObject, section: SettingSection): JsonValue | undefined =>
  settingPlaces[section].path.reduce<JsonValue | undefined>(
    (value, key) => (isJsonObject(value) ? value[key] : undefined),
    tree,
  );

/** What is in force has references to sealed secrets where a file has the secrets themselves. */
function referring({ value }: Setting): JsonObject {
  const referred: JsonObject = { ...value };
  for (const [key, member] of Object.entries(value)) {
    const sealed = isSecretKey(key) ? sealedOf(member) : null;
    if (sealed !== null) referred[key] = sealedReference(sealed);
  }
  return referred;
}

const membersOf = (tree: JsonObject, section: SettingSection): JsonObject => {
  const value = valueAt(tree, section);
  return isJsonObject(value) ? value : {};
};

const listOf = (tree: JsonObject, section: SettingSection): readonly JsonValue[] => {
  const value = valueAt(tree, section);
  return Array.isArray(value) ? value : [];
};

const namesIn = (tree: JsonObject, section: SettingSection): readonly string[] =>
  settingPlaces[section].names === 'key'
    ? Object.keys(membersOf(tree, section))
    : listOf(tree, section).flatMap((entry) => {
        const name = isJsonObject(entry) ? entry['name'] : undefined;
        return typeof name === 'string' ? [name] : [];
      });

/** One name, one owner: of two, somebody would change one and look at the other. */
function collision(tree: JsonObject, { section, name }: Setting): Problem[] {
  if (!namesIn(tree, section).includes(name)) return [];
  const hint = 'take it out of one of them';
  return [{ path: [section, name], message: 'the file and the store both declare this', hint }];
}

/**
 * What only whoever writes the file may do: read its environment and its files, name files that the
 * gateway reads or runs (a classifier is a package of a folder), and open the way to addresses of the
 * inside. An administrator's session that was stolen must not be worth that.
 */
function refusals({ section, name, value }: Setting): Problem[] {
  const problems: Problem[] = [];
  if ('name' in value) {
    problems.push({ path: [section, name, 'name'], message: 'the name stands outside', hint: '' });
  }
  for (const key of filesOf(section, value).filter((file) => file in value)) {
    const hint = 'declare what reads or writes files in the configuration file';
    problems.push({ path: [section, name, key], message: 'only the file can name files', hint });
  }
  const { type } = value;
  if (section === 'sinks' && !storedSinkTypes.some((one) => one === type)) {
    const message = `only the file can declare these; here \`type\` is one of ${storedSinkTypes.join(', ')}`;
    const hint = 'declare the sink under `audit.sinks` of the configuration file';
    problems.push({ path: [section, name, 'type'], message, hint });
  }
  walk(value, [section, name], (path, leaf) => {
    const key = path.at(-1);
    if (typeof leaf === 'string' && leaf.includes('${')) {
      const hint = 'environment and files are read by the configuration file only';
      problems.push({ path, message: 'there are no substitutions here', hint });
    }
    if (typeof key === 'string' && isSecretKey(key) && leaf !== undefined) {
      const hint =
        'declare it in the configuration file; sealed are kept `apiKey`, `token`, `secret`, `previousSecret`, `clientSecret` and `secretAccessKey`, where their section takes them';
      problems.push({ path, message: 'the store keeps no secret in the clear', hint });
    }
    if (key === 'allowPrivateAddress' && leaf === true) {
      const hint = 'declare what has a private address in the configuration file';
      problems.push({ path, message: 'only the file can allow this', hint });
    }
  });
  return problems;
}

function filesOf(section: SettingSection, { type }: JsonObject): readonly string[] {
  if (section === 'guards') return pathKeysOf(type);
  return section === 'sinks' ? SINK_PATHS : [];
}

function walk(
  value: JsonValue | undefined,
  path: Path,
  see: (path: Path, leaf: JsonValue | undefined) => void,
): void {
  if (Array.isArray(value)) {
    for (const [index, entry] of value.entries()) walk(entry, [...path, index], see);
  } else if (isJsonObject(value)) {
    for (const [key, entry] of Object.entries(value)) walk(entry, [...path, key], see);
  } else see(path, value);
}

/** Entries of lists are named, not counted: nobody has seen the numbers. */
function shown(
  { path, message, hint }: Problem,
  tree: JsonObject,
  settings: readonly Setting[],
): SettingProblem {
  const problem = hint === '' ? message : `${message}; ${hint}`;
  const section = settingSections.find((one) =>
    settingPlaces[one].path.every((key, index) => path[index] === key),
  );
  if (section === undefined) return { field: pathText(path), problem };
  const { length } = settingPlaces[section].path;
  const at = path[length];
  if (typeof at !== 'number') return { field: pathText(path), problem };
  const added = settings.filter((setting) => setting.section === section);
  const name = added[at - listOf(tree, section).length]?.name;
  const named = name === undefined ? path : [section, name, ...path.slice(length + 1)];
  return { field: pathText(named), problem };
}

/** What of a section the file declares, with its defaults and without its secrets. */
export function declaredSettings(
  file: Pick<LoadedConfig, 'config' | 'secretsAt'>,
  section: SettingSection,
): readonly Setting[] {
  const value = valueAt(redactedTree(file.config, file.secretsAt), section);
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([name, entry]) =>
      isJsonObject(entry) ? [{ section, name, value: entry }] : [],
    );
  }
  return (Array.isArray(value) ? value : []).flatMap((entry) => {
    if (!isJsonObject(entry)) return [];
    if (settingPlaces[section].names === 'outside') {
      // One of the file has no name but its own.
      const { issuer, endpoint } = entry;
      const own = section === 'introspection' ? endpoint : issuer;
      return typeof own === 'string' ? [{ section, name: own, value: entry }] : [];
    }
    const { name, ...rest } = entry;
    return typeof name === 'string' ? [{ section, name, value: rest }] : [];
  });
}
