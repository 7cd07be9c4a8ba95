/**
 * What providers say was used, as their own usage APIs export it: OpenAI's usage of completions and
 * Anthropic's usage report of messages, by day, model and key. A list of pages is read as one.
 *
 * Source: platform.openai.com, "Usage" of an organization (buckets of `results`); platform.claude.com,
 * "Get Messages Usage Report" (read 2026-11-26).
 */
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

export const usageExports = ['openai', 'anthropic'] as const;
export type UsageExport = (typeof usageExports)[number];

export interface DayUsage {
  /** `2026-11-26`, in UTC. */
  readonly day: string;
  /** Null where the export does not say: it was not grouped by model. */
  readonly model: string | null;
  /** The provider's id of the key; null where nobody asks for it, or the export does not say. */
  readonly key: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Days of one model, and of one key where that is asked for, are one line. The problem says where the file is not what it should be. */
export function readUsageExport(
  value: JsonValue,
  format: UsageExport,
  isByKey: boolean,
): Result<readonly DayUsage[], string> {
  const pages = Array.isArray(value) ? value : [value];
  const sums = new Map<string, DayUsage>();
  for (const [index, page] of pages.entries()) {
    const buckets = isJsonObject(page) ? page['data'] : undefined;
    if (!Array.isArray(buckets)) return err(`page ${index + 1} has no list \`data\``);
    for (const [at, bucket] of buckets.entries()) {
      const read = isJsonObject(bucket) ? readBucket(bucket, format) : null;
      if (read === null) return err(`\`data[${at}]\` of page ${index + 1} is no bucket of usage`);
      if (isByKey && read.some(({ key }) => key === null)) return err(NOT_BY_KEY);
      for (const line of read) add(sums, isByKey ? line : { ...line, key: null });
    }
  }
  return ok([...sums.values()]);
}

const NOT_BY_KEY = 'it is not by key: ask the provider for it with group_by=api_key_id';

function add(sums: Map<string, DayUsage>, line: DayUsage): void {
  const name = JSON.stringify([line.day, line.model, line.key]);
  const before = sums.get(name);
  sums.set(name, {
    ...line,
    inputTokens: line.inputTokens + (before?.inputTokens ?? 0),
    outputTokens: line.outputTokens + (before?.outputTokens ?? 0),
  });
}

function readBucket(bucket: JsonObject, format: UsageExport): readonly DayUsage[] | null {
  const day = format === 'openai' ? unixDay(bucket['start_time']) : isoDay(bucket['starting_at']);
  const { results } = bucket;
  if (day === null || !Array.isArray(results)) return null;
  const lines: DayUsage[] = [];
  for (const result of results) {
    if (!isJsonObject(result)) return null;
    const tokens = format === 'openai' ? openaiTokens(result) : anthropicTokens(result);
    if (tokens === null) return null;
    const [model, key] = [textOf(result['model']), textOf(result['api_key_id'])];
    lines.push({ day, model, key, ...tokens });
  }
  return lines;
}

const textOf = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' ? value : null;

type Tokens = Pick<DayUsage, 'inputTokens' | 'outputTokens'>;

/** Cached tokens are part of the input. */
function openaiTokens(result: JsonObject): Tokens | null {
  const inputTokens = count(result['input_tokens']);
  const outputTokens = count(result['output_tokens']);
  return inputTokens === null || outputTokens === null ? null : { inputTokens, outputTokens };
}

/** What was cached stands apart; writes in an object, or in fields of their own. */
function anthropicTokens(result: JsonObject): Tokens | null {
  const creation = isJsonObject(result['cache_creation']) ? result['cache_creation'] : {};
  const parts = [
    result['uncached_input_tokens'],
    result['cache_read_input_tokens'],
    creation['ephemeral_5m_input_tokens'] ?? result['cache_creation_5m_input_tokens'],
    creation['ephemeral_1h_input_tokens'] ?? result['cache_creation_1h_input_tokens'],
  ].map((part) => count(part ?? 0));
  const outputTokens = count(result['output_tokens']);
  if (outputTokens === null || parts.includes(null)) return null;
  return { inputTokens: parts.reduce<number>((sum, part) => sum + (part ?? 0), 0), outputTokens };
}

const count = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;

const DAY_CHARS = 10;

function unixDay(value: JsonValue | undefined): string | null {
  const seconds = count(value);
  if (seconds === null || seconds > 4_102_444_800) return null;
  return new Date(seconds * 1_000).toISOString().slice(0, DAY_CHARS);
}

const isoDay = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value))
    ? new Date(value).toISOString().slice(0, DAY_CHARS)
    : null;
