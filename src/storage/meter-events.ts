/** Events of usage as every store makes and keeps them. */
import { createHash } from 'node:crypto';

import { USAGE_MS, type UsageSums } from '#domain/ledger-entry.ts';
import { type MeterEvent, meterMeasures } from '#domain/meter-event.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

/** What was told once is not told again, should a sum become less and then more. */
export function most(sums: UsageSums, told: UsageSums): UsageSums {
  const all: Record<string, unknown> = {};
  for (const measure of meterMeasures) all[measure] = Math.max(sums[measure], told[measure]);
  return sumsOf(all);
}

export type Place = readonly [
  receiver: string,
  quarter: number,
  tenant: string,
  model: string,
  provider: string,
  priceVersion: string,
];

export function newEvent(
  place: Place,
  times: number,
  { sums, told }: { readonly sums: UsageSums; readonly told: UsageSums },
): MeterEvent {
  const [, quarter, tenant, model, provider, priceVersion] = place;
  const name = JSON.stringify([...place, times]);
  const added: Record<string, unknown> = {};
  for (const measure of meterMeasures) {
    added[measure] = Math.max(0, sums[measure] - told[measure]);
  }
  return {
    id: `llmp_${createHash('sha256').update(name).digest('hex').slice(0, 40)}`,
    tenant,
    model,
    provider: provider === '' ? null : provider,
    priceVersion: priceVersion === '' ? null : priceVersion,
    fromMs: quarter * USAGE_MS,
    toMs: (quarter + 1) * USAGE_MS,
    ...sumsOf(added),
  };
}

export function sumsOf(row: Readonly<Record<string, unknown>>): UsageSums {
  const number = (name: keyof UsageSums): number => Number(row[name] ?? 0);
  return {
    requests: number('requests'),
    inputTokens: number('inputTokens'),
    outputTokens: number('outputTokens'),
    cacheReadTokens: number('cacheReadTokens'),
    cacheWriteTokens: number('cacheWriteTokens'),
    reasoningTokens: number('reasoningTokens'),
    costNanoUsd: number('costNanoUsd'),
  };
}

/** Written by us; one that does not read is passed over, and stays for who looks at the store. */
export function eventOf(text: string): MeterEvent[] {
  const event = parseJson(text);
  if (!isJsonObject(event)) return [];
  const name = (key: string): string | null => (typeof event[key] === 'string' ? event[key] : null);
  return [
    {
      id: name('id') ?? '',
      tenant: name('tenant') ?? '',
      model: name('model') ?? '',
      provider: name('provider'),
      priceVersion: name('priceVersion'),
      fromMs: Number(event['fromMs']),
      toMs: Number(event['toMs']),
      ...sumsOf(event),
    },
  ];
}
