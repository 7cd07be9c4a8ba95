/** What each guard found, where, in how long, and what nobody could read. Never the text. */
import { DataTable } from '../parts/data-table.tsx';
import { Maybe, Pill, type Tone } from '../parts.tsx';
import { visible } from '../visible.ts';
import type { ShownGuard } from './read-record.ts';
import { msText, numberText } from './units.ts';

const TONES: Readonly<Record<string, Tone>> = {
  pass: 'good',
  alert: 'warn',
  redact: 'warn',
  pseudonymise: 'warn',
  block: 'bad',
  unavailable: 'bad',
};

const WORDS: Readonly<Record<string, string>> = {
  pass: 'found nothing',
  alert: 'told of it',
  redact: 'took it out',
  pseudonymise: 'put a pseudonym there',
  block: 'blocked',
  unavailable: 'did not answer',
};

const actionText = ({ action, mode }: ShownGuard): string =>
  mode === 'observe' && action !== 'pass' ? `would have: ${action}` : (WORDS[action] ?? action);

const toneOf = ({ action, mode }: ShownGuard): Tone =>
  mode === 'observe' && action !== 'pass' ? 'plain' : (TONES[action] ?? 'plain');

export function guardsSummary(guards: readonly ShownGuard[]): readonly [Tone, string] {
  const acted = guards.filter(({ mode, action }) => mode !== 'observe' && action !== 'pass');
  const blocked = acted.find(({ action }) => action === 'block' || action === 'unavailable');
  const names = new Set(guards.map(({ name }) => name)).size;
  if (blocked !== undefined) return ['bad', `${blocked.name} stopped it.`];
  if (acted.length > 0) return ['warn', `${names} read it, and text was changed or told of.`];
  const watched = guards.some(({ action }) => action !== 'pass');
  return [
    'good',
    `${names} read it${watched ? '; those that only watch found something' : ', and found nothing'}.`,
  ];
}

export function GuardTable({ guards }: { readonly guards: readonly ShownGuard[] }) {
  return (
    <DataTable
      caption="Guards"
      rows={guards.map((guard, index) => ({ guard, index }))}
      keyOf={({ index }) => String(index)}
      columns={[
        { title: 'Guard', cell: ({ guard }) => <code>{guard.name}</code> },
        {
          title: 'What it did',
          cell: ({ guard }) => <Pill tone={toneOf(guard)}>{actionText(guard)}</Pill>,
        },
        { title: 'Category', cell: ({ guard }) => <Maybe text={guard.category} /> },
        { title: 'Where', cell: ({ guard }) => <Maybe text={guard.position} /> },
        {
          title: 'Findings',
          isNumber: true,
          cell: ({ guard }) => numberText(guard.count),
        },
        {
          title: 'Characters read',
          isNumber: true,
          cell: ({ guard }) => numberText(guard.scannedChars),
        },
        {
          title: 'Not read',
          cell: ({ guard }) => (
            <Maybe
              text={guard.notScanned === null ? null : visible(guard.notScanned)}
              none="nothing"
            />
          ),
        },
        {
          title: 'Time',
          isNumber: true,
          cell: ({ guard }) => msText(guard.us === null ? null : guard.us / 1_000),
        },
      ]}
    />
  );
}
