/** A record as the log has it, read field by field: what is not there, or not of the form that it should have, is not shown. */
import { isRecord } from '../is-record.ts';

type Json = Readonly<Record<string, unknown>>;

export interface ShownGuard {
  readonly name: string;
  readonly mode: string;
  readonly action: string;
  readonly category: string | null;
  readonly position: string | null;
  readonly count: number | null;
  readonly scannedChars: number | null;
  readonly notScanned: string | null;
  readonly us: number | null;
}

export interface ShownAttempt {
  readonly provider: string;
  readonly deployment: string;
  readonly status: number | null;
  readonly fault: string | null;
  readonly ms: number | null;
}

export interface ShownRecord {
  /** As the gateway gave it. */
  readonly whole: Json;
  readonly writer: string;
  readonly seq: number;
  readonly at: string;
  readonly kind: string;
  readonly text: (name: string) => string | null;
  readonly number: (name: string) => number | null;
  readonly part: (name: string) => Pick<ShownRecord, 'text' | 'number'> | null;
  readonly guards: readonly ShownGuard[];
  readonly attempts: readonly ShownAttempt[];
  readonly limits: readonly { readonly name: string; readonly remaining: number | null }[];
  /** Names of personal fields that were erased from it. */
  readonly erased: readonly string[];
}

const textIn = (value: Json, name: string): string | null => {
  const found = value[name];
  return typeof found === 'string' ? found : null;
};

const numberIn = (value: Json, name: string): number | null => {
  const found = value[name];
  return typeof found === 'number' ? found : null;
};

const listIn = (value: Json, name: string): readonly Json[] => {
  const found = value[name];
  return Array.isArray(found) ? found.filter(isRecord) : [];
};

const reading = (value: Json) => ({
  text: (name: string) => textIn(value, name),
  number: (name: string) => numberIn(value, name),
});

const guardOf = (value: Json): ShownGuard => ({
  name: textIn(value, 'name') ?? '',
  mode: textIn(value, 'mode') ?? '',
  action: textIn(value, 'action') ?? '',
  category: textIn(value, 'category'),
  position: textIn(value, 'position'),
  count: numberIn(value, 'count'),
  scannedChars: numberIn(value, 'scannedChars'),
  notScanned: textIn(value, 'notScanned'),
  us: numberIn(value, 'us'),
});

const attemptOf = (value: Json): ShownAttempt => ({
  provider: textIn(value, 'provider') ?? '',
  deployment: textIn(value, 'deployment') ?? '',
  status: numberIn(value, 'status'),
  fault: textIn(value, 'fault'),
  ms: numberIn(value, 'ms'),
});

export function shownRecord(record: unknown, erased: readonly string[]): ShownRecord {
  const whole = isRecord(record) ? record : {};
  return {
    whole,
    ...reading(whole),
    writer: textIn(whole, 'writer') ?? '',
    seq: numberIn(whole, 'seq') ?? 0,
    at: textIn(whole, 'at') ?? '',
    kind: textIn(whole, 'kind') ?? '',
    part: (name) => {
      const part = whole[name];
      return isRecord(part) ? reading(part) : null;
    },
    guards: listIn(whole, 'guards').map(guardOf),
    attempts: listIn(whole, 'attempts').map(attemptOf),
    limits: listIn(whole, 'limits').map((limit) => ({
      name: textIn(limit, 'name') ?? '',
      remaining: numberIn(limit, 'remaining'),
    })),
    erased,
  };
}
