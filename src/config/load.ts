/**
 * Reads `llmproxy.yaml`: bounded, whole or not at all, all problems at once with their places. What
 * was substituted is secret: no issue, no print and no difference shows it.
 */
import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';

import { referredSealed } from '#custody/sealed.ts';
import { canonicalJson, isJsonObject, type JsonValue } from '#stdx/json.ts';

import { withReceiverPaths } from './alert-rules-section.ts';
import { type Config, configSchema } from './config.ts';
import { conditionProblems } from './condition-problems.ts';
import { crossProblems } from './cross-checks.ts';
import { withCustodyPaths } from './custody-section.ts';
import { guardFiles, withGuardPaths } from './guard-paths.ts';
import { type ConfigIssue, type Path, pathText, type Problem } from './issue.ts';
import { memberProblems } from './member-problems.ts';
import { PriceSource } from './prices-section.ts';
import { readPriceTable } from './prices-file.ts';
import { redactedTree } from './print.ts';
import { profileProblems } from './profile-problems.ts';
import { schemaProblems } from './schema-problems.ts';
import type { TlsSection } from './server-section.ts';
import { sinkFiles, withSinkPaths } from './sinks-section.ts';
import { readYaml, type YamlTree } from './yaml-tree.ts';
import { hasHiddenCharacters } from './yaml-references.ts';

const FILE_BYTES_MAX = 1_048_576;
const ISSUES_MAX = 100;
const PRICES_HINT = 'write it with `llmproxy prices import`';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface LoadedConfig {
  readonly ok: true;
  /** Paths in it are absolute. */
  readonly config: Config;
  /** The file, absolute. */
  readonly source: string;
  /** Of everything but the secrets: two that differ in a secret alone have the same. */
  readonly hash: string;
  /** Path texts of the values that were substituted. */
  readonly secretsAt: ReadonlySet<string>;
  /** What the file says, after substitution and before its defaults. */
  readonly tree: JsonValue;
}

export interface RejectedConfig {
  readonly ok: false;
  readonly problems: readonly ConfigIssue[];
}

export type Loaded = LoadedConfig | RejectedConfig;

export interface LoadOptions {
  /** False for tools that call no provider: they need not have the providers' secrets. */
  readonly needsProviderKeys?: boolean;
}

export async function loadConfig(
  path: string,
  env: Environment,
  options: LoadOptions = {},
): Promise<Loaded> {
  const file = resolve(path);
  const text = await readBounded(file);
  if (typeof text !== 'string') return rejectedFile(file, text.problem, text.hint);
  return await checkConfig(text, file, env, options);
}

/** The same for text that is not in a file yet; `file` says where it would be. */
export async function checkConfig(
  text: string,
  file: string,
  env: Environment,
  { needsProviderKeys = true }: LoadOptions = {},
): Promise<Loaded> {
  if (hasHiddenCharacters(text)) return rejectedFile(file, 'the file has private-use characters');
  const dir = dirname(file);
  const tree = readYaml(text, { env, dir, needsProviderKeys });
  if (tree.syntax.length > 0) {
    const issue = { file, path: '', hint: '' };
    const placed = tree.syntax.map(({ offset, message }) => ({
      ...issue,
      ...tree.placeAt(offset),
      message,
    }));
    return { ok: false, problems: placed };
  }
  const { config, problems: found } = await checkTree(tree.value, dir);
  const problems = [...tree.problems, ...found, ...sealedTexts(tree.value, [])];
  if (config === null || problems.length > 0) return rejected(problems, tree, file);
  return {
    ok: true,
    config,
    source: file,
    hash: hashOf(config, tree.secretsAt),
    secretsAt: tree.secretsAt,
    tree: tree.value,
  };
}

export interface CheckedTree {
  /** Null where the schema has found something. */
  readonly config: Config | null;
  readonly problems: readonly Problem[];
}

/** Everything that is checked of a configuration, wherever its parts come from. */
export async function checkTree(value: JsonValue, dir: string): Promise<CheckedTree> {
  // A file of comments only is an empty configuration, with the problems of one.
  const parsed = configSchema.safeParse(value ?? {});
  const problems: Problem[] = [
    ...crossProblems(value),
    ...memberProblems(value),
    ...conditionProblems(value),
  ];
  if (!parsed.success) problems.push(...schemaProblems(parsed.error.issues, value));
  if (!parsed.success) return { config: null, problems };
  const config = withAbsolutePaths(parsed.data, dir);
  problems.push(...profileProblems(config));
  problems.push(...(await unreadableFiles(config)));
  const priced = await withPrices(config);
  return { config: priced.config, problems: [...problems, ...priced.problems] };
}

/** The prices are read here, so that a configuration that is in force has all that it names. */
async function withPrices(config: Config): Promise<CheckedTree & { readonly config: Config }> {
  if (config.prices === undefined) return { config, problems: [] };
  const { file } = config.prices;
  if (file === null) return { config, problems: [] };
  const table = await readPriceTable(file);
  if (table.ok) {
    const prices = new PriceSource(config.prices, table.value);
    return { config: { ...config, prices }, problems: [] };
  }
  return {
    config,
    problems: [{ path: ['prices', 'file'], message: table.error, hint: PRICES_HINT }],
  };
}

/**
 * A sealed secret belongs to the store, which wraps it anew when keys change. One that was copied into a
 * file would be left behind, and would end with its key.
 */
