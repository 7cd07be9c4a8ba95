/** What a change would make different, what of the last day it is about, and the button that does it. */
import { useCallback, useState } from 'react';

import type { ConfigDifferenceView } from '../../../src/admin/contract.ts';

import { messageOf } from '../api.ts';
import { t } from '../messages/message.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Skeleton } from '../parts/listing.tsx';
import { Pill, Problem } from '../parts.tsx';
import { useSession } from '../session.ts';
import { useLoaded } from '../use-loaded.ts';
import { Affected } from './config-affected.tsx';
import type { ConfigChange } from './config-editor.tsx';

interface DifferencesProps {
  readonly change: ConfigChange;
  readonly verb: string;
  readonly onBack: () => void;
  readonly onApplied: (isProposed: boolean) => void;
}

export function Differences({ change, verb, onBack, onApplied }: DifferencesProps) {
  const { call } = useSession();
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const read = useCallback(
    async (signal: AbortSignal) => {
      const body = { changes: [change] };
      const [differs, history] = await Promise.all([
        call('POST /config/diff', { body, signal }),
        call('GET /config-changes', { signal }),
      ]);
      return { ...differs, isProposed: history.needsSecondPerson };
    },
    [call, change],
  );
  const { value, problem: unread } = useLoaded(read);
  const isProposed = value?.isProposed ?? false;
  const apply = (): void => {
    setIsBusy(true);
    const body = { changes: [change] };
    (isProposed ? call('POST /config-changes', { body }) : call('POST /config/apply', { body }))
      .then(() => onApplied(isProposed))
      .catch((thrown: unknown) => {
        setProblem(messageOf(thrown));
        setIsBusy(false);
      });
  };
  return (
    <div className="stack">
      {value === null && unread === null && <Skeleton />}
      {value !== null && <Table differences={value.differences} />}
      {value !== null && <Affected affected={value.affected} />}
      {isProposed && (
        <p className="quiet">{t('Another administrator has to agree before it is in force.')}</p>
      )}
      <Problem text={unread ?? problem} />
      <footer className="modal-foot">
        <button type="button" onClick={onBack}>
          {t('Back')}
        </button>
        <button
          type="button"
          className="main"
          disabled={isBusy || value === null || value.differences.length === 0}
          onClick={apply}
        >
          {isBusy ? t('One moment…') : isProposed ? t('Propose it') : verb}
        </button>
      </footer>
    </div>
  );
}

interface TableProps {
  readonly differences: readonly ConfigDifferenceView[];
}

function Table({ differences }: TableProps) {
  if (differences.length === 0) return <p className="empty">{t('Nothing would differ.')}</p>;
  return (
    <DataTable
      caption={t('What would differ')}
      rows={differences}
      keyOf={({ path }) => path}
      columns={[
        { title: t('Path'), cell: ({ path }) => <code>{path}</code> },
        {
          title: t('Is'),
          cell: ({ kind }) => (
            <Pill tone={kind === 'removed' ? 'bad' : kind === 'added' ? 'good' : 'warn'}>
              {kind}
            </Pill>
          ),
        },
        { title: t('Was'), cell: ({ from }) => <code>{JSON.stringify(from)}</code> },
        { title: t('Becomes'), cell: ({ to }) => <code>{JSON.stringify(to)}</code> },
      ]}
    />
  );
}
