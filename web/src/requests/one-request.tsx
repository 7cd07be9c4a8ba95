/** One request out of its records in the log: what was decided, step by step, and the proof of each record. */
import { useCallback, useEffect, useState } from 'react';

import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { Skeleton } from '../parts/listing.tsx';
import { Fact, Panel, Pill, ProblemBar, Time, type Tone } from '../parts.tsx';
import { useSession } from '../session.ts';
import { Link, usePlace } from '../shell/router.tsx';
import { useLoaded } from '../use-loaded.ts';
import { visible } from '../visible.ts';
import { askedIn } from './filters.ts';
import { ProofPanel } from './proof-panel.tsx';
import { isEnded, type PlacedRecord, recordAt, recordsOf } from './records.ts';
import { Timeline } from './timeline.tsx';

/** The index is a moment behind the log. */
const AGAIN_MS = 2_000;

interface OneRequestProps {
  readonly request: string | null;
  /** `<writer>:<seq>`, where the record is of no request. */
  readonly record: string | null;
}

export function OneRequest({ request, record }: OneRequestProps) {
  const { call } = useSession();
  const read = useCallback(
    async (signal: AbortSignal) =>
      request === null
        ? [await recordAt({ call }, record ?? '', signal)]
        : await recordsOf({ call }, request, signal),
    [call, request, record],
  );
  const [isOver, setIsOver] = useState(false);
  const { value, problem, reload } = useLoaded(read, isOver ? undefined : AGAIN_MS);
  useEffect(() => setIsOver(isEnded(value)), [value]);
  const asked = askedIn(usePlace().query);
  return (
    <>
      <p className="back">
        <Link page="requests" query={asked}>
          {t('← All requests')}
        </Link>
      </p>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value !== null && value.length === 0 && <NotYet request={request ?? ''} />}
      {value !== null && value.length > 0 && (
        <>
          <Head records={value} request={request} />
          <Timeline records={value.map((one) => one.record)} />
          {value.map((one) => (
            <ProofPanel key={`${one.writer}:${one.record.seq}`} {...one} />
          ))}
        </>
      )}
    </>
  );
}

function NotYet({ request }: { readonly request: string }) {
  return (
    <Panel title={t('No record of it')}>
      <p className="empty" role="status">
        {rich(
          'Nothing here is of the request {request}. One that was just made is here in a moment; another may be of a tenant that you do not see, or older than the log.',
          { request: <code>{visible(request)}</code> },
        )}
      </p>
    </Panel>
  );
}

const ENDS: Readonly<Record<string, readonly [tone: Tone, words: string]>> = {
  allow: ['good', t('Allowed')],
  deny: ['bad', t('Denied')],
  fault: ['warn', t('Failed')],
};

interface HeadProps {
  readonly records: readonly PlacedRecord[];
  readonly request: string | null;
}

function Head({ records, request }: HeadProps) {
  const all = records.map(({ record }) => record);
  const last = all.at(-1);
  if (last === undefined) return null;
  const said = (name: string): string | null =>
    all.reduce<string | null>((found, record) => found ?? record.text(name), null);
  const [tone, words] = isEnded(records)
    ? (ENDS[last.text('decision') ?? ''] ?? (['plain', last.kind] as const))
    : (['warn', t('Still running')] as const);
  const reason = last.text('reason');
  return (
    <Panel
      title={
        request === null
          ? t('Record {writer}:{seq}', { writer: last.writer, seq: last.seq })
          : t('Request {request}', { request })
      }
    >
      <p className="verdict" role="status">
        <Pill tone={tone}>{words}</Pill>{' '}
        {reason !== null && (
          <>{rich('because {reason}', { reason: <code>{visible(reason)}</code> })}</>
        )}
      </p>
      <dl className="facts">
        <Fact name={t('At')}>
          <Time at={all[0]?.at ?? null} />
        </Fact>
        {FACTS.map(([name, title]) => (
          <Said key={name} name={title} text={said(name)} />
        ))}
        <Fact name={t('Status')}>{last.number('status') ?? '–'}</Fact>
        {last.erased.length > 0 && <Fact name={t('Erased from it')}>{last.erased.join(', ')}</Fact>}
      </dl>
    </Panel>
  );
}

const FACTS = [
  ['tenant', t('Tenant')],
  ['user', t('User')],
  ['endUser', t('End user')],
  ['ip', t('Address')],
  ['model', t('Model')],
  ['route', t('Route')],
  ['action', t('Action')],
  ['resource', t('Resource')],
] as const;

function Said({ name, text }: { readonly name: string; readonly text: string | null }) {
  if (text === null) return null;
  return <Fact name={name}>{visible(text)}</Fact>;
}
