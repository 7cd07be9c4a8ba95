/** A statement of one tenant and one period: what a bill is made from. */
import type { UsageSums } from '#domain/ledger-entry.ts';

import { signedUsd, type UsageLine } from './usage-report.ts';

export interface StatementLine extends Omit<UsageSums, 'reasoningTokens'> {
  readonly model: string;
  readonly provider: string | null;
  /** By which prices. A price that changes makes another line, and changes none. */
  readonly priceVersion: string | null;
}

export interface Statement {
  readonly tenant: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly lines: readonly StatementLine[];
  readonly requests: number;
  readonly costNanoUsd: number;
}

export class StatementBuilder {
  readonly #lines = new Map<string, StatementLine>();

  add(line: UsageLine): void {
    const { model, provider, priceVersion } = line;
    const name = JSON.stringify([model, provider, priceVersion]);
    const before = this.#lines.get(name);
    this.#lines.set(name, {
      model,
      provider,
      priceVersion,
      requests: line.requests + (before?.requests ?? 0),
      inputTokens: line.inputTokens + (before?.inputTokens ?? 0),
      outputTokens: line.outputTokens + (before?.outputTokens ?? 0),
      cacheReadTokens: line.cacheReadTokens + (before?.cacheReadTokens ?? 0),
      cacheWriteTokens: line.cacheWriteTokens + (before?.cacheWriteTokens ?? 0),
      costNanoUsd: line.costNanoUsd + (before?.costNanoUsd ?? 0),
    });
  }

  end(tenant: string, fromMs: number, toMs: number): Statement {
    const lines = [...this.#lines]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([, line]) => line);
    return {
      tenant,
      fromMs,
      toMs,
      lines,
      requests: lines.reduce((sum, { requests }) => sum + requests, 0),
      costNanoUsd: lines.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0),
    };
  }
}

/** For people: one line an item, and the sum. */
export function statementText({ tenant, fromMs, toMs, ...statement }: Statement): string {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
  const rows = statement.lines.map((line) => [
    `${line.model} at ${line.provider ?? 'no provider'}`,
    String(line.requests),
    String(line.inputTokens),
    String(line.outputTokens),
    signedUsd(line.costNanoUsd),
    line.priceVersion ?? 'no price',
  ]);
  const sum = ['total', String(statement.requests), '', '', signedUsd(statement.costNanoUsd), ''];
  const all = [['model', 'requests', 'input', 'output', 'USD', 'prices'], ...rows, sum];
  const widths = (all[0] ?? []).map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  const text = all.map((row) => row.map((cell, at) => pad(cell, widths[at] ?? 0, at)).join('  '));
  return `${tenant}, ${day(fromMs)} to ${day(toMs)} UTC\n\n${text.map((row) => row.trimEnd()).join('\n')}\n`;
}

/** Numbers stand under each other. */
const pad = (cell: string, width: number, at: number): string =>
  at === 0 || at === 5 ? cell.padEnd(width) : cell.padStart(width);
