/** Findings that wait for a person: right, wrong or unclear, with a note, and who looks at it. */
import { useCallback } from 'react';

import type { FindingView } from '../../../src/admin/finding-contract.ts';

import { messageOf } from '../api.ts';
import { t } from '../messages/message.ts';
import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { filled, valueOf } from '../parts/fields.ts';
import { Listing } from '../parts/listing.tsx';
import { type Asked, useList } from '../parts/use-list.ts';
import { download, Maybe, Pill, Time, type Tone } from '../parts.tsx';
import { useSession } from '../session.ts';
import { choose, Link, usePlace } from '../shell/router.tsx';

type Verdict = 'right' | 'wrong' | 'unclear';

const STATES = { open: t('not judged yet'), judged: t('judged'), all: t('all') } as const;
const TONES: Readonly<Record<Verdict, Tone>> = { right: 'good', wrong: 'bad', unclear: 'warn' };

const isState = (text: string | null): text is keyof typeof STATES =>
  text !== null && Object.hasOwn(STATES, text);

export function Findings({ tenant }: { readonly tenant: string }) {
  const { call, may } = useSession();
  const { page, query } = usePlace();
  const asked = query.get('state');
  const state = isState(asked) ? asked : 'open';
  const read = useCallback(
    (paged: Asked, signal: AbortSignal) =>
      call('GET /findings', { query: { ...paged, state, ...filled('tenant', tenant) }, signal }),
    [call, state, tenant],
  );
  const list = useList(read);
  const judge = useJudge(list.reload);
  return (
    <Listing
      caption={t('Findings')}
      isTitled
      list={list}
      keyOf={({ writer, seq, guard, category }) => `${writer} ${seq} ${guard} ${category ?? ''}`}
      textOf={({ guard, category, model, key, tenant: of }) =>
        [guard, category, model, key, of].join(' ')
      }
      empty={state === 'open' ? t('Nothing waits: every finding is judged.') : t('There is none.')}
      columns={[
        { title: t('When'), cell: ({ at }) => <Time at={at} /> },
        { title: t('Guard'), cell: ({ guard }) => <code>{guard}</code> },
        { title: t('Category'), cell: ({ category }) => <Maybe text={category} /> },
        { title: t('Did'), cell: ({ action }) => action },
        { title: t('Tenant'), cell: ({ tenant: of }) => <Maybe text={of} /> },
        { title: t('Model'), cell: ({ model }) => <Maybe text={model} /> },
        { title: t('Request'), cell: (finding) => <Request finding={finding} /> },
        { title: t('Judged'), cell: (finding) => <Judged finding={finding} /> },
      ]}
      actions={(finding) => (may('POST /findings') ? actionsOf(finding, judge) : [])}
      tools={
        <>
          <select
            aria-label={t('Which findings')}
            value={state}
            onChange={(event) =>
              choose(page, { ...Object.fromEntries(query), state: event.target.value })
            }
          >
            {Object.entries(STATES).map(([name, title]) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
          <ExportButton tenant={tenant} />
        </>
      }
    />
  );
}

function Request({ finding: { requestId } }: { readonly finding: FindingView }) {
  if (requestId === null) return <Maybe text={null} />;
  return (
    <Link page="requests" query={{ request: requestId }}>
      {t('Open')}
    </Link>
  );
}

function Judged({ finding: { judgement } }: { readonly finding: FindingView }) {
  if (judgement === null) return <Maybe text={null} none={t('not yet')} />;
  const { verdict, note, assignee, by } = judgement;
  return (
    <span title={note ?? undefined}>
      {verdict !== null && <Pill tone={TONES[verdict]}>{verdict}</Pill>}{' '}
      <span className="quiet">{assignee === null ? by : t('for {assignee}', { assignee })}</span>
    </span>
  );
}

type Judge = (finding: FindingView, verdict: Verdict) => void;

function actionsOf(
  finding: FindingView,
  { say, more }: { readonly say: Judge; readonly more: (finding: FindingView) => void },
): readonly Action[] {
  const of = t('{guard} {category} of {at}', {
    guard: finding.guard,
    category: finding.category ?? '',
    at: finding.at,
  });
  return [
    { label: t('Right'), of, run: () => say(finding, 'right') },
    { label: t('Wrong'), of, run: () => say(finding, 'wrong') },
    { label: t('More…'), of, run: () => more(finding) },
  ];
}

function useJudge(reload: () => void) {
  const { call } = useSession();
  const desk = useDesk();
  const send = async (
    { writer, seq, guard, category, judgement }: FindingView,
    said: { readonly verdict: Verdict | null; readonly note: string; readonly assignee: string },
  ): Promise<void> => {
    const body = {
      writer,
      seq,
      guard,
      category,
      verdict: said.verdict,
      note: said.note === '' ? null : said.note,
      assignee: said.assignee === '' ? null : said.assignee,
    };
    await call('POST /findings', { body, version: judgement?.version ?? 0 });
    desk.say(
      said.verdict === null ? t('It is noted.') : t('It was {verdict}.', { verdict: said.verdict }),
    );
    reload();
  };
  const say: Judge = (finding, verdict) => {
    const { note = null, assignee = null } = finding.judgement ?? {};
    send(finding, { verdict, note: note ?? '', assignee: assignee ?? '' }).catch(
      (thrown: unknown) => desk.say(messageOf(thrown), 'bad'),
    );
  };
  const more = (finding: FindingView): void => desk.form(questionOf(finding, send));
  return { say, more };
}

function questionOf(
  finding: FindingView,
  send: (
    finding: FindingView,
    said: { readonly verdict: Verdict | null; readonly note: string; readonly assignee: string },
  ) => Promise<void>,
) {
  const { guard, category, judgement } = finding;
  return {
    title: `${guard}: ${category ?? t('a finding')}`,
    intro: t('A note may quote what you saw: it is kept here and in the export, never in the log.'),
    verb: t('Save'),
    fields: [
      {
        name: 'verdict',
        label: t('Is it right?'),
        kind: 'choice',
        value: judgement?.verdict ?? '',
        options: [
          { value: '', label: t('not judged yet') },
          { value: 'right', label: t('right: it is what the guard says') },
          { value: 'wrong', label: t('wrong: a false alarm') },
          { value: 'unclear', label: t('unclear') },
        ],
      },
      { name: 'note', label: t('Note'), kind: 'area', value: judgement?.note ?? '' },
      { name: 'assignee', label: t('Who looks at it'), value: judgement?.assignee ?? '' },
    ],
    submit: async (values: Readonly<Record<string, string>>) => {
      const verdict = valueOf(values, 'verdict');
      await send(finding, {
        verdict:
          verdict === 'right' || verdict === 'wrong' || verdict === 'unclear' ? verdict : null,
        note: valueOf(values, 'note').trim(),
        assignee: valueOf(values, 'assignee').trim(),
      });
    },
  } as const;
}

function ExportButton({ tenant }: { readonly tenant: string }) {
  const { call } = useSession();
  const desk = useDesk();
  const save = (): void => {
    call('GET /findings/export', { query: filled('tenant', tenant) })
      .then(({ items }) => {
        const lines = items.map((item) => `${JSON.stringify(item)}\n`).join('');
        download('judged-findings.jsonl', 'application/jsonl', lines);
      })
      .catch((thrown: unknown) => desk.say(messageOf(thrown), 'bad'));
  };
  return (
    <button type="button" onClick={save}>
      {t('Export what was judged')}
    </button>
  );
}