function sealedTexts(value: JsonValue | undefined, path: Path): Problem[] {
  if (typeof value === 'string') {
    if (referredSealed(value) === null) return [];
    const hint = 'write ${env:NAME} or ${file:PATH}, or enter it through the admin API';
    return [{ path, message: 'a sealed secret cannot stand in a file', hint }];
  }
  if (Array.isArray(value)) return value.flatMap((one, at) => sealedTexts(one, [...path, at]));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, one]) => sealedTexts(one, [...path, key]));
}

/**
 * Identifies a policy in records. Secrets are left out: a hash of a weak one can be guessed. Other
 * prices are another policy, though the file that names them is the same.
 */
export function hashOf(config: Config, secretsAt: ReadonlySet<string>): string {
  const hash = createHash('sha256').update(canonicalJson(redactedTree(config, secretsAt)));
  const prices = config.prices?.table?.version;
  return (prices === undefined ? hash : hash.update(prices)).digest('hex');
}

const NO_FILE_HINT =
  '`llmproxy init` writes one, `--config FILE` names another, and `llmproxy serve --demo` needs none';

async function readBounded(
  file: string,
): Promise<string | { readonly problem: string; readonly hint?: string }> {
  let bytes: Buffer;
  try {
    await using handle = await open(file, 'r');
    bytes = Buffer.alloc(FILE_BYTES_MAX + 1);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    bytes = bytes.subarray(0, length);
  } catch (thrown) {
    // The path is in the issue, and the operator can look; a foreign error adds only its own words.
    const isThere = !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT');
    return isThere
      ? { problem: 'the file cannot be read: check that this user may read it' }
      : { problem: 'there is no such file', hint: NO_FILE_HINT };
  }
  if (bytes.length > FILE_BYTES_MAX) return { problem: 'the file is larger than 1 MiB' };
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // The decoder has nothing to add to this.
    return { problem: 'the file is not UTF-8 text' };
  }
}

const rejectedFile = (file: string, message: string, hint = ''): RejectedConfig => ({
  ok: false,
  problems: [{ file, line: 1, column: 1, path: '', message, hint }],
});

function rejected(problems: readonly Problem[], tree: YamlTree, file: string): RejectedConfig {
  const secrets = [...tree.secretsAt];
  const seen = new Set<string>();
  const issues = problems.flatMap((problem): ConfigIssue[] => {
    const { path, message, hint, mayQuote } = problem;
    const text = pathText(path);
    // The first problem of a value is the one to mend; what is wrong after it may be its echo.
    if (seen.has(text)) return [];
    seen.add(text);
    const isHidden = mayQuote === true && secrets.some((secret) => secret.startsWith(text));
    const shown = isHidden ? 'the substituted value is not valid here' : message;
    return [{ file, ...tree.placeOf(problem), path: text, message: shown, hint }];
  });
  issues.sort((a, b) => a.line - b.line || a.column - b.column);
  return { ok: false, problems: issues.slice(0, ISSUES_MAX) };
}

const absolutePrices = ({ file, unknown }: PriceSource, dir: string): PriceSource =>
  new PriceSource({ file: file === null ? null : resolve(dir, file), unknown });

function withAbsolutePaths(config: Config, dir: string): Config {
  const absolute = (tls: TlsSection | null): TlsSection | null => {
    if (tls === null) return null;
    const { cert, key, clientCa, clientCrl } = tls;
    return {
      ...tls,
      cert: resolve(dir, cert),
      key: resolve(dir, key),
      ...(clientCa !== undefined && { clientCa: resolve(dir, clientCa) }),
      ...(clientCrl !== undefined && { clientCrl: resolve(dir, clientCrl) }),
    };
  };
  const { server, admin, prices, audit } = config;
  const { keyFile } = audit.checkpoint;
  return {
    ...withGuardPaths(config, dir),
    dataDir: resolve(dir, config.dataDir),
    prices: prices && absolutePrices(prices, dir),
    alertRules: withReceiverPaths(config.alertRules, (path) => resolve(dir, path)),
    custody: withCustodyPaths(config.custody, dir),
    audit: {
      ...audit,
      checkpoint: {
        ...audit.checkpoint,
        ...(keyFile !== undefined && { keyFile: resolve(dir, keyFile) }),
      },
      sinks: withSinkPaths(audit.sinks, (path) => resolve(dir, path)),
      anchors: audit.anchors.map((anchor) =>
        anchor.type === 'file' ? { ...anchor, path: resolve(dir, anchor.path) } : anchor,
      ),
    },
    server: { ...server, tls: absolute(server.tls) },
    admin: { ...admin, tls: absolute(admin.tls) },
  };
}

async function unreadableFiles(config: Config): Promise<Problem[]> {
  const problems: Problem[] = [];
  const message = 'the file cannot be read';
  const hint = 'check that it exists and that this user may read it';
  for (const { at, path } of guardFiles(config)) {
    if (!(await isReadable(path))) problems.push({ path: at, message, hint });
  }
  for (const [at, sink] of config.audit.sinks.entries()) {
    for (const [field, path] of sinkFiles(sink)) {
      if (!(await isReadable(path)))
        problems.push({ path: ['audit', 'sinks', at, field], message, hint });
    }
  }
  for (const section of ['server', 'admin'] as const) {
    const { tls } = config[section];
    for (const key of ['cert', 'key', 'clientCa', 'clientCrl'] as const) {
      const path = tls?.[key];
      if (path === undefined || (await isReadable(path))) continue;
      problems.push({ path: [section, 'tls', key], message, hint });
    }
  }
  return problems;
}

const isReadable = (path: string): Promise<boolean> =>
  access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
