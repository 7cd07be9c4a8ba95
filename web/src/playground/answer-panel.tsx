/** What came back, and beside it what was decided: out of the call's own records, a moment later. */
import { useCallback, useEffect, useState } from 'react';

import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { Fact, Panel, Pill, Problem, type Tone } from '../parts.tsx';
import { GuardTable, guardsSummary } from '../requests/guard-table.tsx';
import type { ShownRecord } from '../requests/read-record.ts';
import { endOf, isEnded, recordsOf } from '../requests/records.ts';
import { TimeBars } from '../requests/time-bars.tsx';
import { numberText, usdText } from '../requests/units.ts';
import { useSession } from '../session.ts';
import { Link } from '../shell/router.tsx';
import { useLoaded } from '../use-loaded.ts';
import { visible } from '../visible.ts';
import type { Try } from './use-try.ts';

/** The index is a quarter of a second behind the log. */
const AGAIN_MS = 700;

function stateOf({ state, head, answer, problem }: Try): readonly [Tone, string] {
  if (head === null) return problem === null ? ['plain', t('being sent…')] : ['bad', t('not sent')];
  if (head.status >= 400) return ['bad', t('refused with {status}', { status: head.status })];
  if (answer.error !== null || problem !== null) return ['bad', t('broke off')];
  if (state === 'running') return ['warn', t('answering…')];
  const isCut = /filter|refusal/u.test(answer.end ?? '');
  return isCut ? ['bad', t('stopped by a guard')] : ['good', t('answered')];
}

export function AnswerPanel({ tried }: { readonly tried: Try }) {
  const { state, head, answer, problem, missed } = tried;
  if (state === 'none') {
    return (
      <Panel title={t('Answer')}>
        <p className="empty">
          {t('Send a prompt: it takes the way of any call, with its limits, guards and records.')}
        </p>
      </Panel>
    );
  }
  const [tone, words] = stateOf(tried);
  return (
    <>
      <Panel title={t('Answer')} tools={<CostNow tried={tried} />}>
        <p className="verdict" role="status">
          <Pill tone={tone}>{words}</Pill>{' '}
          {head !== null && answer.error !== null && <span>{visible(answer.error)}</span>}
        </p>
        <Problem text={problem} />
        {missed > 0 && (
          <p className="waiting">
            {rich(
              '{missed} pieces of the answer came faster than this page reads: it is not whole.',
              { missed: numberText(missed) },
            )}
          </p>
        )}
        {answer.text !== '' && (
          <pre className="text" aria-label={t('The answer')}>
            {visible(answer.text)}
          </pre>
        )}
      </Panel>
      {head?.requestId !== null && head !== null && (
        <Decided key={head.requestId} request={head.requestId} isOver={state === 'over'} />
      )}
    </>
  );
}

function CostNow({ tried: { head } }: { readonly tried: Try }) {
  const cost = head?.headers['x-llmproxy-cost-usd'];
  return cost === undefined ? null : <span className="quiet">${Number(cost)}</span>;
}

interface DecidedProps {
  readonly request: string;
  readonly isOver: boolean;
}

function Decided({ request, isOver }: DecidedProps) {
  const { call, may } = useSession();
  const read = useCallback(
    (signal: AbortSignal) => recordsOf({ call }, request, signal),
    [call, request],
  );
  const [isDone, setIsDone] = useState(false);
  const { value, problem } = useLoaded(read, isDone ? undefined : AGAIN_MS);
  useEffect(() => setIsDone(isOver && isEnded(value)), [isOver, value]);
  const end = endOf(value);
  const link = may('GET /audit/records') && (
    <Link page="requests" query={{ request }}>
      {t('Every decision, and its proof')}
    </Link>
  );
  return (
    <Panel title={t('What was decided')} tools={link}>
      <Problem text={problem} />
      {end === null ? (
        <p className="quiet" role="status">
          {t('The records of the call come when it has ended…')}
        </p>
      ) : (
        <End record={end} />
      )}
    </Panel>
  );
}

function End({ record }: { readonly record: ShownRecord }) {
  const { guards } = record;
  const usage = record.part('usage');
  const timings = record.part('timings');
  const reason = record.text('reason');
  const [tone, summary] = guardsSummary(guards);
  return (
    <div className="stack">
      <dl className="facts">
        <Fact name={t('Decision')}>
          <Pill tone={record.text('decision') === 'allow' ? 'good' : 'bad'}>
            {record.text('decision') === 'allow' ? t('allowed') : t('denied')}
          </Pill>
        </Fact>
        {reason !== null && <Fact name={t('Reason')}>{visible(reason)}</Fact>}
        <Fact name={t('Rule')}>
          <code>{record.text('rule') ?? 'none'}</code>
        </Fact>
        <Fact name={t('Cost')}>{usdText(usage?.number('costNanoUsd') ?? null)}</Fact>
        <Fact name={t('Tokens in, out')}>
          {numberText(usage?.number('inputTokens') ?? null)},{' '}
          {numberText(usage?.number('outputTokens') ?? null)}
        </Fact>
      </dl>
      {guards.length === 0 ? (
        <p className="quiet">{t('No guard read it.')}</p>
      ) : (
        <>
          <p>
            <Pill tone={tone}>{t('guards')}</Pill> {summary}
          </p>
          <GuardTable guards={guards} />
        </>
      )}
      {timings !== null && (
        <TimeBars
          totalMs={timings.number('totalMs')}
          firstMs={timings.number('ttftMs')}
          upstreamMs={timings.number('upstreamMs')}
          gatewayUs={timings.number('gatewayUs')}
        />
      )}
    </div>
  );
}
