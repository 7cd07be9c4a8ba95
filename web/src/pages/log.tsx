/** The audit log: how far it is signed and anchored, and whether it verifies. */
import { useCallback } from 'react';

import type { AuditLogView, VerificationView } from '../../../src/admin/audit-contract.ts';

import { messageOf } from '../api.ts';
import { DataTable } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { Skeleton } from '../parts/listing.tsx';
import { Fact, Maybe, Panel, Pill, ProblemBar, Time } from '../parts.tsx';
import { useSession } from '../session.ts';
import { useLoaded } from '../use-loaded.ts';

const EVERY_MS = 5_000;
const VERIFYING_EVERY_MS = 1_000;

export default function AuditLog() {
  const { call } = useSession();
  const read = useCallback((signal: AbortSignal) => call('GET /audit/log', { signal }), [call]);
  const { value, problem, reload } = useLoaded(read, EVERY_MS);
  return (
    <>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value !== null && <Facts log={value} />}
      <Verification />
      {value !== null && <Anchors anchors={value.anchors} />}
    </>
  );
}

function Facts({ log: { state, lastSeq, head, signing } }: { readonly log: AuditLogView }) {
  return (
    <Panel title="The log">
      <dl className="facts">
        <Fact name="Log">
          <Pill tone={state === 'ok' ? 'good' : 'bad'}>
            {state === 'ok' ? 'keeps its records' : 'degraded: calls are refused'}
          </Pill>
        </Fact>
        <Fact name="Signing">
          <Pill tone={signing.state === 'ok' ? 'good' : 'bad'}>
            {signing.state === 'ok' ? 'signs' : 'broken'}
          </Pill>
        </Fact>
        <Fact name="Records">{lastSeq}</Fact>
        <Fact name="Signed">{signing.size}</Fact>
        <Fact name="Newest checkpoint">
          <Time at={signing.signedAt} never="none yet" />
        </Fact>
        <Fact name="Origin">
          <code>{signing.origin}</code>
        </Fact>
        <Fact name="Public key">
          <code>{signing.key}</code>
        </Fact>
        <Fact name="Chain head">
          <code title={head}>{head.slice(0, 16)}…</code>
        </Fact>
      </dl>
    </Panel>
  );
}

/** As `llmproxy audit verify` exits. */
const VERDICTS: Readonly<Record<number, readonly [tone: 'good' | 'warn' | 'bad', words: string]>> =
  {
    0: ['good', 'intact'],
    2: ['bad', 'altered'],
    3: ['bad', 'records are missing'],
    4: ['warn', 'intact; its end is not anchored yet, or torn'],
    5: ['warn', 'intact; its anchors are old'],
    6: ['bad', 'a fork: two histories were signed'],
  };

function Verification() {
  const { call, may } = useSession();
  const desk = useDesk();
  const read = useCallback(
    (signal: AbortSignal) => call('GET /audit/verification', { signal }),
    [call],
  );
  const { value, problem, reload } = useLoaded(read, VERIFYING_EVERY_MS);
  const verify = (): void => {
    call('POST /audit/verification', {})
      .then(reload)
      .catch((thrown: unknown) => desk.say(messageOf(thrown), 'bad'));
  };
  const button = may('POST /audit/verification') && (
    <button type="button" className="main" disabled={value?.state === 'running'} onClick={verify}>
      {value?.state === 'running' ? 'Verifying…' : 'Verify now'}
    </button>
  );
  return (
    <Panel title="Verification" tools={button}>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value !== null && <Result verification={value} />}
    </Panel>
  );
}

function Result({ verification }: { readonly verification: VerificationView }) {
  const { state, startedAt, endedAt, verdict } = verification;
  if (state === 'none') {
    return <p className="empty">Not verified since the start. Every record is read when you do.</p>;
  }
  if (state === 'running') return <p role="status">Every record is being read…</p>;
  if (verdict === null) {
    return (
      <p role="status">
        <Pill tone="bad">failed</Pill> The verification did not come to its end.
      </p>
    );
  }
  const [tone, words] = VERDICTS[verdict.exit] ?? ['bad', `ended with ${verdict.exit}`];
  return (
    <dl className="facts" role="status">
      <Fact name="Verdict">
        <Pill tone={tone}>{words}</Pill>
      </Fact>
      <Fact name="Records read">{verdict.records}</Fact>
      <Fact name="Of them signed">{verdict.signed}</Fact>
      <Fact name="Signed by">{verdict.isOwnKey ? 'this gateway’s key' : 'another key'}</Fact>
      <Fact name="Problem">
        <Maybe text={verdict.problem} none="none" />
      </Fact>
      <Fact name="Begun">
        <Time at={startedAt} />
      </Fact>
      <Fact name="Ended">
        <Time at={endedAt} />
      </Fact>
    </dl>
  );
}

function Anchors({ anchors }: Pick<AuditLogView, 'anchors'>) {
  return (
    <Panel title="Anchors">
      {anchors.length === 0 ? (
        <p className="empty">
          No anchors. Checkpoints that are kept elsewhere are what tells a log that was written
          anew.
        </p>
      ) : (
        <DataTable
          caption="Anchors"
          rows={anchors}
          keyOf={({ name }) => name}
          columns={[
            { title: 'Name', cell: ({ name }) => <code>{name}</code> },
            { title: 'Type', cell: ({ type }) => type },
            { title: 'Records', isNumber: true, cell: ({ size }) => size },
            { title: 'Kept', cell: ({ keptAt }) => <Time at={keptAt} /> },
            { title: 'Age', cell: ({ keptAt }) => <Maybe text={ageOf(keptAt)} /> },
            {
              title: 'State',
              cell: ({ problem }) => (
                <Pill tone={problem === null ? 'good' : 'bad'}>{problem ?? 'keeps it'}</Pill>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}

function ageOf(at: string | null): string | null {
  if (at === null) return null;
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(at)) / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} d`;
}
