/** The fields of a form as data, and what was written into them. */
import { ApiProblem, messageOf } from '../api.ts';
import { t } from '../messages/message.ts';

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly kind?: 'line' | 'area' | 'code' | 'secret' | 'choice' | 'tick';
  readonly help?: string;
  readonly value?: string;
  readonly isRequired?: boolean;
  readonly options?: readonly Option[];
}

export interface Option {
  readonly value: string;
  readonly label?: string;
}

/** A tick that is set reads `yes`. */
export type Values = Readonly<Record<string, string>>;

export const valueOf = (values: Values, name: string): string => values[name] ?? '';

/** The field of a body, where something was written. */
export const filled = <K extends string>(name: K, text: string): Partial<Record<K, string>> => {
  const part: Partial<Record<K, string>> = {};
  if (text.trim() !== '') part[name] = text.trim();
  return part;
};

/** Words of a list, as people write them: by comma or line. */
export const wordsOf = (text: string): readonly string[] =>
  text
    .split(/[,\n]/u)
    .map((word) => word.trim())
    .filter((word) => word !== '');

/** Of what is made for a tenant: the one that the page shows, until another is chosen. */
export const tenantField = (tenants: readonly string[], tenant = ''): Field => ({
  name: 'tenant',
  label: t('Tenant'),
  kind: 'choice',
  value: tenant,
  options: tenants.map((value) => ({ value })),
});

export interface Wrong {
  /** What belongs to no field that is shown. */
  readonly problem: string | null;
  readonly byField: Readonly<Record<string, string>>;
}

export const NOTHING_WRONG: Wrong = { problem: null, byField: {} };

/** Puts each problem of the answer at the field that it is about. */
export function wrongOf(thrown: unknown, fields: readonly Field[]): Wrong {
  if (!(thrown instanceof ApiProblem)) {
    const isOurs = thrown instanceof FormProblem;
    return { problem: isOurs ? thrown.message : messageOf(thrown), byField: {} };
  }
  const byField: Record<string, string> = {};
  for (const { field, problem } of thrown.errors) {
    const shown = fields.find(({ name }) => field === name || field.startsWith(`${name}.`));
    if (shown !== undefined) byField[shown.name] = problem;
  }
  const isPlaced = thrown.errors.length > 0 && thrown.errors.length === Object.keys(byField).length;
  return { problem: isPlaced ? thrown.message : messageOf(thrown), byField };
}

/** Something that this page itself finds wrong with what was written. */
export class FormProblem extends Error {
  override readonly name = 'FormProblem';
}
