/** What somebody may do, of all that there is: each model, and the rule that says so. Nothing is sent. */
import { useState } from 'react';

import type { CaseResultView } from '../../../src/admin/contract.ts';

import { messageOf, type RequestOf } from '../api.ts';
import { t } from '../messages/message.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Panel, Pill, Problem } from '../parts.tsx';
import { useSession } from '../session.ts';

type Body = RequestOf<'POST /policy/test'>['body'];
type Case = Body['cases'][number];
/** Who is asked about, and from where and when. */
export type Whom = Pick<Case, 'principal' | 'request'>;

const ACTIONS = ['chat', 'embeddings'] as const;
/** Two cases a model, and what the gateway takes at once. */
const MODELS_MAX = 100;

interface Row {
  readonly model: string;
  readonly by: readonly (CaseResultView | undefined)[];
}

interface Asked {
  readonly rows: readonly Row[];
  readonly isCut: boolean;
}

/** `whom`: as the form says it now; null where no tenant is chosen. */
export function EffectiveRights({ whom }: { readonly whom: () => Whom | null }) {
  const { call, may } = useSession();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const modelNames = async (): Promise<readonly string[]> => {
    if (!may('GET /models')) return (await call('GET /playground', {})).items;
    return (await call('GET /models', {})).items.map(({ id }) => id);
  };
  const ask = async (of: Whom): Promise<void> => {
    const all = (await modelNames()).toSorted();
    const models = all.slice(0, MODELS_MAX);
    const cases = models.flatMap((model) =>
      ACTIONS.map((action): Case => ({ ...of, call: { model, action }, expect: 'allow' })),
    );
    const { tenant } = of.principal;
    const results =
      cases.length === 0
        ? []
        : (await call('POST /policy/test', { body: { tenant, cases } })).results;
    const rows = models.map((model, at) => ({
      model,
      by: ACTIONS.map((_action, which) => results[at * ACTIONS.length + which]),
    }));
    setAsked({ rows, isCut: all.length > models.length });
  };
  const run = (): void => {
    const of = whom();
    if (of === null) return;
    setIsBusy(true);
    setProblem(null);
    ask(of)
      .catch((thrown: unknown) => setProblem(messageOf(thrown)))
      .finally(() => setIsBusy(false));
  };
  if (!may('GET /models') && !may('GET /playground')) return null;
  const button = (
    <button type="button" disabled={isBusy} onClick={run}>
      {isBusy ? t('Asking…') : t('Ask of every model')}
    </button>
  );
  return (
    <Panel title={t('All that they may')} tools={button}>
      <Problem text={problem} />
      {asked === null && (
        <p className="quiet">
          {t(
            'Of who is written above: each model there is, by the roles that bindings give them. The scope of a key is not looked at here: ask for one call.',
          )}
        </p>
      )}
      {asked !== null && <Answer asked={asked} />}
    </Panel>
  );
}

function Answer({ asked: { rows, isCut } }: { readonly asked: Asked }) {
  if (rows.length === 0) return <p className="empty">{t('There are no models.')}</p>;
  return (
    <>
      <DataTable
        caption={t('All that they may')}
        rows={rows}
        keyOf={({ model }) => model}
        columns={[
          { title: t('Model'), cell: ({ model }) => <code>{model}</code> },
          { title: 'chat', cell: ({ by }) => <Told result={by[0]} /> },
          { title: 'embeddings', cell: ({ by }) => <Told result={by[1]} /> },
        ]}
      />
      {isCut && <p className="quiet">{t('The first {count}.', { count: MODELS_MAX })}</p>}
    </>
  );
}

function Told({ result }: { readonly result: CaseResultView | undefined }) {
  if (result === undefined) return null;
  const { decision, rule, reason } = result;
  return (
    <>
      <Pill tone={decision === 'allow' ? 'good' : 'bad'}>
        {decision === 'allow' ? t('Allowed') : t('Denied')}
      </Pill>{' '}
      <code>{rule ?? reason ?? ''}</code>
    </>
  );
}
