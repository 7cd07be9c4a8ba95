/** What each guard found, where, in how long, and what nobody could read. Never the text. */
import { t } from '../messages/message.ts';
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
  pass: t('found nothing'),
  alert: t('told of it'),
  redact: t('took it out'),
  pseudonymise: t('put a pseudonym there'),
  block: t('blocked'),
  unavailable: t('did not answer'),
};

const actionText = ({ action, mode }: ShownGuard): string =>
  mode === 'observe' && action !== 'pass'
    ? t('would have: {action}', { action })
    : (WORDS[action] ?? action);

const toneOf = ({ action, mode }: ShownGuard): Tone =>
  mode === 'observe' && action !== 'pass' ? 'plain' : (TONES[action] ?? 'plain');

export function guardsSummary(guards: readonly ShownGuard[]): readonly [Tone, string] {
  const acted = guards.filter(({ mode, action }) => mode !== 'observe' && action !== 'pass');
  const blocked = acted.find(({ action }) => action === 'block' || action === 'unavailable');
  const names = new Set(guards.map(({ name }) => name)).size;
  if (blocked !== undefined) return ['bad', t('{name} stopped it.', { name: blocked.name })];
  if (acted.length > 0)
    return ['warn', t('{names} read it, and text was changed or told of.', { names })];
  const watched = guards.some(({ action }) => action !== 'pass');
  return [
    'good',
    watched
      ? t('{names} read it; those that only watch found something.', { names })
      : t('{names} read it, and found nothing.', { names }),
  ];
}

export function GuardTable({ guards }: { readonly guards: readonly ShownGuard[] }) {
  return (
    <DataTable
      caption={t('Guards')}
      rows={guards.map((guard, index) => ({ guard, index }))}
      keyOf={({ index }) => String(index)}
      columns={[
        { title: t('Guard'), cell: ({ guard }) => <code>{guard.name}</code> },
        {
          title: t('What it did'),
          cell: ({ guard }) => <Pill tone={toneOf(guard)}>{actionText(guard)}</Pill>,
        },
        { title: t('Category'), cell: ({ guard }) => <Maybe text={guard.category} /> },
        { title: t('Where'), cell: ({ guard }) => <Maybe text={guard.position} /> },
        {
          title: t('Findings'),
          isNumber: true,
          cell: ({ guard }) => numberText(guard.count),
        },
        {
          title: t('Characters read'),
          isNumber: true,
          cell: ({ guard }) => numberText(guard.scannedChars),
        },
        {
          title: t('Not read'),
          cell: ({ guard }) => (
            <Maybe
              text={guard.notScanned === null ? null : visible(guard.notScanned)}
              none={t('nothing')}
            />
          ),
        },
        {
          title: t('Time'),
          isNumber: true,
          cell: ({ guard }) => msText(guard.us === null ? null : guard.us / 1_000),
        },
      ]}
    />
  );
}
