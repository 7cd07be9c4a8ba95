/** Help for whoever writes an entry: its fields, as the schema has them, and what does not fit them yet. */
import { useCallback } from 'react';

import type { ConfigFieldView } from '../../../src/admin/config-change-contract.ts';

import { isRecord } from '../is-record.ts';
import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { Coded } from '../parts/coded.tsx';
import { Skeleton } from '../parts/listing.tsx';
import { ProblemBar } from '../parts.tsx';
import { useSession } from '../session.ts';
import { useLoaded } from '../use-loaded.ts';
import type { Section } from './sections.ts';

interface ConfigFieldsProps {
  readonly section: Section;
  /** As it is written now. */
  readonly text: string;
  readonly onAdd: (text: string) => void;
}

/** Null: it is not an object, or not yet. */
export function objectIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    // Half of it is written: what is wrong is said by whoever sends it.
    return null;
  }
}

export function ConfigFields({ section, text, onAdd }: ConfigFieldsProps) {
  const { call } = useSession();
  const read = useCallback(
    (signal: AbortSignal) => call('GET /config-fields/{section}', { params: { section }, signal }),
    [call, section],
  );
  const { value, problem, reload } = useLoaded(read);
  const entry = objectIn(text);
  const type = entry?.['type'];
  const shown = (value?.items ?? []).filter(
    ({ of }) => of.length === 0 || typeof type !== 'string' || of.includes(type),
  );
  const add = (field: ConfigFieldView): void => {
    if (entry === null) return;
    onAdd(JSON.stringify({ ...entry, [field.key]: startOf(field) }, null, 2));
  };
  return (
    <section className="stack" aria-label={t('What it may say')}>
      <h3>{t('What it may say')}</h3>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value !== null && <Notes entry={entry} fields={shown} />}
      {/* A place that scrolls must be reachable without a mouse. */}
      <div className="fields" tabIndex={0} role="group" aria-label={t('Fields')}>
        <ul className="plain">
          {shown.map((field) => (
            <FieldHelp
              key={`${field.key} ${field.of.join(' ')}`}
              field={field}
              add={canAdd(field, entry) ? () => add(field) : null}
            />
          ))}
        </ul>
      </div>
    </section>
  );
}

/** What is below another field is written there. */
const isTop = ({ key }: ConfigFieldView): boolean => !/[.[]/u.test(key);

const canAdd = (field: ConfigFieldView, entry: Readonly<Record<string, unknown>> | null): boolean =>
  entry !== null && isTop(field) && !Object.hasOwn(entry, field.key);

/** Something to write over: the default, the first of what can be chosen, or nothing of its type. */
function startOf({ type, fallback }: ConfigFieldView): unknown {
  const isDefault = fallback.startsWith('`');
  if (isDefault) return JSON.parse(fallback.slice(1, -1));
  if (type.startsWith('list of')) return [];
  if (type.startsWith('object') || type.startsWith('map')) return {};
  if (type.startsWith('boolean')) return false;
  // `integer, 1 to 100`: the least.
  if (/^(?:integer|number)/u.test(type))
    return Number(/, (?<least>\d+) to/u.exec(type)?.groups?.['least'] ?? 0);
  return /^`(?<first>[^`"]+)`/u.exec(type)?.groups?.['first'] ?? '';
}

interface FieldHelpProps {
  readonly field: ConfigFieldView;
  readonly add: (() => void) | null;
}

function FieldHelp({ field: { key, type, fallback, about }, add }: FieldHelpProps) {
  return (
    <li>
      <div className="row">
        <code>{key}</code>
        <span className="quiet">
          <Coded text={type} />
          {fallback === 'required' && <>, {t('needed')}</>}
          {fallback.startsWith('`') && (
            <>, {rich('else {fallback}', { fallback: <Coded text={fallback} /> })}</>
          )}
        </span>
        {add !== null && (
          <button
            type="button"
            className="ghost"
            aria-label={t('Add {key}', { key })}
            onClick={add}
          >
            {t('Add')}
          </button>
        )}
      </div>
      <p className="help">
        <Coded text={about} />
      </p>
    </li>
  );
}

interface NotesProps {
  readonly entry: Readonly<Record<string, unknown>> | null;
  readonly fields: readonly ConfigFieldView[];
}

/** The gateway checks all of it before anything is applied; this is said while one writes. */
function Notes({ entry, fields }: NotesProps) {
  const top = fields.filter(isTop);
  const known = new Set(top.map(({ key }) => key));
  const missing = top.filter(
    ({ key, fallback }) => fallback === 'required' && entry?.[key] === undefined,
  );
  const strange = Object.keys(entry ?? {}).filter((key) => !known.has(key));
  const words =
    entry === null
      ? [t('This is not JSON.')]
      : [
          ...strange.map((key) => t('There is no field {key} here.', { key })),
          ...missing.map(({ key }) => t('{key} is needed.', { key })),
        ];
  return (
    <p className="quiet" role="status">
      {words.length === 0
        ? t('Its fields are there. All of it is checked before it holds.')
        : words.join(' ')}
    </p>
  );
}
