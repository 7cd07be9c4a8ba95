/** One request out of its records in the log: what was decided, step by step, and the proof of each record. */
import { useCallback, useEffect, useState } from 'react';

import { Skeleton } from '../parts/listing.tsx';
import { Fact, Panel, Pill, ProblemBar, Time, type Tone } from '../parts.tsx';
import { type Session, useSession } from '../session.ts';
import { Link, usePlace } from '../shell/router.tsx';
import { useLoaded } from '../use-loaded.ts';
import { visible } from '../visible.ts';
import { askedIn } from './filters.ts';
import { ProofPanel } from './proof-panel.tsx';
import { type ShownRecord, shownRecord } from './read-record.ts';
import { Timeline } from './timeline.tsx';

/** A call has two; administration may repeat an id. */
const RECORDS_MAX = '16';
/** The index is a moment behind the log. */
const AGAIN_MS = 2_000;

interface OneRequestProps {
  readonly request: string | null;
  /** `<writer>:<seq>`, where the record is of no request. */
  readonly record: string | null;
}

export interface PlacedRecord {
  /** As the index names it: the gateway too, where several share an index. */
  readonly writer: string;
  readonly record: ShownRecord;
}

async function recordAt(
  { call }: Pick<Session, 'call'>,
  writer: string,
  seq: string,
  signal: AbortSignal,
): Promise<PlacedRecord> {
  const params = { writer, seq };
  const { record, erased } = await call('GET /audit/records/{writer}/{seq}', { params, signal });
  return { writer, record: shownRecord(record, erased) };
}

async function recordsOf(
  session: Pick<Session, 'call'>,
  { request, record }: OneRequestProps,
  signal: AbortSignal,
): Promise<readonly PlacedRecord[]> {
  if (request === null) {
    const [, writer = '', seq = ''] = /^(.+):(\d+)$/u.exec(record ?? '') ?? [];
    return [await recordAt(session, writer, seq, signal)];
  }
  const query = { requestId: request, limit: RECORDS_MAX };
  const { items } = await session.call('GET /audit/records', { query, signal });
  const placed = items.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.seq - b.seq);
  return await Promise.all(
    placed.map(({ writer, seq }) => recordAt(session, writer, String(seq), signal)),
  );
}

const isEnded = (records: readonly PlacedRecord[] | null): boolean =>
  records?.some(({ record: { kind } }) => kind !== 'admit') === true;

export function OneRequest({ request, record }: OneRequestProps) {
  const session = useSession();
  const { call } = session;
  const read = useCallback(
    (signal: AbortSignal) => recordsOf({ call }, { request, record }, signal),
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
          ← All requests
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
    <Panel title="No record of it">
      <p className="empty" role="status">
        Nothing here is of the request <code>{visible(request)}</code>. One that was just made is
        here in a moment; another may be of a tenant that you do not see, or older than the log.
      </p>
    </Panel>
  );
}

const ENDS: Readonly<Record<string, readonly [tone: Tone, words: string]>> = {
  allow: ['good', 'Allowed'],
  deny: ['bad', 'Denied'],
  fault: ['warn', 'Failed'],
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
    : (['warn', 'Still running'] as const);
  const reason = last.text('reason');
  return (
    <Panel title={request === null ? `Record ${last.writer}:${last.seq}` : `Request ${request}`}>
      <p className="verdict" role="status">
        <Pill tone={tone}>{words}</Pill>{' '}
        {reason !== null && (
          <>
            because <code>{visible(reason)}</code>
          </>
        )}
      </p>
      <dl className="facts">
        <Fact name="At">
          <Time at={all[0]?.at ?? null} />
        </Fact>
        {FACTS.map(([name, title]) => (
          <Said key={name} name={title} text={said(name)} />
        ))}
        <Fact name="Status">{last.number('status') ?? '–'}</Fact>
        {last.erased.length > 0 && <Fact name="Erased from it">{last.erased.join(', ')}</Fact>}
      </dl>
    </Panel>
  );
}

const FACTS = [
  ['tenant', 'Tenant'],
  ['user', 'User'],
  ['endUser', 'End user'],
  ['ip', 'Address'],
  ['model', 'Model'],
  ['route', 'Route'],
  ['action', 'Action'],
  ['resource', 'Resource'],
] as const;

function Said({ name, text }: { readonly name: string; readonly text: string | null }) {
  if (text === null) return null;
  return <Fact name={name}>{visible(text)}</Fact>;
}
